//! Several chips on one board, linked by AER with unrelated clocks, in lockstep with the golden model.

mod common;

use common::hardware::{mismatch, quick_build, random_networks, samples, Hardware, SIMULATION};
use common::{have, Place};
use needs::fault;
use net::random::{Limits, Random};
use net::{cut, Network};
use rayon::prelude::*;
use rtl::edge::Edges;
use hdl::blocks::Stages;
use rtl::plan::ChipOptions;
use rtl::PlanOptions;
use sim::{LockstepOptions, LockstepReport};

/// A random network, every third one more than a chain.
fn network(seed: u64) -> Network {
    let limits = Limits { layers: 4, size: 6, kernel: 3, ..Limits::default() };
    if seed % 3 == 0 { net::random::graph(seed, &limits) } else { net::random::network(seed, &limits) }
}

/// Cut at random into two or three chips; `None` where it cannot be cut, or not be built.
fn on_chips(seed: u64) -> Option<Hardware> {
    let net = network(seed);
    let random = &mut Random::new(seed);
    let mut places: Vec<usize> = (1..net.layers.len()).filter(|at| cut::forbids(&net, *at).is_none()).collect();
    while places.len() > 2 || (places.len() == 2 && random.chance(30)) {
        places.remove(random.size(0, places.len() - 1));
    }
    let cuts: Vec<String> = places.iter().map(|at| net.layers[*at].name.clone()).collect();
    let chips = (!cuts.is_empty()).then(|| ChipOptions { count: cuts.len() + 1, cuts, sent: Vec::new() })?;
    let options = PlanOptions { chips: Some(chips), ..common::hardware::random_options(&net, seed) };
    rtl::plan::plan(&net, &options).ok()?;
    Some(Hardware::new(net, &options))
}

fn lockstep(hardware: &Hardware, seed: u64, stall: f64, clocks: &[f64]) -> LockstepReport {
    let options = LockstepOptions { seed, stall, clocks: clocks.to_vec(), build: quick_build(), ..LockstepOptions::default() };
    let samples = samples(&hardware.net, seed, 4);
    sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap_or_else(|error| panic!("{error}"))
}

/// Shares of the simulation's cycles of up to three chips: the first fastest, the last fastest, nearly equal, all at the simulation's own pace.
const CLOCKS: [[f64; 3]; 4] = [[0.9, 0.31, 0.47], [0.23, 0.55, 0.97], [0.5003, 0.5, 0.4998], [1.0, 1.0, 1.0]];

struct Outcome {
    failed: Vec<String>,
    chips: usize,
    chain: bool,
    words: u64,
    spikes: u64,
    stalled: u64,
}

fn random_board(seed: u64) -> Option<Outcome> {
    let hardware = on_chips(seed)?;
    let chips = hardware.plan.chips.len();
    let clocks = CLOCKS.iter().map(|shares| &shares[..chips]).chain([&[][..]]);
    let reports: Vec<LockstepReport> = clocks.enumerate().map(|(i, clocks)| lockstep(&hardware, seed, [0.0, 0.3][i % 2], clocks)).collect();
    let mut failed: Vec<String> = reports.iter().filter_map(|report| mismatch(report, seed)).collect();
    if reports.windows(2).any(|pair| pair[0].output_counts != pair[1].output_counts) {
        failed.push(format!("network {seed}: clocks change what leaves the board"));
    }
    let links = |of: fn(&sim::ChipLink) -> u64| reports.iter().flat_map(|report| &report.board.as_ref().unwrap().links).map(of).sum();
    Some(Outcome {
        failed,
        chips,
        chain: hardware.net.is_chain(),
        words: links(|link| link.words),
        spikes: reports[0].spikes_compared,
        stalled: links(|link| link.stalled),
    })
}

#[test]
fn random_networks_on_several_chips_compute_what_golden_says() {
    let found = random_networks(0..14, random_board, |outcome| &outcome.failed);
    let Some((count, outcomes)) = found else { return };
    let total = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    let with = |is: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count();
    assert!(outcomes.len() >= 7, "only {} of {count} can be cut", outcomes.len());
    assert!(with(|o| o.chips == 3) > 1 && with(|o| o.chips == 2) > 1 && with(|o| !o.chain) > 1 && with(|o| o.chain) > 1);
    assert!(total(|o| o.words) > 10_000 && total(|o| o.spikes) > 3000 && total(|o| o.stalled) > 10_000);
}

/// A lively chain on two chips: many spikes cross.
fn lively() -> Hardware {
    let crossing = |hardware: &Hardware| {
        let board = lockstep(hardware, 1, 0.0, &[]).board.unwrap();
        board.links[0].words > 3 * board.links[0].ticks
    };
    let two = |hardware: &Hardware| hardware.plan.chips.len() == 2 && hardware.net.is_chain();
    (0..200).filter_map(on_chips).find(|hardware| two(hardware) && crossing(hardware)).expect("a lively network")
}

#[test]
fn samples_do_not_meet_on_links() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = lively();
    let sample = |seed| net::random::spikes(&hardware.net, seed, 5, 0.4);
    let one_step = vec![sample(1)[0].clone()];
    let samples = [sample(1), one_step.clone(), sample(2), one_step, sample(1)];
    for clocks in [[0.9, 0.3], [0.3, 0.9]] {
        let options = LockstepOptions { stall: 0.3, back_to_back: true, clocks: clocks.to_vec(), build: quick_build(), ..Default::default() };
        let report = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap();
        assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
        assert_eq!([&report.output_counts[0], &report.output_counts[1]], [&report.output_counts[4], &report.output_counts[3]]);
    }
}

/// Each end of a link broken, and what finds it.
#[test]
fn broken_links_and_chips_are_found() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = lively();
    let name = &hardware.plan.name;
    let path = |part: &str| {
        let found = hardware.design.files.iter().find(|file| file.path.starts_with(&format!("rtl/{name}_{part}")));
        found.unwrap_or_else(|| panic!("no {part}")).path.clone()
    };
    let (sender, receiver) = (path("chip0_aer_sender"), path("chip1_aer_receiver"));
    let breaks = [
        // req comes with its data.
        (&sender, "request <= loaded & !answered;", "request <= (loaded | (load & queue_out_valid)) & !answered;", "aer: req came with its data"),
        // The next word pushes away the one on offer.
        (&sender, "if (load) begin\n            word <=", "if (load | request) begin\n            word <=", "aer: data changed before the answer"),
        // req does not wait for its answer.
        (&sender, "request <= loaded & !answered;", "request <= loaded & !request;", "aer: order of req and ack"),
        // req does not wait until the answer has gone.
        (&sender, "request <= loaded & !answered;", "request <= loaded & !(request & answered);", "aer: order of req and ack"),
        // An answer that nobody asked for.
        (&receiver, "acknowledge <= asked & (", "acknowledge <= asked | (", "aer: order of req and ack"),
        // A word that is taken twice, and one that is taken when its data have gone.
        (&receiver, "assign out_valid = asked & !acknowledge;", "assign out_valid = asked;", "link: words lost, added or reordered"),
        (&receiver, "assign out_valid = asked & !acknowledge;", "assign out_valid = asked & acknowledge;", "link: words lost, added or reordered"),
    ];
    let wrong: Vec<String> = breaks
        .par_iter()
        .filter_map(|(path, from, to, check)| {
            let broken = hardware.edited(path, from, to);
            let options = LockstepOptions { seed: 1, build: quick_build(), ..LockstepOptions::default() };
            let report = sim::lockstep(&broken, &hardware.plan, &hardware.net, &samples(&hardware.net, 1, 4), &options).unwrap();
            let found = report.first.map(|first| first.check);
            (found.as_deref() != Some(check)).then(|| format!("{from:?} -> {to:?}: {found:?} instead of {check:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // A weight of the second chip.
    let mut broken = hardware.design.clone();
    let weights = broken.files.iter_mut().find(|file| file.path.starts_with(&format!("mem/{name}_chip1")) && file.path.contains("weights")).unwrap();
    let flipped = |digit: char| char::from_digit(digit.to_digit(16).unwrap() ^ 1, 16).unwrap();
    weights.text = weights.text.lines().map(|line| line.chars().map(flipped).collect::<String>() + "\n").collect();
    let report = hardware.lockstep_of(&broken, &samples(&hardware.net, 1, 4), 0.0, 1);
    let layer = &hardware.net.layers[hardware.plan.chips[1].layers.start].name;
    assert_eq!(report.first.map(|first| first.layer).as_ref(), Some(layer));
}

/// A trained net on so many chips: mismatches, and what the board did.
fn trained(name: &str, chips: usize, images: usize, clocks: &[f64], stages: Stages) -> sim::BoardReport {
    let folder = common::root().join("examples/mnist");
    let imported = net::import_file(&folder.join(name), &net::Options { multiplicity: Some(1), ..Default::default() });
    let net = imported.unwrap_or_else(|problems| panic!("{problems}")).network;
    let data = net::data::DataOptions { encode: Some("phase:8".parse().unwrap()), samples: Some(images), ..Default::default() };
    let data = net::data::load(&folder, &data, net.input()).unwrap_or_else(|problems| panic!("{problems}"));
    let samples: Vec<_> = (0..images).map(|index| data.sample(index).unwrap_or_else(|problems| panic!("{problems}")).spikes).collect();
    let chips = Some(ChipOptions { count: chips, ..ChipOptions::default() });
    let edges = Edges { stages, ..Edges::default() };
    let hardware = Hardware::new(net, &PlanOptions { chips, edges, ..PlanOptions::default() });
    let options = LockstepOptions { stall: 0.1, seed: 3, clocks: clocks.to_vec(), build: quick_build(), ..LockstepOptions::default() };
    let report = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap();
    assert_eq!(report.mismatches, 0, "{name}: {}", report.first.unwrap());
    assert_eq!(report.samples, images);
    report.board.unwrap()
}

#[test]
fn a_trained_net_computes_the_same_on_two_chips() {
    if !have(SIMULATION) {
        return;
    }
    for (stages, images) in [(Stages(2), 2), (Stages(3), 1)] {
        let board = trained("mnist_fc.nir", 2, images, &[1.0, 1.0], stages);
        let link = &board.links[0];
        assert_eq!((link.ticks, board.links.len()), (8 * images as u64, 1));
        assert!(link.words > 50 * images as u64, "{link:?}");
        // The wires are late by half a cycle in the mean, four times a word; behind the last answer the sender waits for its synchroniser
        // and a register.
        let period = link.handshake as f64 / link.words as f64 - 2.0 + f64::from(stages.0 + 1);
        let formula = f64::from(stages.link_cycles());
        assert!((period - formula).abs() < 0.5, "{period} cycles a word, {formula} by the formula");
    }
    if std::env::var_os("SPIKEWRIGHT_FULL").is_some() {
        let board = trained("mnist_cnn.nir", 2, 3, &[], Stages::default());
        assert!(board.links[0].words > 1000 && board.bottleneck != "the input", "{board:?}");
    }
}

#[test]
fn what_cannot_be_cut_is_refused() {
    let limits = Limits { layers: 4, ..Limits::default() };
    let plans = |net: &Network| rtl::plan::plan(net, &PlanOptions::default()).is_ok();
    let refusal = |net: &Network, count: usize, cuts: &[&str]| {
        let cuts = cuts.iter().map(|name| name.to_string()).collect();
        let chips = Some(ChipOptions { count, cuts, sent: Vec::new() });
        rtl::plan::plan(net, &PlanOptions { chips, ..PlanOptions::default() }).map(|_| ()).unwrap_err().to_string()
    };
    let chain = (0..).map(|seed| net::random::network(seed, &limits)).find(|net| net.layers.len() == 3 && plans(net)).unwrap();
    let names: Vec<&str> = chain.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert!(refusal(&chain, 4, &[]).contains("1 to 3 for this net: a chip has at least one layer"));
    assert!(refusal(&chain, 0, &[]).contains("1 to 3 for this net"));
    assert!(refusal(&chain, 2, &names[1..]).contains("1: the first layer of each chip but the first"));
    assert!(refusal(&chain, 3, &[names[2], names[1]]).contains("not behind the cut before it"));
    assert!(refusal(&chain, 2, &[names[0]]).contains("not behind the cut before it"));
    assert!(refusal(&chain, 2, &["nowhere"]).contains("no layer of that name"));
    let graphs = || (0..).map(|seed| net::random::graph(seed, &limits)).filter(plans);
    let whole = |net: &Network| net.layers.len() > 1 && (1..net.layers.len()).all(|at| cut::forbids(net, at).is_some());
    let whole = graphs().find(whole).unwrap();
    let message = refusal(&whole, 2, &[]);
    assert!(message.contains("this net cannot be cut") && message.contains("hears"), "{message}");
    let message = refusal(&whole, 2, &[&whole.layers[1].name]);
    assert!(message.contains("chips-range") || message.contains("cannot be cut"), "{message}");
}

/// From the command line: a folder with a folder per chip that rebuilds byte for byte, plays its samples and is simulated.
#[test]
fn a_folder_with_chips_is_built_again_and_simulated() {
    let place = Place::new();
    let built = place.run("build recurrent.nir --chips 2 --name res --out a --json");
    assert_eq!(built.code, 0, "{}", built.stderr);
    assert_eq!(built.json()["chips"], serde_json::json!(["chip0", "chip1"]));
    let again = place.run("build --config a/spikewright.toml --out b");
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(place.files("a") == place.files("b"), "another folder");
    let manifest = |path: &str| -> serde_json::Value { serde_json::from_slice(&std::fs::read(place.path(path)).unwrap()).unwrap() };
    let board = manifest("a/manifest.json");
    assert_eq!((&board["name"], &board["top"]), (&serde_json::json!("res"), &serde_json::Value::Null));
    assert_eq!(board["chips"][1]["top"], manifest("a/chip1/manifest.json")["top"]);
    assert_eq!(board["links"][0]["word"], manifest("a/chip1/manifest.json")["stream"]["input"]);
    let refused = place.run("synth a");
    assert!(refused.code == 2 && refused.stderr.contains("name the folder of a chip: a/chip0, a/chip1"), "{}", refused.stderr);
    if !have(&["iverilog", "verilator", "g++"]) {
        return;
    }
    for chip in ["chip0", "chip1"] {
        let lint = place.tool("verilator", &format!("--lint-only -Wall -Ia/{chip}/rtl a/{chip}/rtl/res_{chip}.v"));
        assert_eq!(lint.code, 0, "{}", lint.stderr);
    }
    for folder in ["a/tb", "a/chip0/tb", "a/chip1/tb"] {
        let played = place.tool("make", &format!("-C {folder} sim SIM=icarus"));
        assert!(played.code == 0 && played.stdout.contains("PASS"), "{folder}: {}{}", played.stdout, played.stderr);
    }
    let simulated = place.run("cosim a --stall 0.2 --clocks 0.8,0.3 --json");
    assert_eq!(simulated.code, 0, "{}{}", simulated.stdout, simulated.stderr);
    let report = simulated.json();
    assert_eq!((&report["mismatches"], &report["predicted_cycles_per_sample"]), (&serde_json::json!(0), &serde_json::json!([null])));
    assert_eq!(report["board"]["chips"].as_array().unwrap().len(), 2);
    assert!(report["board"]["links"][0]["words_per_step"].as_f64().unwrap() >= 1.0);
    // A chip's file edited by hand is simulated as it is.
    fault::edit(&place.path("a/chip1/rtl/res_chip1.v"), ".aer_data(aer_in_data)", ".aer_data(~aer_in_data)");
    let broken = place.run("cosim a");
    assert!(broken.code == 1 && broken.stderr.contains("a/chip1/rtl/res_chip1.v was edited by hand"), "{}{}", broken.stdout, broken.stderr);
}

#[test]
fn chips_take_the_outer_ports_that_one_chip_takes() {
    if !have(SIMULATION) {
        return;
    }
    let place = Place::new();
    for (net, line) in [
        ("recurrent.nir", "--input-port aer --output-port aer --tick pin"),
        ("good.nir", "--input-port aer --tick timer:40"),
        ("good.nir", "--tick pin --output-port aer"),
    ] {
        let ran = place.run(&format!("cosim {net} --chips 2 {line} --samples 3 --steps 6 --stall 0.3 --json"));
        assert_eq!(ran.code, 0, "{net} {line}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.json()["mismatches"], 0);
    }
}

/// What `plan` says of a net that needs two devices.
#[test]
fn the_planner_cuts_what_fits_no_device() {
    let place = Place::new();
    place.example("mnist_cnn.nir");
    let small = "plan mnist_cnn.nir --activity 5 --weight-bits 4 --membrane-bits 12 --multiplicity 1 --target ice40-up5k";
    let alone = place.run(small);
    assert!(alone.code == 2 && alone.stderr.contains("several of them (--chips 2)"), "{}", alone.stderr);
    let two = place.run(&format!("{small} --chips 2 --json")).json();
    let shares: Vec<f64> = two["chips"].as_array().unwrap().iter().map(|chip| chip["share"].as_f64().unwrap()).collect();
    assert!(shares.len() == 2 && shares.iter().all(|share| (0.5..=1.0).contains(share)), "{shares:?}");
    // One layer alone is too large: more chips are no remedy.
    let wide = place.run("plan mnist_cnn.nir --activity 5 --target ice40-up5k --chips 2");
    assert!(wide.code == 2 && !wide.stderr.contains("--chips"), "{}", wide.stderr);
    let plan = place.run("plan mnist_cnn.nir --activity 5 --chips 3 --json").json();
    let layers: Vec<&serde_json::Value> = plan["chips"].as_array().unwrap().iter().map(|chip| &chip["layers"]).collect();
    assert_eq!(layers, [&serde_json::json!(["conv1"]), &serde_json::json!(["conv2"]), &serde_json::json!(["fc"])]);
    let links = plan["links"].as_array().unwrap();
    let slowest = plan["cycles_per_step"].as_f64().unwrap();
    assert_eq!(links[0]["cycles_per_step"].as_f64(), Some(slowest));
    assert_eq!(plan["bottleneck"], "link chip 0 to chip 1");
    // Nobody is faster than the slowest needs.
    assert!(plan["chips"][1]["cycles_per_step"].as_f64().unwrap() > slowest / 2.0, "{}", plan["chips"]);
    let named = place.run("plan mnist_cnn.nir --activity 5 --cut fc --json").json();
    assert_eq!(named["chips"][0]["layers"], serde_json::json!(["conv1", "conv2"]));
}
