//! What an import makes of a file: every rule of `docs/numbers.md` against numbers worked out by hand or by brute force.

mod common;

use common::{all, floats, integers, text, Nir};
use net::bound::{layer_sums, WorstSums};
use net::options::{Clamp, Fire, LeakRule, Numbers, Preset, Quantise, ResetRule, ScaleRule};
use net::{
    Dense, Imported, Layer, Leak, MapShape, Network, Options, Output, Param, Pool, Reset, ResetOrder, Rounding,
    Synapses,
};

fn with(set: impl Fn(&mut Numbers)) -> Options {
    let mut options = Options::default();
    set(&mut options.numbers);
    options
}

fn import(nir: &Nir, options: &Options) -> Imported {
    nir.import(options).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Weights that lie on no grid.
fn rough(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * i + 3 * i + 1) as f64 * 0.7371).sin()).collect()
}

fn dense(layer: &Layer) -> &Dense {
    match &layer.synapses {
        Synapses::Dense(dense) => dense,
        Synapses::Conv2d(_) => panic!("a dense layer"),
    }
}

fn weights(layer: &Layer) -> &[i32] {
    match &layer.synapses {
        Synapses::Dense(dense) => &dense.weights,
        Synapses::Conv2d(conv) => &conv.weights,
    }
}

/// 2 inputs, 1 IF neuron of threshold 1.
fn two(a: f64, b: f64) -> Nir {
    Nir::default()
        .input(&[2])
        .linear("fc", 1, 2, &[a, b])
        .fire("if", &[1])
        .output(&[1])
}

fn lif(tau: f64, r: f64, v_leak: f64) -> Nir {
    Nir::default()
        .input(&[5])
        .linear("fc", 3, 5, &rough(15))
        .lif("lif", &[3], tau, r, v_leak)
        .output(&[3])
}

#[test]
fn max_scale_and_rounding_half_away() {
    let w = rough(12);
    let nir = Nir::default()
        .input(&[4])
        .linear("fc", 3, 4, &w)
        .fire_at("if", &[3], 0.77)
        .output(&[3]);
    let layer = &import(&nir, &Options::default()).network.layers[0];
    let stored: Vec<f64> = w.iter().map(|w| *w as f32 as f64).collect();
    let s = stored.iter().fold(0.0f64, |m, w| m.max(w.abs())) / 127.0;
    assert_eq!(layer.scale, s);
    assert_eq!(
        weights(layer),
        stored.iter().map(|w| (w / s).round() as i32).collect::<Vec<_>>()
    );
    let threshold = (0.77f32 as f64 / s).round() as i64;
    assert_eq!(layer.neuron.fire_level, Param::Layer(threshold + 1));
    assert_eq!(layer.neuron.reset, Reset::Subtract(Param::Layer(threshold)));
}

#[test]
fn mse_and_pow2_take_the_least_squared_error() {
    let w: Vec<f64> = rough(40)
        .iter()
        .enumerate()
        .map(|(i, w)| if i == 7 { 3.3 } else { w * w * w * 0.3 })
        .map(|w| w as f32 as f64)
        .collect();
    let error = |s: f64, most: f64| {
        w.iter()
            .map(|w| ((w / s).round().clamp(-most, most) * s - w).powi(2))
            .sum::<f64>()
    };
    for (bits, most) in [(4, 7.0), (6, 31.0)] {
        let widest = 3.3f32 as f64 / most;
        let mse = net::quantise::scale(&w, most as i64, ScaleRule::Mse);
        let candidates: Vec<f64> = (0..71).map(|i| widest * (0.3 + i as f64 * 0.01)).collect();
        assert!(
            candidates.iter().all(|c| error(mse, most) <= error(*c, most) + 1e-12),
            "{bits} bits"
        );
        assert!(
            candidates.iter().any(|c| (c / mse - 1.0).abs() < 1e-9),
            "one of the 71 steps"
        );
        let pow2 = net::quantise::scale(&w, most as i64, ScaleRule::PowerOfTwo);
        assert!(
            (0..16).all(|k| error(pow2, most) <= error(0.5f64.powi(k), most)),
            "{bits} bits"
        );
        assert!((0..16).any(|k| pow2 == 0.5f64.powi(k)));
    }
    assert!(
        net::quantise::scale(&w, 7, ScaleRule::Mse) < 3.3 / 7.0,
        "clipping the outlier pays"
    );
    let small: Vec<f64> = w.iter().map(|w| w / 3000.0).collect();
    assert_eq!(
        net::quantise::scale(&small, 127, ScaleRule::PowerOfTwo),
        0.5f64.powi(15)
    );
}

#[test]
fn weights_on_a_grid_are_kept() {
    let integers = [3.0, -7.0, 2.0, 5.0, 0.0, -1.0];
    let nir = |s: f64| {
        Nir::default()
            .input(&[3])
            .linear("fc", 2, 3, &integers.map(|i| i * s))
            .fire_at("if", &[2], 10.0 * s)
            .output(&[2])
    };
    for s in [0.0371, 0.25, 1.0, 3.0] {
        let imported = import(&nir(s), &with(|n| n.quantise = Some(Quantise::None)));
        let layer = &imported.network.layers[0];
        assert_eq!(weights(layer), integers.map(|i| i as i32), "scale {s}");
        assert!((layer.scale / s - 1.0).abs() < 1e-7, "{} for {s}", layer.scale);
        assert_eq!(imported.reports[0].threshold, Some((10, 10)));
        assert_eq!(imported.reports[0].scale_from, "grid");
    }
    // A threshold beside the grid: the finest grid that holds the weights.
    let beside = nir(0.5).with("if", "v_threshold", all(&[2], 1.3));
    let layer = &import(&beside, &Options::default()).network.layers[0];
    assert_eq!(weights(layer), integers.map(|i| i as i32 * 18), "127 / 7 = 18 parts");
    assert_eq!(
        layer.neuron.fire_level,
        Param::Layer((1.3f64 / (0.5 / 18.0)).round() as i64 + 1)
    );
    // Too wide for the weight word: quantised again.
    let report = &import(&nir(0.5), &with(|n| n.weight_bits = Some(3))).reports[0];
    assert_eq!((report.scale_from.as_str(), report.scale), ("max", 3.5 / 3.0));
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
    assert!((gain(Preset::Rockpool) - 0.4).abs() < 1e-7);
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

#[test]
fn pools_fold_and_compose() {
    let nir = |kind: &str| {
        let weights = [0.3, -0.2, 0.5, 0.1];
        Nir::default()
            .input(&[1, 9, 9])
            .pool("a", kind, &[2, 2], &[2, 2], &[0, 0])
            .pool("b", "SumPool2d", &[2, 2], &[2, 2], &[0, 0])
            .flatten(0, -1, &[1, 2, 2])
            .linear("fc", 1, 4, &weights)
            .fire("if", &[1])
            .output(&[1])
    };
    let imported = import(&nir("AvgPool2d"), &Options::default());
    let layer = &imported.network.layers[0];
    assert_eq!(
        layer.pool,
        Pool {
            kernel: (4, 4),
            stride: (4, 4),
            padding: (0, 0),
            output: MapShape::new(1, 2, 2)
        }
    );
    assert!((imported.float.layers[0].weights[0] - 0.3 / 4.0).abs() < 1e-8);
    assert_eq!(dense(layer).inputs, 4);
}

#[test]
fn paddings() {
    let weight = |kh: u64, kw: u64| floats(&[1, 1, kh, kw], &rough((kh * kw) as usize));
    let nir = |kh, kw, out: [u64; 3], padding: common::Data, dilation: [i64; 2]| {
        let more = [("padding", padding), ("dilation", integers(&dilation))];
        let output = out.map(|n| n as i64);
        Nir::default()
            .input(&[1, 7, 6])
            .conv("conv", weight(kh, kw), &more)
            .fire("if", &out)
            .output(&output)
    };
    let got = |nir: &Nir| match &import(nir, &Options::default()).network.layers[0] {
        Layer {
            synapses: Synapses::Conv2d(conv),
            output,
            ..
        } => (conv.padding, *output),
        _ => panic!("a convolution"),
    };
    assert_eq!(
        got(&nir(4, 3, [1, 7, 6], text("same"), [1, 1])),
        ((1, 1), MapShape::new(1, 7, 6)),
        "the odd zero is behind"
    );
    assert_eq!(
        got(&nir(3, 3, [1, 7, 6], text("same"), [2, 1])),
        ((2, 1), MapShape::new(1, 7, 6))
    );
    assert_eq!(
        got(&nir(3, 3, [1, 5, 4], text("valid"), [1, 1])),
        ((0, 0), MapShape::new(1, 5, 4))
    );
    assert_eq!(
        got(&nir(3, 3, [1, 9, 4], integers(&[2, 0]), [1, 1])),
        ((2, 0), MapShape::new(1, 9, 4))
    );
}

#[test]
fn bounds_agree_with_brute_force() {
    for seed in 0..60 {
        let network = net::random::network(seed, &net::random::Limits::default());
        for (index, layer) in network.layers.iter().enumerate() {
            assert_eq!(
                layer_sums(&network, index),
                brute_force(&network, index),
                "seed {seed}, layer {index}: {layer:?}"
            );
        }
    }
}

/// Every input address at its most often, tap by tap.
fn brute_force(network: &Network, index: usize) -> WorstSums {
    let layer = &network.layers[index];
    let payload = if index == 0 {
        network.multiplicity as i64
    } else {
        network.layers[index - 1].neuron.max_spikes as i64
    };
    let mut sums = vec![(0i64, 0i64); layer.output.len()];
    let mut add = |o: usize, w: i32| match w > 0 {
        true => sums[o].0 += w as i64 * payload,
        false => sums[o].1 -= w as i64 * payload,
    };
    let pool = &layer.pool;
    let inside = |at: usize, o: usize, kernel: usize, stride: usize, padding: usize| {
        let first = (o * stride) as i64 - padding as i64;
        (first..first + kernel as i64).contains(&(at as i64))
    };
    for i in 0..layer.input.len() {
        let (c, y, x) = layer.input.coordinate(i);
        for p in 0..pool.output.len() {
            let (pc, py, px) = pool.output.coordinate(p);
            let hit = pc == c
                && inside(y, py, pool.kernel.0, pool.stride.0, pool.padding.0)
                && inside(x, px, pool.kernel.1, pool.stride.1, pool.padding.1);
            if !hit {
                continue;
            }
            match &layer.synapses {
                Synapses::Dense(dense) => (0..dense.outputs).for_each(|o| add(o, dense.weights[o * dense.inputs + p])),
                Synapses::Conv2d(conv) => {
                    let per_group = conv.in_channels / conv.groups;
                    for o in 0..layer.output.len() {
                        let (co, oy, ox) = layer.output.coordinate(o);
                        if co / (conv.out_channels / conv.groups) != pc / per_group {
                            continue;
                        }
                        for ky in 0..conv.kernel.0 {
                            for kx in 0..conv.kernel.1 {
                                let row = oy * conv.stride.0 + ky * conv.dilation.0;
                                let column = ox * conv.stride.1 + kx * conv.dilation.1;
                                if row == py + conv.padding.0 && column == px + conv.padding.1 {
                                    add(
                                        o,
                                        conv.weights[((co * per_group + pc % per_group) * conv.kernel.0 + ky)
                                            * conv.kernel.1
                                            + kx],
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    let bias = |o: usize| layer.neuron.bias.at(layer.output, o);
    WorstSums {
        positive: (0..sums.len()).map(|o| sums[o].0 + bias(o).max(0)).max().unwrap_or(0),
        negative: (0..sums.len()).map(|o| sums[o].1 - bias(o).min(0)).max().unwrap_or(0),
    }
}

#[test]
fn membrane_words() {
    // 8 inputs of weight 1 (one grid step), multiplicity 4: P = 32, N = 0; fire level 2.
    let nir = Nir::default()
        .input(&[8])
        .linear("fc", 1, 8, &[1.27; 8])
        .fire_at("if", &[1], 1.27)
        .output(&[1]);
    let membrane = |set: fn(&mut Numbers)| import(&nir, &with(set)).network.layers[0].neuron.membrane;
    let word = membrane(|_| {});
    assert_eq!(
        (word.bits, word.hi, word.lo),
        (16, 32767 - 32, -32768),
        "hi makes room for P"
    );
    let least = import(&nir, &Options::default()).reports[0].least_bits;
    assert!(
        nir.import(&with(|n| n.membrane_bits = Some(7))).is_ok() && least == 7,
        "63 - 32 >= 1 in 7 bits, not {least}"
    );
    assert!(nir.import(&with(|n| n.membrane_bits = Some(6))).is_err());
    let below = Nir::default()
        .input(&[8])
        .linear("fc", 1, 8, &[-1.27; 8])
        .fire_at("if", &[1], 1.27)
        .output(&[1]);
    let word = import(&below, &Options::default()).network.layers[0].neuron.membrane;
    assert_eq!((word.lo, word.hi), (-32768 + 32, 32767), "lo makes room for N");
    let clamped = membrane(|n| n.clamp = Some(Clamp::Volts(-12.7)));
    assert_eq!(clamped.lo, -10);
}

#[test]
fn dead_zone_warns() {
    let nir = lif(0.0016, 16.0, 0.0).with("lif", "v_threshold", all(&[3], 0.5));
    let imported = import(
        &nir,
        &Options {
            dt: Some(1e-4),
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
fn float_reference_steps_as_the_equations_say() {
    // One neuron, weight 0.6, threshold 1, leak 1/2; an event in every step.
    let nir = |reset: f64| {
        Nir::default()
            .input(&[1])
            .linear("fc", 1, 1, &[0.6])
            .lif("lif", &[1], 0.0002, 2.0, 0.0)
            .output(&[1])
            .with("lif", "v_reset", all(&[1], reset))
    };
    let run = |nir: &Nir, set: fn(&mut Numbers)| {
        let options = Options {
            dt: Some(1e-4),
            ..with(set)
        };
        let trace = import(nir, &options).float.run(&vec![vec![0]; 6], true).remove(0);
        let shown: Vec<f64> = trace.shown.iter().map(|v| (v[0] * 1e4).round() / 1e4).collect();
        (trace.spikes.iter().map(|s| s.len()).collect::<Vec<_>>(), shown)
    };
    // H: 0.6, 0.9, 1.05 -> spike
    assert_eq!(
        run(&nir(0.0), |_| {}),
        (vec![0, 0, 1, 0, 0, 1], vec![0.6, 0.9, 0.05, 0.625, 0.9125, 0.0563])
    );
    let delayed = run(&nir(0.0), |n| n.reset_order = Some(ResetOrder::LeakThenReset));
    assert_eq!(
        delayed,
        (vec![0, 0, 1, 0, 0, 0], vec![0.6, 0.9, 1.05, 0.125, 0.6625, 0.9313])
    );
    assert_eq!(
        run(&nir(0.2), |_| {}),
        (vec![0, 0, 1, 0, 0, 1], vec![0.6, 0.9, 0.2, 0.7, 0.95, 0.2])
    );
    let zero = run(&nir(0.0), |n| {
        n.reset = Some(ResetRule::Zero);
        n.reset_order = Some(ResetOrder::LeakThenReset);
    });
    assert_eq!(
        zero,
        (vec![0, 0, 1, 0, 0, 0], vec![0.6, 0.9, 1.05, 0.0, 0.6, 0.9]),
        "the step after a spike ignores its input"
    );
    let many = Nir::default()
        .input(&[1])
        .linear("fc", 1, 1, &[3.0])
        .fire("if", &[1])
        .output(&[1]);
    assert_eq!(
        run(&many, |n| n.multi_spike = Some(5)).0,
        vec![2, 3, 3, 3, 3, 3],
        "strict: 3 thresholds give 2 spikes"
    );
    let ge = run(&many, |n| {
        n.multi_spike = Some(2);
        n.fire = Some(Fire::GreaterEqual);
    });
    assert_eq!(ge, (vec![2; 6], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
}

#[test]
fn file_names_become_identifiers() {
    let imported = net::import_bytes("dir/9 nets-a.nir", two(0.3, 0.2).bytes(), &Options::default())
        .unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(imported.network.name, "net_9_nets_a");
}

#[test]
fn nested_graphs_flatten() {
    let inner = Nir::default()
        .input(&[2])
        .linear("fc", 1, 2, &[0.3, 0.2])
        .fire("if", &[1])
        .output(&[1]);
    let mut outer = Nir::default()
        .input(&[2])
        .output(&[1])
        .edges(&[("input", "block"), ("block", "output")]);
    outer.nested.push(("block".to_string(), inner));
    let network = import(&outer, &Options::default()).network;
    assert_eq!(
        (network.layers[0].name.as_str(), network.layers[0].neuron_name.as_str()),
        ("block.fc", "block.if")
    );
    assert_eq!(network.input_node, "input");
}

#[test]
fn float_convolution_reaches_what_numbers_md_says() {
    // Two groups, everything different in rows and columns, an overlapping padded pool in front.
    let weight = floats(&[4, 1, 2, 3], &rough(24));
    let more = [
        ("stride", integers(&[2, 1])),
        ("padding", integers(&[3, 1])),
        ("dilation", integers(&[1, 2])),
        ("groups", common::integer(2)),
    ];
    let pool = |nir: Nir| nir.pool("pool", "SumPool2d", &[3, 2], &[2, 1], &[1, 0]);
    let nir = pool(Nir::default().input(&[2, 9, 7]))
        .conv("conv", weight, &more)
        .fire_at("if", &[4, 5, 4], 1e3)
        .output(&[4, 5, 4]);
    let float = import(&nir, &Options::default()).float;
    let (layer, input) = (&float.layers[0], float.input);
    for event in 0..input.len() {
        let (c, y, x) = input.coordinate(event);
        let shown = float.run(&vec![vec![event as u32]], false).remove(0).last;
        for (i, got) in shown.iter().enumerate() {
            let (co, oy, ox) = layer.output.coordinate(i);
            let mut want = 0.0;
            let hits = |at: usize, o: usize, kernel: usize, stride: usize, padding: usize| {
                (o * stride..o * stride + kernel).contains(&(at + padding))
            };
            for (py, px) in (0..5).flat_map(|py| (0..6).map(move |px| (py, px))) {
                for (ky, kx) in (0..2).flat_map(|ky| (0..3).map(move |kx| (ky, kx))) {
                    let pooled = hits(y, py, 3, 2, 1) && hits(x, px, 2, 1, 0);
                    if pooled && co / 2 == c && oy * 2 + ky == py + 3 && ox + kx * 2 == px + 1 {
                        want += layer.weights[(co * 2 + ky) * 3 + kx];
                    }
                }
            }
            assert!(
                (got - want).abs() < 1e-12,
                "event {event}, neuron {i}: {got} for {want}"
            );
        }
    }
}
