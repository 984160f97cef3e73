//! The planner: what it chooses, what it says of it, and how far its area model is from yosys.

mod common;

use common::{have, root, Place};
use serde_json::Value;
use synth::{SynthOptions, Target};

/// How far the model may be off in LUT, FF and block RAM (issue of the planner: within 15 % on nets not in the fit).
const ERROR: f64 = 0.15;

fn plan(place: &Place, net: &str, more: &str) -> Value {
    let data = root().join("examples/mnist");
    let ran = place.run(&format!(
        "plan {} --data {} {more} --json",
        root().join(format!("examples/mnist/{net}.nir")).display(),
        data.display()
    ));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.json()
}

fn number(object: &Value, field: &str) -> f64 {
    object[field].as_f64().unwrap_or_else(|| panic!("{field} in {object}"))
}

#[test]
fn the_objective_trades_cycles_for_cells() {
    let place = Place::new();
    let of = |objective: &str| plan(&place, "mnist_cnn", &format!("--encode phase:8 --objective {objective}"));
    let (latency, balanced, area) = (of("latency"), of("balanced"), of("area"));
    let (cycles, lut) = (|p: &Value| number(p, "cycles_per_sample"), |p: &Value| number(p, "lut"));
    assert!(cycles(&latency) < cycles(&balanced) && cycles(&balanced) < cycles(&area));
    assert!(lut(&latency) > lut(&balanced) && lut(&balanced) > lut(&area));
    let device = Target::Ecp5_85k.capacity();
    assert!(lut(&latency) <= 0.75 * device.lut as f64 && lut(&balanced) <= 0.25 * device.lut as f64);
    // The chain runs as fast as its slowest layer, so no other may be much larger than it needs.
    for layer in latency["layers"].as_array().unwrap() {
        assert!(number(layer, "cycles_per_step") <= number(&latency, "cycles_per_step"));
    }
}

#[test]
fn build_makes_the_plan_that_plan_shows() {
    let place = Place::new();
    let net = root().join("examples/mnist/mnist_fc.nir");
    let data = root().join("examples/mnist");
    let shown = plan(&place, "mnist_fc", "--encode phase:16 --objective latency");
    let ran = place.run(&format!(
        "build {} --data {} --encode phase:16 --objective latency --out out",
        net.display(),
        data.display()
    ));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let manifest: Value = serde_json::from_slice(&std::fs::read(place.path("out/manifest.json")).unwrap()).unwrap();
    for (a, b) in shown["layers"].as_array().unwrap().iter().zip(manifest["layers"].as_array().unwrap()) {
        assert_eq!((&a["lanes"], &a["banks"], &a["queue"]), (&b["lanes"], &b["banks"], &b["fifo_depth"]));
    }
}

#[test]
fn routers_and_registers_are_counted() {
    let place = Place::new();
    let all = plan(&place, "mnist_fc", "--encode phase:16 --cores 3 --fabric mesh:2x2 --config-port axi-lite");
    let parts = |key: &str| all[key].as_array().unwrap().clone();
    let names: Vec<_> = parts("around").iter().map(|part| part["name"].as_str().unwrap().to_string()).collect();
    assert_eq!(names, ["ports", "routers", "registers"]);
    for field in ["lut", "ff", "bram"] {
        let sum: f64 = parts("layers").iter().chain(&parts("around")).map(|part| number(part, field)).sum();
        assert_eq!(number(&all, field), sum, "{field}");
    }
    // Queues in front of the cores.
    assert_eq!(number(&parts("around")[1], "bram"), 3.0);
}

#[test]
fn a_net_that_cannot_fit_says_by_how_much_and_what_helps() {
    let place = Place::new();
    let net = root().join("examples/mnist/mnist_fc.nir");
    let ran = place.run(&format!("plan {} --target ecp5-25k --weight-bits 16", net.display()));
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    for text in ["does-not-fit", "block RAM", "the device has 56", "times too much", "--weight-bits", "for layer \"fc1\""] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}

#[test]
fn the_area_model_is_close_on_nets_that_were_not_fitted() {
    if !have(&["yosys"]) {
        return;
    }
    let mnist = |net: &str, steps: u32| {
        let file = root().join(format!("examples/mnist/{net}.nir"));
        format!("{} --data {} --encode phase:{steps}", file.display(), root().join("examples/mnist").display())
    };
    let graph = |net: &str, more: &str| format!("{} {more}", root().join(format!("tests/data/{net}.nir")).display());
    let mut nets = vec![(mnist("mnist_fc", 16), Target::Ecp5_85k)];
    if std::env::var_os("SPIKEWRIGHT_FULL").is_some() {
        nets.extend([
            (mnist("mnist_fc", 16), Target::Xc7_100t),
            (mnist("mnist_cnn", 8), Target::Ecp5_85k),
            (mnist("mnist_cnn", 8), Target::Xc7_100t),
            (graph("membrane", ""), Target::Ecp5_25k),
            (graph("membrane", ""), Target::Xc7_35t),
            (graph("membrane", ""), Target::Ice40Up5k),
            (graph("recurrent", "--preset snntorch"), Target::Ice40Up5k),
            (format!("{} --cores 6 --fabric tree:3 --config-port spi", mnist("mnist_fc", 16)), Target::Ecp5_85k),
            (format!("{} --cores 3 --fabric mesh:2x2 --config-port axi-lite", mnist("mnist_fc", 16)), Target::Xc7_100t),
        ]);
    }
    for (net, target) in nets {
        let place = Place::new();
        let more = format!("{net} --target {target}");
        let planned = place.run(&format!("plan {more} --json"));
        assert_eq!(planned.code, 0, "{}", planned.stderr);
        let planned = planned.json();
        let ran = place.run(&format!("build {more} --out out"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let options = SynthOptions {
            target,
            place: false,
            ..SynthOptions::default()
        };
        let report = synth::synthesise(&place.path("out"), &options, &|_| ()).unwrap();
        let found = [("lut", report.lut), ("ff", report.ff), ("bram", report.bram)];
        let errors = found.map(|(kind, count)| (kind, number(&planned, kind) / count.max(1) as f64 - 1.0, count));
        println!("{net} on {target}: {errors:.3?}");
        for (kind, error, count) in errors {
            assert!(error.abs() <= ERROR, "{net} on {target}: {kind} {count}, off by {:.1} %", 100.0 * error);
        }
    }
}
