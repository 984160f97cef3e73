//! What one point comes to, and what all points of a weight width share.

use net::options::Choice;
use net::Problems;
use rtl::plan::choose::work;
use rtl::plan::{Load, Machine};
use rtl::Plan;
use serde::{Deserialize, Serialize};

use super::measure::Measured;
use super::sweep::Spot;
use crate::build::emitted::scan_rule;
use crate::run::Summary;
use crate::console::Console;
use crate::loads::Traced;
use crate::goal::plan_family;
use crate::project::Project;

/// Accuracy and load of the net at one weight width, from the golden model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Width {
    pub weight_bits: u32,
    /// Samples that the accuracy is of; 0 without data.
    pub samples: usize,
    /// Fractions; none without data or labels.
    pub accuracy: Option<f64>,
    pub accuracy_membrane_tiebreak: Option<f64>,
    /// Mean time steps per sample.
    pub steps: f64,
    /// What each layer hears in a time step.
    pub loads: Vec<Load>,
    /// Where they come from.
    pub events_from: String,
}

/// One plan; fields in `docs/json.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub id: String,
    pub weight_bits: u32,
    pub target: String,
    pub budget: String,
    pub accuracy: Option<f64>,
    pub accuracy_membrane_tiebreak: Option<f64>,
    pub fits: bool,
    /// Why it does not fit, and by how much.
    pub problem: Option<String>,
    /// Mean over the first samples, by the plan's formulas.
    pub cycles_per_sample: Option<f64>,
    pub clock_mhz: f64,
    pub samples_per_second: Option<f64>,
    pub lut: Option<f64>,
    pub lut_kind: String,
    pub ff: Option<f64>,
    pub bram: Option<f64>,
    pub bram_kind: String,
    pub dsp: Option<f64>,
    /// Largest share of the device that any of the four takes.
    pub share: Option<f64>,
    pub layers: Vec<Fold>,
    /// Flags that give `build` this plan.
    pub build: Option<String>,
    pub on_front: bool,
    pub measured: Option<Measured>,
}

/// How a layer folds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    pub name: String,
    /// The machine.
    pub core: String,
    /// Which words a scan visits.
    pub scan: String,
    pub banks: (usize, usize),
    pub lanes: usize,
    pub queue: usize,
}

impl Fold {
    /// Whether the machine leaves anything to choose: a parallel core has a lane per neuron, and no queue.
    pub fn has_choices(&self) -> bool {
        self.core != Machine::Parallel.name()
    }
}

/// Runs the golden model over all samples of `project`.
pub fn width(project: &Project, traced: &[Traced], bits: u32, console: &Console) -> Result<Width, Problems> {
    let loads = project.loads(traced);
    let accuracy = match &project.dataset {
        Some(_) => Summary::golden(project, console)?.accuracy,
        None => None,
    };
    Ok(Width {
        weight_bits: bits,
        samples: project.dataset.as_ref().map_or(0, |dataset| dataset.len()),
        accuracy: accuracy.map(|(lowest, _)| lowest),
        accuracy_membrane_tiebreak: accuracy.map(|(_, membrane)| membrane),
        steps: project.steps_per_sample()?,
        loads: loads.heard,
        events_from: loads.source,
    })
}

/// Plans one point. A net that does not fit is a point that says so.
pub fn evaluate(
    project: &Project,
    width: &Width,
    traced: &[Traced],
    spot: &Spot,
    clock: Option<f64>,
) -> Result<Point, Problems> {
    let clock = clock.unwrap_or(spot.target.clock_mhz());
    let mut point = Point {
        id: spot.id(),
        weight_bits: spot.bits,
        target: spot.target.name().to_string(),
        budget: spot.budget.name(),
        accuracy: width.accuracy,
        accuracy_membrane_tiebreak: width.accuracy_membrane_tiebreak,
        fits: false,
        problem: None,
        cycles_per_sample: None,
        clock_mhz: clock,
        samples_per_second: None,
        lut: None,
        lut_kind: spot.target.lut_kind().to_string(),
        ff: None,
        bram: None,
        bram_kind: spot.target.bram_kind().to_string(),
        dsp: None,
        share: None,
        layers: Vec::new(),
        build: None,
        on_front: false,
        measured: None,
    };
    let (objective, share) = spot.budget.objective();
    let plan = match project.plan_for(spot.target, objective, share, &width.loads) {
        Ok(plan) => plan,
        Err(problems) if problems.0.iter().all(|problem| problem.code == "does-not-fit") => {
            let each = problems.0.iter().map(|problem| format!("{}; {}", problem.value, problem.limit));
            point.problem = Some(each.collect::<Vec<_>>().join(", "));
            return Ok(point);
        }
        Err(problems) => return Err(problems),
    };
    let area = plan.area(plan_family(spot.target));
    let cycles = cycles(&plan, width, traced);
    let device = spot.target.capacity();
    let parts = [(area.lut, device.lut), (area.ff, device.ff), (area.bram, device.bram), (area.dsp, device.dsp)];
    point.fits = true;
    point.cycles_per_sample = Some(cycles);
    point.samples_per_second = Some(clock * 1e6 / cycles.max(1.0));
    (point.lut, point.ff) = (Some(area.lut.round()), Some(area.ff.round()));
    (point.bram, point.dsp) = (Some(area.bram), Some(area.dsp));
    point.share = Some(parts.iter().map(|(used, there)| used / (*there).max(1) as f64).fold(0.0, f64::max));
    point.layers = folds(&plan);
    point.build = Some(flags(project, spot, &plan));
    Ok(point)
}

/// Mean cycles of the traced samples by the exact formulas, else the planner's estimate.
fn cycles(plan: &Plan, width: &Width, traced: &[Traced]) -> f64 {
    alone(plan, traced).unwrap_or_else(|| {
        let slowest = plan.cores.iter().zip(&width.loads).map(|(core, load)| work(core, load)).fold(0.0, f64::max);
        slowest * width.steps
    })
}

/// Mean cycles of the traced samples by the exact formulas, each sample meeting an idle chip. None without samples or formula.
pub fn alone(plan: &Plan, traced: &[Traced]) -> Option<f64> {
    if traced.is_empty() || !rtl::timing::known(plan) {
        return None;
    }
    let one = |sample: &Traced| rtl::timing::predict(plan, &sample.spikes, &sample.layers()).0;
    Some(traced.iter().map(one).sum::<u64>() as f64 / traced.len() as f64)
}

fn folds(plan: &Plan) -> Vec<Fold> {
    let fold = |core: &rtl::CorePlan| Fold {
        name: core.layer.name.clone(),
        core: core.machine.name().to_string(),
        scan: scan_rule(core).choice_name().to_string(),
        banks: core.folded().0,
        lanes: core.folded().1,
        queue: core.fifo_depth,
    };
    plan.cores.iter().map(fold).collect()
}

fn flags(project: &Project, spot: &Spot, plan: &Plan) -> String {
    let mut text = format!(
        "{} --weight-bits {} --multiplicity {} --target {}",
        project.net_path.display(),
        spot.bits,
        project.network().multiplicity,
        spot.target
    );
    for fold in folds(plan) {
        let (name, (rows, columns)) = (&fold.name, fold.banks);
        text += &format!(" --core {name}={}", fold.core);
        if fold.has_choices() {
            text += &format!(" --scan {name}={}", fold.scan);
            text += &format!(" --banks {name}={rows}x{columns} --lanes {name}={} --queue {name}={}", fold.lanes, fold.queue);
        }
    }
    text
}
