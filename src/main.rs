//! The command line `spikewright`: thin; every subcommand stands in its own `cmd_<verb>.rs`.
//!
//! Exit codes: 0 all is well, 1 a check failed (a mismatch, a design that does not fit), 2 bad input.

mod args;
mod bench;
mod build;
mod chips;
mod cmd_bench;
mod cmd_build;
mod cmd_check;
mod cmd_cosim;
mod cmd_demo;
mod cmd_doctor;
mod cmd_explore;
mod cmd_init;
mod cmd_inspect;
mod cmd_nodes;
mod cmd_plan;
mod cmd_run;
mod cmd_synth;
mod console;
mod edges;
mod examples;
mod explore;
mod goal;
mod loads;
mod project;
mod run;
mod samples;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};
use console::{Console, BAD_INPUT};
use net::{Problem, Problems};

/// From a trained spiking neural network (NIR) to readable Verilog, proven right cycle by cycle.
#[derive(Parser, Debug)]
#[command(name = "spikewright", version, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print one JSON object on stdout instead of text (docs/json.md)
    #[arg(long, global = true)]
    json: bool,
    /// Seed of stalls and random stimulus [default: 1]
    #[arg(long, global = true, value_name = "N")]
    seed: Option<u64>,
}

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident($arguments:path) = $name:literal => $run:path),* $(,)?) => {
        #[derive(Subcommand, Debug)]
        enum Command {
            $($(#[$doc])* $variant($arguments)),*
        }

        impl Command {
            fn name(&self) -> &'static str {
                match self {
                    $(Command::$variant(_) => $name),*
                }
            }

            fn run(&self, console: &Console) -> Result<console::Reply, Problems> {
                match self {
                    $(Command::$variant(arguments) => $run(arguments, console)),*
                }
            }
        }
    };
}

commands! {
    Demo(cmd_demo::DemoArgs) = "demo" => cmd_demo::run,
    Doctor(cmd_doctor::DoctorArgs) = "doctor" => cmd_doctor::run,
    Nodes(cmd_nodes::NodesArgs) = "nodes" => cmd_nodes::run,
    Init(cmd_init::InitArgs) = "init" => cmd_init::run,
    Inspect(cmd_inspect::InspectArgs) = "inspect" => cmd_inspect::run,
    Check(cmd_check::CheckArgs) = "check" => cmd_check::run,
    Plan(cmd_plan::PlanArgs) = "plan" => cmd_plan::run,
    Explore(cmd_explore::ExploreArgs) = "explore" => cmd_explore::run,
    Run(cmd_run::RunArgs) = "run" => cmd_run::run,
    Build(cmd_build::BuildArgs) = "build" => cmd_build::run,
    Cosim(cmd_cosim::CosimArgs) = "cosim" => cmd_cosim::run,
    Synth(cmd_synth::SynthArgs) = "synth" => cmd_synth::run,
    Bench(cmd_bench::BenchArgs) = "bench" => cmd_bench::run,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let console = Console::new(cli.json, cli.command.name(), cli.seed);
    ExitCode::from(console.finish(cli.command.run(&console)))
}

/// Help and version go to stdout; a mistake in the flags is bad input, as an object where the user asked for JSON.
fn usage(error: &clap::Error) -> ExitCode {
    let json = std::env::args().any(|argument| argument == "--json");
    if !json || !error.use_stderr() {
        // clap prints to stdout or stderr as the kind demands; a closed pipe is no reason to fail.
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { BAD_INPUT } else { console::PASSED });
    }
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let value = match (error.kind(), text(ContextKind::InvalidValue)) {
        (ErrorKind::MissingRequiredArgument, _) => "missing".to_string(),
        (_, value) if value.is_empty() => error.kind().to_string(),
        (_, value) => value,
    };
    let path = [text(ContextKind::InvalidArg), text(ContextKind::InvalidSubcommand)].concat();
    let path = if path.is_empty() {
        "command line".to_string()
    } else {
        path
    };
    let problem = Problem::new(
        "usage",
        path,
        value,
        text(ContextKind::ValidValue),
        "see spikewright --help",
    );
    ExitCode::from(Console::new(true, "", None).finish(Err(problem.into())))
}
