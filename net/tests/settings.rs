//! `spikewright.toml`: what is written reads back, and every wrong line is named.

mod common;

use common::{floats, Nir};
use net::options::{Clamp, CoreKind, Fire, FractionBits, Init, LayerOptions, LeakRule, Numbers, Preset, Quantise, ResetRule, ScaleRule};
use net::settings::{commented_toml, parse};
use net::{LeakMode, Options, ResetOrder, Rounding, Settings};

fn reports() -> Vec<net::LayerReport> {
    let weight = floats(
        &[2, 1, 3, 3],
        &[0.31, -0.2, 0.17, 0.5, 0.11, -0.41, 0.07, 0.29, -0.37].repeat(2),
    );
    let nir = Nir::default()
        .input(&[1, 8, 8])
        .conv("block.conv", weight, &[])
        .fire("if", &[2, 6, 6])
        .output(&[2, 6, 6]);
    nir.import(&Options::default())
        .unwrap_or_else(|p| panic!("{p}"))
        .reports
}

/// Settings with every key set.
fn full() -> Settings {
    let numbers = Numbers {
        leak: Some(LeakRule::Exponential),
        leak_mode: Some(LeakMode::Lazy),
        reset: Some(ResetRule::Zero),
        reset_order: Some(ResetOrder::LeakThenReset),
        fire: Some(Fire::GreaterEqual),
        rounding: Some(Rounding::TowardZero),
        clamp: Some(Clamp::Volts(-1.5)),
        init: Some(Init::Volts(-0.25)),
        multi_spike: Some(3),
        membrane_bits: Some(18),
        fraction_bits: Some(FractionBits::Bits(3)),
        weight_bits: Some(4),
        scale: Some(ScaleRule::Mse),
        quantise: Some(Quantise::None),
        leak_bits: Some(10),
    };
    let layer = LayerOptions {
        numbers: Numbers {
            clamp: Some(Clamp::Threshold),
            ..numbers
        },
        threshold: Some(1.25),
        parts: Some(net::options::Parts::Rows(3)),
        lanes: Some(8),
        banks: Some((3, 2)),
        queue: Some(64),
        core: Some(CoreKind::Parallel),
        scan: Some(net::options::ScanRule::Touched),
    };
    let options = Options {
        name: Some("my_snn".into()),
        preset: Some(Preset::SpikingJelly),
        repair: Some(true),
        dt: Some(1e-4),
        multiplicity: Some(7),
        weights: Some(net::options::Weights::Loadable),
        numbers,
        layers: [
            ("block.conv".to_string(), layer),
            (
                "gone \"x\"".to_string(),
                LayerOptions {
                    parts: Some(net::options::Parts::Channels(2)),
                    lanes: Some(1),
                    ..Default::default()
                },
            ),
        ]
        .into(),
    };
    Settings {
        net: Some("a \\ b.nir".into()),
        options,
        data: Some("data".into()),
        encode: Some("phase:8".into()),
        bin: Some("1ms".into()),
        axes: Some("tyxp".into()),
        steps: Some(8),
        samples: Some(20),
        dedup: Some(true),
        cores: Some(9),
        fabric: Some("mesh:3x3".into()),
        placement: Some("random:4".into()),
        chips: Some(2),
        cuts: Some("block.conv".into()),
        objective: Some("area".into()),
        activity: Some(2.5),
        adders: Some(40),
        target: Some("ecp5-25k".into()),
        readout: Some("counts".into()),
        input_port: Some("aer".into()),
        output_port: Some("aer".into()),
        tick: Some("timer:100".into()),
        input_guard: Some("flag".into()),
        reset_port: Some("async".into()),
        synchroniser: Some(3),
        config_port: Some("axi-lite".into()),
        routes: Some("loadable".into()),
        seed: Some(42),
    }
}

#[test]
fn what_is_written_reads_back() {
    for settings in [Settings::default(), full()] {
        let text = commented_toml(&settings, &reports());
        let mut back = parse("spikewright.toml", &text).unwrap_or_else(|p| panic!("{p}\n{text}"));
        back.options.layers.retain(|_, layer| *layer != LayerOptions::default());
        assert_eq!(back, settings, "{text}");
        assert_eq!(commented_toml(&back, &reports()), text, "same settings, same bytes");
    }
}

#[test]
fn every_default_is_a_legal_value() {
    let text = commented_toml(&Settings::default(), &reports());
    let set: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split(" = ").next().is_some_and(|key| !key.contains(' ')) && rest.contains(" = ") => {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let settings = parse("spikewright.toml", &set).unwrap_or_else(|p| panic!("{p}\n{set}"));
    assert_eq!(settings.options.numbers.weight_bits, Some(8));
    assert_eq!(settings.options.layers["block.conv"].lanes, Some(8));
}

#[test]
fn the_commented_file() {
    insta::assert_snapshot!(commented_toml(&Settings::default(), &reports()));
}

#[test]
fn wrong_lines_are_named() {
    let text = "net = 3\nweightbits = 4\nweight_bits = \"four\"\nsteps = -1\nscale = \"best\"\nclamp = true\nseed = 1.5\ndedup = 1\n\
                \n[layer.conv1]\nlanes = 8\nbanks = [3]\nencode = \"phase:8\"\nclamp = \"low\"\n\n[other]\nx = 1\n";
    let message = |text: &str| match parse("spikewright.toml", text) {
        Ok(_) => "accepted".to_string(),
        Err(problems) => problems.0.iter().map(|p| format!("[{}] {p}\n", p.code)).collect(),
    };
    let all = [
        message(text),
        message("a = \n"),
        message("a = 1\na = 2\n"),
        message("layer = 3\n"),
        message("[layer]\nconv1 = 8\n"),
    ];
    insta::assert_snapshot!(all.join("\n"));
}
