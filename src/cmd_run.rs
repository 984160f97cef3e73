//! `spikewright run`: the network on data, in the golden model's integers or in floats.

use std::path::PathBuf;

use net::Problems;

use crate::args::NetArgs;
use crate::console::{Console, Reply};
use crate::project::{need_data, Project};
use crate::run::subject::FloatProject;
use crate::run::trace::{trace, Wanted};
use crate::run::{Subject, Summary};

/// Run a net on data: accuracy, spikes per layer, synaptic operations
#[derive(clap::Args, Debug)]
pub struct RunArgs {
    #[command(flatten)]
    net: NetArgs,
    /// Run the float interpreter of the NIR equations instead of the integers: the reference before quantising
    #[arg(long)]
    float: bool,
    /// Write spikes [T, N] and states of one sample, under NIR names
    #[arg(long, value_name = "OUT.npz")]
    trace: Option<PathBuf>,
    /// Compare one sample with a recorded trace; exit code 1 where they part
    #[arg(long, value_name = "REF.npz")]
    compare: Option<PathBuf>,
    /// The output that answers, where the net has several: its labels, its accuracy [default: the last one]
    #[arg(long, value_name = "NAME")]
    output_node: Option<String>,
    /// The sample that --trace and --compare mean [default: 0]
    #[arg(long, value_name = "INDEX", default_value_t = 0, hide_default_value = true)]
    sample: usize,
}

pub fn run(args: &RunArgs, console: &Console) -> Result<Reply, Problems> {
    if args.float {
        return show(args, &Subject::float(&FloatProject::open(&args.net, console)?), console);
    }
    let project = Project::open(&args.net, console)?;
    need_data(project.dataset.as_ref())?;
    show(args, &Subject::golden(&project), console)
}

fn show(args: &RunArgs, subject: &Subject, console: &Console) -> Result<Reply, Problems> {
    subject.print_assumptions(console);
    if args.trace.is_some() || args.compare.is_some() {
        let wanted = Wanted { sample: args.sample, write: args.trace.as_deref(), compare: args.compare.as_deref() };
        return trace(subject, &wanted, console);
    }
    let summary = Summary::of(subject, subject.output(args.output_node.as_deref())?, console)?;
    summary.print(subject, console);
    Ok(Reply::new(summary.json(subject)))
}
