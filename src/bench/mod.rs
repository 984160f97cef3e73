//! The five benchmarks (B1 to B5): what each one is, and running it.
//!
//! A benchmark is a description: a network with seeded random weights, how it folds onto hardware, the peer's figures and
//! the target. [`run`] makes the network, calibrates its thresholds so that enough neurons fire, simulates the emitted
//! Verilog in lockstep with the golden model, and synthesises the very same files.

mod area;
mod calibrate;
mod entry;
mod goals;
mod images;
mod measure;
mod nets;
mod plot;
mod registry;
mod report;
mod stimulus;
pub mod table;

use std::path::{Path, PathBuf};

use net::{Network, Problem, Problems};
use rtl::{Design, Plan, PlanOptions};
use synth::Tool;

pub use self::entry::Entry;
pub use self::registry::{Benchmark, Work, IDS, REGISTRY};
pub use self::report::{print, Results};
use crate::console::Console;
use crate::loads::Loads;
use crate::goal::device;

/// Activities, in percent of the input addresses per time step, where the user does not say.
pub const ACTIVITIES: [f64; 6] = [0.0, 1.0, 5.0, 10.0, 30.0, 100.0];

/// How to run benchmarks.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Percent of the input addresses that spike in each time step, ascending.
    pub activities: Vec<f64>,
    pub seed: u64,
    /// Count cells with yosys.
    pub synth: bool,
    /// Place and route with five seeds.
    pub place: bool,
    /// Trained net of the MNIST chain.
    pub model: Option<PathBuf>,
    /// Folder for the emitted designs.
    pub build: PathBuf,
}

/// A benchmark's network with what was planned and emitted for it.
pub struct Subject {
    pub net: Network,
    pub plan: Plan,
    pub design: Design,
    /// Whether the weights were trained: then their thresholds stay as they are.
    pub trained: bool,
}

/// What would stop [`run`] halfway is found before anything runs: a missing tool, a model that cannot be read.
pub fn check(benchmarks: &[&Benchmark], settings: &Settings, console: &Console) -> Result<(), Problems> {
    let mut problems = Vec::new();
    let tools = [
        (Tool::Yosys, settings.synth),
        (Tool::NextpnrEcp5, settings.synth && settings.place),
    ];
    for (tool, _) in tools.iter().filter(|(_, wanted)| *wanted) {
        problems.extend(tool.require().err());
    }
    for benchmark in benchmarks {
        if let (Work::Model, Some(path)) = (&benchmark.work, &settings.model) {
            problems.extend(trained(benchmark, path, console).err().into_iter().flat_map(|found| found.0));
        }
    }
    Problems::unless_empty(problems, ())
}

/// Runs one benchmark. A benchmark that cannot run gives an entry that says why.
pub fn run(benchmark: &Benchmark, settings: &Settings, console: &Console) -> Result<Entry, Problems> {
    let subject = match (&benchmark.work, &settings.model) {
        (Work::Model, None) => {
            return Ok(Entry::absent(
                benchmark,
                "skipped: --model names the trained net (NIR file)",
            ))
        }
        (Work::Model, Some(path)) => trained(benchmark, path, console)?,
        (Work::Random(make), _) => random(benchmark, *make, settings.seed)?,
    };
    let mut entry = Entry::of(benchmark, &subject);
    measure::measure(benchmark, &subject, settings, console, &mut entry)?;
    if subject.trained {
        entry.images = Some(images::measure(&subject, settings, console, &mut entry.failures)?);
    }
    if settings.synth {
        area::measure(benchmark, &subject, settings, console, &mut entry)?;
    }
    entry.judge(benchmark);
    Ok(entry)
}

fn random(benchmark: &Benchmark, make: fn(u64) -> Network, seed: u64) -> Result<Subject, Problems> {
    let mut net = make(seed);
    net.name = name(benchmark);
    let net = calibrate::calibrate(net, benchmark, seed)?;
    let loads = Loads::even(&net, benchmark.activity / 100.0, String::new());
    emit(benchmark, net, loads, false)
}

fn trained(benchmark: &Benchmark, path: &Path, console: &Console) -> Result<Subject, Problems> {
    let options = net::Options {
        name: Some(name(benchmark)),
        multiplicity: Some(1),
        ..net::Options::default()
    };
    let net = net::import_file(path, &options)?.network;
    let loads = images::loads(&net, console)?;
    emit(benchmark, net, loads, true)
}

/// Name of a benchmark's top module and of its build folder.
pub fn name(benchmark: &Benchmark) -> String {
    let mut name = benchmark.id.to_lowercase();
    if !benchmark.case.is_empty() {
        name += &format!("_{}", benchmark.case.replace('-', "_"));
    }
    name
}

fn emit(benchmark: &Benchmark, net: Network, loads: Loads, trained: bool) -> Result<Subject, Problems> {
    let plan = plan(benchmark, &net, loads)?;
    if benchmark.under_test >= plan.cores.len() {
        return Err(Problem::new(
            "benchmark-net",
            benchmark.label(),
            format!("{} layers", plan.cores.len()),
            format!("at least {} layers", benchmark.under_test + 1),
            "give the net that the benchmark names",
        )
        .into());
    }
    let design = rtl::emit(&plan);
    Ok(Subject {
        net,
        plan,
        design,
        trained,
    })
}

/// Folds as the benchmark demands; where the planner allows fewer lanes, with half as many, and so on. Layers of which it
/// demands nothing fold as the planner chooses for the device and the loads.
fn plan(benchmark: &Benchmark, net: &Network, loads: Loads) -> Result<Plan, Problems> {
    let mut options = PlanOptions { device: Some(device(benchmark.device)), loads: loads.heard, ..PlanOptions::default() };
    for fold in benchmark.folds {
        let Some(layer) = net.layers.get(fold.layer) else {
            continue;
        };
        options.machines.insert(layer.name.clone(), fold.machine);
        if let Some((lanes, banks)) = fold.size {
            options.lanes.insert(layer.name.clone(), lanes);
            options.banks.insert(layer.name.clone(), banks);
        }
    }
    loop {
        let problems = match rtl::plan::plan(net, &options) {
            Ok(plan) => return Ok(plan),
            Err(problems) => problems,
        };
        let too_many = problems.0.iter().all(|problem| problem.code == "lanes-range");
        let widest = options.lanes.values_mut().max();
        match widest {
            Some(lanes) if too_many && *lanes > 1 => *lanes /= 2,
            _ => return Err(problems),
        }
    }
}
