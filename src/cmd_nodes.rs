//! `spikewright nodes`: the support matrix, from the importer's own table.

use net::nir::{node_support, NodeSupport};
use net::Problems;
use serde_json::json;

use crate::console::{Console, Reply};

/// Which NIR node types are supported, and how
#[derive(clap::Args, Debug)]
pub struct NodesArgs {
    /// Print docs/support.md instead of a table
    #[arg(long)]
    markdown: bool,
}

pub fn run(args: &NodesArgs, console: &Console) -> Result<Reply, Problems> {
    let nodes = node_support();
    if args.markdown {
        console.say(markdown(nodes).trim_end());
    } else {
        for node in nodes {
            let answer = if node.supported { "yes" } else { "no" };
            console.say(format!("{:<10} {answer:<4} {}", node.name, node.note));
        }
    }
    Ok(Reply::new(json!({ "nodes": nodes })))
}

/// The text of `docs/support.md`.
fn markdown(nodes: &[NodeSupport]) -> String {
    let mut text = String::from(
        "# Support matrix\n\n\
         What spikewright does with each NIR node type. Generated: `spikewright nodes --markdown > docs/support.md`\n\
         (a test checks that this file is current).\n\n\
         | node type | supported | note |\n|---|---|---|\n",
    );
    for node in nodes {
        let answer = if node.supported { "yes" } else { "no" };
        text += &format!("| {} | {answer} | {} |\n", node.name, node.note);
    }
    text
}
