//! A point in hardware: its whole folder, cells by yosys, and cycles in lockstep with the golden model.

use std::path::Path;

use net::options::{Choice, CoreKind, ScanRule};
use net::{Problems, Settings};
use serde::{Deserialize, Serialize};
use sim::LockstepOptions;
use synth::SynthOptions;

use super::point::Point;
use crate::build::emitted;
use crate::build::folder::{self, Overwrite};
use crate::cmd_cosim::lockstep;
use crate::console::Console;
use crate::project::Project;

/// Samples that are simulated per point.
const SAMPLES: u32 = 4;

/// What yosys and Verilator found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub lut: u64,
    pub ff: u64,
    pub bram: u64,
    pub dsp: u64,
    pub fits: bool,
    /// Samples in lockstep.
    pub samples: usize,
    pub mismatches: u64,
    pub cycles_per_sample: Vec<u64>,
    /// Of the Verilog and hex.
    pub hash: String,
}

/// Builds `point` into `folder`, synthesises and simulates it. `settings` are those of the exploration.
pub fn measure(point: &Point, settings: Settings, folder: &Path, console: &Console) -> Result<Measured, Problems> {
    let mut project = Project::from_settings(of_point(point, settings), console)?;
    let emitted = emitted::emit(&mut project, console)?;
    folder::write(folder, &emitted.files, Overwrite { force: true, allowed: None })?;
    let options = SynthOptions { target: project.goal.for_synthesis(), place: false, ..SynthOptions::default() };
    let spinner = console.spinner(&format!("{}: synthesis", point.id));
    let report = synth::synthesise(folder, &options, &|line| spinner.set_message(format!("{}: {line}", point.id)));
    spinner.finish_and_clear();
    let report = report?;
    let options = LockstepOptions { seed: project.seed, ..LockstepOptions::default() };
    let run = lockstep(&project, &emitted.plan, &emitted.design, options, console)?;
    if let Some(first) = &run.report.first {
        console.warn(format!("{}: {first}", point.id));
    }
    Ok(Measured {
        lut: report.lut,
        ff: report.ff,
        bram: report.bram,
        dsp: report.dsp,
        fits: report.fits,
        samples: run.report.samples,
        mismatches: run.report.mismatches,
        cycles_per_sample: run.report.cycles_per_sample,
        hash: report.hash,
    })
}

/// Settings that give exactly the plan of `point`.
fn of_point(point: &Point, mut settings: Settings) -> Settings {
    settings.options.numbers.weight_bits = Some(point.weight_bits);
    settings.target = Some(point.target.clone());
    settings.samples = Some(settings.samples.map_or(SAMPLES, |samples| samples.min(SAMPLES)));
    for fold in &point.layers {
        let layer = settings.options.layers.entry(fold.name.clone()).or_default();
        layer.core = CoreKind::parse_name(&fold.core).ok();
        if !fold.has_choices() {
            continue;
        }
        layer.scan = ScanRule::parse_name(&fold.scan).ok();
        layer.banks = Some((fold.banks.0 as u32, fold.banks.1 as u32));
        layer.lanes = Some(fold.lanes as u32);
        layer.queue = Some(fold.queue as u32);
    }
    settings
}
