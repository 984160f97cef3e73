//! `spikewright doctor`: which tools are there, and the command that installs each that is not.

use net::Problems;
use serde_json::json;

use crate::console::{Console, Reply};

/// List the outside tools, their versions, and the command that installs each
#[derive(clap::Args, Debug)]
pub struct DoctorArgs {}

pub fn run(_: &DoctorArgs, console: &Console) -> Result<Reply, Problems> {
    let tools = synth::tools();
    console.say("Accuracy (`run`), Verilog (`build`) and `spikewright demo` need none of these tools.\n");
    let mut rows = Vec::new();
    for tool in &tools {
        match &tool.found {
            Some((path, version)) => {
                console.say(format!("{:<14} ok       {version}  [{}]", tool.name, path.display()));
            }
            None => {
                console.say(format!("{:<14} MISSING  {}", tool.name, tool.purpose));
                console.say(format!("{:<14}          install: {}", "", tool.install));
            }
        }
        rows.push(json!({
            "name": tool.name,
            "purpose": tool.purpose,
            "path": tool.found.as_ref().map(|(path, _)| path.display().to_string()),
            "version": tool.found.as_ref().map(|(_, version)| version),
            "install": tool.install,
        }));
    }
    let missing: Vec<_> = tools
        .iter()
        .filter(|tool| tool.found.is_none())
        .map(|tool| tool.name)
        .collect();
    match missing.as_slice() {
        [] => console.say("\nEverything is in place."),
        names => console.say(format!(
            "\nMissing: {}. `tools/setup` in a checkout installs what it can.",
            names.join(", ")
        )),
    }
    Ok(Reply::new(json!({ "tools": rows, "missing": missing })).passed_if(missing.is_empty()))
}
