//! The search for a plan that fits what there is to spend, and what is said where there is none.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use net::{Layer, Problem};

use super::choose::{Candidate, Cost, Means};
use super::ways::{self, Way};
use super::{area, choose, load_of, parallel, touched_map, CorePlan, Device, Plan, PlanOptions};

/// Candidates of layers that were looked at before, by the layer's name: of several chips, every layer is in many groups.
#[derive(Default)]
pub(super) struct Known(RefCell<BTreeMap<String, Rc<Vec<Candidate>>>>);

impl Known {
    fn of(&self, layer: &Layer, make: impl FnOnce() -> Vec<Candidate>) -> Rc<Vec<Candidate>> {
        self.0.borrow_mut().entry(layer.name.clone()).or_insert_with(|| Rc::new(make())).clone()
    }
}

/// The ways of all layers that `means` allow and the objective wants, of those in `choices` (layer, its identifier, legal ways).
pub(super) fn search(choices: &[(&Layer, &String, Vec<Way>)], means: &Means, options: &PlanOptions, known: &Known) -> Vec<CorePlan> {
    let of_layer = |(i, (layer, name, ways)): (usize, &(&Layer, &String, Vec<Way>))| {
        let load = load_of(i, layer, options);
        let candidate = |(mut core, way): (CorePlan, &Way)| {
            core.touched_map = touched_map(&core, &load, options).unwrap_or(false);
            core.late_weights = parallel::wants_late_weights(&core, means.family());
            let cost = Cost { area: area::core_area(&core, means.family()), adders: core.adders() };
            Candidate { way: *way, work: choose::work(&core, &load), cost }
        };
        let all = known.of(layer, || ways::fold_all(layer, name, ways).zip(ways).map(candidate).collect());
        all.iter().map(|found| Candidate { work: found.work.max(options.enough), ..*found }).collect()
    };
    let candidates: Vec<Vec<Candidate>> = choices.iter().enumerate().map(of_layer).collect();
    let chosen = choose::choose(&candidates, means, options.objective, options.share);
    let picked = chosen.iter().zip(&candidates).map(|(&index, list)| list[index].way);
    choices.iter().zip(picked).map(|((layer, name, _), way)| ways::fold(layer, name, way)).collect()
}

/// By how much the cores do not fit, and what helps. LUT and FF are estimates: they must miss by more than their error.
pub(super) fn too_large(plan: &Plan, options: &PlanOptions) -> Vec<Problem> {
    let of_device = options.device.iter().flat_map(|device| larger_than(plan, device, options));
    of_device.chain(too_many_adders(plan, options)).collect()
}

fn too_many_adders(plan: &Plan, options: &PlanOptions) -> Option<Problem> {
    let most = options.adders?;
    let sum: usize = plan.cores.iter().map(CorePlan::adders).sum();
    let largest = plan.cores.iter().max_by_key(|core| core.adders()).filter(|_| sum > most)?;
    let found = format!("{sum} adders, {} of them for layer {:?}", largest.adders(), largest.layer.name);
    let wished = !(options.lanes.is_empty() && options.banks.is_empty() && options.machines.is_empty());
    let remedy = if wished { format!("use --adders {sum}, or fewer lanes or banks") } else { format!("use --adders {sum}") };
    let limit = format!("{most}; each core has one at least, a parallel core one for each neuron");
    Some(Problem::new("too-few-adders", "--adders", found, limit, remedy))
}

fn larger_than(plan: &Plan, device: &Device, options: &PlanOptions) -> Vec<Problem> {
    let cores = &plan.cores;
    let need = plan.area(device.family);
    let areas: Vec<area::Area> = cores.iter().map(|core| area::core_area(core, device.family)).collect();
    let mut problems = Vec::new();
    let mut check = |what: &str, of: fn(&area::Area) -> f64, there: u64, slack: f64, remedy: &str| {
        let need = of(&need);
        if need > there as f64 * slack {
            let most = areas.iter().map(of).enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            // A chip has at least one layer.
            let alone = most.is_some_and(|(_, part)| part > there as f64 * slack);
            let layers = if alone { 1 } else { cores.len() };
            let most = most.map_or(String::new(), |(layer, part)| {
                format!(", {part:.0} of them for layer {:?}", cores[layer].layer.name)
            });
            let wished = if options.lanes.is_empty() && options.banks.is_empty() { "" } else { "fewer lanes or banks, or " };
            problems.push(Problem::new(
                "does-not-fit",
                "--target",
                format!("about {need:.0} {what}{most}"),
                format!("the device has {there}: {:.1} times too much", need / there.max(1) as f64),
                format!("{wished}a larger device, {}{remedy}; --target none plans without a device", several_chips(layers, need / there.max(1) as f64)),
            ));
        }
    };
    check("LUT", |area| area.lut, device.lut, AREA_ERROR, "or --membrane-bits with fewer bits");
    check("FF", |area| area.ff, device.ff, AREA_ERROR, "or --membrane-bits with fewer bits");
    check("block RAM", |area| area.bram, device.bram, 1.0, "or fewer bits: --weight-bits, --membrane-bits");
    check("multipliers", |area| area.dsp, device.dsp, 1.0, "or a leak that is a power of two");
    problems
}

/// The remedy of a net that `layers` chips at most may share and that needs `times` a device; with a comma behind it.
fn several_chips(layers: usize, times: f64) -> String {
    match layers {
        0 | 1 => String::new(),
        _ => format!("several of them (--chips {}), ", (times.ceil() as usize).clamp(2, layers)),
    }
}

/// Error of the area model.
const AREA_ERROR: f64 = 1.15;
