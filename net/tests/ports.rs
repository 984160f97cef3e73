//! Graphs with several Input and Output nodes: which layers, where they leave, what a sample's addresses mean.

mod common;

use common::{import, integers, rough, Nir};
use net::random::{ports, spikes, Limits};
use net::{MapShape, Options, Origin, Place};

/// Inputs `b` (4) and `a` (1x3x3) that meet in `mix`, which leaves at `early` and feeds an LI layer, which leaves at `late`; and
/// `alone`, which hears `b` only and leaves at two nodes.
fn two_by_four() -> Nir {
    Nir::default()
        .node("b", "Input", &[("shape", integers(&[4]))])
        .node("a", "Input", &[("shape", integers(&[1, 3, 3]))])
        .linear("fa", 5, 9, &rough(45))
        .linear("fb", 5, 4, &rough(20))
        .fire("mix", &[5])
        .linear("read", 2, 5, &rough(10))
        .li("state", &[2], 0.002, 20.0)
        .linear("own", 3, 4, &rough(12))
        .fire("alone", &[3])
        .node("late", "Output", &[("shape", integers(&[2]))])
        .node("early", "Output", &[("shape", integers(&[5]))])
        .node("x", "Output", &[("shape", integers(&[3]))])
        .node("w", "Output", &[("shape", integers(&[3]))])
        .edges(&[
            ("a", "fa"),
            ("b", "fb"),
            ("fa", "mix"),
            ("fb", "mix"),
            ("mix", "read"),
            ("read", "state"),
            ("b", "own"),
            ("own", "alone"),
            ("state", "late"),
            ("mix", "early"),
            ("alone", "x"),
            ("alone", "w"),
        ])
}

fn options() -> Options {
    common::with(|numbers| numbers.weight_bits = Some(8))
}

#[test]
fn inputs_stand_by_name_and_outputs_by_layer() {
    let options = Options { dt: Some(1e-4), ..options() };
    let network = import(&two_by_four(), &options).network;
    let inputs: Vec<(&str, MapShape)> = network.inputs.iter().map(|input| (input.name.as_str(), input.shape)).collect();
    assert_eq!(inputs, [("a", MapShape::new(1, 3, 3)), ("b", MapShape::vector(4))]);
    let layers: Vec<&str> = network.layers.iter().map(|layer| layer.neuron_name.as_str()).collect();
    assert_eq!(layers, ["alone", "mix", "state"]);
    let outputs: Vec<(&str, usize)> = network.outputs.iter().map(|output| (output.name.as_str(), output.layer)).collect();
    assert_eq!(outputs, [("w", 0), ("x", 0), ("early", 1), ("late", 2)]);
    assert_eq!((network.last(), network.output()), (2, MapShape::vector(2)));
    let heard: Vec<Origin> = network.sources[1].iter().map(|source| source.from).collect();
    assert_eq!(heard, [Origin::Input(0), Origin::Input(1)]);
    assert_eq!(network.sources[1][0].place, Place::Channels(0));
    assert!(matches!(network.sources[1][1].place, Place::Table(_)));
    // The addresses of `b` stand behind the nine of `a`.
    assert_eq!(network.input(), MapShape::vector(13));
    let sample = vec![vec![8, 9, 12, 0], vec![], vec![10, 10]];
    assert_eq!(network.by_input(&sample), [vec![vec![8, 0], vec![], vec![]], vec![vec![0, 3], vec![], vec![1, 1]]]);
    assert!(!network.is_chain());
}

#[test]
fn random_samples_reach_every_input() {
    for seed in 0..40 {
        let network = ports(seed, &Limits::default());
        for (k, input) in network.inputs.iter().enumerate() {
            let heard = network.sources.iter().flatten().any(|source| source.from == Origin::Input(k));
            assert!(heard, "seed {seed}: nothing hears input {k}");
            let sample = spikes(&network, seed, 20, 1.0);
            let own: usize = network.by_input(&sample)[k].iter().map(Vec::len).sum();
            assert!(own >= 10 * input.shape.len(), "seed {seed}: input {k} is silent");
        }
        for i in 0..network.layers.len() {
            let leaves = network.outputs.iter().any(|output| output.layer == i);
            assert!(leaves || network.sources.iter().flatten().any(|source| source.from == Origin::Layer(i)), "seed {seed}: layer {i}");
        }
    }
}

#[test]
fn ends_that_make_no_sense_are_refused() {
    let message = |nir: &Nir| match nir.import(&Options { dt: Some(1e-4), ..options() }) {
        Ok(_) => "accepted".to_string(),
        Err(problems) => problems.0.iter().map(|p| format!("[{}] {p}", p.code)).collect::<Vec<_>>().join("\n"),
    };
    let edges = |more: &[(&str, &str)], without: &[(&str, &str)]| {
        let mut nir = two_by_four();
        let all = nir.edges.take().unwrap_or_default();
        let kept = all.iter().map(|(a, b)| (a.as_str(), b.as_str())).filter(|edge| !without.contains(edge));
        nir.edges(&kept.chain(more.iter().copied()).collect::<Vec<_>>())
    };
    let cases = [
        ("an input feeds an output", edges(&[("b", "x")], &[("alone", "x")])),
        ("two layers feed an output", edges(&[("mix", "w")], &[])),
        ("an input that nothing hears", edges(&[], &[("a", "fa")])),
        ("an output that nothing feeds", edges(&[], &[("alone", "w")])),
        ("a readout that is heard", edges(&[("state", "fb2"), ("fb2", "alone")], &[]).linear("fb2", 3, 2, &rough(6))),
        ("another shape", two_by_four().with("early", "shape", integers(&[4]))),
    ];
    let text: Vec<String> = cases.iter().map(|(name, nir)| format!("{name}:\n{}\n", message(nir))).collect();
    insta::assert_snapshot!(text.join("\n"));
}
