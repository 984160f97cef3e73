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
    assert_eq!(network.input_node, "input");
}

#[test]
fn file_names_become_identifiers() {
    let imported = net::import_bytes("dir/9 nets-a.nir", two(0.3, 0.2).bytes(), &Options::default())
        .unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(imported.network.name, "net_9_nets_a");
}
