//! Cores on routers in lockstep with the golden model: layers in parts, meshes and trees, any placement, stalls on every link.

mod common;

use common::hardware::{chain, file_of, fit_membranes, layer, mismatch, quick_build, random_networks, samples, Hardware, SIMULATION};
use common::routers::{network, options};
use common::{have, Place};
use net::options::Parts;
use net::random::{Limits, Random};
use net::split::Cut;
use net::{Dense, Fabric, MapShape, Network, Origin, Param, Place as At, Placement, Pool, Reset, Source, Spikes, Synapses};
use rayon::prelude::*;
use rtl::plan::{parts, FabricOptions, Load, Readout};
use rtl::PlanOptions;

/// What one random network did; `None` where the planner refuses it.
struct Outcome {
    failed: Vec<String>,
    cores: usize,
    spikes: u64,
    /// Links that leave routers, and those that were held up without stalls from outside.
    links: usize,
    held: usize,
    parallel: usize,
    mesh: bool,
    /// Edges that lead back, and those of them from a core to itself.
    back: usize,
    itself: usize,
    /// Parts of the layer that leaves, if it has several; and whether it sends values.
    leaving: usize,
    values: usize,
    /// Layers that hear some of the rows of another, or have a band of rows that leaves.
    bands: usize,
    leaving_bands: usize,
}

fn random_network(seed: u64) -> Option<Outcome> {
    let net = network(seed, true);
    let options = options(&net, seed);
    rtl::plan::plan(&net, &options).ok()?;
    let hardware = Hardware::new(net, &options);
    let samples = samples(&hardware.net, seed, 4);
    let (still, stalled) = (hardware.lockstep(&samples, 0.0, seed), hardware.lockstep(&samples, 0.3, seed));
    let mut failed: Vec<String> = [&still, &stalled].into_iter().filter_map(|report| mismatch(report, seed)).collect();
    if still.output_counts != stalled.output_counts {
        failed.push(format!("network {seed}: stalls change what leaves the chip"));
    }
    let links = &hardware.design.fabric.as_ref().unwrap().links;
    let held = stalled.links.iter().filter(|link| link.stalled > 0 && links.iter().any(|probe| probe.name == link.name));
    let back = || hardware.plan.wiring.edges.iter().filter(|edge| edge.delayed);
    let output = &hardware.net.outputs[0];
    let leaving = if output.parts.len() > 1 { output.parts.len() } else { 0 };
    let is_value = hardware.net.layers[output.layer].neuron.output == net::Output::Value;
    Some(Outcome {
        failed,
        leaving,
        bands: hardware.net.sources.iter().filter(|sources| sources.iter().any(|source| matches!(source.place, At::Moved(_)))).count(),
        leaving_bands: output.parts.iter().filter(|place| matches!(place, At::Moved(_))).count(),
        values: if is_value { leaving } else { 0 },
        back: back().count(),
        itself: back().filter(|edge| edge.from == Origin::Layer(edge.to)).count(),
        cores: hardware.plan.cores.len(),
        spikes: still.spikes_compared,
        links: links.len(),
        held: held.count(),
        parallel: options.machines.len(),
        mesh: matches!(options.fabric.unwrap().fabric, Fabric::Mesh { .. }),
    })
}

#[test]
fn random_networks_on_random_routers_compute_what_golden_says() {
    let found = random_networks(0..18, random_network, |outcome| &outcome.failed);
    let Some((count, outcomes)) = found else { return };
    let total = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>();
    assert!(outcomes.len() as u64 * 2 >= count, "the planner refuses too many");
    assert!(total(|o| o.cores) > 3 * outcomes.len() && total(|o| o.spikes as usize) > 1000 && total(|o| o.parallel) > 2);
    assert!(total(|o| o.back) > 4 && total(|o| o.itself) > 1, "{} edges lead back, {} to their own core", total(|o| o.back), total(|o| o.itself));
    assert!(total(|o| o.bands) > 5 && total(|o| o.leaving_bands) > 1, "{} hear bands, {} leave", total(|o| o.bands), total(|o| o.leaving_bands));
    assert!(total(|o| o.values) > 2 && total(|o| o.leaving) > 2 + total(|o| o.values), "{} parts leave, {} send values", total(|o| o.leaving), total(|o| o.values));
    assert!((2..outcomes.len()).contains(&total(|o| usize::from(o.mesh))), "meshes and trees");
    assert!(total(|o| o.held) * 2 > total(|o| o.links), "hardly a link was held up: {} of {}", total(|o| o.held), total(|o| o.links));
}

/// A net of this package's tests, with parts of so many channels of the layers that are named.
fn wired(name: &str, parts: &[(&str, u32)], fabric: Fabric, placement: Placement) -> Hardware {
    let path = common::root().join("tests/data").join(name);
    let options = net::Options { preset: Some(net::options::Preset::SnnTorch), ..net::Options::default() };
    let whole = net::import_file(&path, &options).unwrap_or_else(|problems| panic!("{problems}")).network;
    let of = |layer: &net::Layer| parts.iter().find(|(name, _)| *name == layer.name).map_or(1, |(_, parts)| *parts);
    let cuts: Vec<Cut> = whole.layers.iter().map(|layer| Cut::even(layer.output, Parts::Channels(of(layer)))).collect();
    let net = net::split::split(&whole, &cuts).unwrap_or_else(|problems| panic!("{problems}")).network;
    // A layer's first part is slow, so that it hears of others early.
    let lanes = |layer: &net::Layer| if layer.name.ends_with(".0") { 1 } else { layer.output.c.min(20) };
    let lanes = net.layers.iter().map(|layer| (layer.name.clone(), lanes(layer))).collect();
    let fabric = Some(FabricOptions { fabric, placement, sent: Vec::new() });
    Hardware::new(net, &PlanOptions { fabric, lanes, ..PlanOptions::default() })
}

/// 100 neurons that all spike in every step, and a slow layer that hears them one step late, beside the input: all their words are
/// there before it has ended its step.
fn crowd() -> Hardware {
    let dense = |name: &str, inputs: usize, outputs: usize| {
        let random = &mut Random::new(3);
        let weights = (0..inputs * outputs).map(|_| random.range(-3, 4) as i32).collect();
        let synapses = Synapses::Dense(Dense { inputs, outputs, weights });
        let mut layer = layer(name, MapShape::vector(inputs), Pool::none(MapShape::vector(inputs)), synapses, MapShape::vector(outputs));
        (layer.neuron.reset, layer.neuron.fire_level) = (Reset::Subtract(Param::Layer(9)), Param::Layer(9));
        layer
    };
    let (mut all, slow, out) = (dense("all", 2, 100), dense("slow", 102, 300), dense("out", 300, 3));
    (all.neuron.bias, all.neuron.fire_level) = (Param::Layer(30), Param::Layer(9));
    let mut net = chain("crowd", MapShape::vector(2), 1, vec![all], 2);
    net.layers.extend([slow, out]);
    net.outputs = net::OutputNode::only(2);
    let late = Source { from: Origin::Layer(0), delay: 1, place: At::Channels(2) };
    net.sources.push(vec![net.sources[0][0].clone(), late]);
    net.sources.push(vec![Source::whole(Origin::Layer(1))]);
    fit_membranes(&mut net, 1);
    let fabric = Some(FabricOptions { fabric: Fabric::Mesh { rows: 2, columns: 2 }, placement: Placement::Near, sent: Vec::new() });
    let lanes = [("all", 40), ("slow", 1), ("out", 1)].map(|(name, lanes)| (name.to_string(), lanes)).into();
    Hardware::new(net, &PlanOptions { fabric, lanes, ..PlanOptions::default() })
}

/// Recurrence, in one core and in parts that all hear each other, and a residual block, anywhere on a mesh and a tree.
#[test]
fn loops_and_shortcuts_compute_the_same_anywhere() {
    if !have(SIMULATION) {
        return;
    }
    let (mesh, tree) = (Fabric::Mesh { rows: 2, columns: 4 }, Fabric::Tree { children: 3 });
    let run = |(name, parts, fabric, seed): (&str, &[(&str, u32)], Fabric, u64)| {
        let hardware = wired(name, parts, fabric, Placement::Random(seed));
        let samples = samples(&hardware.net, seed, 6);
        let what = format!("{name} in parts {parts:?} on {fabric}, placement {seed}");
        for stall in [0.0, 0.4] {
            let report = hardware.lockstep(&samples, stall, seed);
            assert_eq!(report.mismatches, 0, "{what}, stall {stall}: {}", report.first.unwrap());
            assert!(report.spikes_compared > 100, "{what}: silence");
        }
    };
    for name in ["recurrent.nir", "residual.nir"] {
        let first = wired(name, &[], mesh, Placement::Near).net.layers[0].name.clone();
        let three = [(first.as_str(), 3)];
        let cases: [(&str, &[(&str, u32)], Fabric, u64); 4] =
            [(name, &[], mesh, 1), (name, &[], tree, 2), (name, &three, mesh, 3), (name, &three, tree, 4)];
        cases.into_par_iter().for_each(run);
    }
}

/// An example net as its file has it.
fn trained(name: &str) -> Network {
    let path = common::root().join("examples/mnist").join(name);
    let options = net::Options { multiplicity: Some(1), ..net::Options::default() };
    net::import_file(&path, &options).unwrap_or_else(|problems| panic!("{problems}")).network
}

/// An example net on so many cores.
fn example(name: &str, cores: usize, fabric: &str, placement: Placement) -> Hardware {
    let whole = trained(name);
    let even = |layer: &net::Layer| Load::even(layer.input.len() as f64 * rtl::plan::ACTIVITY);
    let loads: Vec<Load> = whole.layers.iter().map(even).collect();
    let shares = parts::Shares { cores: Some(cores), wanted: &vec![None; whole.layers.len()], routers: true };
    let split = parts::share(&whole, &loads, &shares).unwrap_or_else(|problems| panic!("{problems}"));
    let fabric = Some(FabricOptions { fabric: fabric.parse().unwrap(), placement, sent: Vec::new() });
    Hardware::new(split.network, &PlanOptions { fabric, ..PlanOptions::default() })
}

/// Some images of the example data.
fn images(net: &Network, count: usize) -> Vec<Spikes> {
    let options = net::data::DataOptions { encode: Some("phase:8".parse().unwrap()), samples: Some(count), ..Default::default() };
    let data = net::data::load(&common::root().join("examples/mnist"), &options, net.input()).unwrap_or_else(|problems| panic!("{problems}"));
    (0..count).map(|index| data.sample(index).unwrap_or_else(|problems| panic!("{problems}")).spikes).collect()
}

/// Trained nets on 2, 4 and 16 cores, on meshes and trees, in two placements, with and without stalls.
#[test]
fn trained_nets_compute_the_same_on_any_number_of_cores() {
    if !have(SIMULATION) {
        return;
    }
    let (near, anywhere) = (Placement::Near, Placement::Random(3));
    let cases = [
        ("mnist_fc.nir", 2, "mesh:1x2", &near, 0.0),
        ("mnist_fc.nir", 4, "mesh:2x2", &near, 0.3),
        ("mnist_fc.nir", 4, "tree:2", &anywhere, 0.3),
        ("mnist_cnn.nir", 4, "mesh:2x2", &anywhere, 0.3),
        ("mnist_fc.nir", 16, "mesh:4x4", &near, 0.0),
        ("mnist_fc.nir", 16, "mesh:4x4", &anywhere, 0.3),
        ("mnist_fc.nir", 16, "tree:4", &anywhere, 0.3),
    ];
    let run = |(name, cores, fabric, placement, stall): (&'static str, usize, &str, &Placement, f64)| {
        let hardware = example(name, cores, fabric, placement.clone());
        let report = hardware.lockstep(&images(&hardware.net, 2), stall, 7);
        let what = format!("{name} on {cores} cores, {fabric}, {placement}, stall {stall}");
        assert_eq!(report.mismatches, 0, "{what}: {}", report.first.unwrap());
        assert!(report.spikes_compared > 100, "{what}: silence");
        let routers = report.fabric.unwrap().all;
        println!("{what}: {:?} cycles, {:.1} % of the routers' time stalled", report.cycles_per_sample, 100.0 * routers.stall_share);
        (name, report.output_counts)
    };
    let counts: Vec<_> = cases.into_par_iter().map(run).collect();
    let of_fc: Vec<_> = counts.iter().filter(|(name, _)| *name == "mnist_fc.nir").map(|(_, counts)| counts).collect();
    assert!(of_fc.len() > 2 && of_fc.windows(2).all(|pair| pair[0] == pair[1]), "{of_fc:?}");
}

/// Trained nets whose last layer is in parts, and the others in bands of rows: what leaves the chip, or its readout, is what leaves the whole.
#[test]
fn a_last_layer_in_parts_answers_as_the_whole() {
    if !have(SIMULATION) {
        return;
    }
    let cases = [
        ("mnist_fc.nir", 3, 1, "mesh:2x2", Readout::None, 0.0),
        ("mnist_fc.nir", 10, 1, "tree:4", Readout::Count, 0.3),
        ("mnist_cnn.nir", 4, 3, "tree:3", Readout::None, 0.3),
        ("mnist_cnn.nir", 3, 2, "mesh:2x4", Readout::Count, 0.3),
    ];
    let run = |(name, parts, rows, fabric, readout, stall): (&str, u32, u32, &str, Readout, f64)| {
        let whole = trained(name);
        let last = whole.layers.len() - 1;
        let of = |i: usize| if i == last { Parts::Channels(parts) } else { Parts::Rows(rows) };
        let cuts: Vec<Cut> = (0..=last).map(|i| Cut::even(whole.layers[i].output, of(i))).collect();
        let net = net::split::split(&whole, &cuts).unwrap_or_else(|problems| panic!("{problems}")).network;
        let fabric = Some(FabricOptions { fabric: fabric.parse().unwrap(), placement: Placement::Random(5), sent: Vec::new() });
        let hardware = Hardware::new(net, &PlanOptions { fabric, readout, ..PlanOptions::default() });
        let images = images(&whole, 2);
        let report = hardware.lockstep(&images, stall, 7);
        assert_eq!(report.mismatches, 0, "{name}, {parts} parts: {}", report.first.unwrap());
        if readout == Readout::None {
            let counts: Vec<_> = images.iter().map(|image| golden::Engine::new(&whole).run(image).counts).collect();
            assert_eq!(report.output_counts, counts, "{name}, {parts} parts");
        }
        (hardware, images)
    };
    let done: Vec<_> = cases.into_par_iter().map(run).collect();
    // Parts at the same place.
    let (hardware, images) = &done[0];
    let broken = hardware.edited(&file_of(&hardware.design, "edge_interface"), " + first_channel_channel", "");
    assert!(hardware.lockstep_of(&broken, images, 0.0, 7).mismatches > 0, "parts at the same place");
}

/// A lively net with a core that hears several others, in several parts; one lane a core, so that scans are long and words wait
/// while they go on.
fn lively() -> Hardware {
    let fits = |net: &Network| {
        let engine = golden::Engine::new(net);
        let spikes: u64 = samples(net, 3, 4).iter().map(|sample| engine.trace(sample).counters.spikes.iter().sum::<u64>()).sum();
        net.layers.len() > 4 && net.layers[0].output.len() > 40 && net.sources[net.layers.len() - 1].len() > 1 && spikes > 400
    };
    let seed = (0..400).filter(|seed| seed % 3 > 0).find(|seed| fits(&network(*seed, false))).expect("a lively network");
    let net = network(seed, false);
    let fabric = Fabric::Mesh { rows: 2, columns: net.layers.len().div_ceil(2) };
    let fabric = Some(FabricOptions { fabric, placement: Placement::Random(1), sent: Vec::new() });
    let lanes = net.layers.iter().map(|layer| (layer.name.clone(), 1)).collect();
    Hardware::new(net, &PlanOptions { fabric, lanes, ..PlanOptions::default() })
}

#[test]
fn samples_do_not_meet_on_routers() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = lively();
    let sample = |seed| net::random::spikes(&hardware.net, seed, 5, 0.4);
    let one_step = vec![sample(1)[0].clone()];
    let samples = [sample(1), one_step.clone(), sample(2), one_step, sample(1)];
    let options = sim::LockstepOptions { stall: 0.3, back_to_back: true, build: quick_build(), ..Default::default() };
    let report = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap();
    assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
    let counts = &report.output_counts;
    assert_eq!([&counts[0], &counts[1]], [&counts[4], &counts[3]]);
}

#[test]
fn broken_interfaces_are_found() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = lively();
    let samples: Vec<Spikes> = (0..8).map(|seed| net::random::spikes(&hardware.net, seed, 8, 0.3)).collect();
    assert_eq!(hardware.lockstep(&samples, 0.3, 0).mismatches, 0);
    let last = &hardware.plan.cores[hardware.plan.cores.len() - 1].name;
    let first = &hardware.plan.cores[0].name;
    let path = |core: &str, part: &str| file_of(&hardware.design, &format!("{core}_interface{part}"));
    let (interface, gather) = (path(last, ""), path(last, "_gather"));
    let (sender, gate) = (path(first, ""), path(first, "_gate"));
    let text = |path: &str| hardware.design.files.iter().find(|file| file.path == path).unwrap().text.clone();
    let offset = text(&interface).lines().find_map(|line| line.trim().strip_prefix("wire ").filter(|line| line.contains("+ first_channel")).map(str::to_string));
    let offset = offset.expect("a channel that is moved");
    let unmoved = offset.replace(" + first_channel_channel", "");
    let breaks = [
        // Sources at the same place.
        (&interface, offset.as_str(), unmoved.as_str()),
        // The first TICK ends the step.
        (&gather, "wire early = ", "wire early = 1'b0 & "),
        // A step is sent before the destinations grant it.
        (&gate, "closed <= closed | ends;", "closed <= 1'b0;"),
        // A grant is lost.
        (&sender, "grant_due <= done", "grant_due <= 1'b0"),
        // A grant pushes away a word on offer.
        (&sender, "wire grants = grant_due & !word_waits;", "wire grants = grant_due;"),
        // A grant for every cycle.
        (&interface, "wire done = step_done;", "wire done = 1'b1;"),
    ];
    assert_noticed(&hardware, &samples, &breaks);
}

/// Each of the `breaks` (file, text, other text) shows in one of three runs.
fn assert_noticed(hardware: &Hardware, samples: &[Spikes], breaks: &[(&String, &str, &str)]) {
    let unnoticed: Vec<String> = breaks
        .par_iter()
        .filter(|(path, from, to)| {
            let broken = hardware.edited(path, from, to);
            [0.3, 0.8, 0.0].iter().all(|&stall| hardware.lockstep_of(&broken, samples, stall, 0).mismatches == 0)
        })
        .map(|(path, from, to)| format!("{path}: {from:?} -> {to:?}"))
        .collect();
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

#[test]
fn broken_bands_are_found() {
    if !have(SIMULATION) {
        return;
    }
    let whole = trained("mnist_cnn.nir");
    let cuts: Vec<Cut> = [3, 1, 1].iter().zip(&whole.layers).map(|(rows, layer)| Cut::even(layer.output, Parts::Rows(*rows))).collect();
    let net = net::split::split(&whole, &cuts).unwrap_or_else(|problems| panic!("{problems}")).network;
    let fabric = Some(FabricOptions { fabric: Fabric::Mesh { rows: 2, columns: 4 }, placement: Placement::Near, sent: Vec::new() });
    let hardware = Hardware::new(net, &PlanOptions { fabric, ..PlanOptions::default() });
    let images = images(&whole, 1);
    assert_eq!(hardware.lockstep(&images, 0.3, 0).mismatches, 0);
    let file = |name: &str| file_of(&hardware.design, name);
    let (input, interface, place) = (file("conv1_1_from_0"), file("conv1_1_interface"), file("conv2_from_1"));
    let breaks = [
        // A band that begins at the map's first row.
        (&input, " + FIRST_ROW;", ";"),
        // One row too few, one too many.
        (&input, "row < ROWS", "row < ROWS - 6'd1"),
        (&input, "row < ROWS", "row <= ROWS"),
        // Words that it does not hear.
        (&interface, "wire dropped = ", "wire dropped = 1'b0 & "),
        // Bands at the same place.
        (&place, " + FIRST_ROW;", ";"),
    ];
    assert_noticed(&hardware, &images, &breaks);
}

#[test]
fn broken_loops_are_found() {
    if !have(SIMULATION) {
        return;
    }
    // Recurrent neurons in two parts, of which the first is slow.
    let hardware = wired("recurrent.nir", &[("fc1", 2)], Fabric::Tree { children: 3 }, Placement::Random(1));
    let samples: Vec<Spikes> = (0..16).map(|seed| net::random::spikes(&hardware.net, seed, 8, 0.1 + 0.1 * (seed % 4) as f64)).collect();
    assert_eq!(hardware.lockstep(&samples, 0.3, 0).mismatches, 0);
    let late = file_of(&hardware.design, "fc1_0_interface_late");
    let breaks = [
        // Spikes of the sample before are heard in a first step.
        (&late, "first_step <= last;", "first_step <= 1'b0;"),
        // Nothing to begin with.
        (&late, "in_step <= 2'd3;", "in_step <= 2'd0;"),
        // Words of this step and of the one before are not told apart.
        (&late, "wire early = |(from & in_step);", "wire early = 1'b0;"),
        // An early TICK is lost.
        (&late, "in_step <= next_in;", "in_step <= NONE_IN;"),
        // It does not wait for those that lead back.
        (&late, "wire complete = (counted == ALL) & (&in_step) & !any_due;", "wire complete = (counted == ALL) & !any_due;"),
        // What waits is never due.
        (&late, "due <= stored_next;", "due <= 6'd0;"),
    ];
    assert_noticed(&hardware, &samples, &breaks);
    // A TICK overtakes the words that have waited.
    let hardware = crowd();
    let samples: Vec<Spikes> = (0..3).map(|seed| net::random::spikes(&hardware.net, seed, 6, 0.3)).collect();
    for stall in [0.0, 0.3, 0.8] {
        let report = hardware.lockstep(&samples, stall, 0);
        assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
    }
    let late = file_of(&hardware.design, "slow_interface_late");
    let early = (&late, "wire complete = (counted == ALL) & (&in_step) & !any_due;", "wire complete = (counted == ALL) & (&in_step);");
    assert_noticed(&hardware, &samples, &[early]);
}

#[test]
fn what_routers_cannot_carry_is_refused() {
    let limits = Limits { layers: 4, ..Limits::default() };
    let refusal = |net: &Network, fabric: Fabric, placement: Placement| {
        let fabric = Some(FabricOptions { fabric, placement, sent: Vec::new() });
        rtl::plan::plan(net, &PlanOptions { fabric, ..PlanOptions::default() }).map(|_| ()).unwrap_err().to_string()
    };
    let net = (0..).map(|seed| net::random::network(seed, &limits)).find(|net| {
        net.layers.len() == 3 && rtl::plan::plan(net, &PlanOptions::default()).is_ok()
    });
    let net = net.unwrap();
    let mut late = net.clone();
    late.sources[1][0].delay = 1;
    assert!(refusal(&late, Fabric::Tree { children: 4 }, Placement::Near).contains("all that it hears is one step late"));
    assert!(refusal(&net, Fabric::Mesh { rows: 1, columns: 2 }, Placement::Near).contains("2 cores; the net has 3"));
    for (seats, edge) in [(vec![0, 1], 0), (vec![0, 1, 1], 0), (vec![0, 1, 4], 0), (vec![0, 1, 2], 4)] {
        let mesh = Fabric::Mesh { rows: 2, columns: 2 };
        assert!(refusal(&net, mesh, Placement::At { seats, edge }).contains("3 different places below 4"));
    }
}

/// From the command line: a folder that rebuilds byte for byte, with parts of their own lanes, and its simulation.
#[test]
fn a_folder_on_routers_is_built_again_and_simulated() {
    let place = Place::new();
    place.example("mnist_fc.nir");
    let net = common::root().join("examples/mnist");
    let data = format!("--data {} --encode phase:8 --samples 1", net.display());
    let built = place.run(&format!("build mnist_fc.nir {data} --cores 5 --parts fc2=2 --fabric mesh:2x3 --lanes fc1.1=3 --lanes fc1=2 --out a"));
    assert_eq!(built.code, 0, "{}", built.stderr);
    let again = place.run("build --config a/spikewright.toml --out b");
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(place.files("a") == place.files("b"), "another folder");
    let manifest: serde_json::Value =
        serde_json::from_slice(&place.files("a").iter().find(|(path, _)| path.ends_with("manifest.json")).unwrap().1).unwrap();
    let lanes = |index: usize| (manifest["layers"][index]["name"].as_str().unwrap(), manifest["layers"][index]["lanes"].as_u64().unwrap());
    assert_eq!([lanes(0), lanes(1), lanes(2)], [("fc1.0", 2), ("fc1.1", 3), ("fc1.2", 2)]);
    assert_eq!(manifest["fabric"]["network"], "mesh:2x3");
    assert_eq!(manifest["fabric"]["endpoints"].as_array().unwrap().len(), 6);
    for (line, message) in [
        ("--cores 1 --fabric mesh:2x2", "2 or more: a core computes one layer"),
        ("--cores 4 --fabric ring:4", "mesh:RxC"),
        ("--placement near", "only with --fabric"),
        ("--parts fc2=2", "routers bring its parts together"),
        ("--parts fc1=rows:1 --parts fc2=rows:2", "1 to 1: a part has at least one output row"),
        ("--parts fc1=half", "LAYER=rows:N"),
        ("--lanes fc1.7=2", "no layer of that name"),
    ] {
        let refused = place.run(&format!("build mnist_fc.nir {data} {line} --out c"));
        assert!(refused.code == 2 && refused.stderr.contains(message), "{line}: {}", refused.stderr);
    }
    if !have(SIMULATION) {
        return;
    }
    let simulated = place.run("cosim a --stall 0.2 --json");
    assert_eq!(simulated.code, 0, "{}", simulated.stderr);
    let report = simulated.json();
    assert_eq!(report["mismatches"], 0);
    assert_eq!(report["predicted_cycles_per_sample"], serde_json::json!([null]));
    assert!(report["fabric"]["all"]["stall_share"].as_f64().unwrap() > 0.0);
}
