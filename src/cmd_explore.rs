//! `spikewright explore`: many plans of one net (weight width x device x share of it), and those that no other beats.

use std::path::PathBuf;

use net::{Problem, Problems};
use serde_json::json;
use synth::Target;

use crate::args::NetArgs;
use crate::console::{Console, Reply};
use crate::explore::{self, Budget, Explorer, Sweep};

/// Evaluate many plans (weight bits x devices x shares of a device): accuracy, frames per second, cells, and the front of
/// those that no other beats, as table, JSON and picture
#[derive(clap::Args, Debug)]
pub struct ExploreArgs {
    #[command(flatten)]
    net: NetArgs,
    /// Weight widths to try
    #[arg(long, value_name = "BITS,...", value_delimiter = ',', default_value = "3,4,6,8")]
    bits: Vec<u32>,
    /// Devices to try
    #[arg(long, value_name = "DEVICE,...", value_delimiter = ',', default_value = "ecp5-25k,ecp5-85k,xc7-35t")]
    targets: Vec<String>,
    /// Plans to try: the fastest in so many percent of a device's LUT and FF, or `area`, the smallest
    #[arg(long, value_name = "PERCENT,...", value_delimiter = ',', default_value = "area,2,5,10,25,75")]
    budgets: Vec<String>,
    /// Clock for the frames per second, MHz [default: 100; iCE40: 24]
    #[arg(long, value_name = "MHZ", allow_hyphen_values = true)]
    clock: Option<f64>,
    /// Synthesise the points on the front (yosys) and simulate each against the golden model
    #[arg(long)]
    measure: bool,
    /// Folder for one file per point, the front and its picture; points that are there are not evaluated again
    #[arg(long, value_name = "DIR", default_value = "explore")]
    out: PathBuf,
    /// Write a Snakemake workflow (Snakefile, config.yaml) into --out instead: one job per point
    #[arg(long, conflicts_with_all = ["measure", "point", "width"])]
    workflow: bool,
    /// Evaluate this point only, e.g. w4_ecp5-25k_b50 (what a job of the workflow does)
    #[arg(long, value_name = "ID", conflicts_with_all = ["measure", "width"])]
    point: Option<String>,
    /// Evaluate the accuracy at this weight width only (what a job of the workflow does)
    #[arg(long, value_name = "BITS", conflicts_with = "measure")]
    width: Option<u32>,
}

pub fn run(args: &ExploreArgs, console: &Console) -> Result<Reply, Problems> {
    let sweep = sweep(args)?;
    let explorer = Explorer::open(&args.net, sweep, args.clock, &args.out, console)?;
    if args.workflow {
        let written = explore::workflow::write(&explorer, &std::env::args().skip(1).collect::<Vec<_>>())?;
        for path in &written {
            console.say(format!("wrote {path}"));
        }
        console.say(format!("next: snakemake --snakefile {}/Snakefile --cores 4", args.out.display()));
        return Ok(Reply::new(json!({ "written": written, "points": explorer.sweep.ids() })));
    }
    if let Some(bits) = args.width {
        if !explorer.sweep.widths.contains(&bits) {
            return Err(not_there("--width", bits.to_string(), format!("one of --bits {:?}", explorer.sweep.widths)));
        }
        let width = explorer.width(bits, console)?;
        return Ok(Reply::new(json!({ "width": width })));
    }
    if let Some(id) = &args.point {
        let spot = explorer.sweep.spots().into_iter().find(|spot| spot.id() == *id);
        let spot = spot.ok_or_else(|| {
            let names = explorer.sweep.ids();
            let first = names.first().cloned().unwrap_or_default();
            not_there("--point", format!("{id:?}"), format!("one of {} points, {first} the first", names.len()))
        })?;
        let (points, _) = explorer.points(&[spot], console)?;
        return Ok(Reply::new(json!({ "point": points.first() })));
    }
    let (mut points, kept) = explorer.points(&explorer.sweep.spots(), console)?;
    if args.measure {
        explorer.measure(&mut points, console)?;
    }
    let written = explorer.finish(&points)?;
    explore::table::print(&points, kept, console);
    for path in &written {
        console.say(format!("wrote {path}"));
    }
    let measured: Vec<_> = points.iter().filter_map(|point| point.measured.as_ref()).collect();
    let passed = measured.iter().all(|measured| measured.mismatches == 0) && (!args.measure || !measured.is_empty());
    let front: Vec<&str> = points.iter().filter(|point| point.on_front).map(|point| point.id.as_str()).collect();
    Ok(Reply::new(json!({
        "front": front,
        "points": points,
        "evaluated": points.len() - kept,
        "kept": kept,
        "written": written,
    }))
    .passed_if(passed))
}

fn not_there(flag: &str, found: String, limit: String) -> Problems {
    Problem::new("explore-point", flag, found, limit, "give the flags that the workflow was written with").into()
}

/// The lists of the flags, each entry once; all mistakes at once.
fn sweep(args: &ExploreArgs) -> Result<Sweep, Problems> {
    let mut problems = Vec::new();
    let mut add = |problem: Problem| problems.push(problem);
    let fixed = [
        ("--weight-bits", args.net.import.weight_bits.is_some(), "--bits"),
        ("--target", args.net.hardware.target.is_some(), "--targets"),
        ("--objective", args.net.hardware.objective.is_some(), "--budgets"),
    ];
    for (flag, _, list) in fixed.into_iter().filter(|(_, given, _)| *given) {
        add(Problem::new("usage", flag, "given", "explore varies it", format!("use {list}")));
    }
    for bits in args.bits.iter().filter(|bits| !(2..=16).contains(*bits)) {
        add(Problem::new("weight-bits-range", "--bits", bits.to_string(), "2 to 16", "use for example --bits 3,4,6,8"));
    }
    if let Some(clock) = args.clock.filter(|clock| !(1.0..=1000.0).contains(clock)) {
        add(Problem::new("clock-range", "--clock", clock.to_string(), "1 to 1000 MHz", "use for example --clock 100"));
    }
    let mut targets: Vec<Target> = Vec::new();
    for name in &args.targets {
        match name.parse::<Target>() {
            Ok(target) => targets.push(target),
            Err(problem) => add(Problem { path: "--targets".to_string(), ..problem }),
        }
    }
    let mut budgets: Vec<Budget> = Vec::new();
    for text in &args.budgets {
        match Budget::parse(text) {
            Some(budget) => budgets.push(budget),
            None => add(Problem::new(
                "budget-range",
                "--budgets",
                format!("{text:?}"),
                "area, or 1 to 100 (percent of the device)",
                "use for example --budgets area,10,25,50,75",
            )),
        }
    }
    Problems::unless_empty(problems, Sweep::new(args.bits.clone(), targets, budgets))
}

