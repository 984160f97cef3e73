//! `spikewright synth`: yosys and nextpnr on an emitted folder, and their reports as figures.

use std::path::PathBuf;

use net::{Problem, Problems};

use crate::console::{Console, Reply};
use crate::goal::synthesis_target;

/// Synthesise, place and route an emitted folder; exit code 1 if it does not fit
#[derive(clap::Args, Debug)]
pub struct SynthArgs {
    /// Folder that `spikewright build` wrote
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Device: ecp5-25k, ecp5-45k, ecp5-85k (routed), ice40-up5k, xc7-35t, xc7-100t, xc7-z020, xc7-z045 (counts only)
    /// [default: ecp5-85k]
    #[arg(long, value_name = "DEVICE")]
    target: Option<String>,
    /// Place and route with seeds 1 to N; Fmax is their median
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u32,
    /// Clock that place and route aims for
    #[arg(long, value_name = "MHZ", default_value_t = synth::SynthOptions::default().clock_mhz)]
    clock_mhz: f64,
    /// The bare top module, without the wrapper that keeps the pin count small
    #[arg(long)]
    out_of_context: bool,
}

pub fn run(args: &SynthArgs, console: &Console) -> Result<Reply, Problems> {
    let options = synth::SynthOptions {
        target: synthesis_target(args.target.as_deref())?,
        place: true,
        seeds: args.seeds,
        out_of_context: args.out_of_context,
        clock_mhz: args.clock_mhz,
        ..Default::default()
    };
    let spinner = console.spinner("synthesis");
    let report = synth::synthesise(&args.dir, &options, &|line| spinner.set_message(line.to_string()));
    spinner.finish_and_clear();
    let report = report?;
    console.say(report.to_string());
    let passed = report.passed();
    let fields = serde_json::to_value(&report).map_err(|error| {
        Problem::new(
            "report",
            args.dir.display().to_string(),
            error.to_string(),
            "figures that are numbers",
            "report a bug",
        )
    })?;
    Ok(Reply::new(fields).passed_if(passed))
}
