//! Coverage on purpose: what samples have left out is sent. Every weight whose tap lies inside the map is added at least once.
//!
//! Layers that hear the chip's input get directed samples through it. The others are driven alone: the same core between AXI4-Stream ports
//! ([`rtl::Plan::alone`]), whose input is what the core hears, so that any event can come.

mod directed;

use std::cell::LazyCell;

use net::Network;
use rtl::{Design, EmittedFile, Plan};

use crate::error::SimError;
use crate::lockstep::{lockstep, LayerCoverage, LockstepOptions, LockstepReport, Mismatch};

/// What was done to cover a design.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct CoverReport {
    /// Directed samples that went through the chip.
    pub samples: usize,
    /// Cores that were driven alone.
    pub alone: Vec<Alone>,
    pub spikes_compared: u64,
    pub membrane_writes_compared: u64,
    pub ticks_compared: u64,
    pub values_compared: u64,
    pub mismatches: u64,
    pub first: Option<Mismatch>,
}

/// A core that was driven alone.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Alone {
    pub layer: String,
    /// Events that it was sent.
    pub events: usize,
    /// Files of the core that are not those of the chip, byte for byte: where a station has another address, or routers hear of a step's end.
    pub other_files: Vec<String>,
}

impl CoverReport {
    fn add(&mut self, report: LockstepReport) {
        self.spikes_compared += report.spikes_compared;
        self.membrane_writes_compared += report.membrane_writes_compared;
        self.ticks_compared += report.ticks_compared;
        self.values_compared += report.values_compared;
        self.mismatches += report.mismatches;
        self.first = self.first.take().or(report.first);
    }
}

/// Runs `design` on what `report`, a lockstep run of it, has not covered, and adds to its coverage what that has. `progress` hears the name of
/// each layer before it is driven. A design without probes inside (a netlist) is left as it is.
pub fn cover(
    design: &Design,
    plan: &Plan,
    net: &Network,
    report: &mut LockstepReport,
    options: &LockstepOptions,
    progress: &dyn Fn(&str),
) -> Result<CoverReport, SimError> {
    let mut found = CoverReport::default();
    let layers = &mut report.coverage.layers;
    let from_input = directed::from_input(plan, net, layers);
    if !from_input.is_empty() {
        progress("the chip's input");
        let own = LockstepOptions { waves: None, progress: None, ..options.clone() };
        let part = lockstep(design, plan, net, &[from_input], &own)?;
        layers.iter_mut().zip(&part.coverage.layers).for_each(|(layer, seen)| layer.add(seen));
        found.samples = 1;
        found.add(part);
    }
    let emitted = LazyCell::new(|| rtl::emit(plan));
    for (i, layer) in layers.iter_mut().enumerate() {
        if found.mismatches > 0 || layer.weights.is_complete() {
            continue;
        }
        progress(&layer.layer);
        let part = alone(i, design, &emitted, plan, layer, options)?;
        found.alone.push(part.0);
        found.add(part.1);
    }
    Ok(found)
}

/// Drives core `i` alone with what `layer` has not covered.
fn alone(i: usize, design: &Design, emitted: &Design, plan: &Plan, layer: &mut LayerCoverage, options: &LockstepOptions) -> Result<(Alone, LockstepReport), SimError> {
    let (net, plan) = plan.alone(i)?;
    let mut own = rtl::emit(&plan);
    let prefix = format!("/{}_{}_", own.top, plan.cores[0].name);
    let other_files = take_files(&mut own, design, emitted).into_iter().filter(|path| path.contains(&prefix)).collect();
    let sample = directed::of_core(&plan.cores[0], layer);
    let events = sample.iter().map(Vec::len).sum();
    let options = &LockstepOptions { waves: None, progress: None, clocks: Vec::new(), ..options.clone() };
    let report = lockstep(&own, &plan, &net, &[sample], options)?;
    report.coverage.layers.iter().for_each(|seen| layer.add(seen));
    Ok((Alone { layer: layer.layer.clone(), events, other_files }, report))
}

/// Takes the files of `design` into `own` where both would be emitted alike, hand edits included; the paths of the other Verilog and memory files.
fn take_files(own: &mut Design, design: &Design, emitted: &Design) -> Vec<String> {
    let find = |files: &'_ [EmittedFile], path: &str| files.iter().find(|file| file.path == path).map(|file| file.text.clone());
    let mut others = Vec::new();
    for file in &mut own.files {
        match (find(&emitted.files, &file.path), find(&design.files, &file.path)) {
            (Some(text), Some(there)) if text == file.text => file.text = there,
            _ => others.push(file.path.clone()),
        }
    }
    others
}
