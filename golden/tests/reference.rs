//! Exact spike totals and accuracies on real nets and data, met elsewhere by integer PyTorch and by Sinabs.
//!
//! Totals see what accuracy cannot: a wrong `>=`, reset amount or rounding moves them. Data that is not on this machine
//! is SKIPPED; with SPIKEWRIGHT_REQUIRE_DATA=1 that is a failure.

use golden::{decide, Counters, Engine, Outcome};
use net::data::{load, BinWidth, DataOptions, Dataset, Encoder};
use net::options::{FractionBits, Numbers, ScaleRule};
use net::{import_file, Network, Options};
use std::path::{Path, PathBuf};

/// A file or folder of the shared development data, if it is there.
fn shared(name: &str) -> Option<PathBuf> {
    needs::data(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(name))
}

fn bundled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples/mnist")
        .join(name)
}

fn numbers(weight_bits: u32, scale: ScaleRule) -> Numbers {
    Numbers {
        weight_bits: Some(weight_bits),
        scale: Some(scale),
        fraction_bits: Some(FractionBits::Bits(0)),
        ..Numbers::default()
    }
}

fn phase(steps: usize) -> DataOptions {
    DataOptions {
        encode: Some(Encoder::Phase { steps }),
        ..DataOptions::default()
    }
}

/// Imports `net` for the data in `folder`, with the multiplicity that the data has.
fn prepare(net: &Path, numbers: Numbers, folder: &Path, data: &DataOptions) -> (Network, Dataset) {
    let mut options = Options {
        numbers,
        ..Options::default()
    };
    let input = import_file(net, &options).unwrap().network.input();
    let data = load(folder, data, input).unwrap();
    options.multiplicity = Some(data.multiplicity().unwrap());
    (import_file(net, &options).unwrap().network, data)
}

/// Totals of all samples, and how many the two ways of breaking ties get right.
fn evaluate(network: &Network, data: &Dataset) -> (Counters, [usize; 2]) {
    let engine = Engine::new(network);
    let outcomes = engine.run_many(data.len(), |i| Ok(data.sample(i)?.spikes)).unwrap();
    score(&outcomes, data)
}

fn score(outcomes: &[Outcome], data: &Dataset) -> (Counters, [usize; 2]) {
    let mut total = Counters::default();
    let mut right = [0; 2];
    for (outcome, label) in outcomes.iter().zip(data.labels()) {
        total.add(&outcome.counters);
        let (by_count, by_membrane) = decide(&outcome.counts, &outcome.shown);
        right[0] += usize::from(Some(by_count as u32) == *label);
        right[1] += usize::from(Some(by_membrane as u32) == *label);
    }
    (total, right)
}

#[test]
fn the_fc_net_on_all_images() {
    let (Some(net), Some(mnist)) = (shared("models/mnist_fc.nir"), shared("data/mnist")) else {
        return;
    };
    let cases = [
        (8, ScaleRule::Max, [3190364, 202570], [9777, 9785]),
        (4, ScaleRule::Mse, [3303135, 213698], [9758, 9764]),
    ];
    for (bits, scale, spikes, right) in cases {
        let (network, data) = prepare(&net, numbers(bits, scale), &mnist, &phase(16));
        let (total, found) = evaluate(&network, &data);
        assert_eq!((total.spikes.as_slice(), found), (&spikes[..], right), "{bits} bits");
    }
}

#[test]
fn the_cnn_on_all_images() {
    let (Some(net), Some(mnist)) = (shared("models/mnist_cnn.nir"), shared("data/mnist")) else {
        return;
    };
    for (bits, scale, right) in [(8, ScaleRule::Max, [9844, 9858]), (4, ScaleRule::Mse, [9830, 9851])] {
        let (network, data) = prepare(&net, numbers(bits, scale), &mnist, &phase(8));
        let (total, found) = evaluate(&network, &data);
        println!("{bits} bits: {total:?}");
        assert_eq!(found, right, "{bits} bits");
    }
}

#[test]
fn the_nmnist_cnn_on_sixty_recordings() {
    let (Some(net), Some(nmnist)) = (shared("models/nir_paper/cnn_sinabs.nir"), shared("data/nmnist")) else {
        return;
    };
    let data = DataOptions {
        bin: Some(BinWidth::ONE_MILLISECOND),
        ..DataOptions::default()
    };
    for (bits, means) in [
        (16, [5481.950, 11419.633, 9000.567, 7217.283, 356.467]),
        (18, [5481.950, 11419.633, 9001.033, 7217.233, 356.450]),
    ] {
        let numbers = Numbers {
            membrane_bits: Some(bits),
            ..numbers(8, ScaleRule::Max)
        };
        let (network, data) = prepare(&net, numbers, &nmnist, &data);
        let levels: Vec<i64> = network
            .layers
            .iter()
            .map(|layer| layer.neuron.fire_level.max())
            .collect();
        assert_eq!(levels, [72, 128, 204, 108, 197]);
        let (total, right) = evaluate(&network, &data);
        let found: Vec<f64> = total
            .spikes
            .iter()
            .map(|&n| (n as f64 / 60.0 * 1e3).round() / 1e3)
            .collect();
        println!("{bits} bits, multiplicity {}: {total:?}", network.multiplicity);
        assert_eq!((found.as_slice(), right), (&means[..], [60, 60]), "{bits} bits");
    }
}

/// The 1,000 bundled images: fast equals checked on real nets, and accuracies stay what they are.
#[test]
fn the_bundled_nets_on_the_bundled_images() {
    for (net, steps, right) in [("mnist_cnn.nir", 8, [979, 980]), ("mnist_fc.nir", 16, [978, 981])] {
        let (network, data) = prepare(&bundled(net), numbers(8, ScaleRule::Max), &bundled(""), &phase(steps));
        let (total, found) = evaluate(&network, &data);
        println!("{net}: {total:?}");
        assert_eq!(found, right, "{net}");
        let engine = Engine::new(&network);
        for i in 0..3 {
            let spikes = data.sample(i).unwrap().spikes;
            assert_eq!(
                engine.checked(&spikes).unwrap(),
                engine.trace(&spikes),
                "{net}, image {i}"
            );
        }
    }
}
