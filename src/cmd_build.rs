//! `spikewright build`: the whole output folder, or nothing.

use std::path::{Path, PathBuf};

use net::Problems;
use serde_json::json;

use crate::args::NetArgs;
use crate::build::board;
use crate::build::emitted::{self, Emitted};
use crate::build::folder::{self, Overwrite};
use crate::console::{Console, Reply};
use crate::project::Project;

/// Write a folder with Verilog, memories, testbench, constraints and synthesis scripts
#[derive(clap::Args, Debug)]
pub struct BuildArgs {
    #[command(flatten)]
    net: NetArgs,
    /// The folder to write: new, empty, or written by spikewright before
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Overwrite output files that were edited by hand
    #[arg(long)]
    force: bool,
}

pub fn run(args: &BuildArgs, console: &Console) -> Result<Reply, Problems> {
    let mut project = Project::open(&args.net, console)?;
    project.print_assumptions(console);
    let emitted = emitted::emit(&mut project, console)?;
    let in_use = args
        .net
        .import
        .config
        .as_deref()
        .is_some_and(|config| is_same(config, &args.out.join(emitted::SETTINGS)));
    let overwrite = Overwrite {
        force: args.force,
        allowed: in_use.then_some(emitted::SETTINGS),
    };
    folder::write(&args.out, &emitted.files, overwrite)?;
    let hash = emitted.design.hash();
    console.say(format!("\n{}:", args.out.display()));
    print_files(&emitted, console);
    console.say(format!("\nhash {hash}"));
    let chips: Vec<String> = (0..emitted.plan.chips.len()).map(board::folder).collect();
    let chip = chips.first().map_or(String::new(), |chip| format!("/{chip}"));
    console.say(format!(
        "next: spikewright cosim {0}    make -C {0}/tb sim    spikewright synth {0}{chip}",
        args.out.display()
    ));
    let mut fields = json!({
        "out": args.out.display().to_string(),
        "top": emitted.plan.name,
        "target": project.goal.name(),
        "hash": hash,
        "files": emitted.files.iter().map(|(path, _)| path).collect::<Vec<_>>(),
        "layers": emitted::layers(&emitted.plan),
        "assumptions": project.imported.assumptions,
        "warnings": project.warnings(),
    });
    if !chips.is_empty() {
        fields["chips"] = json!(chips);
    }
    Ok(Reply::new(fields))
}

fn is_same(a: &Path, b: &Path) -> bool {
    a.canonicalize()
        .ok()
        .zip(b.canonicalize().ok())
        .is_some_and(|(a, b)| a == b)
}

/// The files, one line each with what they are.
pub fn print_files(emitted: &Emitted, console: &Console) {
    for (path, bytes) in &emitted.files {
        console.say(format!("  {path:<44} {:>9} B  {}", bytes.len(), what(path, bytes)));
    }
}

/// What a file is, in a few words: for Verilog the first line of its header.
fn what(path: &str, bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().count();
    // A chip's folder is like a folder of its own.
    let path = path.strip_prefix("chip").and_then(|rest| rest.split_once('/')).map_or(path, |(_, inside)| inside);
    match path {
        "README.md" => "ports, simulation, synthesis: start here".to_string(),
        "manifest.json" => "names, stream formats, plan, SHA-256 of each file".to_string(),
        emitted::SETTINGS => "every setting; rebuilds this folder".to_string(),
        emitted::NET => "the net".to_string(),
        "tb/sample.npz" => "the testbench's sample".to_string(),
        "tb/stimulus.hex" => format!("{lines} input words"),
        "tb/expected.hex" => format!("{lines} output words of the golden model"),
        _ if path.starts_with("mem/") => format!("{lines} memory words"),
        _ if path.ends_with(".f") => "list of the Verilog files".to_string(),
        _ if path.ends_with("Makefile") => "make targets".to_string(),
        _ if path.ends_with(".v") => {
            let title = text
                .lines()
                .find_map(|line| line.strip_prefix("// "))
                .unwrap_or("")
                .trim();
            // "module: what it is": the name stands before already.
            let title = title.split_once(": ").map_or(title, |(_, what)| what);
            title.trim_end_matches('.').chars().take(90).collect()
        }
        _ if path.starts_with("constraints/") => "clock constraint".to_string(),
        _ if path.ends_with(".ys") => "yosys script".to_string(),
        _ => String::new(),
    }
}
