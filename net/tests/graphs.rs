//! What an import makes of a graph: pools fold into layers, paddings give shapes, nested graphs flatten, names.

mod common;

use common::{floats, import, integers, rough, text, two, Data, Nir};
use net::{Dense, Layer, MapShape, Options, Pool, Synapses};

fn dense(layer: &Layer) -> &Dense {
    match &layer.synapses {
        Synapses::Dense(dense) => dense,
        Synapses::Conv2d(_) => panic!("a dense layer"),
    }
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
    let nir = |kh, kw, out: [u64; 3], padding: Data, dilation: [i64; 2]| {
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
    assert_eq!(network.inputs[0].name, "input");
}

#[test]
fn file_names_become_identifiers() {
    let imported = net::import_bytes("dir/9 nets-a.nir", two(0.3, 0.2).bytes(), &Options::default())
        .unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(imported.network.name, "net_9_nets_a");
}

/// Random spikes into `conv, pool, IF` equal the pool of the convolution's sums, computed plainly.
#[test]
fn a_pool_behind_a_convolution_folds_into_it() {
    let cases = [
        // kernel, stride, dilation, padding, window, step, average
        ([5, 5], [1, 1], [1, 1], [0, 0], [2, 2], [2, 2], true),
        ([3, 2], [2, 1], [1, 2], [1, 1], [2, 3], [1, 2], false),
        ([3, 3], [2, 3], [4, 3], [4, 3], [2, 2], [2, 1], true),
        ([1, 1], [3, 2], [1, 1], [0, 0], [3, 1], [2, 1], false),
        ([3, 3], [1, 1], [1, 1], [1, 1], [12, 13], [12, 13], true),
        ([1, 1], [1, 1], [1, 1], [0, 0], [3, 4], [3, 2], true),
        ([1, 1], [1, 1], [1, 1], [0, 0], [5, 5], [5, 5], false),
    ];
    for (kernel, stride, dilation, padding, window, step, average) in cases {
        let (inputs, outputs, rows, columns) = (2usize, 3usize, 12usize, 13usize);
        let out = |n: usize, axis: usize| {
            (n + 2 * padding[axis] as usize - dilation[axis] as usize * (kernel[axis] as usize - 1) - 1)
                / stride[axis] as usize
                + 1
        };
        let (h, w) = (out(rows, 0), out(columns, 1));
        let pooled = |n: usize, axis: usize| (n - window[axis] as usize) / step[axis] as usize + 1;
        let (ph, pw) = (pooled(h, 0), pooled(w, 1));
        let weights: Vec<f64> = rough(outputs * inputs * (kernel[0] * kernel[1]) as usize)
            .iter()
            .map(|w| *w as f32 as f64)
            .collect();
        let bias: Vec<f64> = rough(outputs).iter().map(|b| (b * 0.1) as f32 as f64).collect();
        let weight = floats(
            &[outputs as u64, inputs as u64, kernel[0] as u64, kernel[1] as u64],
            &weights,
        );
        let more = [
            ("bias", floats(&[outputs as u64], &bias)),
            ("stride", integers(&stride)),
            ("dilation", integers(&dilation)),
            ("padding", integers(&padding)),
        ];
        let map = [outputs as u64, ph as u64, pw as u64];
        let nir = Nir::default()
            .input(&[inputs as i64, rows as i64, columns as i64])
            .conv("conv", weight, &more)
            .pool(
                "pool",
                if average { "AvgPool2d" } else { "SumPool2d" },
                &window,
                &step,
                &[0, 0],
            )
            .fire_at("if", &map, 500.0)
            .output(&map.map(|n| n as i64));
        let imported = import(&nir, &Options::default());
        assert_eq!(imported.network.layers[0].output, MapShape::new(outputs, ph, pw));
        let in_front = kernel == [1, 1] && stride == [1, 1];
        assert_eq!(imported.network.layers[0].pool.is_none(), !in_front);

        let active = |c: usize, y: usize, x: usize| (c * 31 + y * 17 + x * 7 + c * y * x) % 3 == 0;
        let events: Vec<u32> = (0..inputs * rows * columns)
            .filter(|&i| active(i / (rows * columns), i / columns % rows, i % columns))
            .map(|i| i as u32)
            .collect();
        let shown = &imported.float.run(&vec![events], true)[0].shown[0];
        let convolved = |co: usize, oy: usize, ox: usize| {
            let mut sum = bias[co];
            for ci in 0..inputs {
                for ky in 0..kernel[0] {
                    for kx in 0..kernel[1] {
                        let y = oy as i64 * stride[0] + ky * dilation[0] - padding[0];
                        let x = ox as i64 * stride[1] + kx * dilation[1] - padding[1];
                        let inside = (0..rows as i64).contains(&y) && (0..columns as i64).contains(&x);
                        if inside && active(ci, y as usize, x as usize) {
                            let at = ((co * inputs + ci) as i64 * kernel[0] + ky) * kernel[1] + kx;
                            sum += weights[at as usize];
                        }
                    }
                }
            }
            sum
        };
        for (i, got) in shown.iter().enumerate() {
            let (co, oy, ox) = (i / (ph * pw), i / pw % ph, i % pw);
            let mut want = 0.0;
            for py in 0..window[0] as usize {
                for px in 0..window[1] as usize {
                    want += convolved(co, oy * step[0] as usize + py, ox * step[1] as usize + px);
                }
            }
            if average {
                want /= (window[0] * window[1]) as f64;
            }
            assert!(
                (got - want).abs() < 1e-9,
                "neuron {i} of kernel {kernel:?}: {got}, plainly {want}"
            );
        }
    }
}

#[test]
fn half_precision_weights() {
    let nir = |words: &[u16]| {
        let halves = Data::Halves(vec![1, words.len() as u64], words.to_vec());
        Nir::default()
            .input(&[words.len() as i64])
            .node("fc", "Linear", &[("weight", halves)])
            .fire_at("if", &[1], 5e4)
            .output(&[1])
    };
    // numpy: np.array([...], "f2").view("u2")
    let words = [0x3400, 0xBE00, 0x3555, 0x7BFF, 0x0001, 0x8000];
    let values = [0.25, -1.5, 0.333251953125, 65504.0, 5.960464477539063e-8, 0.0];
    assert_eq!(
        import(&nir(&words), &Options::default()).float.layers[0].weights,
        values
    );
    for word in [0x7C00, 0xFC00, 0x7E00] {
        let problems = nir(&[0x3400, word]).import(&Options::default()).unwrap_err();
        assert_eq!(problems.0[0].code, "not-finite", "{word:#06x}");
    }
}
