//! Neuron nodes without a weight node in front: they hear the spikes themselves, as if by weights of 1.

mod common;

use common::{all, floats, import, integers, rough, Nir};
use net::{Options, Spikes};

fn input(shape: &[i64]) -> Nir {
    Nir::default().input(shape)
}

/// Every second address in turn.
fn events(size: u32) -> Spikes {
    (0..12).map(|t| (0..size).filter(|i| (i * 7 + t * 5) % 3 == 0).collect()).collect()
}

/// A diagonal of ones.
fn one_to_one(n: usize) -> Vec<f64> {
    (0..n * n).map(|i| f64::from(i % (n + 1) == 0)).collect()
}

/// Both nets give the same spikes of their last layer, in floats and with the same thresholds in integers.
fn same(without: &Nir, with: &Nir, size: u32) {
    let options = Options { dt: Some(1e-4), ..Options::default() };
    let (without, with) = (import(without, &options), import(with, &options));
    let last = |imported: &net::Imported| imported.float.run(&events(size), false).last().map(|trace| trace.spikes.clone());
    let spikes = last(&without).unwrap();
    assert_eq!(Some(&spikes), last(&with).as_ref());
    assert!(spikes.iter().flatten().count() > 3, "{spikes:?}");
    let constants = |imported: &net::Imported| -> Vec<_> {
        imported.reports.iter().map(|report| (report.threshold, report.scale, report.leak.clone(), report.bias)).collect()
    };
    assert_eq!(constants(&without), constants(&with));
}

#[test]
fn a_neuron_right_behind_an_input() {
    let encoder = |nir: Nir| nir.lif("enc", &[4], 1e-3, 15.0, 0.0).linear("fc", 3, 4, &rough(12)).fire("if", &[3]).output(&[3]);
    same(&encoder(input(&[4])), &encoder(input(&[4]).linear("one", 4, 4, &one_to_one(4))), 4);
    let imported = import(&encoder(input(&[4])), &Options { dt: Some(1e-4), ..Options::default() });
    let names: Vec<&str> = imported.network.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["enc", "fc"], "named by the neuron node");
}

#[test]
fn two_neurons_in_a_row_each_with_constants_of_its_own() {
    let second = |nir: Nir| {
        let data = [("r", all(&[3], 1.0)), ("v_threshold", floats(&[3], &[1.0, 2.0, 3.0])), ("v_reset", all(&[3], 0.0))];
        nir.node("second", "IF", &data).output(&[3])
    };
    let first = || input(&[4]).linear("fc", 3, 4, &[2.0, 1.0, 0.0, 1.0, 0.0, 3.0, 1.0, 1.0, 2.0, 2.0, 1.0, 2.0]).fire("if", &[3]);
    same(&second(first()), &second(first().linear("one", 3, 3, &one_to_one(3))), 4);
}

#[test]
fn a_pool_in_front() {
    for (kind, share) in [("AvgPool2d", 0.25), ("SumPool2d", 1.0)] {
        let pooled = input(&[2, 4, 6]).pool("pool", kind, &[2, 2], &[2, 2], &[0, 0]);
        let end = |nir: Nir| {
            let nir = nir.fire_at("n", &[2, 2, 3], 0.5).flatten(0, -1, &[2, 2, 3]);
            nir.linear("fc", 2, 12, &rough(24)).fire_at("if", &[2], 0.2).output(&[2])
        };
        let kernel = floats(&[2, 1, 1, 1], &[1.0, 1.0]);
        let weighted = pooled.clone().conv("one", kernel, &[("groups", common::integer(2))]);
        let imported = import(&end(pooled.clone()), &Options::default());
        assert_eq!(imported.float.layers[0].weights, [share; 2], "{kind}");
        same(&end(pooled), &end(weighted), 48);
    }
}

#[test]
fn a_map_flattened_in_front() {
    let end = |nir: Nir| nir.fire("n", &[12]).linear("fc", 2, 12, &rough(24)).fire_at("if", &[2], 0.2).output(&[2]);
    let flat = || input(&[2, 2, 3]).flatten(0, -1, &[2, 2, 3]);
    same(&end(flat()), &end(flat().linear("one", 12, 12, &one_to_one(12))), 12);
}

#[test]
fn spikes_of_two_layers_add_up_and_may_come_back() {
    let two = |weights: &[f64]| {
        input(&[3]).linear("fc", 3, 3, weights).fire("a", &[3]).linear("g", 3, 3, &one_to_one(3)).fire("b", &[3]).fire_at("sum", &[3], 2.0).output(&[3])
    };
    let weights = [1.0, 2.0, 0.0, 0.0, 1.0, 2.0, 3.0, 0.0, 1.0];
    let chain = [("input", "fc"), ("fc", "a"), ("a", "g"), ("g", "b"), ("b", "sum"), ("sum", "output")];
    let meet = two(&weights).edges(&[&chain[..], &[("a", "sum")]].concat());
    let back = two(&weights).edges(&[&chain[..], &[("sum", "sum")]].concat());
    let options = Options::default();
    for (nir, sources) in [(meet, vec![(0, 0), (1, 0)]), (back, vec![(1, 0), (2, 1)])] {
        let imported = import(&nir, &options);
        let of = |source: &net::Source| match source.from {
            net::Origin::Layer(i) => (i, source.delay),
            net::Origin::Input(_) => panic!("hears a layer"),
        };
        assert_eq!(imported.network.sources[2].iter().map(of).collect::<Vec<_>>(), sources);
        assert_eq!(imported.float.layers[2].weights.iter().filter(|w| **w != 0.0).count() % 3, 0);
    }
}

#[test]
fn a_readout_of_spikes() {
    let nir = input(&[4]).linear("fc", 3, 4, &rough(12)).fire_at("if", &[3], 0.2).li("li", &[3], 1e-3, 10.0).output(&[3]);
    let imported = import(&nir, &Options { dt: Some(1e-4), ..Options::default() });
    assert_eq!(imported.network.layers[1].neuron.output, net::Output::Value);
    assert_eq!(imported.float.layers[1].weights, [1.0; 3]);
}

#[test]
fn constants_of_another_size_are_refused() {
    let nir = input(&[4]).fire("n", &[5]).output(&[5]);
    let problems = nir.import(&Options::default()).expect_err("5 thresholds, 4 neurons");
    assert!(problems.to_string().contains("\"input\" gives 4"), "{problems}");
    let none = Nir::default().node("input", "Input", &[("shape", integers(&[4]))]).output(&[4]);
    assert!(none.import(&Options::default()).is_err(), "no neurons at all");
}

/// A map that hears itself over a fully connected node is a vector from then on.
#[test]
fn a_map_with_a_fully_connected_loop() {
    let nir = input(&[2, 2, 3]).fire("n", &[2, 2, 3]).linear("w", 12, 12, &rough(144)).output(&[2, 2, 3]);
    let nir = nir.edges(&[("input", "n"), ("n", "w"), ("w", "n"), ("n", "output")]);
    let layer = &import(&nir, &Options::default()).network.layers[0];
    assert_eq!((layer.output, layer.input.len()), (net::MapShape::vector(12), 24));
    let conv = nir.conv("c", floats(&[1, 2, 2, 2], &rough(8)), &[]).fire("m", &[1, 1, 2]);
    let edges = [("input", "n"), ("n", "w"), ("w", "n"), ("n", "c"), ("c", "m"), ("m", "output")];
    let said = conv.edges(&edges).import(&Options::default()).expect_err("a convolution behind it").to_string();
    assert!(said.contains("a convolution on a vector of 12"), "{said}");
}
