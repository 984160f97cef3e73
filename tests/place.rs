//! Place and route of the two example networks, five seeds each: where all is tested (`make test-full`), as it takes long.

mod common;

use common::{root, Place};
use synth::Tool;

/// What both networks must reach on ECP5-85k at speed grade 6 in the median of five seeds, in MHz.
const LEAST_MHZ: f64 = 60.0;
const SEEDS: u32 = 5;

#[test]
fn the_example_networks_fit_and_route_with_five_seeds() {
    if std::env::var_os("SPIKEWRIGHT_FULL").is_none() {
        println!("two networks are placed and routed with SPIKEWRIGHT_FULL only");
        return;
    }
    let tools = [Tool::Yosys, Tool::NextpnrEcp5].into_iter().filter(|tool| tool.find().is_none());
    if !needs::nothing_missing(&tools.map(|tool| tool.name().to_string()).collect::<Vec<_>>()) {
        return;
    }
    for (net, encode) in [("mnist_fc", "phase:16"), ("mnist_cnn", "phase:8")] {
        let place = Place::new();
        let example = root().join("examples/mnist");
        let file = example.join(format!("{net}.nir"));
        let built = place.run(&format!("build {} --data {} --encode {encode} --out out", file.display(), example.display()));
        assert_eq!(built.code, 0, "{}", built.stderr);
        let ran = place.run(&format!("synth out --target ecp5-85k --seeds {SEEDS} --json"));
        assert_eq!(ran.code, 0, "{net} does not fit or does not route: {}{}", ran.stdout, ran.stderr);
        let report = ran.json();
        println!("{net}: {report}");
        let seeds = report["per_seed"].as_array().expect("a list of seeds");
        assert_eq!(seeds.len(), SEEDS as usize, "{net}: {report}");
        assert!(report["fmax_mhz"].as_f64().is_some_and(|mhz| mhz >= LEAST_MHZ), "{net}: {report}");
    }
}
