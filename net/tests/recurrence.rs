//! Graphs that are more than a chain: what an import makes of recurrence, shortcuts, shared sources and feedback.

mod common;

use common::{all, import, rough, shared, Data, Nir};
use net::options::{Numbers, Preset, ResetRule};
use net::{Imported, MapShape, Options, Origin, Place, Source, Synapses};

const N: usize = 40;

/// 12 inputs, 40 recurrent LIF neurons, 7 LIF outputs; the recurrent part as a cycle of the graph itself.
fn flat() -> Nir {
    let shape = [N as u64];
    Nir::default()
        .input(&[12])
        .linear("fc1", 40, 12, &rough(480))
        .lif("lif1", &shape, 0.002, 20.0, 0.0)
        .linear("w_rec", 40, 40, &rough(1600))
        .linear("fc2", 7, 40, &rough(280))
        .lif("lif2", &[7], 0.002, 20.0, 0.0)
        .output(&[7])
        .edges(&[
            ("w_rec", "lif1"),
            ("lif2", "output"),
            ("fc2", "lif2"),
            ("input", "fc1"),
            ("lif1", "w_rec"),
            ("fc1", "lif1"),
            ("lif1", "fc2"),
        ])
}

/// The same as a nested graph, as snnTorch and Norse write it.
fn nested(edges: &[(&str, &str)]) -> Nir {
    let inner = Nir::default()
        .input(&[40])
        .lif("lif", &[N as u64], 0.002, 20.0, 0.0)
        .linear("w_rec", 40, 40, &rough(1600))
        .output(&[40])
        .edges(edges);
    let mut outer = Nir::default()
        .input(&[12])
        .linear("fc1", 40, 12, &rough(480))
        .linear("fc2", 7, 40, &rough(280))
        .lif("lif2", &[7], 0.002, 20.0, 0.0)
        .output(&[7])
        .edges(&[
            ("input", "fc1"),
            ("fc1", "lif1"),
            ("lif1", "fc2"),
            ("fc2", "lif2"),
            ("lif2", "output"),
        ]);
    outer.nested.push(("lif1".to_string(), inner));
    outer
}

const CYCLE: [(&str, &str); 4] = [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")];

/// The network without the names that the two ways of writing it give its nodes.
fn nameless(imported: Imported) -> net::Network {
    let mut network = imported.network;
    for layer in &mut network.layers {
        (layer.name, layer.neuron_name) = (String::new(), String::new());
    }
    network
}

#[test]
fn a_recurrent_layer_is_the_same_as_a_cycle_and_as_a_nested_graph() {
    let imported = import(&flat(), &Options::default());
    let network = &imported.network;
    let names: Vec<(&str, &str)> = network.layers.iter().map(|l| (l.name.as_str(), l.neuron_name.as_str())).collect();
    assert_eq!(names, [("fc1", "lif1"), ("fc2", "lif2")]);
    let recurrent = &network.layers[0];
    assert_eq!((recurrent.input, recurrent.output), (MapShape::vector(52), MapShape::vector(N)));
    // The larger source stands first.
    let at = |from, delay, first| Source { from, delay, place: Place::Channels(first) };
    assert_eq!(network.sources[0], [at(Origin::Input(0), 0, 40), at(Origin::Layer(0), 1, 0)]);
    assert_eq!(network.sources[1], [Source::whole(Origin::Layer(0))]);
    let weights = &imported.float.layers[0].weights;
    let (input, back) = (rough(480), rough(1600));
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    for o in 0..N {
        assert!((0..40).all(|i| near(weights[o * 52 + i], back[o * 40 + i])));
        assert!((0..12).all(|i| near(weights[o * 52 + 40 + i], input[o * 12 + i])));
    }
    let other = import(&nested(&CYCLE), &Options::default());
    assert_eq!(other.network.layers[0].neuron_name, "lif1.lif");
    assert_eq!(nameless(other), nameless(imported));
}

#[test]
fn a_misnamed_node_is_repaired_on_request() {
    // As in the paper's repository: the inner node and what its edges call it are not the same.
    let misnamed = nested(&[("input", "lif1"), ("lif1", "w_rec"), ("w_rec", "lif1"), ("lif1", "output")]);
    let options = Options { repair: Some(true), ..Options::default() };
    let repaired = import(&misnamed, &options);
    let note = "edges of \"lif1\" say \"lif1\", read as its node \"lif\" (--repair)";
    assert!(repaired.assumptions.iter().any(|line| line == note), "{:?}", repaired.assumptions);
    assert_eq!(nameless(repaired), nameless(import(&flat(), &Options::default())));
    // Two candidates are one too many.
    let two = [("input", "lif1"), ("lif1", "rec"), ("rec", "lif1"), ("lif1", "output")];
    assert!(nested(&two).import(&options).is_err());
}

#[test]
fn the_flat_form_of_the_papers_repository_names_nodes_like_nested_ones() {
    // `lif1.lif`, `lif1.w_rec`, and nodes `lif1.input` and `lif1.output` in between.
    let mut nir = flat();
    for (name, _) in &mut nir.nodes {
        if name == "lif1" || name == "w_rec" {
            *name = format!("lif1.{}", if name == "lif1" { "lif" } else { "w_rec" });
        }
    }
    let nir = nir
        .node("lif1.input", "Input", &[("shape", common::integers(&[40]))])
        .node("lif1.output", "Output", &[("shape", common::integers(&[40]))])
        .edges(&[
            ("input", "fc1"),
            ("fc1", "lif1.input"),
            ("lif1.input", "lif1.lif"),
            ("lif1.lif", "lif1.w_rec"),
            ("lif1.w_rec", "lif1.lif"),
            ("lif1.lif", "lif1.output"),
            ("lif1.output", "fc2"),
            ("fc2", "lif2"),
            ("lif2", "output"),
        ]);
    assert_eq!(
        nameless(import(&nir, &Options::default())),
        nameless(import(&flat(), &Options::default()))
    );
}

#[test]
fn a_recurrent_layer_of_snntorch_delays_its_zero_reset() {
    let options = |reset| Options {
        preset: Some(Preset::SnnTorch),
        numbers: Numbers {
            reset: Some(reset),
            ..Numbers::default()
        },
        ..Options::default()
    };
    let orders = |reset| -> Vec<net::ResetOrder> {
        let network = import(&flat(), &options(reset)).network;
        network.layers.iter().map(|layer| layer.neuron.order).collect()
    };
    use net::ResetOrder::{LeakThenReset, ResetThenLeak};
    assert_eq!(orders(ResetRule::Subtract), [LeakThenReset, LeakThenReset]);
    // RLeaky clears the new membrane, Leaky the old one.
    assert_eq!(orders(ResetRule::Zero), [LeakThenReset, ResetThenLeak]);
}

/// conv1 -> if1 -> conv2 -> if2, and over a shortcut from if1 to if2.
fn residual(shortcut: Option<Data>) -> Nir {
    let map = [3u64, 6, 6];
    let kernel = |out: u64, n: u64| common::floats(&[out, n, 3, 3], &rough((out * n * 9) as usize));
    let same = [("padding", common::integers(&[1, 1]))];
    let nir = Nir::default()
        .input(&[2, 6, 6])
        .conv("conv1", kernel(3, 2), &same)
        .fire("if1", &map)
        .conv("conv2", kernel(3, 3), &same)
        .fire("if2", &map)
        .output(&[3, 6, 6]);
    let mut edges = vec![
        ("input", "conv1"),
        ("conv1", "if1"),
        ("if1", "conv2"),
        ("conv2", "if2"),
        ("if2", "output"),
    ];
    let Some(weight) = shortcut else {
        edges.push(("if1", "if2"));
        return nir.edges(&edges);
    };
    edges.extend([("input", "short"), ("short", "if2")]);
    nir.conv("short", weight, &[]).edges(&edges)
}

#[test]
fn a_shortcut_is_a_tap_in_the_middle_of_the_kernel() {
    let imported = import(&residual(None), &Options::default());
    let (network, weights) = (&imported.network, &imported.float.layers[1].weights);
    assert_eq!(network.sources[1], [Source::whole(Origin::Layer(0))]);
    let kernel = rough(81);
    for (i, weight) in weights.iter().enumerate() {
        let (co, ci, tap) = (i / 27, i / 9 % 3, i % 9);
        let wanted = kernel[i] + if co == ci && tap == 4 { 1.0 } else { 0.0 };
        assert!((weight - wanted).abs() < 1e-6, "{co} {ci} {tap}: {weight} {wanted}");
    }
}

#[test]
fn a_1x1_branch_has_channels_of_its_own() {
    let weight = common::floats(&[3, 2, 1, 1], &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    let imported = import(&residual(Some(weight)), &Options::default());
    let (network, weights) = (&imported.network, &imported.float.layers[1].weights);
    let layer = &network.layers[1];
    assert_eq!((layer.name.as_str(), layer.input), ("conv2", MapShape::new(5, 6, 6)));
    let at = |from, first| Source { from, delay: 0, place: Place::Channels(first) };
    assert_eq!(network.sources[1], [at(Origin::Input(0), 3), at(Origin::Layer(0), 0)]);
    assert!(!network.is_chain());
    for co in 0..3 {
        for tap in 0..9 {
            for ci in 0..2 {
                let wanted = if tap == 4 { [0.1, 0.2, 0.3, 0.4, 0.5, 0.6][co * 2 + ci] } else { 0.0 };
                let weight = weights[(co * 5 + 3 + ci) * 9 + tap];
                assert!((weight - wanted).abs() < 1e-6, "{co} {ci} {tap}: {weight} {wanted}");
            }
        }
    }
}

#[test]
fn kernels_of_any_size_and_dilation_meet_in_one() {
    // 3x3 of dilation 2 beside 2x2: taps at -2, 0, 2 and at -1, 0.
    let wide = common::floats(&[3, 3, 3, 3], &rough(81));
    let more = [("padding", common::integers(&[2, 2])), ("dilation", common::integers(&[2, 2]))];
    let nir = residual(None).conv("wide", wide, &more).edges(&[
        ("input", "conv1"),
        ("conv1", "if1"),
        ("if1", "conv2"),
        ("conv2", "if2"),
        ("if1", "wide"),
        ("wide", "if2"),
        ("if2", "output"),
    ]);
    let imported = import(&nir, &Options::default());
    let Synapses::Conv2d(conv) = &imported.network.layers[1].synapses else {
        panic!("a convolution");
    };
    assert_eq!((conv.kernel, conv.padding, conv.dilation), ((5, 5), (2, 2), (1, 1)));
    // Both branches hear the same neurons: the kernels are added, and the middle taps meet.
    let weights = &imported.float.layers[1].weights;
    let kernel = rough(81);
    for pair in 0..9 {
        let at = |y: usize, x: usize| weights[pair * 25 + y * 5 + x];
        assert!((at(2, 2) - 2.0 * kernel[pair * 9 + 4]).abs() < 1e-6);
        assert!((at(0, 0) - kernel[pair * 9]).abs() < 1e-6);
        assert!((at(1, 1) - kernel[pair * 9]).abs() < 1e-6);
        assert_eq!(at(0, 1), 0.0);
    }
}

#[test]
fn a_weight_node_that_feeds_two_neuron_nodes_is_a_branch_of_both() {
    // A membrane shortcut: the current of conv1 makes if1 spike, and is added to that of conv2.
    let nir = residual(None).edges(&[
        ("input", "conv1"),
        ("conv1", "if1"),
        ("if1", "conv2"),
        ("conv2", "if2"),
        ("conv1", "if2"),
        ("if2", "output"),
    ]);
    let imported = import(&nir, &Options::default());
    let at = |from, first| Source { from, delay: 0, place: Place::Channels(first) };
    assert_eq!(imported.network.sources[1], [at(Origin::Input(0), 3), at(Origin::Layer(0), 0)]);
    let weights = |layer: usize| &imported.float.layers[layer].weights;
    let (conv1, both) = (weights(0), weights(1));
    let conv2: Vec<f64> = rough(81).iter().map(|w| f64::from(*w as f32)).collect();
    for co in 0..3 {
        assert_eq!(both[co * 45 + 27..][..18], conv1[co * 18..][..18], "of conv1 to {co}");
        assert_eq!(both[co * 45..][..27], conv2[co * 27..][..27], "of conv2 to {co}");
    }
}

#[test]
fn sources_of_one_weight_node_are_added() {
    // if1 and if2 both feed conv3: spike add.
    let kernel = common::floats(&[2, 3, 3, 3], &rough(54));
    let nir = residual(None).conv("conv3", kernel, &[]).fire("if3", &[2, 4, 4]).edges(&[
        ("input", "conv1"),
        ("conv1", "if1"),
        ("if1", "conv2"),
        ("conv2", "if2"),
        ("if2", "conv3"),
        ("if1", "conv3"),
        ("conv3", "if3"),
        ("if3", "output"),
    ]);
    let nir = nir.with("output", "shape", common::integers(&[2, 4, 4]));
    let imported = import(&nir, &Options::default());
    let network = &imported.network;
    assert_eq!(network.layers[2].input, MapShape::new(3, 6, 6));
    let sources: Vec<_> = network.sources[2].iter().map(|s| (s.from, s.place.clone())).collect();
    let shared = Place::Channels(0);
    assert_eq!(sources, [(Origin::Layer(0), shared.clone()), (Origin::Layer(1), shared)]);
    // Each address may spike twice, and the bound says so.
    assert!(network.multiplicities(2).iter().all(|&n| n == 2));
    let alone = net::bound::worst_sums(&network.layers[2], &vec![1; network.layers[2].input.len()]);
    assert_eq!(net::bound::layer_sums(network, 2).positive, 2 * alone.positive);
}

#[test]
fn a_recurrent_layer_behind_a_pooled_map_finds_free_places() {
    let nir = Nir::default()
        .input(&[2, 9, 6])
        .pool("pool", "SumPool2d", &[2, 2], &[2, 2], &[0, 0])
        .flatten(0, -1, &[2, 4, 3])
        .linear("fc", 5, 24, &rough(120))
        .fire("if", &[5])
        .linear("rec", 5, 5, &rough(25))
        .output(&[5])
        .edges(&[
            ("input", "pool"),
            ("pool", "flatten"),
            ("flatten", "fc"),
            ("fc", "if"),
            ("if", "rec"),
            ("rec", "if"),
            ("if", "output"),
        ]);
    let imported = import(&nir, &Options::default());
    let (network, layer) = (&imported.network, &imported.network.layers[0]);
    assert_eq!((layer.input, layer.pool.output), (MapShape::new(3, 9, 6), MapShape::new(3, 4, 3)));
    let Place::Table(table) = &network.sources[0][1].place else {
        panic!("a table");
    };
    let mut columns: Vec<usize> = table
        .iter()
        .map(|&at| {
            let (c, y, x) = layer.input.coordinate(at as usize);
            layer.pool.output.index(c, y / 2, x / 2)
        })
        .collect();
    let weights = &imported.float.layers[0].weights;
    for o in 0..5 {
        for (i, &column) in columns.iter().enumerate() {
            assert!((weights[o * 36 + column] - rough(25)[o * 5 + i]).abs() < 1e-6);
        }
    }
    columns.dedup();
    assert_eq!(columns, [24, 25, 26, 27, 28]);
    // One spike of the layer itself is no more than one, whatever the window of the pool.
    assert_eq!(network.multiplicities(0).iter().filter(|&&n| n == 1).count(), 5);
}

#[test]
fn feedback_from_a_later_layer_is_one_step_late() {
    let nir = Nir::default()
        .input(&[4])
        .linear("a", 3, 4, &rough(12))
        .fire("x", &[3])
        .linear("b", 2, 3, &rough(6))
        .fire("y", &[2])
        .linear("back", 3, 2, &rough(6))
        .output(&[2])
        .edges(&[
            ("input", "a"),
            ("a", "x"),
            ("x", "b"),
            ("b", "y"),
            ("y", "back"),
            ("back", "x"),
            ("y", "output"),
        ]);
    let imported = import(&nir, &Options::default());
    let sources: Vec<Vec<(Origin, u32)>> =
        imported.network.sources.iter().map(|all| all.iter().map(|s| (s.from, s.delay)).collect()).collect();
    assert_eq!(sources[0], [(Origin::Input(0), 0), (Origin::Layer(1), 1)]);
    assert_eq!(sources[1], [(Origin::Layer(0), 0)]);
    // The float reference hears it late, too: the second step differs from a net without the edge, the first does not.
    let spikes = vec![vec![0, 1, 2, 3, 0, 1], vec![], vec![], vec![]];
    let traces = imported.float.run(&spikes, false);
    assert_eq!(traces.len(), 2);
}

#[test]
fn graphs_that_are_refused() {
    let message = |nir: &Nir| match nir.import(&Options::default()) {
        Ok(_) => "accepted".to_string(),
        Err(problems) => problems.0.iter().map(|p| format!("[{}] {p}", p.code)).collect::<Vec<_>>().join("\n"),
    };
    let dangling = [("input", "lif1"), ("lif1", "w_rec"), ("w_rec", "lif1"), ("lif1", "output")];
    let weights_only = flat().linear("again", 40, 40, &rough(1600)).edges(&[
        ("input", "fc1"),
        ("fc1", "lif1"),
        ("lif1", "fc2"),
        ("fc1", "w_rec"),
        ("w_rec", "again"),
        ("again", "w_rec"),
        ("again", "lif1"),
        ("fc2", "lif2"),
        ("lif2", "output"),
    ]);
    let two_outputs = flat().node("other", "Output", &[("shape", common::integers(&[40]))]).edges(&[
        ("input", "fc1"),
        ("fc1", "lif1"),
        ("lif1", "w_rec"),
        ("w_rec", "lif1"),
        ("lif1", "other"),
        ("lif1", "fc2"),
        ("fc2", "lif2"),
        ("lif2", "output"),
    ]);
    let stride = common::floats(&[3, 2, 2, 2], &rough(24));
    let other_stride = residual(Some(stride)).with("short", "stride", common::integers(&[2, 2]));
    let readout = flat().li("lif1", &[40], 0.002, 1.0);
    let mut readout = readout;
    readout.nodes.remove(2);
    let mixed = residual(None).linear("fc", 108, 72, &rough(7776)).edges(&[
        ("input", "conv1"),
        ("conv1", "if1"),
        ("if1", "conv2"),
        ("conv2", "if2"),
        ("input", "fc"),
        ("fc", "if2"),
        ("if2", "output"),
    ]);
    let pools = residual(Some(common::floats(&[3, 2, 1, 1], &rough(6))))
        .pool("pool", "SumPool2d", &[1, 1], &[1, 1], &[0, 0])
        .pool("wide", "SumPool2d", &[3, 3], &[1, 1], &[1, 1])
        .edges(&[
            ("input", "conv1"),
            ("conv1", "if1"),
            ("if1", "conv2"),
            ("conv2", "if2"),
            ("input", "wide"),
            ("wide", "pool"),
            ("pool", "short"),
            ("short", "if2"),
            ("if2", "output"),
        ]);
    let pools_alone = {
        let mut nir = pools.clone();
        nir.nodes.retain(|(name, _)| name != "pool");
        nir.edges(&[
            ("input", "conv1"),
            ("conv1", "if1"),
            ("if1", "conv2"),
            ("conv2", "if2"),
            ("input", "wide"),
            ("wide", "short"),
            ("short", "if2"),
            ("if2", "output"),
        ])
    };
    let behind = Nir::default()
        .input(&[4])
        .linear("a", 3, 4, &rough(12))
        .fire("x", &[3])
        .linear("b", 2, 3, &rough(6))
        .fire("y", &[2])
        .linear("back", 3, 2, &rough(6))
        .output(&[3])
        .edges(&[
            ("input", "a"),
            ("a", "x"),
            ("x", "b"),
            ("b", "y"),
            ("y", "back"),
            ("back", "x"),
            ("x", "output"),
        ]);
    let several = Nir::default()
        .input(&[4])
        .linear("a", 3, 4, &rough(12))
        .fire("x", &[3])
        .linear("b", 3, 4, &rough(12))
        .fire("y", &[3])
        .output(&[3])
        .edges(&[("input", "a"), ("a", "x"), ("input", "b"), ("b", "y"), ("x", "output"), ("y", "output")]);
    let cases = [
        ("inner node is called `lif`, its edges say `lif1`", message(&nested(&dangling))),
        ("cycle of weight nodes", message(&weights_only)),
        ("two outputs", message(&two_outputs)),
        ("two layers feed the output", message(&several)),
        ("another stride", message(&other_stride)),
        ("a readout that is heard", message(&readout)),
        ("convolution and fully connected", message(&mixed)),
        ("pools in a row", message(&pools)),
        ("other pools", message(&pools_alone)),
        ("behind the output", message(&behind)),
        ("shapes", message(&flat().with("w_rec", "weight", all(&[38, 40], 0.3)))),
        ("not square", message(&flat().with("w_rec", "weight", all(&[40, 38], 0.3)))),
    ];
    let text: Vec<String> = cases.iter().map(|(name, text)| format!("{name}:\n{text}\n")).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn the_papers_recurrent_files_say_what_is_missing() {
    // Their neurons are CubaLIF; the graph itself is understood.
    for (file, dangling) in [
        ("nir_paper/braille_noDelay_bias_zero.nir", false),
        ("nir_paper/braille_noDelay_noBias_subtract_subgraph.nir", true),
    ] {
        let Some(path) = shared(file) else { return };
        let problems = net::import_file(&path, &Options::default()).expect_err("CubaLIF is not supported");
        let codes: Vec<&str> = problems.0.iter().map(|p| p.code).collect();
        assert_eq!(codes.iter().filter(|code| **code == "node-unsupported").count(), 2, "{problems}");
        assert_eq!(codes.contains(&"dangling-edge"), dangling, "{problems}");
        let options = Options { repair: Some(true), ..Options::default() };
        let repaired = net::import_file(&path, &options).expect_err("CubaLIF is not supported");
        assert_eq!(repaired.0.len(), 2, "{repaired}");
    }
}
