//! Sizes of 1 in files stand for any size (Norse writes them for scalar parameters): at neurons, inputs, outputs and Flatten.

mod common;

use common::{all, floats, import, integers, rough, Nir};
use net::Options;

fn lif(nir: Nir, shape: &[u64]) -> Nir {
    nir.lif("lif", shape, 2.5e-3, 25.0, 0.0)
}

fn options() -> Options {
    Options { dt: Some(1e-4), ..Options::default() }
}

#[test]
fn scalars_at_both_ends() {
    let full = lif(Nir::default().input(&[4]).linear("fc", 5, 4, &rough(20)), &[5]).output(&[5]);
    let plain = import(&full, &options()).network;
    for (first, neurons, last) in [(4i64, 1, 1), (1, 1, 1), (1, 5, 5), (4, 5, 1), (1, 1, 5)] {
        let nir = lif(Nir::default().input(&[first]).linear("fc", 5, 4, &rough(20)), &[neurons]).output(&[last]);
        let imported = import(&nir, &options());
        assert_eq!(imported.network, plain, "{first} {neurons} {last}");
        let notes = imported.assumptions.iter().filter(|line| line.contains("any")).count();
        assert_eq!(notes, usize::from(first == 1) + usize::from(last == 1), "{:?}", imported.assumptions);
    }
}

#[test]
fn a_neuron_right_behind_an_input_of_one() {
    let data = [("r", all(&[1], 1.0)), ("v_threshold", all(&[1], 1.0)), ("v_reset", all(&[1], 0.0))];
    let nir = Nir::default().input(&[1]).node("enc", "IF", &data).linear("fc", 5, 4, &rough(20)).fire_at("if", &[1], 0.2).output(&[1]);
    let network = import(&nir, &Options::default()).network;
    assert_eq!((network.input().len(), network.layers[0].output.len(), network.output().len()), (4, 4, 5));
    // Maps: the convolution records its input.
    let kernel = floats(&[3, 2, 3, 3], &rough(54));
    let conv = Nir::default().input(&[1, 1, 1]).conv("c", kernel, &[("input_shape", integers(&[6, 5]))]).fire("if", &[1]);
    let network = import(&conv.clone().output(&[1, 1, 1]), &Options::default()).network;
    assert_eq!((network.input(), network.output()), (net::MapShape::new(2, 6, 5), net::MapShape::new(3, 4, 3)));
    let flat = conv.flatten(0, -1, &[1]).linear("fc", 2, 36, &rough(72)).fire_at("last", &[1], 0.2).output(&[1]);
    assert_eq!(import(&flat, &Options::default()).network.output().len(), 2);
}

#[test]
fn a_size_of_one_that_is_meant_stays() {
    let one = Nir::default().input(&[1]).linear("fc", 3, 1, &[1.0, 2.0, 3.0]).fire("if", &[3]).output(&[3]);
    let imported = import(&one, &Options::default());
    assert_eq!(imported.network.input().len(), 1);
    assert!(!imported.assumptions.iter().any(|line| line.contains("stands for any")), "{:?}", imported.assumptions);
    let last = Nir::default().input(&[3]).linear("fc", 1, 3, &[1.0, 2.0, 3.0]).fire("if", &[1]).output(&[1]);
    assert_eq!(import(&last, &Options::default()).network.output().len(), 1);
    // Other sizes are still checked, and so are readers that disagree.
    let other = Nir::default().input(&[4]).linear("fc", 5, 4, &rough(20)).fire("if", &[5]).output(&[2]);
    assert!(other.import(&Options::default()).is_err());
    let two = Nir::default().input(&[1]).linear("a", 3, 4, &rough(12)).linear("b", 3, 5, &rough(15)).fire("if", &[3]).output(&[3]);
    let edges = [("input", "a"), ("input", "b"), ("a", "if"), ("b", "if"), ("if", "output")];
    assert!(two.edges(&edges).import(&Options::default()).is_err());
}
