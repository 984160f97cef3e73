//! The float reference against the equations of `docs/numbers.md`, worked out by hand or by brute force.

mod common;

use common::{all, floats, import, integer, integers, rough, with, Nir};
use net::options::{Fire, Numbers, ResetRule};
use net::{Options, ResetOrder};

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
fn float_convolution_reaches_what_numbers_md_says() {
    // Two groups, everything different in rows and columns, an overlapping padded pool in front.
    let weight = floats(&[4, 1, 2, 3], &rough(24));
    let more = [
        ("stride", integers(&[2, 1])),
        ("padding", integers(&[3, 1])),
        ("dilation", integers(&[1, 2])),
        ("groups", integer(2)),
    ];
    let pool = |nir: Nir| nir.pool("pool", "SumPool2d", &[3, 2], &[2, 1], &[1, 0]);
    let nir = pool(Nir::default().input(&[2, 9, 7]))
        .conv("conv", weight, &more)
        .fire_at("if", &[4, 5, 4], 1e3)
        .output(&[4, 5, 4]);
    let float = import(&nir, &Options::default()).float;
    let (layer, input) = (&float.layers[0], float.inputs[0].shape);
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
