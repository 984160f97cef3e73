//! `spikewright check`: import, quantise, plan; says whether a build would work, and writes nothing.

use net::Problems;
use serde_json::json;

use crate::args::NetArgs;
use crate::console::{Console, Reply};
use crate::project::Project;
use crate::run::Subject;

/// Check that a net imports, quantises and folds; writes nothing
#[derive(clap::Args, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    net: NetArgs,
}

pub fn run(args: &CheckArgs, console: &Console) -> Result<Reply, Problems> {
    let mut project = Project::open(&args.net, console)?;
    let plan = project.plan(console)?;
    if let Some(dataset) = &project.dataset {
        let engine = project.engine(project.network());
        let bar = console.progress(dataset.len() as u64, "samples");
        // Labels may be meant for any output.
        let subject = Subject::golden(&project);
        let wrong: Vec<Problems> = (0..project.network().outputs.len()).map_while(|output| subject.check_labels(output).err()).collect();
        let of_all = wrong.len() == project.network().outputs.len();
        let mut found: Vec<_> = wrong.into_iter().last().filter(|_| of_all).map_or(vec![], |problems| problems.0);
        for index in 0..dataset.len() {
            let problems = project.sample(index).and_then(|spikes| engine.validate(&spikes)).err();
            found.extend(problems.into_iter().flat_map(|problems| problems.0));
            bar.inc(1);
        }
        bar.finish_and_clear();
        Problems::unless_empty(found, ())?;
    }
    project.print_assumptions(console);
    let layers: Vec<_> = plan.cores.iter().map(|core| &core.layer.name).collect();
    let plural = if layers.len() == 1 { "" } else { "s" };
    console.say(format!("\nok: {} folds onto {} core{plural}", plan.name, layers.len()));
    Ok(Reply::new(json!({
        "name": plan.name,
        "layers": layers,
        "samples": project.dataset.as_ref().map(|dataset| dataset.len()),
        "assumptions": project.imported.assumptions,
        "warnings": project.warnings(),
    })))
}
