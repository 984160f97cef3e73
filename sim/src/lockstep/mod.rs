//! Verilated RTL against the golden model, every spike and every membrane write.
//!
//! | what | compared with |
//! |---|---|
//! | words on each layer's output link and at the chip's edge | golden's spikes and shown states, per step as a multiset; TICK, TICK_LAST in order |
//! | words a core accepts | words sent to it, in order |
//! | each link | `valid` never drops, a stalled word does not change |
//! | each AER port | four phases in their order, data out before `req` and held until `ack` |
//! | membrane writes while integrating | replay of the accepted events, see `scoreboard/mod.rs` |
//! | membrane writes of the fire phase | golden's stored state; the initial state at the end of a sample |
//! | the memory array when a scan ends | all of the above |
//! | the configuration bus | AXI4-Lite; every counter against links and golden, see `run/registers.rs` |
//! | at rest | nothing owed, each accepted step scanned once |
//! | at the end | each watched link, port, memory and counter has shown something |
//!
//! On routers the order of a step's words is free: what a core accepts is compared with what golden says that it hears, per step as a
//! multiset.

mod aer;
mod board;
mod coverage;
mod finding;
pub(crate) mod footprint;
mod guard;
mod link;
mod readout;
mod report;
mod router_stalls;
mod run;
mod scoreboard;
mod step_check;
mod stimulus;
mod truth;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use golden::Engine;
use net::guard::entering;
use net::{Network, Problem, Problems, Spikes};
use rtl::{Design, Plan};

pub use self::board::{BoardReport, ChipLink, ChipReport, CoreLoad};
pub use self::coverage::{Coverage, LayerCoverage, RouterCoverage, Seen, States};
pub use self::link::LinkStalls;
pub use self::report::{CoreCounts, FabricReport, GuardReport, LockstepReport, Mismatch, RegisterReport, RouterTraffic};
use self::run::Run;
pub(crate) use self::run::Setup;
pub(crate) use self::scoreboard::{Phase, View};
use crate::bench::in_bench;
use crate::error::SimError;
use crate::model::{build, BuildOptions};
use crate::waves::{Recorder, WaveRequest, AVAILABLE};

/// How to run.
#[derive(Clone)]
pub struct LockstepOptions<'a> {
    /// Seeds the stalls. A sample's stalls depend on the seed and on its index only.
    pub seed: u64,
    /// Probability, 0 to 0.95, of a gap before an input word and of a refused output word, in each cycle; and of a router that
    /// takes nothing from a link.
    pub stall: f64,
    /// Probability, 0 to 0.95, of a spike off the map before an input word: it may change nothing, and a guard counts it.
    pub off_map: f64,
    /// Waves of one sample, whether it mismatches or not.
    pub waves: Option<WaveRequest>,
    /// Where the waves of a mismatch go (`mismatch.vcd` and `.gtkw` in this folder); `None` writes none.
    pub mismatch_folder: Option<PathBuf>,
    /// Called with the index of each finished sample, in any order.
    pub progress: Option<&'a (dyn Fn(usize) + Sync)>,
    /// Model instances that share the samples; 0 = one per processor.
    pub threads: usize,
    /// Starts a sample while the one before is still leaving, instead of waiting for rest.
    pub back_to_back: bool,
    /// Runs on after a sample with mismatches.
    pub keep_going: bool,
    /// Of several chips: in which share of the simulation's cycles each one's clock ticks, 0.05 to 1; empty: unrelated ones by the seed.
    pub clocks: Vec<f64>,
    pub build: BuildOptions,
}

impl Default for LockstepOptions<'_> {
    fn default() -> Self {
        LockstepOptions {
            seed: 0,
            stall: 0.0,
            off_map: 0.0,
            waves: None,
            mismatch_folder: None,
            progress: None,
            threads: 1,
            back_to_back: false,
            keep_going: false,
            clocks: Vec::new(),
            build: BuildOptions::default(),
        }
    }
}

/// Simulates `design` on `samples` and compares it with golden. `plan` and `net` are what the design was emitted from.
/// Samples are what is sent to the chip; a limiting guard at its input lets less into the network.
/// A design without core probes (a netlist after synthesis) is compared at the chip's edge only. Samples without a
/// time step are skipped. Mismatches are in the report; errors are what kept the simulation from running.
pub fn lockstep(
    design: &Design,
    plan: &Plan,
    net: &Network,
    samples: &[Spikes],
    options: &LockstepOptions,
) -> Result<LockstepReport, SimError> {
    let engine = Engine::new(net).tolerant(plan.edges.are_tolerant());
    check(&engine, plan, net, samples, options)?;
    check_clocks(plan, options)?;
    let bench = in_bench(design, plan);
    let design = bench.as_ref().unwrap_or(design);
    // Tracing costs speed even while nothing is dumped: built in only for waves.
    let trace = options.waves.is_some() && AVAILABLE;
    let stalled = router_stalls::stalled(design, options.stall, options.seed);
    let design = stalled.as_ref().unwrap_or(design);
    let library = build(
        design,
        &BuildOptions {
            trace,
            ..options.build.clone()
        },
    )?;
    let setup = Setup {
        design,
        plan,
        net,
        engine: &engine,
        library: &library,
        options,
    };
    let wanted: Vec<(usize, &Spikes)> = samples.iter().enumerate().filter(|(_, s)| !s.is_empty()).collect();
    let start = Instant::now();
    let mut report = run_all(&setup, &wanted)?;
    report.conclude_links();
    report.seconds = start.elapsed().as_secs_f64();
    report.cycles_per_second = report.cycles as f64 / report.seconds.max(1e-9);
    report.writes_per_second = report.membrane_writes_compared as f64 / report.seconds.max(1e-9);
    (report.seed, report.stall) = (options.seed, options.stall);
    explain(&setup, &wanted, &mut report)?;
    Ok(report)
}

fn check(engine: &Engine, plan: &Plan, net: &Network, samples: &[Spikes], options: &LockstepOptions) -> Result<(), SimError> {
    let mut problems = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        if let Err(Problems(found)) = engine.validate(&entering(Cow::Borrowed(sample), plan.edges.limit())) {
            problems.extend(found.into_iter().map(|p| Problem {
                path: format!("sample {index}, {}", p.path),
                ..p
            }));
        }
    }
    if !(0.0..=0.95).contains(&options.stall) {
        let stall = options.stall.to_string();
        problems.push(Problem::new(
            "stall-range",
            "--stall",
            stall,
            "0 to 0.95",
            "use 0.3 for a thorough check",
        ));
    }
    if let Some(waves) = &options.waves {
        if waves.sample >= samples.len() {
            let limit = format!("{} samples, counted from 0", samples.len());
            let remedy = "choose one of these or raise --samples";
            problems.push(Problem::new(
                "waves-sample",
                "--waves",
                waves.sample.to_string(),
                limit,
                remedy,
            ));
        }
        if let Some(layer) = waves
            .layer
            .as_ref()
            .filter(|name| !net.layers.iter().any(|l| l.name == **name))
        {
            let known: Vec<_> = net.layers.iter().map(|l| l.name.as_str()).collect();
            let limit = format!("layers: {}", known.join(", "));
            problems.push(Problem::new(
                "waves-layer",
                "--waves",
                layer,
                limit,
                "use the weight node's name",
            ));
        }
    }
    Ok(Problems::unless_empty(problems, ())?)
}

fn check_clocks(plan: &Plan, options: &LockstepOptions) -> Result<(), SimError> {
    let clocks = &options.clocks;
    let legal = clocks.is_empty() || clocks.len() == plan.chips.len() && clocks.iter().all(|share| (0.05..=1.0).contains(share));
    let text: Vec<String> = clocks.iter().map(f64::to_string).collect();
    let limit = format!("{} shares of the simulation's cycles, 0.05 to 1 each", plan.chips.len());
    let problem = || Problem::new("clocks", "--clocks", text.join(", "), limit, "name one per chip, or none");
    Ok(Problems::unless_empty((!legal).then(problem).into_iter().collect(), ())?)
}

/// Shares the samples out over instances, a block of neighbours each, so that state could leak from sample to sample.
fn run_all(setup: &Setup, samples: &[(usize, &Spikes)]) -> Result<LockstepReport, SimError> {
    let options = setup.options;
    let threads = thread_count(setup, samples);
    let waves = |block: &[(usize, &Spikes)]| {
        let request = options
            .waves
            .as_ref()
            .filter(|w| block.iter().any(|(index, _)| *index == w.sample));
        request.map(|request| Recorder::new(request.clone(), None))
    };
    if threads == 1 {
        return Run::new(setup)?.samples(samples, waves(samples));
    }
    let mut total = LockstepReport::default();
    let parts: Vec<Result<LockstepReport, SimError>> = std::thread::scope(|scope| {
        let blocks = samples.chunks(samples.len().div_ceil(threads));
        let running: Vec<_> = blocks
            .map(|block| scope.spawn(move || Run::new(setup)?.samples(block, waves(block))))
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<Result<LockstepReport, SimError>>| {
            thread
                .join()
                .unwrap_or_else(|_| Err(SimError::Model("a simulation thread panicked".into())))
        };
        running.into_iter().map(join).collect()
    });
    for part in parts {
        total.append(part?);
    }
    Ok(total)
}

fn thread_count(setup: &Setup, samples: &[(usize, &Spikes)]) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, |n| n.get());
    let threads = if setup.options.threads == 0 {
        processors()
    } else {
        setup.options.threads
    };
    threads.min(samples.len()).max(1)
}

/// After a mismatch: the same samples up to it again, with waves of the last.
fn explain(setup: &Setup, samples: &[(usize, &Spikes)], report: &mut LockstepReport) -> Result<(), SimError> {
    let (Some(first), Some(folder)) = (&mut report.first, &setup.options.mismatch_folder) else {
        return Ok(());
    };
    let Some(sample) = first.sample else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(SimError::io(folder))?;
    let path = folder.join("mismatch.vcd");
    let request = WaveRequest {
        sample,
        layer: None,
        path: path.clone(),
    };
    // State may have leaked from an earlier sample of the same instance, so the block starts where it started.
    let Some(place) = samples.iter().position(|(index, _)| *index == sample) else {
        return Ok(());
    };
    let block = samples.len().div_ceil(thread_count(setup, samples));
    let upto = &samples[place / block * block..=place];
    let traced = BuildOptions {
        trace: AVAILABLE,
        ..setup.options.build.clone()
    };
    let library = if AVAILABLE {
        build(setup.design, &traced)?
    } else {
        setup.library.clone()
    };
    let setup = &Setup {
        library: &library,
        ..*setup
    };
    let recorder = Recorder::new(request, Some(first.cycle + 64));
    let again = Run::new(setup)?.samples(upto, Some(recorder))?;
    if again.first.is_some() && Path::new(&path).exists() {
        first.waves = Some(path);
    }
    Ok(())
}
