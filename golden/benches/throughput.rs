//! Synaptic operations per second of the fast mode, on one core and on all, on the bundled MNIST nets.
//!
//!     cargo bench -p spikewright-golden
//!
//! Images are encoded beforehand. One core: each of the 1,000 images counts with the best of several rounds.

use golden::{Engine, Outcome, Runner};
use net::data::{load, DataOptions, Encoder};
use net::{import_file, Options, Problems, Spikes};
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;

fn main() -> Result<(), Problems> {
    println!(
        "{:<16} {:>12} {:>12} {:>12} {:>14}",
        "net", "SOP/image", "image/s", "GSOP/s", "GSOP/s, all"
    );
    for (net, steps) in [("mnist_cnn.nir", 8), ("mnist_fc.nir", 16)] {
        measure(net, steps)?;
    }
    Ok(())
}

fn measure(net: &str, steps: usize) -> Result<(), Problems> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/mnist");
    let options = Options {
        multiplicity: Some(1),
        ..Options::default()
    };
    let network = import_file(&folder.join(net), &options)?.network;
    let encode = DataOptions {
        encode: Some(Encoder::Phase { steps }),
        ..DataOptions::default()
    };
    let data = load(&folder, &encode, network.input())?;
    let samples = (0..data.len())
        .map(|i| Ok(data.sample(i)?.spikes))
        .collect::<Result<Vec<Spikes>, Problems>>()?;
    let engine = Engine::new(&network);
    let (one, outcomes) = one_core(&mut engine.runner(), &samples);
    let (all, same) = all_cores(&engine, &samples);
    assert_eq!(same?, outcomes);
    let sops: u64 = outcomes.iter().flat_map(|outcome| &outcome.counters.sops).sum();
    let per_second = |time: Duration, n: f64| n / time.as_secs_f64();
    println!(
        "{net:<16} {:>12.0} {:>12.0} {:>12.2} {:>14.2}",
        sops as f64 / samples.len() as f64,
        per_second(one, samples.len() as f64),
        per_second(one, sops as f64 / 1e9),
        per_second(all, sops as f64 / 1e9),
    );
    Ok(())
}

/// Sum over the samples of each one's shortest time, so that other work on the machine disturbs little.
fn one_core(runner: &mut Runner, samples: &[Spikes]) -> (Duration, Vec<Outcome>) {
    let mut best = vec![Duration::MAX; samples.len()];
    let mut outcomes = Vec::new();
    for _ in 0..ROUNDS {
        outcomes.clear();
        for (best, spikes) in best.iter_mut().zip(samples) {
            let start = Instant::now();
            outcomes.push(runner.run(spikes));
            *best = start.elapsed().min(*best);
        }
    }
    (best.iter().sum(), outcomes)
}

/// Shortest time for all samples together.
fn all_cores(engine: &Engine, samples: &[Spikes]) -> (Duration, Result<Vec<Outcome>, Problems>) {
    let mut best = Duration::MAX;
    let mut result = Ok(Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        result = engine.run_many(samples.len(), |i| Ok(samples[i].clone()));
        best = start.elapsed().min(best);
    }
    (best, result)
}
