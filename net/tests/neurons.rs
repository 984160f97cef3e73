//! What an import makes of a neuron node, by the rules of `docs/numbers.md`: fire test, leak, reset, gain, presets.

mod common;

use common::{all, floats, import, rough, text, two, with, Nir};
use net::options::{Fire, FractionBits, Init, LeakRule, Numbers, Preset, ResetRule};
use net::{Leak, Options, Output, Param, Reset, ResetOrder, Rounding};

fn lif(tau: f64, r: f64, v_leak: f64) -> Nir {
    Nir::default()
        .input(&[5])
        .linear("fc", 3, 5, &rough(15))
        .lif("lif", &[3], tau, r, v_leak)
        .output(&[3])
}

#[test]
fn fire_tests() {
    for (fire, level) in [(Fire::Greater, 11), (Fire::GreaterEqual, 10)] {
        let nir = two(0.3, -0.2).with("if", "v_threshold", all(&[1], 1.0));
        let layer = &import(&nir, &with(|n| n.fire = Some(fire))).network.layers[0];
        assert_eq!(
            (layer.neuron.fire_level.clone(), layer.neuron.reset.clone()),
            (Param::Layer(level), Reset::Subtract(Param::Layer(10)))
        );
    }
}

#[test]
fn leak_constants_snap() {
    let leak = |tau: f64, set: fn(&mut Numbers)| {
        let options = Options {
            dt: Some(1e-4),
            ..with(set)
        };
        import(&lif(tau, tau / 1e-4, 0.0), &options).network.layers[0]
            .neuron
            .leak
            .clone()
    };
    let decay = |a: i64, m: u32| Leak::Decay {
        a: Param::Layer(a),
        m,
        rounding: Rounding::Floor,
    };
    assert_eq!(leak(0.0016, |_| {}), decay(1, 4));
    assert_eq!(leak(0.0001, |_| {}), decay(1, 0), "everything leaks");
    assert_eq!(leak(0.001, |_| {}), decay(410, 12), "0.1 x 4096");
    assert_eq!(leak(0.001, |n| n.leak_bits = Some(8)), decay(26, 8));
    assert_eq!(leak(1000.0, |_| {}), Leak::None, "within 1e-6 of 1");
    assert_eq!(
        leak(0.001, |n| n.leak = Some(LeakRule::Exponential)),
        decay(390, 12),
        "(1 - exp(-0.1)) x 4096 = 389.8"
    );
    let rounding = leak(0.0016, |n| n.rounding = Some(Rounding::TowardZero));
    assert_eq!(
        rounding,
        Leak::Decay {
            a: Param::Layer(1),
            m: 4,
            rounding: Rounding::TowardZero
        }
    );
    let mixed = lif(0.0016, 16.0, 0.0)
        .with("lif", "tau", floats(&[3], &[0.0002, 0.0016, 0.0004]))
        .with("lif", "r", floats(&[3], &[2.0, 16.0, 4.0]));
    let leak = import(
        &mixed,
        &Options {
            dt: Some(1e-4),
            ..Options::default()
        },
    )
    .network
    .layers[0]
        .neuron
        .leak
        .clone();
    assert_eq!(
        leak,
        Leak::Decay {
            a: Param::Channel(vec![8, 1, 4]),
            m: 4,
            rounding: Rounding::Floor
        }
    );
}

#[test]
fn dead_zone_warns() {
    let nir = lif(0.0016, 16.0, 0.0).with("lif", "v_threshold", all(&[3], 0.5));
    let imported = import(
        &nir,
        &Options {
            dt: Some(1e-4),
            numbers: Numbers { fraction_bits: Some(FractionBits::Bits(0)), ..Numbers::default() },
            ..Options::default()
        },
    );
    let threshold = imported.reports[0].threshold.expect("a threshold").0;
    assert_eq!(imported.reports[0].dead_zone_percent, Some(1500.0 / threshold as f64));
    assert!(
        imported.warnings.iter().any(|w| w.contains("1..=15")),
        "{:?}",
        imported.warnings
    );
    let toward_zero = import(
        &nir,
        &Options {
            dt: Some(1e-4),
            ..with(|n| n.rounding = Some(Rounding::TowardZero))
        },
    );
    assert_eq!(toward_zero.reports[0].dead_zone_percent, Some(0.0));
}

#[test]
fn gain_and_v_leak_fold_in() {
    // Euler, dt / tau = 0.1, r = 4: gain 0.4, v_leak 0.5 adds 0.05 per step.
    let imported = import(
        &lif(0.001, 4.0, 0.5),
        &Options {
            dt: Some(1e-4),
            ..Options::default()
        },
    );
    let stored = rough(15).iter().map(|w| *w as f32 as f64 * 0.4).collect::<Vec<_>>();
    for (got, want) in imported.float.layers[0].weights.iter().zip(&stored) {
        assert!((got - want).abs() < 1e-7, "{got} for {want}");
    }
    let s = imported.network.layers[0].scale;
    assert_eq!(
        imported.network.layers[0].neuron.bias,
        Param::Layer((0.05 / s).round() as i64)
    );
    let biased = Nir::default()
        .input(&[5])
        .affine("fc", 3, 5, &rough(15), &[0.3; 3])
        .lif("lif", &[3], 0.001, 4.0, 0.5)
        .output(&[3]);
    let float = import(
        &biased,
        &Options {
            dt: Some(1e-4),
            ..Options::default()
        },
    )
    .float;
    assert!(
        (float.layers[0].bias[2] - (0.3 * 0.4 + 0.05)).abs() < 1e-6,
        "{:?}",
        float.layers[0].bias
    );
    let preset = |preset| Options {
        preset: Some(preset),
        dt: Some(1e-4),
        ..Options::default()
    };
    let gain = |preset_name| {
        import(&lif(0.001, 4.0, 0.0), &preset(preset_name)).float.layers[0].weights[0] / (rough(1)[0] as f32 as f64)
    };
    assert!((gain(Preset::Norse) - 0.1).abs() < 1e-7, "Norse ignores r");
    assert!((gain(Preset::Sinabs) - 1.0).abs() < 1e-12, "Sinabs has input gain 1");
    assert!((gain(Preset::Rockpool) - 1.0).abs() < 1e-12, "Rockpool adds its input unscaled");
    // IF: r dt, or 1 when r = 1.
    let nir = |r: f64| two(0.3137, -0.2).with("if", "r", all(&[1], r));
    let first = |nir: &Nir| {
        import(
            nir,
            &Options {
                dt: Some(1e-4),
                ..Options::default()
            },
        )
        .float
        .layers[0]
            .weights[0]
    };
    assert_eq!(first(&nir(1.0)), 0.3137f32 as f64);
    assert!((first(&nir(10000.0)) - 0.3137).abs() < 1e-7);
    assert!((first(&nir(5000.0)) - 0.3137 / 2.0).abs() < 1e-7);
}

#[test]
fn presets_and_precedence() {
    let nir = lif(0.0016, 16.0, 0.0)
        .metadata("dt", text("1e-4"))
        .metadata("reset", text("zero"));
    let neuron = |options: &Options| import(&nir, options).network.layers[0].neuron.clone();
    let preset = |preset| Options {
        preset: Some(preset),
        ..Options::default()
    };
    assert_eq!(
        neuron(&Options::default()).reset,
        Reset::ToValue(Param::Layer(0)),
        "metadata over default"
    );
    assert_eq!(neuron(&preset(Preset::SnnTorch)).order, ResetOrder::LeakThenReset);
    assert!(
        matches!(neuron(&preset(Preset::SnnTorch)).reset, Reset::Subtract(_)),
        "preset over metadata"
    );
    let flag = Options {
        preset: Some(Preset::SnnTorch),
        ..with(|n| n.reset = Some(ResetRule::Zero))
    };
    assert_eq!(neuron(&flag).reset, Reset::ToValue(Param::Layer(0)), "flag over preset");
    assert_eq!(
        neuron(&flag).order,
        ResetOrder::ResetThenLeak,
        "snnTorch's delayed zero reset keeps the next input"
    );
    let mut file = with(|n| n.reset = Some(ResetRule::None));
    file.layers.entry("fc".into()).or_default().numbers.reset = Some(ResetRule::Zero);
    assert!(matches!(neuron(&file).reset, Reset::ToValue(_)), "layer over file");
    let flags = with(|n| n.reset = Some(ResetRule::Subtract));
    assert!(
        matches!(neuron(&flags.over(&file)).reset, Reset::Subtract(_)),
        "flag over layer"
    );
    // v_reset other than 0 speaks for itself.
    let hard = two(0.3, -0.2).with("if", "v_reset", all(&[1], -0.5));
    assert_eq!(
        import(&hard, &Options::default()).network.layers[0].neuron.reset,
        Reset::ToValue(Param::Layer(-5))
    );
    // Sinabs clamps IF, not LIF.
    let clamped = import(&two(0.3, -0.2), &preset(Preset::Sinabs)).network.layers[0]
        .neuron
        .clone();
    assert_eq!((clamped.membrane.lo, clamped.fire_level), (-10, Param::Layer(10)));
    assert!(
        import(
            &nir,
            &Options {
                dt: Some(0.0001),
                ..preset(Preset::Sinabs)
            }
        )
        .network
        .layers[0]
            .neuron
            .membrane
            .lo
            < -10000
    );
}

#[test]
fn readout() {
    let nir = Nir::default()
        .input(&[5])
        .linear("fc", 3, 5, &rough(15))
        .li("li", &[3], 0.0016, 16.0)
        .output(&[3]);
    let neuron = import(
        &nir,
        &Options {
            preset: Some(Preset::SnnTorch),
            ..Options::default()
        },
    )
    .network
    .layers[0]
        .neuron
        .clone();
    assert_eq!(
        (neuron.output, neuron.reset, neuron.order),
        (Output::Value, Reset::None, ResetOrder::ResetThenLeak)
    );
}

/// A ternary net with a slow leak: without fraction bits the leak moves no state; with them the dead zone is small.
#[test]
fn fraction_bits_keep_a_leak_alive() {
    let ternary: Vec<f64> = rough(15).iter().map(|w| if w.abs() < 0.3 { 0.0 } else { w.signum() }).collect();
    let nir = lif(0.001, 10.0, 0.0)
        .with("fc", "weight", floats(&[3, 5], &ternary))
        .with("lif", "v_threshold", all(&[3], 4.0))
        .with("lif", "v_reset", all(&[3], -1.0));
    let of = |set: fn(&mut Numbers)| {
        let mut options = with(set);
        options.dt = Some(1e-4);
        import(&nir, &options)
    };
    let none = of(|n| n.fraction_bits = Some(FractionBits::Bits(0)));
    assert_eq!(none.reports[0].dead_zone_percent, Some(100.0 * 9.0 / 4.0));
    assert!(none.warnings.iter().any(|w| w.contains("--fraction-bits")), "{:?}", none.warnings);
    // 9 of 4 * 2^6 is 3.5 %, of 4 * 2^7 it is 1.8 %.
    let auto = of(|_| {});
    assert_eq!((auto.reports[0].fraction_bits, auto.reports[0].threshold), (7, Some((512, 512))));
    assert!(auto.assumptions.iter().any(|line| line.contains("7 fraction bits")), "{:?}", auto.assumptions);
    assert_eq!(auto.network.layers[0].neuron.reset, Reset::ToValue(Param::Layer(-128)));
    assert_eq!((auto.reports[0].weight_bits, auto.reports[0].scale), (none.reports[0].weight_bits, none.reports[0].scale));
    assert_eq!(auto.reports[0].sums.positive, none.reports[0].sums.positive << 7);
    // The user's width is a limit, and toward-zero is no way around it: it takes a whole unit where the leak is less.
    let narrow = of(|n| n.membrane_bits = Some(12));
    assert!((1..7).contains(&narrow.reports[0].fraction_bits), "{}", narrow.reports[0].fraction_bits);
    assert!(narrow.assumptions.iter().any(|line| line.contains("would be better")), "{:?}", narrow.assumptions);
    assert_eq!(of(|n| n.rounding = Some(Rounding::TowardZero)).reports[0].fraction_bits, 7);
}

/// Where the membrane starts, per preset and by hand; it scales like the threshold.
#[test]
fn initial_states() {
    let nir = lif(0.001, 10.0, 0.25).with("lif", "v_reset", all(&[3], -0.5));
    let of = |preset, init| {
        let numbers = Numbers { init, fraction_bits: Some(FractionBits::Bits(2)), ..Numbers::default() };
        import(&nir, &Options { preset, dt: Some(1e-4), numbers, ..Options::default() })
    };
    let start = |preset, init| of(preset, init).float.layers[0].neuron.initial.clone();
    assert_eq!(start(None, None), [0.0; 3]);
    assert_eq!(start(Some(Preset::SpikingJelly), None), [-0.5; 3]);
    assert_eq!(start(Some(Preset::Norse), None), [0.25; 3]);
    assert_eq!(start(Some(Preset::Norse), Some(Init::Zero)), [0.0; 3]);
    assert_eq!(start(None, Some(Init::Volts(0.75))), [0.75; 3]);
    let imported = of(Some(Preset::SpikingJelly), None);
    let layer = &imported.network.layers[0];
    let unit = layer.scale / 4.0;
    assert_eq!(layer.neuron.initial, Param::Layer((-0.5 / unit).round() as i64));
    assert!(layer.neuron.membrane.lo <= layer.neuron.initial.min());
}

/// beta = 1: snnTorch's exporter divides by 1 - beta, and writes infinity for tau and r.
#[test]
fn an_infinite_tau_is_no_leak() {
    let infinite = || lif(f64::INFINITY, f64::INFINITY, 0.0);
    let plain = Nir::default().input(&[5]).linear("fc", 3, 5, &rough(15)).fire("lif", &[3]).output(&[3]);
    for (preset, leak) in [(None, None), (Some(Preset::SnnTorch), None), (Some(Preset::SnnTorch), Some(LeakRule::Exponential))] {
        let numbers = Numbers { leak, reset_order: Some(ResetOrder::ResetThenLeak), ..Numbers::default() };
        let options = Options { preset, dt: Some(1e-4), numbers, ..Options::default() };
        let imported = import(&infinite(), &options);
        assert_eq!(imported.network.layers, import(&plain, &options).network.layers, "{preset:?}");
        assert!(imported.assumptions.iter().any(|line| line.contains("no leak")), "{:?}", imported.assumptions);
    }
    // Only one of the neurons, and a readout.
    let tau = floats(&[3], &[1e-3, f64::INFINITY, 2e-4]);
    let some = lif(1e-3, 10.0, 0.0).with("lif", "tau", tau).with("lif", "r", floats(&[3], &[10.0, f64::INFINITY, 2.0]));
    let float = import(&some, &Options { dt: Some(1e-4), ..Options::default() }).float;
    assert_eq!(float.layers[0].neuron.decay.iter().map(|d| (d * 1e6).round()).collect::<Vec<_>>(), [1e5, 0.0, 5e5]);
    assert!(float.layers[0].weights.iter().zip(rough(15)).all(|(w, r)| (w - r).abs() < 1e-6), "a gain of 1 each");
    let readout = Nir::default().input(&[5]).linear("fc", 3, 5, &rough(15)).li("lif", &[3], f64::INFINITY, f64::INFINITY).output(&[3]);
    assert_eq!(import(&readout, &Options { dt: Some(1e-4), ..Options::default() }).network.layers[0].neuron.leak, Leak::None);
}

#[test]
fn other_infinities_are_refused() {
    let options = |preset| Options { preset, dt: Some(1e-4), ..Options::default() };
    let cases = [
        ("tau infinite, r not", lif(f64::INFINITY, 10.0, 0.0), None),
        ("tau infinite, r ignored", lif(f64::INFINITY, f64::INFINITY, 0.0), Some(Preset::Norse)),
        ("r infinite, tau not", lif(1e-3, f64::INFINITY, 0.0), None),
        ("tau minus infinity", lif(f64::NEG_INFINITY, f64::INFINITY, 0.0), None),
        ("tau not a number", lif(f64::NAN, 1.0, 0.0), None),
        ("v_leak infinite", lif(1e-3, 10.0, f64::INFINITY), None),
        ("r of an IF", two(1.0, 1.0).with("if", "r", all(&[1], f64::INFINITY)), None),
    ];
    let said: Vec<String> = cases
        .into_iter()
        .map(|(what, nir, preset)| format!("{what}: {}", nir.import(&options(preset)).map(|_| ()).expect_err(what)))
        .collect();
    insta::assert_snapshot!("infinities", said.join("\n"));
}
