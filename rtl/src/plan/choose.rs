//! Chooses banks and lanes of each layer for a device: as fast as the budget allows, or as small as can be.
//!
//! Cores work as a pipeline over time steps, so the slowest layer sets the pace. Each layer has candidates (banks by lanes)
//! with their work per step and their area. For a pace, each layer takes its cheapest candidate that keeps it; the search
//! finds the fastest pace whose sum fits the budget.

use super::area::{Area, Family};
use super::load::Load;
use super::ways::Way;
use super::CorePlan;

/// What there is to spend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Device {
    pub family: Family,
    pub lut: u64,
    pub ff: u64,
    pub bram: u64,
    pub dsp: u64,
}

/// What a plan may spend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Means {
    /// The device to fit; none: cells cost nothing.
    pub device: Option<Device>,
    /// Most adders of all cores together; none: as many as the device holds.
    pub adders: Option<usize>,
}

impl Means {
    /// Whose memories and cells are counted: the device's, else ECP5's.
    pub fn family(&self) -> Family {
        self.device.map_or(Family::Ecp5, |device| device.family)
    }
}

/// What to look for. Without a device there is no share of one: the first and the last are then the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Objective {
    /// Fewest cycles in three quarters of the device.
    Latency,
    /// Fewest cells.
    Area,
    /// Fewest cycles in a quarter of the device.
    #[default]
    Balanced,
}

impl Objective {
    pub const ALL: [Objective; 3] = [Objective::Latency, Objective::Area, Objective::Balanced];

    pub fn name(self) -> &'static str {
        match self {
            Objective::Latency => "latency",
            Objective::Area => "area",
            Objective::Balanced => "balanced",
        }
    }

    /// Share of the device that a plan may take; place and route needs some air.
    fn share(self) -> f64 {
        match self {
            Objective::Latency | Objective::Area => 0.75,
            Objective::Balanced => 0.25,
        }
    }
}

/// Cells that a plan may take of a device: LUT and FF by the objective's share, memories nearly whole. And its adders.
#[derive(Clone, Copy, Debug)]
struct Budget {
    area: Area,
    adders: f64,
}

impl Budget {
    /// What the objective allows if the smallest plan takes `least` block RAM, strictest first. Balanced is half of the
    /// memory, or half as much again as the net needs anyway; where that is too little, what memory there is, then what
    /// cells. A `share` of one's own is all there is.
    fn of(means: &Means, objective: Objective, share: Option<f64>, least: f64) -> Vec<Budget> {
        let adders = means.adders.map_or(f64::INFINITY, |adders| adders as f64);
        let Some(device) = &means.device else {
            let cells = f64::INFINITY;
            return vec![Budget { area: Area { lut: cells, ff: cells, bram: cells, dsp: cells }, adders }];
        };
        let all = Objective::Latency.share();
        let anyway = 1.5 * least / device.bram.max(1) as f64;
        let budget = |share, memory| Budget { area: part(device, share, memory), adders };
        match (objective, share) {
            (_, Some(share)) => vec![budget(share, MOST_MEMORY)],
            (Objective::Balanced, None) => vec![
                budget(objective.share(), anyway.clamp(0.5, MOST_MEMORY)),
                budget(objective.share(), MOST_MEMORY),
                budget(all, MOST_MEMORY),
            ],
            (Objective::Latency | Objective::Area, None) => vec![budget(objective.share(), MOST_MEMORY)],
        }
    }

    /// Shares of the budget; the largest must stay below 1.
    fn shares(&self, cost: &Cost) -> [f64; 5] {
        let of = |x: f64, most: f64| if most > 0.0 { x / most } else { f64::from(u8::from(x > 0.0)) * 1e9 };
        let (area, most) = (&cost.area, &self.area);
        [
            of(area.lut, most.lut),
            of(area.ff, most.ff),
            of(area.bram, most.bram),
            of(area.dsp, most.dsp),
            of(cost.adders as f64, self.adders),
        ]
    }

    /// One number to compare candidates by: the shares, each as dear as its weight.
    fn price(&self, cost: &Cost, weights: &[f64; 5]) -> f64 {
        self.shares(cost).iter().zip(weights).map(|(share, weight)| share * weight).sum()
    }

    /// The largest share, and whose it is.
    fn scarcest(&self, cost: &Cost) -> (usize, f64) {
        let shares = self.shares(cost).into_iter().enumerate();
        shares.fold((0, 0.0), |worst, found| if found.1 > worst.1 { found } else { worst })
    }
}

/// `share` of a device's LUT and FF, `memory` of its block RAM and multipliers.
fn part(device: &Device, share: f64, memory: f64) -> Area {
    Area {
        lut: device.lut as f64 * share,
        ff: device.ff as f64 * share,
        bram: device.bram as f64 * memory,
        dsp: device.dsp as f64 * memory,
    }
}

/// Share of a device's memories that any plan may take.
const MOST_MEMORY: f64 = 0.95;

/// How often a kind of cell that does not suffice is made dearer, and by what factor each time.
const ROUNDS: usize = 5;
const DEARER: f64 = 4.0;

/// A way to build a layer.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub way: Way,
    /// Cycles per time step.
    pub work: f64,
    pub cost: Cost,
}

/// What a core, or several, take.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    pub area: Area,
    pub adders: usize,
}

impl std::ops::Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost { area: self.area + other.area, adders: self.adders + other.adders }
    }
}

/// Numbers that give different `ceil(most / n)`, the smallest of each, up to `most`.
pub fn distinct_parts(most: usize) -> Vec<usize> {
    let mut parts: Vec<usize> = (1..=most).map(|groups| most.div_ceil(groups)).collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// Cycles that a core works in a time step on average.
pub fn work(core: &CorePlan, load: &Load) -> f64 {
    let pause = match &core.table {
        Some(fold) if load.events > 0.0 => fold.event_pause() as f64,
        _ => 0.0,
    };
    let words = match core.touched_map {
        true => load.mean_visits(core) + super::touched::LOOK_UP as f64,
        false => core.words() as f64,
    };
    load.event_cycles(core) + pause + crate::timing::fire_cycles(core, words)
}

/// The candidate of each layer (an index into its list), or the plan with the fewest cells (without a device: adders) if none
/// fits the budget.
///
/// `share`: as [`super::PlanOptions::share`].
pub fn choose(layers: &[Vec<Candidate>], means: &Means, objective: Objective, share: Option<f64>) -> Vec<usize> {
    let strictest = Budget::of(means, objective, share, 0.0)[0];
    let smallest = at_pace(layers, &strictest, f64::INFINITY).map(|(choice, _)| choice).unwrap_or_default();
    if objective == Objective::Area {
        return smallest;
    }
    let budgets = Budget::of(means, objective, share, total(layers, &smallest).area.bram);
    budgets.iter().find_map(|budget| fastest(layers, budget)).unwrap_or(smallest)
}

fn total(layers: &[Vec<Candidate>], choice: &[usize]) -> Cost {
    choice.iter().zip(layers).fold(Cost::default(), |sum, (&index, candidates)| sum + candidates[index].cost)
}

/// Of each layer the candidate with the lowest price that keeps the pace (cycles per step).
fn cheapest(layers: &[Vec<Candidate>], budget: &Budget, pace: f64, weights: &[f64; 5]) -> Option<Vec<usize>> {
    layers
        .iter()
        .map(|candidates| {
            let able = candidates.iter().enumerate().filter(|(_, c)| c.work <= pace);
            able.min_by(|(_, a), (_, b)| {
                let (x, y) = (budget.price(&a.cost, weights), budget.price(&b.cost, weights));
                x.total_cmp(&y).then(a.work.total_cmp(&b.work))
            })
            .map(|(index, _)| index)
        })
        .collect()
}

/// What a pace costs: its cheapest plan, or with the cells that do not suffice made dearer, round by round, the first
/// that fits; else the one that is least short of any. With it, the largest share of the budget.
fn at_pace(layers: &[Vec<Candidate>], budget: &Budget, pace: f64) -> Option<(Vec<usize>, f64)> {
    let mut weights = [1.0; 5];
    let mut best: Option<(Vec<usize>, f64)> = None;
    for _ in 0..ROUNDS {
        let choice = cheapest(layers, budget, pace, &weights)?;
        let (kind, share) = budget.scarcest(&total(layers, &choice));
        if best.as_ref().is_none_or(|(_, least)| share < *least) {
            best = Some((choice, share));
        }
        if share <= 1.0 {
            break;
        }
        weights[kind] *= DEARER;
    }
    best
}

/// Share by which a plan may be slower than the fastest that fits, to save cells: the measured load is not exact either.
const SLACK: f64 = 0.02;

/// The plan of the fastest pace that fits the budget, or a cheaper one that is hardly slower.
fn fastest(layers: &[Vec<Candidate>], budget: &Budget) -> Option<Vec<usize>> {
    let fitting = |pace: f64| at_pace(layers, budget, pace).filter(|(_, share)| *share <= 1.0).map(|(choice, _)| choice);
    let mut paces: Vec<f64> = layers.iter().flatten().map(|candidate| candidate.work).collect();
    paces.sort_by(f64::total_cmp);
    paces.dedup();
    // The faster the pace, the more cells: the fastest that fits stands at the partition point.
    let too_fast = paces.partition_point(|&pace| fitting(pace).is_none());
    paces.get(too_fast).and_then(|&pace| fitting(pace * (1.0 + SLACK)).or_else(|| fitting(pace)))
}

/// How a person calls the family.
pub fn family_name(family: Family) -> &'static str {
    match family {
        Family::Ecp5 => "LUT4, DP16KD",
        Family::Xc7 => "LUT6, RAMB18",
        Family::Ice40 => "LC, EBR of 4 kbit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_smallest_of_their_kind() {
        assert_eq!(distinct_parts(5), [1, 2, 3, 5]);
        assert_eq!(distinct_parts(10), [1, 2, 3, 4, 5, 10]);
        assert_eq!(distinct_parts(1), [1]);
    }

    fn candidate(lanes: usize, work: f64, lut: f64) -> Candidate {
        let way = Way { machine: crate::plan::Machine::Banked, banks: (1, 1), lanes };
        let area = Area { lut, ff: lut, bram: 1.0, dsp: 0.0 };
        Candidate { way, work, cost: Cost { area, adders: lanes } }
    }

    #[test]
    fn the_slowest_layer_gets_the_cells_and_no_layer_more_than_it_needs() {
        let slow = vec![candidate(1, 1000.0, 10.0), candidate(4, 250.0, 40.0), candidate(16, 70.0, 160.0)];
        let quick = vec![candidate(1, 100.0, 10.0), candidate(2, 50.0, 20.0)];
        let device = |lut| Device { family: Family::Ecp5, lut, ff: 10_000, bram: 100, dsp: 0 };
        let choose = |layers: &[Vec<Candidate>], device: &Device, objective, share| {
            super::choose(layers, &Means { device: Some(*device), adders: None }, objective, share)
        };
        let layers = [slow, quick];
        // 75 % of 400 cells: the large one fits beside the small one.
        assert_eq!(choose(&layers, &device(400), Objective::Latency, None), [2, 1]);
        assert_eq!(choose(&layers, &device(100), Objective::Latency, None), [1, 0]);
        assert_eq!(choose(&layers, &device(400), Objective::Balanced, None), [1, 0]);
        assert_eq!(choose(&layers, &device(400), Objective::Area, None), [0, 0]);
        // A quarter of 80 cells holds the smallest plan only, a quarter of 60 none: then what latency may take.
        assert_eq!(choose(&layers, &device(80), Objective::Balanced, None), [0, 0]);
        assert_eq!(choose(&layers, &device(70), Objective::Balanced, None), [1, 0]);
        // Memory for more than half of the device, whatever the plan: cells stay within the quarter.
        let little = Device { bram: 3, ..device(400) };
        assert_eq!(choose(&layers, &little, Objective::Balanced, None), [1, 0]);
        assert_eq!(choose(&layers, &device(400), Objective::Latency, Some(0.25)), [1, 0], "a share of one's own");
        // Block RAM is scarce: the candidate that trades it for cells is taken, though it is dearer where there is plenty.
        let cost = |lut, bram| Cost { area: Area { lut, ff: lut, bram, dsp: 0.0 }, adders: 1 };
        let lavish = Candidate { cost: cost(20.0, 9.0), ..candidate(1, 100.0, 0.0) };
        let frugal = Candidate { cost: cost(90.0, 2.0), ..lavish };
        let roomy = Device { family: Family::Ecp5, lut: 400, ff: 400, bram: 100, dsp: 0 };
        let both = [vec![lavish, frugal]];
        assert_eq!(choose(&both, &roomy, Objective::Latency, None), [0]);
        assert_eq!(choose(&both, &Device { bram: 4, ..roomy }, Objective::Latency, None), [1]);
        assert_eq!(choose(&both, &Device { bram: 4, ..roomy }, Objective::Area, None), [1]);
        // Hardly faster for many more cells: not worth it.
        let nearly = vec![candidate(4, 101.0, 40.0), candidate(5, 100.0, 90.0), candidate(3, 103.0, 30.0)];
        assert_eq!(choose(&[nearly], &device(400), Objective::Latency, None), [0]);
        // Too small for anything: the smallest plan, for the message.
        assert_eq!(choose(&layers, &device(4), Objective::Latency, None), [0, 0]);
    }

    #[test]
    fn adders_are_a_budget_of_their_own() {
        let slow = vec![candidate(1, 1000.0, 10.0), candidate(4, 250.0, 40.0), candidate(16, 70.0, 160.0)];
        let quick = vec![candidate(1, 100.0, 10.0), candidate(2, 50.0, 20.0)];
        let layers = [slow, quick];
        let none = |adders| Means { device: None, adders: Some(adders) };
        for objective in [Objective::Latency, Objective::Balanced] {
            assert_eq!(choose(&layers, &none(18), objective, None), [2, 1]);
            assert_eq!(choose(&layers, &none(17), objective, None), [2, 0]);
            assert_eq!(choose(&layers, &none(16), objective, None), [1, 0], "the quick layer need not be quicker than the slow one");
            assert_eq!(choose(&layers, &none(4), objective, None), [0, 0]);
            assert_eq!(choose(&layers, &none(1), objective, None), [0, 0], "too few for anything");
        }
        assert_eq!(choose(&layers, &none(1000), Objective::Area, None), [0, 0]);
        // On a device both count.
        let device = |lut| Device { family: Family::Ecp5, lut, ff: 10_000, bram: 100, dsp: 0 };
        let both = |lut, adders| Means { device: Some(device(lut)), adders: Some(adders) };
        assert_eq!(choose(&layers, &both(400, 1000), Objective::Latency, None), [2, 1]);
        assert_eq!(choose(&layers, &both(400, 5), Objective::Latency, None), [1, 0]);
        assert_eq!(choose(&layers, &both(100, 1000), Objective::Latency, None), [1, 0]);
    }
}
