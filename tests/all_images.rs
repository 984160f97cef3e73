//! All 10,000 MNIST test images through the Verilog of both demo nets, every membrane write compared, every weight added (`SPIKEWRIGHT_FULL`).

mod common;

use common::{have, root, Place};

/// Weights of the net, all of which must be added.
fn all_images(net: &str, encode: &str, weights: u64) {
    if std::env::var_os("SPIKEWRIGHT_FULL").is_none() || !have(&["verilator", "g++"]) {
        return;
    }
    let Some(images) = needs::data(root().join("../shared/data/mnist")) else { return };
    let (place, nir) = (Place::new(), root().join(format!("examples/mnist/{net}.nir")));
    let ran = place.run(&format!("cosim {} --data {} --encode {encode} --cover --json", nir.display(), images.display()));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let found = ran.json();
    println!("{net}: {} spikes, {} membrane writes in {:.0} s", found["spikes_compared"], found["membrane_writes_compared"], found["seconds"].as_f64().unwrap_or(0.0));
    assert_eq!((&found["samples"], &found["mismatches"], &found["cover"]["mismatches"]), (&10_000.into(), &0.into(), &0.into()));
    let predicted = found["predicted_cycles_per_sample"].as_array().expect("predictions");
    assert_eq!(predicted.len(), 10_000);
    assert_eq!(Some(predicted), found["cycles_per_sample"].as_array());
    let layers = found["coverage"]["layers"].as_array().expect("layers");
    let sum = |of: &str| layers.iter().filter_map(|layer| layer["weights"][of].as_u64()).sum::<u64>();
    assert_eq!((sum("seen"), sum("of")), (weights, weights));
}

#[test]
fn the_cnn_computes_all_images() {
    all_images("mnist_cnn", "phase:8", 12 * 25 + 32 * 12 * 25 + 10 * 512);
}

#[test]
fn the_fc_net_computes_all_images() {
    all_images("mnist_fc", "phase:16", 784 * 128 + 128 * 10);
}
