//! A network on several devices: which layers go to which chip.
//!
//! Chips are linked in a row by AER, each with consecutive layers. Every group of layers that one chip could take is planned for the
//! device by itself; of the rows of such groups the one is taken whose slowest core or link is fastest, then the one that fills its
//! fullest device least, then the one with the fewest words on links. No core of that row is then faster than the slowest core or link.

use std::collections::BTreeMap;
use std::ops::Range;

use net::{cut, Network, Problem, Problems};

use super::area::Family;
use super::search::Known;
use super::wiring::Wiring;
use super::{choose, load_of, name_of, Device, InPort, Load, OutPort, Plan, PlanOptions, Readout, ACTIVITY};
use crate::edge::{Edges, Port};
use crate::link::LinkFormat;

/// Which devices a net is cut for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChipOptions {
    /// How many: 2 or more.
    pub count: usize,
    /// The first layer of each chip but the first, by name; empty: the planner chooses.
    pub cuts: Vec<String>,
    /// Spikes that the input and each layer send in a time step; empty: [`ACTIVITY`] of them.
    pub sent: Vec<f64>,
}

/// One chip of several.
#[derive(Clone, Debug)]
pub struct ChipPlan {
    /// Its layers of the whole network.
    pub layers: Range<usize>,
    /// Of these layers as a network of its own ([`cut::group`]); the top module is `<name>_chip<i>`.
    pub plan: Plan,
    /// Words that come by its input in a time step, its TICK among them: an estimate.
    pub words_per_step: f64,
}

/// Cycles from word to word on a link between chips of equal clocks, half of them the sender's and half the receiver's.
pub fn link_cycles(edges: &Edges) -> f64 {
    edges.stages.link_cycles().into()
}

/// How much of the fastest pace may be given up for smaller chips, and of the least area for fewer words on links.
const NEARLY: f64 = 1.02;
const ABOUT: f64 = 1.1;

/// Layers that one chip could take.
struct Group {
    plan: Plan,
    /// Cycles of its slowest core, or of the link in front, in a time step.
    cycles: f64,
    /// Largest share of a kind of cell of the device.
    share: f64,
    /// Words on the link in front of it.
    words: f64,
}

/// All groups of consecutive layers, by their layers; `Err`: why not.
struct Groups<'a> {
    net: &'a Network,
    options: &'a PlanOptions,
    wanted: &'a ChipOptions,
    known: Known,
    found: BTreeMap<(usize, usize), Result<Group, Problems>>,
}

pub(super) fn plan(net: &Network, wanted: &ChipOptions, options: &PlanOptions) -> Result<Plan, Problems> {
    let layers = net.layers.len();
    let places: Vec<usize> = (1..layers).filter(|at| cut::forbids(net, *at).is_none()).collect();
    check(net, wanted, options, &places)?;
    let mut groups = Groups { net, options, wanted, known: Known::default(), found: BTreeMap::new() };
    let cuts = match wanted.cuts.is_empty() {
        false => wanted.cuts.iter().filter_map(|name| net.layers.iter().position(|layer| &layer.name == name)).collect(),
        true => groups.best(&places)?,
    };
    let enough = groups.largest(&cuts, |group| group.cycles);
    let ends = cuts.iter().copied().chain([layers]);
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let mut chips: Vec<ChipPlan> = Vec::new();
    let mut problems = Vec::new();
    for (start, end) in starts.zip(ends) {
        match groups.group(start, end, enough) {
            Ok(group) => chips.push(ChipPlan { layers: start..end, plan: group.plan, words_per_step: group.words }),
            Err(Problems(found)) => problems.extend(found),
        }
    }
    Problems::unless_empty(problems, ())?;
    let name = name_of(net, options);
    let count = chips.len();
    for (i, chip) in chips.iter_mut().enumerate() {
        chip.plan.name = format!("{name}_chip{i}");
        chip.plan.edges = edges(options.edges, i, count);
    }
    Ok(Plan {
        name,
        inputs: InPort::all(&net.inputs),
        cores: chips.iter().flat_map(|chip| chip.plan.cores.clone()).collect(),
        wiring: Wiring::of(net),
        fabric: None,
        readout: options.readout,
        edges: options.edges,
        outputs: OutPort::all(net, options.readout)?,
        chips,
    })
}

/// Ports of chip `i` of `count`: the outer ones as the user has them, AER between.
fn edges(outer: Edges, i: usize, count: usize) -> Edges {
    Edges {
        input: if i == 0 { outer.input } else { Port::Aer },
        output: if i + 1 == count { outer.output } else { Port::Aer },
        step_end: outer.step_end.filter(|_| i == 0),
        config: None,
        guard: outer.guard.filter(|_| i == 0),
        ..outer
    }
}

fn check(net: &Network, wanted: &ChipOptions, options: &PlanOptions, places: &[usize]) -> Result<(), Problems> {
    let mut problems = Vec::new();
    if options.fabric.is_some() {
        let limit = "links from core to core inside a chip, AER between chips";
        problems.push(Problem::new("chips-fabric", "--chips", "with --fabric", limit, "leave out --fabric, or --chips"));
    }
    if options.edges.config.is_some() {
        let limit = "registers on one chip";
        problems.push(Problem::new("chips-config", "--chips", "with --config-port", limit, "leave out --config-port, or --chips"));
    }
    let count = wanted.count.to_string();
    let most = places.len() + 1;
    if !(2..=most).contains(&wanted.count) {
        let refused = (1..net.layers.len()).filter_map(|at| Some((at, cut::forbids(net, at)?))).next();
        let why = refused.map_or(String::new(), |(at, why)| format!("; not in front of {:?}: {why}", net.layers[at].name));
        let limit = match most {
            1 => format!("1: this net cannot be cut{why}"),
            _ => format!("1 to {most} for this net: a chip has at least one layer{why}"),
        };
        problems.push(Problem::new("chips-range", "--chips", count, limit, "use fewer chips"));
    } else if !wanted.cuts.is_empty() && wanted.cuts.len() + 1 != wanted.count {
        let limit = format!("{}: the first layer of each chip but the first", wanted.count - 1);
        problems.push(Problem::new("cuts", "--cut", wanted.cuts.join(", "), limit, "name one layer per cut, or leave it to the planner"));
    }
    let mut before = 0;
    for name in &wanted.cuts {
        let legal: Vec<&str> = places.iter().map(|at| net.layers[*at].name.as_str()).collect();
        let at = net.layers.iter().position(|layer| &layer.name == name);
        let why = match at {
            None => Some("no layer of that name".to_string()),
            Some(at) if at <= before => Some("not behind the cut before it".to_string()),
            Some(at) => cut::forbids(net, at),
        };
        if let Some(why) = why {
            let limit = format!("in the order of the net, in front of: {}", legal.join(", "));
            problems.push(Problem::new("cuts", format!("--cut {name}"), why, limit, "cut elsewhere, or leave it to the planner"));
        }
        before = at.unwrap_or(before);
    }
    Problems::unless_empty(problems, ())
}

impl Groups<'_> {
    /// The group of these layers on a device, planned when it is first asked for.
    fn get(&mut self, start: usize, end: usize) -> Option<&Group> {
        if !self.found.contains_key(&(start, end)) {
            let group = self.group(start, end, 0.0);
            self.found.insert((start, end), group);
        }
        self.found[&(start, end)].as_ref().ok()
    }

    /// As [`Groups::get`], with cores no faster than `enough` cycles per time step.
    fn group(&self, start: usize, end: usize, enough: f64) -> Result<Group, Problems> {
        let (net, all) = (self.net, self.options);
        let own = cut::group(net, start..end);
        let loads: Vec<Load> = (start..end).map(|i| load_of(i, &net.layers[i], all)).collect();
        let options = PlanOptions {
            chips: None,
            readout: if end == net.layers.len() { all.readout } else { Readout::None },
            edges: Edges::default(),
            loads: loads.clone(),
            enough,
            lanes: named(&own, &all.lanes),
            banks: named(&own, &all.banks),
            queues: named(&own, &all.queues),
            machines: named(&own, &all.machines),
            scans: named(&own, &all.scans),
            ..all.clone()
        };
        let plan = super::plan_knowing(&own, &options, &self.known)?;
        let sent = match start {
            0 => 0.0,
            _ => self.wanted.sent.get(start).copied().unwrap_or(own.input().len() as f64 * ACTIVITY),
        };
        let words = if start == 0 { 0.0 } else { sent + 1.0 };
        let slowest = plan.cores.iter().zip(&loads).map(|(core, load)| choose::work(core, load)).fold(0.0, f64::max);
        let share = all.device.unwrap_or(USUAL).largest_share(&plan);
        Ok(Group { cycles: slowest.max(words * link_cycles(&all.edges)), share, words, plan })
    }

    /// Where to cut, of these places.
    fn best(&mut self, places: &[usize]) -> Result<Vec<usize>, Problems> {
        let chips = self.wanted.count;
        let Some(cuts) = self.row(places, chips, &|group| group.cycles, f64::max) else {
            return Err(self.too_few(places));
        };
        let pace = self.largest(&cuts, |group| group.cycles) * NEARLY;
        let within_pace = |group: &Group, cost: f64| if group.cycles <= pace { cost } else { f64::INFINITY };
        let cuts = self.row(places, chips, &|group| within_pace(group, group.share), f64::max).unwrap_or(cuts);
        let share = self.largest(&cuts, |group| group.share) * ABOUT;
        let within_both = |group: &Group| within_pace(group, if group.share <= share { group.words } else { f64::INFINITY });
        Ok(self.row(places, chips, &within_both, |a, b| a + b).unwrap_or(cuts))
    }

    /// The row of `chips` groups whose costs come to the least, as `join` joins them: where it is cut. None if none fits.
    fn row(&mut self, places: &[usize], chips: usize, cost: &dyn Fn(&Group) -> f64, join: fn(f64, f64) -> f64) -> Option<Vec<usize>> {
        let ends: Vec<usize> = places.iter().copied().chain([self.net.layers.len()]).collect();
        let mut price = |start: usize, end: usize| self.get(start, end).map_or(f64::INFINITY, cost);
        // By the end of a row of so many groups: its cost, and its cuts.
        let mut rows: Vec<(f64, Vec<usize>)> = ends.iter().map(|&end| (price(0, end), Vec::new())).collect();
        for _ in 1..chips {
            let longer = |e: usize| {
                let mut best = (f64::INFINITY, Vec::new());
                for (s, (before, cuts)) in rows.iter().enumerate().take(e).filter(|(_, (before, _))| before.is_finite()) {
                    let total = join(*before, price(ends[s], ends[e]));
                    if total < best.0 {
                        best = (total, cuts.iter().copied().chain([ends[s]]).collect());
                    }
                }
                best
            };
            rows = (0..ends.len()).map(longer).collect();
        }
        rows.pop().filter(|(cost, _)| cost.is_finite()).map(|(_, cuts)| cuts)
    }

    fn largest(&mut self, cuts: &[usize], of: fn(&Group) -> f64) -> f64 {
        let ends: Vec<usize> = cuts.iter().copied().chain([self.net.layers.len()]).collect();
        let starts = [&[0], cuts].concat();
        starts.iter().zip(&ends).filter_map(|(&start, &end)| self.get(start, end).map(of)).fold(0.0, f64::max)
    }

    /// No row of so many chips fits: what would.
    fn too_few(&mut self, places: &[usize]) -> Problems {
        let layers = self.net.layers.len();
        let wanted = self.wanted.count;
        let most = places.len() + 1;
        if let Some(enough) = (wanted + 1..=most).find(|&chips| self.row(places, chips, &|group| group.share, f64::max).is_some()) {
            let limit = format!("{enough} devices or more for this net, as the planner estimates");
            return Problem::new("does-not-fit", "--chips", wanted.to_string(), limit, format!("use --chips {enough}, or a larger device")).into();
        }
        // Some layers fit no device, whatever is beside them.
        let starts = [&[0], places].concat();
        let ends: Vec<usize> = places.iter().copied().chain([layers]).collect();
        let mut problems = Vec::new();
        for (start, end) in starts.into_iter().zip(ends) {
            self.get(start, end);
            if let Some(Err(Problems(found))) = self.found.remove(&(start, end)) {
                problems.extend(found);
            }
        }
        Problems(problems)
    }
}

/// What is said about the layers of `net`.
fn named<T: Clone>(net: &Network, all: &BTreeMap<String, T>) -> BTreeMap<String, T> {
    let own = |name: &String| net.layers.iter().any(|layer| &layer.name == name);
    all.iter().filter(|(name, _)| own(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Where there is no device to fit, sizes are weighed as on this one (ecp5-85k).
const USUAL: Device = Device { family: Family::Ecp5, lut: 83_640, ff: 83_640, bram: 208, dsp: 156 };

impl Device {
    /// Largest share of a kind of cell that a plan takes.
    pub fn largest_share(&self, plan: &Plan) -> f64 {
        let area = plan.area(self.family);
        let shares = [(area.lut, self.lut), (area.ff, self.ff), (area.bram, self.bram), (area.dsp, self.dsp)];
        shares.into_iter().map(|(used, there)| used / there.max(1) as f64).fold(0.0, f64::max)
    }
}

impl Plan {
    /// Number of the chip that a layer sits on; 0 where there is one.
    pub fn chip_of(&self, layer: usize) -> usize {
        self.chips.iter().position(|chip| chip.layers.contains(&layer)).unwrap_or(0)
    }

    /// Words on the link into chip `i`, as both ends have them.
    pub fn link_format(&self, i: usize) -> LinkFormat {
        self.chips[i].plan.input_format()
    }
}
