//! Speed of lockstep with all checks on, untraced, on the bundled MNIST nets: cycles and compared membrane writes per
//! second of processor time (so that other work on the machine disturbs little), golden model included, model building not. One thread.
//!
//!     cargo bench -p spikewright-sim
//!
//! `SPIKEWRIGHT_BENCH_FLAGS="-O2 -march=native"` compiles the models with other flags.

use std::path::Path;
use std::time::Instant;

use net::data::{load, DataOptions, Encoder};
use net::{import_file, Options, Spikes};
use rtl::PlanOptions;
use sim::{lockstep, BuildOptions, LockstepOptions};

const SAMPLES: usize = 20;

fn main() {
    let flags = std::env::var("SPIKEWRIGHT_BENCH_FLAGS").unwrap_or_else(|_| "-O1".into());
    let optimise: Vec<String> = flags.split_whitespace().map(str::to_string).collect();
    println!(
        "{:<16} {:>10} {:>12} {:>12} {:>14} {:>8}",
        "net", "first [s]", "cycles", "Mcycles/s", "Mwrites/s", "stall"
    );
    for (name, steps) in [("mnist_fc.nir", 16), ("mnist_cnn.nir", 8)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/mnist");
        let options = Options {
            multiplicity: Some(1),
            ..Options::default()
        };
        let net = import_file(&folder.join(name), &options).expect("bundled net").network;
        let encode = DataOptions {
            encode: Some(Encoder::Phase { steps }),
            ..DataOptions::default()
        };
        let data = load(&folder, &encode, net.input()).expect("bundled images");
        let samples: Vec<Spikes> = (0..SAMPLES)
            .map(|i| data.sample(i).expect("bundled image").spikes)
            .collect();
        let plan = rtl::plan::plan(&net, &PlanOptions::default()).expect("legal net");
        let design = rtl::emit(&plan);
        for stall in [0.0, 0.3] {
            let build = BuildOptions {
                optimise: optimise.clone(),
                ..BuildOptions::default()
            };
            let how = LockstepOptions {
                stall,
                build,
                ..LockstepOptions::default()
            };
            let start = Instant::now();
            lockstep(&design, &plan, &net, &samples[..1], &how).expect("simulation");
            let first = start.elapsed().as_secs_f64();
            let start = processor_seconds();
            let report = lockstep(&design, &plan, &net, &samples, &how).expect("simulation");
            let seconds = processor_seconds() - start;
            println!(
                "{name:<16} {:>10.2} {:>12} {:>12.2} {:>14.1} {:>8}  {} mismatches, {:?} cycles",
                first,
                report.cycles,
                report.cycles as f64 / seconds / 1e6,
                report.membrane_writes_compared as f64 / seconds / 1e6,
                stall,
                report.mismatches,
                report.cycles_per_sample.first(),
            );
            if let Some(first) = report.first {
                println!("{first}");
            }
        }
    }
}

/// Time this thread has spent on a processor; wall-clock time where the system does not say.
fn processor_seconds() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = spent.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    match nanoseconds {
        Some(nanoseconds) => nanoseconds / 1e9,
        None => std::time::UNIX_EPOCH.elapsed().map_or(0.0, |time| time.as_secs_f64()),
    }
}
