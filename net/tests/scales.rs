//! The weight grid of a layer, by the rules of `docs/numbers.md`: how its scale is chosen, and what lies on it.

mod common;

use common::{all, import, rough, with, Nir};
use net::options::{Quantise, ScaleRule};
use net::{Layer, Options, Param, Reset, Synapses};

fn weights(layer: &Layer) -> &[i32] {
    match &layer.synapses {
        Synapses::Dense(dense) => &dense.weights,
        Synapses::Conv2d(conv) => &conv.weights,
    }
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
