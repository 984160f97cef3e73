//! `spikewright cosim`: the Verilog in lockstep with the golden model.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use net::{Problem, Problems, Spikes};
use rayon::prelude::*;
use rtl::{Design, Plan};
use serde_json::{json, Value};
use sim::{CoverReport, LockstepOptions, LockstepReport, WaveRequest};

use crate::args::NetArgs;
use crate::build::{built, folder::write_problem};
use crate::console::{Console, Reply};
use crate::project::Project;

/// Simulate a net, or the Verilog in a built folder, against the golden model; exit code 1 at a mismatch
#[derive(clap::Args, Debug)]
pub struct CosimArgs {
    /// NET may also be a folder that `spikewright build` wrote: it is simulated as it lies there
    #[command(flatten)]
    net: NetArgs,
    /// Probability of a gap before each input word and of a refused output word, 0 to 0.95
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    stall: f64,
    /// Write waves (VCD and GTKWave file), e.g. sample=3,layer=conv1
    #[arg(long, value_name = "sample=I[,layer=NAME]")]
    waves: Option<String>,
    /// Folder for waves, also those of the first mismatch
    #[arg(long, value_name = "DIR", default_value = "waves")]
    waves_dir: PathBuf,
    /// Of several chips: in which share of the simulation's cycles each one's clock ticks, 0.05 to 1 [default: by the seed]
    #[arg(long, value_name = "SHARE,...", value_delimiter = ',')]
    clocks: Vec<f64>,
    /// Go on until every weight has been added at least once: directed samples at the input, then each core alone with events of its own
    #[arg(long)]
    cover: bool,
    /// Simulations that run at the same time [default: one per processor]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

pub fn run(args: &CosimArgs, console: &Console) -> Result<Reply, Problems> {
    let (project, plan, design) = match args.net.net.as_deref().filter(|path| path.is_dir()) {
        Some(dir) => built::open(dir, &args.net, console)?,
        None => {
            let mut project = Project::open(&args.net, console)?;
            let plan = project.plan(console)?;
            let design = rtl::emit(&plan);
            (project, plan, design)
        }
    };
    project.print_assumptions(console);
    let waves = args
        .waves
        .as_deref()
        .map(|text| parse_waves(text, &args.waves_dir))
        .transpose()?;
    let options = LockstepOptions {
        seed: project.seed,
        stall: args.stall,
        waves,
        mismatch_folder: Some(args.waves_dir.clone()),
        threads: args.threads,
        clocks: args.clocks.clone(),
        ..LockstepOptions::default()
    };
    let covering = args.cover.then(|| options.clone());
    let mut lockstep = lockstep(&project, &plan, &design, options, console)?;
    if let Some(options) = covering.filter(|_| lockstep.report.passed()) {
        lockstep.cover(&project, &plan, &design, &options, console)?;
    }
    if lockstep.report.ticks_compared == 0 && lockstep.report.mismatches == 0 {
        let value = format!("{} samples without a time step that was compared", lockstep.report.samples);
        let remedy = "give samples with at least one time step";
        return Err(Problem::new("nothing-compared", "cosim", value, "a proof needs something to compare", remedy).into());
    }
    lockstep.print(console);
    let passed = lockstep.passed();
    let mut fields = lockstep.json();
    fields["target"] = json!(project.goal.name());
    fields["warnings"] = json!(project.warnings());
    Ok(Reply::new(fields).passed_if(passed))
}

/// A lockstep run with what was predicted before it.
pub struct Lockstep {
    pub report: LockstepReport,
    cover: Option<CoverReport>,
    predicted: Vec<Option<u64>>,
    hash: String,
}

/// Runs all samples of `project` through `design`; cycles are predicted first.
pub fn lockstep(
    project: &Project,
    plan: &Plan,
    design: &Design,
    options: LockstepOptions,
    console: &Console,
) -> Result<Lockstep, Problems> {
    let samples: Vec<Spikes> = (0..project.samples())
        .map(|index| project.sent(index))
        .collect::<Result<_, _>>()?;
    let predicted = predict(project, plan, &samples)?;
    if let Some(folder) = options.waves.as_ref().and_then(|waves| waves.path.parent()) {
        std::fs::create_dir_all(folder).map_err(|error| write_problem(folder, &error))?;
    }
    let bar = console.progress(samples.len() as u64, "lockstep");
    let tick = |_: usize| bar.inc(1);
    let options = LockstepOptions {
        progress: Some(&tick),
        ..options
    };
    let report = sim::lockstep(design, plan, project.hardware(), &samples, &options);
    bar.finish_and_clear();
    Ok(Lockstep {
        report: report.map_err(|error| error.into_problems())?,
        cover: None,
        predicted,
        hash: design.hash(),
    })
}

/// Cycles of each sample as the plan's formulas have them, without stalls; none for a sample without time steps, and none behind
/// ports whose pace another chip sets.
fn predict(project: &Project, plan: &Plan, samples: &[Spikes]) -> Result<Vec<Option<u64>>, Problems> {
    let engine = project.engine(project.hardware());
    // How long a guard takes depends on its rounds.
    let has_formula = plan.edges.are_streams() && plan.edges.guard.is_none() && rtl::timing::known(plan);
    let of_sample = |spikes: &Spikes| {
        let spikes = &project.behind_guard(Cow::Borrowed(spikes));
        engine.validate(spikes)?;
        if spikes.is_empty() || !has_formula {
            return Ok(None);
        }
        let trace = engine.trace(spikes);
        let layers: Vec<&[Vec<u32>]> = trace.layers.iter().map(|layer| layer.spikes.as_slice()).collect();
        Ok(Some(rtl::timing::predict(plan, spikes, &layers).0))
    };
    samples.par_iter().map(of_sample).collect()
}

impl Lockstep {
    /// Goes on with what the samples have not covered.
    fn cover(&mut self, project: &Project, plan: &Plan, design: &Design, options: &LockstepOptions, console: &Console) -> Result<(), Problems> {
        let spinner = console.spinner("cover");
        let progress = |what: &str| spinner.set_message(format!("cover: {what}"));
        let found = sim::cover(design, plan, project.hardware(), &mut self.report, options, &progress);
        spinner.finish_and_clear();
        self.cover = Some(found.map_err(|error| error.into_problems())?);
        Ok(())
    }

    /// No mismatch, in what covered the rest neither.
    fn passed(&self) -> bool {
        self.report.passed() && self.cover.as_ref().is_none_or(|cover| cover.mismatches == 0)
    }

    pub fn print(&self, console: &Console) {
        let report = &self.report;
        console.say(format!(
            "\n{} samples, {} cycles: {} spikes, {} membrane writes, {} ticks and {} values compared",
            report.samples,
            report.cycles,
            report.spikes_compared,
            report.membrane_writes_compared,
            report.ticks_compared,
            report.values_compared,
        ));
        let cycles = &report.cycles_per_sample;
        if let (Some(least), Some(most)) = (cycles.iter().min(), cycles.iter().max()) {
            let mean = cycles.iter().sum::<u64>() as f64 / cycles.len() as f64;
            let whose = if report.board.is_some() { ", of the simulation's clock" } else { "" };
            console.say(format!("cycles per sample: {mean:.0} on average ({least} to {most}){whose}"));
        }
        if let Some(fabric) = &report.fabric {
            let share = |traffic: &sim::RouterTraffic| format!("{} packets, stalled {:.1} % of their time", traffic.packets, 100.0 * traffic.stall_share);
            console.say(format!("links that leave routers: {}; those to other routers: {}", share(&fabric.all), share(&fabric.between_routers)));
            console.say("predicted cycles: none (there is no formula for routers yet)");
        }
        if let Some(guard) = report.input_guard {
            console.say(format!("input guard: {} words of an address beyond its multiplicity, {} off the map", guard.repeats, guard.off_map));
        }
        report.board.iter().for_each(|board| print_board(board, console));
        if let Some(worst) = self.worst_prediction() {
            console.say(format!("predicted cycles: off by at most {:.2} %", 100.0 * worst));
        }
        console.say(format!(
            "{:.2} M cycles/s, {:.1} M membrane writes/s with all checks",
            report.cycles_per_second / 1e6,
            report.writes_per_second / 1e6
        ));
        if let Some(cover) = &self.cover {
            let alone: Vec<&str> = cover.alone.iter().map(|core| core.layer.as_str()).collect();
            let cores = if alone.is_empty() { "no core alone".to_string() } else { format!("alone: {}", alone.join(", ")) };
            console.say(format!(
                "to cover the rest: {} directed sample{}, {cores}; {} more spikes, {} membrane writes compared",
                cover.samples, if cover.samples == 1 { "" } else { "s" }, cover.spikes_compared, cover.membrane_writes_compared
            ));
        }
        match report.coverage.line() {
            Some(line) => console.say(format!("coverage: {line}")),
            None => console.say("coverage: not known (nothing inside can be seen)"),
        }
        let mismatches = report.mismatches + self.cover.as_ref().map_or(0, |cover| cover.mismatches);
        match report.first.as_ref().or(self.cover.as_ref().and_then(|cover| cover.first.as_ref())) {
            Some(first) => console.say(format!("\n{first}\n{mismatches} mismatches")),
            None => console.say(format!("0 mismatches: {}", verdict(report.coverage.weights()))),
        }
        console.say(format!("hash {}", self.hash));
    }

    /// Largest relative error of a prediction; none with stalls or without predictions.
    fn worst_prediction(&self) -> Option<f64> {
        if self.report.stall > 0.0 {
            return None;
        }
        let pairs = self.report.cycles_per_sample.iter().zip(&self.predicted);
        let errors = pairs.filter_map(|(&measured, predicted)| {
            let predicted = (*predicted)?;
            Some((predicted as f64 - measured as f64).abs() / measured.max(1) as f64)
        });
        errors.reduce(f64::max)
    }

    pub fn json(&self) -> Value {
        let mut fields = json!(self.report);
        // The envelope has it.
        if let Some(object) = fields.as_object_mut() {
            object.remove("seed");
        }
        fields["cover"] = json!(self.cover);
        fields["predicted_cycles_per_sample"] = json!(self.predicted);
        fields["hash"] = json!(self.hash);
        fields
    }
}

/// What no mismatch proves, if so many weights were added of so many.
fn verdict((added, weights): (u64, u64)) -> String {
    match weights - added {
        0 if weights > 0 => "the hardware computed exactly what the golden model says, and added every weight at least once".to_string(),
        0 => "what was compared is exactly what the golden model says".to_string(),
        left => format!("what was compared is exactly what the golden model says; {left} weights were never added (--cover adds them)"),
    }
}

/// Chips and the links between them.
fn print_board(board: &sim::BoardReport, console: &Console) {
    for (i, chip) in board.chips.iter().enumerate() {
        let clock = 100.0 * chip.cycles as f64 / board.cycles.max(1) as f64;
        let busiest = chip.busiest().map_or(String::new(), |core| format!(", {} busy in {:.1} % of them", core.layer, 100.0 * core.busy_share));
        console.say(format!("chip {i} ({}): {} cycles of its own (ticks in {clock:.1} %){busiest}", chip.name, chip.cycles));
        if let Some(link) = board.links.get(i) {
            console.say(format!(
                "  link {}: {} words, {:.1} per step, {:.1} per sample; busy {:.1} % of the time, its sender stalled {:.1} %",
                link.name, link.words, link.words_per_step, link.words_per_sample, 100.0 * link.busy_share, 100.0 * link.stall_share
            ));
        }
    }
    console.say(format!("bottleneck: {}; predicted cycles: none (the chips' clocks are unrelated)", board.bottleneck));
}

/// `sample=3,layer=conv1`.
fn parse_waves(text: &str, folder: &Path) -> Result<WaveRequest, Problems> {
    let (mut sample, mut layer) = (None, None);
    for part in text.split(',') {
        match part.split_once('=') {
            Some(("sample", index)) => sample = index.parse().ok(),
            Some(("layer", name)) => layer = Some(name.to_string()),
            _ => sample = None,
        }
    }
    let Some(sample) = sample else {
        return Err(Problem::new(
            "usage",
            "--waves",
            format!("{text:?}"),
            "sample=I or sample=I,layer=NAME",
            "use for example --waves sample=3,layer=conv1",
        )
        .into());
    };
    let stem = layer.as_ref().map_or(String::new(), |layer| format!("_{layer}"));
    Ok(WaveRequest {
        sample,
        layer,
        path: folder.join(format!("sample_{sample}{stem}.vcd")),
    })
}
