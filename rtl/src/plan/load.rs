//! What a layer hears in a time step, as far as the planner knows.

use net::MapShape;
use serde::{Deserialize, Serialize};

use super::axis::Axis;
use super::core::CorePlan;

/// Events per time step at each address of the map that a layer hears.
///
/// Where events fall matters as much as how many there are: one at the edge of a map meets fewer neurons than one in its middle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Events per time step on the whole map.
    pub events: f64,
    /// Of each address (flat index); empty: spread evenly.
    rates: Vec<f64>,
}

impl Load {
    /// `events` per time step, spread evenly.
    pub fn even(events: f64) -> Load {
        Load { events, rates: Vec::new() }
    }

    /// `counts` of each address of the map, over `steps` time steps.
    pub fn measured(counts: &[u64], steps: f64) -> Load {
        let rates: Vec<f64> = counts.iter().map(|&count| count as f64 / steps).collect();
        Load { events: rates.iter().sum(), rates }
    }

    /// Sum over all events of a step of what `cost` gives for an address (flat index).
    pub fn sum(&self, shape: MapShape, cost: impl Fn(usize) -> f64) -> f64 {
        if self.rates.is_empty() {
            return self.events * (0..shape.len()).map(cost).sum::<f64>() / shape.len().max(1) as f64;
        }
        self.rates.iter().enumerate().filter(|(_, rate)| **rate > 0.0).map(|(at, rate)| rate * cost(at)).sum()
    }

    /// Events per time step at each place of the map (row x width + column), of all channels.
    pub fn places(&self, shape: MapShape) -> Vec<f64> {
        let mut places = vec![0.0; shape.h * shape.w];
        if self.rates.is_empty() {
            let each = self.events / places.len().max(1) as f64;
            places.fill(each);
        }
        for channel in self.rates.chunks_exact(places.len().max(1)) {
            places.iter_mut().zip(channel).for_each(|(place, rate)| *place += rate);
        }
        places
    }

    /// Cycles per time step that a core takes for its events.
    pub fn event_cycles(&self, core: &CorePlan) -> f64 {
        let shape = core.layer.input;
        let costs = EventCosts::of(core);
        match self.rates.is_empty() {
            true => self.events * costs.sum() as f64 / shape.len().max(1) as f64,
            false => costs.weighted(&self.rates),
        }
    }

    /// Words that a scan of touched words visits on average, if events come independently of each other.
    pub fn mean_visits(&self, core: &CorePlan) -> f64 {
        self.mean_touched(core).max(1.0)
    }

    fn mean_touched(&self, core: &CorePlan) -> f64 {
        let shape = core.layer.input;
        let places = self.places(shape);
        let (rows, columns) = (touching(&core.rows), touching(&core.columns));
        // Events per step that touch a row of the banks, by the column in which they fall; then those that touch a position.
        let in_row = |hearers: &[usize], x: usize| hearers.iter().map(|y| places[y * shape.w + x]).sum::<f64>();
        let mut touched = 0.0;
        for hearers in &rows {
            let by_column: Vec<f64> = (0..shape.w).map(|x| in_row(hearers, x)).collect();
            for hearers in &columns {
                let events: f64 = hearers.iter().map(|&x| by_column[x]).sum();
                touched += 1.0 - (-events).exp();
            }
        }
        touched * core.groups as f64
    }
}

/// What the events at all addresses cost a core: [`CorePlan::event_cycles`], with the sums over a row of the map done once. The
/// planner asks this of hundreds of cores that a layer might have, each time for all addresses.
enum EventCosts<'a> {
    /// Of a table core, cycles of each address's row; 0 if it is empty.
    Rows(&'a [u32]),
    /// Per channel the words that an event touches at a position, and per place of the map (row x width + column) how many positions
    /// it takes one behind the other.
    Product { channels: Vec<u64>, places: Vec<u64> },
}

impl EventCosts<'_> {
    fn of(core: &CorePlan) -> EventCosts<'_> {
        if let Some(fold) = &core.table {
            return EventCosts::Rows(&fold.rows);
        }
        let words = |c| {
            let (first, last) = core.group_range(c);
            (last - first + 1) as u64
        };
        let (rows, columns) = (&core.rows.iterations, &core.columns.iterations);
        let places = rows.iter().flat_map(|y| columns.iter().map(move |x| (y.len() * x.len()) as u64));
        EventCosts::Product { channels: (0..core.layer.input.c).map(words).collect(), places: places.collect() }
    }

    /// Of the events that come at these rates, address by address.
    fn weighted(&self, rates: &[f64]) -> f64 {
        // An event that no neuron hears costs one.
        match self {
            EventCosts::Rows(rows) => rates.iter().zip(*rows).map(|(rate, cycles)| rate * f64::from((*cycles).max(1))).sum(),
            EventCosts::Product { channels, places } => {
                let mut sum = 0.0;
                for (words, rates) in channels.iter().zip(rates.chunks_exact(places.len().max(1))) {
                    rates.iter().zip(places).for_each(|(rate, place)| sum += rate * (words * place).max(1) as f64);
                }
                sum
            }
        }
    }

    /// Of one event at each address.
    fn sum(&self) -> u64 {
        match self {
            EventCosts::Rows(rows) => rows.iter().map(|cycles| u64::from((*cycles).max(1))).sum(),
            EventCosts::Product { channels, places } => {
                let heard: u64 = places.iter().sum();
                let unheard = places.iter().filter(|place| **place == 0).count() as u64;
                channels.iter().map(|words| words * heard + unheard).sum()
            }
        }
    }
}

/// Of each row (or column) in the banks, the input coordinates whose events touch it.
fn touching(axis: &Axis) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new(); axis.depth];
    for (at, iterations) in axis.iterations.iter().enumerate() {
        let taps = iterations.iter().flat_map(|it| it.taps.iter().flatten());
        for place in taps.map(|tap| axis.position(tap.output).1) {
            if found[place].last() != Some(&at) {
                found[place].push(at);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::{plan, touched, PlanOptions};
    use net::random::{network, Limits};

    /// Plans of random networks; each layer with events in four steps, more of them at low addresses.
    fn cases() -> Vec<(CorePlan, Vec<Vec<u32>>)> {
        let limits = Limits { max_spikes: 1, ..Limits::default() };
        let mut cases = Vec::new();
        for seed in 0..20 {
            let plan = plan(&network(seed, &limits), &PlanOptions::default()).unwrap_or_else(|problems| panic!("{problems}"));
            for core in plan.cores {
                let inputs = core.layer.input.len() as u32;
                let steps = (1..5u32).map(|step| (0..inputs).filter(|at| at * at * step % (inputs + 3) < 2 + inputs / (4 + at)).collect());
                cases.push((core, steps.collect()));
            }
        }
        cases
    }

    fn load(core: &CorePlan, steps: &[Vec<u32>]) -> Load {
        let mut counts = vec![0; core.layer.input.len()];
        steps.iter().flatten().for_each(|&event| counts[event as usize] += 1);
        Load::measured(&counts, steps.len() as f64)
    }

    #[test]
    fn a_measured_load_costs_what_its_events_cost() {
        let mut uneven = 0;
        for (core, steps) in cases() {
            let load = load(&core, &steps);
            let each = steps.iter().flatten().map(|&event| core.event_cycles(core.layer.input.coordinate(event as usize)));
            let mean = each.sum::<u64>() as f64 / steps.len() as f64;
            assert!((load.event_cycles(&core) - mean).abs() < 1e-9 * mean.max(1.0), "{} instead of {mean}", load.event_cycles(&core));
            uneven += usize::from((Load::even(load.events).event_cycles(&core) - mean).abs() > 0.01 * mean);
        }
        assert!(uneven > 3, "places of events hardly matter in these networks: {uneven}");
    }

    #[test]
    fn costs_of_all_events_are_those_of_each() {
        for (core, _) in cases() {
            let costs = EventCosts::of(&core);
            let each: Vec<u64> = (0..core.layer.input.len()).map(|at| core.event_cycles(core.layer.input.coordinate(at))).collect();
            assert_eq!(costs.sum(), each.iter().sum::<u64>());
            let rates: Vec<f64> = (0..each.len()).map(|at| (at % 7) as f64 / 3.0).collect();
            let sum: f64 = rates.iter().zip(&each).filter(|(rate, _)| **rate > 0.0).map(|(rate, cycles)| rate * *cycles as f64).sum();
            assert_eq!(costs.weighted(&rates), sum, "to the last bit: plans must not depend on how the sum is taken");
        }
    }

    /// Rare events touch each its own words; with very many, every word that any of them touches is touched.
    #[test]
    fn words_are_touched_by_the_events_that_reach_them() {
        for (core, steps) in cases() {
            let mut counts = vec![0; core.layer.input.len()];
            steps.iter().flatten().for_each(|&event| counts[event as usize] += 1);
            let (mut sum, mut any) = (0.0, BTreeSet::new());
            for &event in steps.iter().flatten() {
                let mut places = BTreeSet::new();
                touched::positions(&core, event as usize, |at| _ = places.insert(at));
                sum += (places.len() * core.groups) as f64;
                any.extend(places);
            }
            let rare = 1e6;
            let found = Load::measured(&counts, rare).mean_touched(&core) * rare;
            assert!((found - sum).abs() <= 1e-3 * sum, "{found} instead of {sum}");
            let found = Load::measured(&counts, 1e-6).mean_touched(&core);
            assert!((found - (any.len() * core.groups) as f64).abs() < 1e-6, "{found} instead of {}", any.len() * core.groups);
        }
    }
}
