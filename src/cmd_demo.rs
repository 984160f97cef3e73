//! `spikewright demo`: the whole path on the bundled MNIST nets; with `--prove` the proof in lockstep too.

use std::path::Path;

use net::options::Options;
use net::{Problems, Settings};
use serde_json::{json, Value};
use sim::LockstepOptions;

use crate::build::emitted;
use crate::cmd_build::print_files;
use crate::cmd_cosim::lockstep;
use crate::run::{Subject, Summary};
use crate::console::{Console, Reply};
use crate::examples::ExampleFolder;
use crate::project::Project;

/// Show the whole path on the bundled MNIST nets: accuracy, Verilog, and (--prove) the proof by simulation
#[derive(clap::Args, Debug)]
pub struct DemoArgs {
    /// Simulate the emitted Verilog against the golden model (needs Verilator and g++)
    #[arg(long)]
    prove: bool,
}

/// The bundled nets: file, encoder, one line.
const NETS: &[(&str, &str, &str)] = &[
    (
        "mnist_cnn.nir",
        "phase:8",
        "28x28 - conv 12 of 5x5 - pool - conv 32 of 5x5 - pool - 10, IF neurons, 8 time steps",
    ),
    ("mnist_fc.nir", "phase:16", "784 - 128 - 10, LIF neurons, 16 time steps"),
];

/// Images that are proven.
const PROVEN: u32 = 20;

pub fn run(args: &DemoArgs, console: &Console) -> Result<Reply, Problems> {
    let examples = ExampleFolder::unpack()?;
    let open = |net: &str, encode: &str, samples: Option<u32>| {
        let text = |path: &Path| Some(path.to_string_lossy().into_owned());
        let settings = Settings {
            net: text(&examples.net(net)),
            options: Options::default(),
            data: text(examples.data()),
            encode: Some(encode.to_string()),
            samples,
            ..Settings::default()
        };
        Project::from_settings(settings, console)
    };
    let mut nets = Vec::new();
    let mut passed = true;
    for (number, (net, encode, about)) in NETS.iter().enumerate() {
        console.say(format!("== {net}: {about}\n"));
        let mut project = open(net, encode, None)?;
        let summary = Summary::golden(&project, console)?;
        console.say("The integer model (8-bit weights) on 1,000 MNIST test images:");
        summary.print(&Subject::golden(&project), console);
        let emitted = emitted::emit(&mut project, console)?;
        let hash = emitted.design.hash();
        if number == 0 {
            console.say("\nWhat `spikewright build` writes for it:");
            print_files(&emitted, console);
        }
        console.say(format!("hash {hash}"));
        let mut result = summary.json(&Subject::golden(&project));
        result["net"] = json!(net);
        result["hash"] = json!(hash);
        result["files"] = emitted.files.iter().map(|(path, _)| path.as_str()).collect::<Value>();
        if args.prove {
            let project = open(net, encode, Some(PROVEN))?;
            console.say(format!(
                "\nThe emitted Verilog in lockstep with that model, {PROVEN} images:"
            ));
            let options = LockstepOptions {
                seed: project.seed,
                ..LockstepOptions::default()
            };
            let lockstep = lockstep(&project, &emitted.plan, &emitted.design, options, console)?;
            lockstep.print(console);
            passed &= lockstep.report.passed();
            result["cosim"] = lockstep.json();
        }
        nets.push(result);
        console.say("");
    }
    print_next(args.prove, console);
    Ok(Reply::new(json!({ "nets": nets })).passed_if(passed))
}

fn print_next(proved: bool, console: &Console) {
    if !proved {
        console.say("The proof, cycle by cycle in Verilator (needs verilator and g++; `spikewright doctor` says what is missing):");
        console.say("  spikewright demo --prove\n");
    }
    console.say("Next, in a checkout of spikewright:");
    for line in [
        "spikewright build examples/mnist/mnist_cnn.nir --out cnn        the folder above; read cnn/README.md first",
        "spikewright cosim cnn --data examples/mnist --encode phase:8 --samples 20 --stall 0.3",
        "spikewright synth cnn --target ecp5-85k                         LUT, FF, block RAM, Fmax",
        "spikewright init your_net.nir                                   a settings file with every option explained",
    ] {
        console.say(format!("  {line}"));
    }
}
