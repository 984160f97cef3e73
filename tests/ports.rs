//! Networks with several inputs and outputs, in lockstep with the golden model and on the command line.

mod common;

use common::hardware::{random_networks, random_options, samples, Agreement, Hardware, SIMULATION};
use common::{have, Place};
use net::random::Limits;
use net::{Network, Origin, Output, Spikes};
use rayon::prelude::*;
use rtl::PlanOptions;

fn limits() -> Limits {
    Limits {
        layers: 4,
        size: 5,
        kernel: 3,
        ..Limits::default()
    }
}

/// What one random network did; `None` where the planner refuses it.
struct Outcome {
    failed: Vec<String>,
    inputs: usize,
    outputs: usize,
    /// Streams, and those that held words up.
    streams: usize,
    stalled: usize,
    /// Spikes and values leave.
    mixed: bool,
    /// Some layer hears several inputs, some input meets no other.
    meet: bool,
    apart: bool,
    /// A layer leaves and is heard.
    head: bool,
}

fn random_network(seed: u64) -> Option<Outcome> {
    let net = net::random::ports(seed, &limits());
    let options = PlanOptions { readout: Default::default(), ..random_options(&net, seed) };
    rtl::plan::plan(&net, &options).ok()?;
    let hardware = Hardware::new(net, &options);
    let samples = samples(&hardware.net, seed, 4);
    let Agreement { mut failed, still, stalled } = hardware.agreement(&samples, 0.3, seed);
    let back_to_back = sim::LockstepOptions { stall: 0.3, seed, back_to_back: true, build: common::hardware::quick_build(), ..Default::default() };
    let report = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &back_to_back).expect("simulates");
    failed.extend(common::hardware::mismatch(&report, seed));
    if report.output_counts != still.output_counts {
        failed.push(format!("network {seed}: samples without a pause leave other words"));
    }
    let (net, plan) = (&hardware.net, &hardware.plan);
    let streams: Vec<&String> = plan.inputs.iter().map(|port| &port.prefix).chain(plan.outputs.iter().map(|port| &port.prefix)).collect();
    let held = stalled.links.iter().filter(|link| streams.contains(&&link.name) && link.stalled > 0).count();
    let kinds: Vec<Output> = net.outputs.iter().map(|output| net.layers[output.layer].neuron.output).collect();
    let of_inputs = |i: usize| net.sources[i].iter().filter(|source| matches!(source.from, Origin::Input(_))).count();
    let alone = |k: usize| (0..net.layers.len()).all(|i| of_inputs(i) == 1 || net.sources[i].iter().all(|source| source.from != Origin::Input(k)));
    Some(Outcome {
        failed,
        inputs: net.inputs.len(),
        outputs: net.outputs.len(),
        streams: streams.len(),
        stalled: held,
        mixed: kinds.contains(&Output::Spike) && kinds.contains(&Output::Value),
        meet: (0..net.layers.len()).any(|i| of_inputs(i) > 1),
        apart: net.inputs.len() > 1 && (0..net.inputs.len()).any(alone),
        head: net.outputs.iter().any(|output| net.sources.iter().flatten().any(|source| source.from == Origin::Layer(output.layer))),
    })
}

#[test]
fn random_networks_with_several_ports_compute_what_golden_says_in_the_cycles_that_were_predicted() {
    let found = random_networks(0..14, random_network, |outcome| &outcome.failed);
    let Some((count, outcomes)) = found else { return };
    let some = |of: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| of(outcome)).count();
    assert!(outcomes.len() as u64 * 2 >= count, "the planner refuses too many");
    assert!(some(|o| o.inputs > 1) > 3 && some(|o| o.outputs > 1) > 3, "too few ports");
    assert!(some(|o| o.mixed) > 0 && some(|o| o.meet) > 0 && some(|o| o.apart) > 0 && some(|o| o.head) > 0);
    let total = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>();
    assert!(total(|o| o.stalled) * 10 > total(|o| o.streams) * 9, "streams that were never held up");
}

/// The net of tests/data with two sensors.
fn sensors() -> (Hardware, Vec<Spikes>) {
    let path = common::root().join("tests/data/sensors.nir");
    let options = net::Options { dt: Some(1e-4), multiplicity: Some(1), ..net::Options::default() };
    let net: Network = net::import_file(&path, &options).unwrap_or_else(|problems| panic!("{problems}")).network;
    let hardware = Hardware::new(net, &PlanOptions::default());
    let samples = (0..6).map(|seed| net::random::spikes(&hardware.net, seed, 6, 0.3)).collect();
    (hardware, samples)
}

#[test]
fn broken_ports_are_found() {
    if !have(SIMULATION) {
        return;
    }
    let (hardware, samples) = sensors();
    let sound = hardware.lockstep(&samples, 0.3, 0);
    assert_eq!(sound.mismatches, 0, "{}", sound.first.unwrap());
    assert!(sound.values_compared > 0 && sound.spikes_compared > 0);
    let top = "rtl/sensors.v";
    let breaks = [
        // A stream's words go to the other one's branch, or are taken twice, or never.
        (top, "wire network_in_valid_0 = s_axis_camera_tvalid & open;", "wire network_in_valid_0 = s_axis_touch_tvalid & open;"),
        (top, "assign s_axis_touch_tready = network_in_ready_1 & open;", "assign s_axis_touch_tready = network_in_ready_0 & open;"),
        (top, "wire network_in_valid_1 = s_axis_touch_tvalid & open;", "wire network_in_valid_1 = 1'b0;"),
        // An output that does not wait for its reader, that shows another's words, or that does not end its sample.
        (top, ".tready(m_axis_pose_tready)", ".tready(m_axis_action_tready)"),
        (top, "assign m_axis_action_tvalid = stream_out_0_tvalid;", "assign m_axis_action_tvalid = stream_out_1_tvalid;"),
        (top, "assign m_axis_pose_tlast = stream_out_1_tlast;", "assign m_axis_pose_tlast = stream_out_0_tlast;"),
        // A step that ends before both sensors have ended it.
        ("rtl/sensors_see_merge.v", "wire others_tick_0 = &(ticks | ITSELF_0);", "wire others_tick_0 = 1'b1;"),
        // A layer hears a word twice while the head waits.
        ("rtl/sensors_fork_2.v", "taken_0 <= in_valid & has_it_0 & !leaves;", "taken_0 <= 1'b0;"),
        // A kind's bit from elsewhere.
        ("rtl/sensors_stream_in_5.v", "wire [1:0] kind = tdata[31:30];", "wire [1:0] kind = tdata[30:29];"),
    ];
    let unnoticed: Vec<String> = breaks
        .par_iter()
        .filter(|(path, from, to)| {
            let broken = hardware.edited(path, from, to);
            [0.3, 0.9].iter().all(|&stall| hardware.lockstep_of(&broken, &samples, stall, 0).mismatches == 0)
        })
        .map(|(path, from, to)| format!("{path}: {from:?} -> {to:?}"))
        .collect();
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

/// What a command says with `--json`.
fn json(place: &Place, line: &str) -> serde_json::Value {
    let ran = place.run(&format!("{line} --json"));
    assert!(ran.code <= 1, "{line}: {}", ran.stderr);
    ran.json()
}

const SENSORS: &str = "sensors.nir --dt 1e-4 --data sensors.npz";

#[test]
fn a_net_with_two_sensors_from_file_to_folder() {
    let place = Place::new();
    let ran = json(&place, &format!("run {SENSORS}"));
    assert_eq!(ran["output_node"], "pose");
    let outputs = ran["outputs"].as_array().expect("outputs");
    let told: Vec<(&str, &str, &str)> =
        outputs.iter().map(|o| ["node", "layer", "kind"].map(|key| o[key].as_str().unwrap()).into()).collect();
    assert_eq!(told, [("action", "see", "spikes"), ("pose", "read", "values")]);
    assert_eq!(outputs[0]["spikes"], ran["spikes_per_layer"][1]);
    assert!(outputs[0]["spikes"].as_f64().unwrap() > 0.0 && outputs[1]["spikes"].is_null());
    let shown = json(&place, &format!("inspect {SENSORS}"));
    let inputs: Vec<&str> = shown["inputs"].as_array().unwrap().iter().map(|input| input["node"].as_str().unwrap()).collect();
    assert_eq!(inputs, ["camera", "touch"]);
    assert_eq!(shown["layers"][1]["hears"][0]["from"], "touch");

    assert_eq!(place.run(&format!("build {SENSORS} --out out")).code, 0);
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(place.path("out/manifest.json")).unwrap()).unwrap();
    let ports = |side: &str| -> Vec<String> {
        manifest["stream"][side].as_array().unwrap().iter().map(|port| port["port"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(ports("inputs"), ["s_axis_camera", "s_axis_touch"]);
    assert_eq!(ports("outputs"), ["m_axis_action", "m_axis_pose"]);
    // The folder's own settings and sample make it again.
    assert_eq!(place.run("build --config out/spikewright.toml --out again").code, 0);
    for file in ["manifest.json", "tb/sample.npz", "rtl/sensors.v"] {
        assert_eq!(std::fs::read(place.path(&format!("out/{file}"))).unwrap(), std::fs::read(place.path(&format!("again/{file}"))).unwrap(), "{file}");
    }
    if have(SIMULATION) {
        let report = json(&place, "cosim out --stall 0.3");
        assert_eq!(report["mismatches"], 0);
        let report = json(&place, "cosim out");
        assert_eq!(report["cycles_per_sample"], report["predicted_cycles_per_sample"]);
    }
    if have(&["iverilog"]) {
        let played = place.tool("make", "-C out/tb sim SIM=icarus");
        assert!(played.stdout.contains("PASS: "), "{}{}", played.stdout, played.stderr);
        // Another answer is expected of the second output: noticed.
        let path = place.path("out/tb/expected_pose.hex");
        let words = std::fs::read_to_string(&path).unwrap();
        let first = words.lines().next().unwrap();
        let other = format!("{:09x}", u64::from_str_radix(first, 16).unwrap() ^ 4);
        std::fs::write(&path, words.replacen(first, &other, 1)).unwrap();
        let played = place.tool("make", "-C out/tb sim SIM=icarus");
        assert!(played.stdout.contains("MISMATCH: m_axis_pose: step 0"), "{}{}", played.stdout, played.stderr);
    }
}

#[test]
fn the_output_that_answers_is_chosen() {
    let place = Place::new();
    place.write("labels/labels.txt", b"sensors 3\n");
    std::fs::copy(common::root().join("tests/data/sensors.npz"), place.path("labels/sensors.npz")).unwrap();
    let accuracy = |name: &str| {
        let ran = json(&place, &format!("run sensors.nir --dt 1e-4 --data labels --output-node {name}"));
        assert_eq!(ran["output_node"], name);
        ran["accuracy"].as_f64().expect("labels")
    };
    // Of ten actions and three poses: a class of 3 is no pose.
    let no_pose = place.run("run sensors.nir --dt 1e-4 --data labels --output-node pose --json");
    assert_eq!((no_pose.code, &no_pose.json()["errors"][0]["code"]), (2, &"label-range".into()), "{}", no_pose.stdout);
    // As all labels are those of some output, nothing is wrong with them.
    assert_eq!(place.run("check sensors.nir --dt 1e-4 --data labels").code, 0);
    let winner = (0..10).filter(|class| {
        place.write("labels/labels.txt", format!("sensors {class}\n").as_bytes());
        accuracy("action") == 1.0
    });
    assert_eq!(winner.count(), 1);
    let wrong = place.run("run sensors.nir --dt 1e-4 --data labels --output-node level");
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("the net's outputs: action, pose"), "{}", wrong.stderr);
}

#[test]
fn what_several_ports_cannot_be_combined_with_is_refused() {
    let place = Place::new();
    for flags in [
        "--input-port aer",
        "--output-port aer",
        "--tick pin",
        "--tick timer:100",
        "--config-port axi-lite",
        "--config-port spi --weights loadable",
        "--readout count",
        "--fabric mesh:2x2",
        "--chips 2",
    ] {
        for command in ["plan", "build --out out", "cosim"] {
            let refused = place.run(&format!("{command} {SENSORS} {flags}"));
            assert_eq!(refused.code, 2, "{command} {flags}: {}", refused.stdout);
            let flag = flags.split(' ').next().unwrap();
            let says = [flag, "a net with 2 inputs and 2 outputs", "remedy"];
            assert!(says.iter().all(|part| refused.stderr.contains(part)), "{command} {flags}: {}", refused.stderr);
        }
    }
    assert!(!place.path("out").exists());
}

#[test]
fn data_that_does_not_fit_the_inputs_is_refused() {
    let place = Place::new();
    let array = |steps: usize, n: usize| net::data::arrays::Array {
        shape: vec![steps, n],
        data: vec![0.0; steps * n],
        kind: net::data::arrays::NumberType::U8,
    };
    let write = |name: &str, arrays: &[(&str, usize, usize)]| {
        let arrays = arrays.iter().map(|(key, steps, n)| (key.to_string(), array(*steps, *n))).collect();
        net::data::trace_file::write(&place.path(name), &arrays).unwrap();
    };
    write("one.npz", &[("camera", 4, 60)]);
    write("steps.npz", &[("camera", 4, 60), ("touch/spikes", 3, 5)]);
    write("shape.npz", &[("camera", 4, 60), ("touch", 4, 6)]);
    let mnist = common::root().join("examples/mnist");
    for (data, says) in [
        ("one.npz".to_string(), "no array \"touch\" among camera"),
        ("steps.npz".to_string(), "time steps: camera 4, touch 3"),
        ("shape.npz".to_string(), "an array of shape [4, 6]"),
        (format!("{} --encode phase:2", mnist.display()), "images; the net has 2 inputs"),
    ] {
        let refused = place.run(&format!("run sensors.nir --dt 1e-4 --data {data}"));
        assert_eq!(refused.code, 2, "{data}: {}", refused.stdout);
        assert!(refused.stderr.contains(says), "{data}: {}", refused.stderr);
    }
}

/// The words that leave at each output, in order; offered at all inputs at once but for those that wait.
struct Played {
    left: Vec<Vec<u64>>,
    /// Input words that were taken while something waited.
    taken_meanwhile: Vec<usize>,
    left_meanwhile: Vec<usize>,
}

/// Plays a sample. `silent` input or `unread` output waits until nothing has moved for 500 cycles.
fn play(hardware: &Hardware, model: &sim::Library, sample: &Spikes, silent: Option<usize>, unread: Option<usize>) -> Played {
    let mut chip = model.instance().expect("an instance");
    let ports = chip.ports().clone();
    let steps = sample.len();
    let words = |(k, own): (usize, Spikes)| -> Vec<(u64, bool)> {
        let (format, shape) = (hardware.plan.inputs[k].format(), hardware.plan.inputs[k].shape);
        let step = |t: usize| {
            let spikes = own[t].iter().map(|&event| (format.encode_stream(rtl::Word::spike(shape.coordinate(event as usize))), false));
            spikes.chain([(format.encode_stream(rtl::Word::tick(t + 1 == steps)), t + 1 == steps)]).collect::<Vec<_>>()
        };
        (0..steps).flat_map(step).collect()
    };
    let stimulus: Vec<Vec<(u64, bool)>> = hardware.net.by_input(sample).into_iter().enumerate().map(words).collect();
    let mut next = vec![0; stimulus.len()];
    let mut left = vec![Vec::new(); ports.outputs.len()];
    let (mut taken_meanwhile, mut left_meanwhile) = (Vec::new(), Vec::new());
    let (mut quiet, mut waiting) = (0, silent.is_some() || unread.is_some());
    for cycle in 0.. {
        ports.aresetn.set(u64::from(cycle >= 4));
        let offers = |k: usize, next: &[usize]| cycle >= 4 && next[k] < stimulus[k].len() && !(waiting && silent == Some(k));
        for (k, port) in ports.inputs.iter().enumerate() {
            port.tvalid.set(u64::from(offers(k, &next)));
            if let Some((word, last)) = stimulus[k].get(next[k]) {
                port.tdata.set(*word);
                port.tlast.set(u64::from(*last));
            }
        }
        for (k, port) in ports.outputs.iter().enumerate() {
            port.tready.set(u64::from(cycle >= 4 && !(waiting && unread == Some(k))));
        }
        ports.aclk.set(0);
        chip.eval();
        quiet += 1;
        let before = next.clone();
        for (k, port) in ports.inputs.iter().enumerate() {
            if offers(k, &before) && port.tready.is_set() {
                (next[k], quiet) = (next[k] + 1, 0);
            }
        }
        for (k, port) in ports.outputs.iter().enumerate().filter(|_| cycle >= 4) {
            if port.tvalid.is_set() && !(waiting && unread == Some(k)) {
                left[k].push(port.tdata.get());
                quiet = 0;
            }
        }
        ports.aclk.set(1);
        chip.eval();
        if quiet > 500 && waiting {
            (waiting, quiet) = (false, 0);
            (taken_meanwhile, left_meanwhile) = (next.clone(), left.iter().map(Vec::len).collect());
        } else if quiet > 500 {
            break;
        }
    }
    assert!(next.iter().zip(&stimulus).all(|(next, words)| *next == words.len()), "words that were never taken: {next:?}");
    Played { left, taken_meanwhile, left_meanwhile }
}

#[test]
fn a_port_that_waits_holds_the_others_up_and_changes_nothing() {
    if !have(SIMULATION) {
        return;
    }
    let (hardware, _) = sensors();
    let sample = net::random::spikes(&hardware.net, 5, 40, 0.3);
    let all: Vec<usize> = hardware.net.by_input(&sample).iter().map(|own| own.iter().map(Vec::len).sum::<usize>() + own.len()).collect();
    let model = sim::build(&hardware.design, &common::hardware::quick_build()).expect("builds");
    let free = play(&hardware, &model, &sample, None, None);
    assert!(free.left.iter().all(|words| words.len() > 40));
    // The touch sensor is silent: the camera stops at its TICKs, two of which wait in front of and behind the eye's core.
    let late = play(&hardware, &model, &sample, Some(1), None);
    assert_eq!(late.taken_meanwhile[1], 0);
    assert!(late.taken_meanwhile[0] > 0 && late.taken_meanwhile[0] < all[0] / 2, "{:?} of {all:?}", late.taken_meanwhile);
    // One output is not read: the other one and both inputs come to a halt.
    for unread in 0..2 {
        let held = play(&hardware, &model, &sample, None, Some(unread));
        assert_eq!(held.left_meanwhile[unread], 0);
        let other = 1 - unread;
        assert!(held.left_meanwhile[other] < free.left[other].len() / 2, "{unread}: {:?}", held.left_meanwhile);
        assert!((0..2).all(|k| held.taken_meanwhile[k] < all[k]), "{unread}: {:?} of {all:?}", held.taken_meanwhile);
        assert_eq!(by_step(&hardware, &held), by_step(&hardware, &free));
    }
    assert_eq!(by_step(&hardware, &late), by_step(&hardware, &free));
}

/// Per output the words of each step, sorted.
fn by_step(hardware: &Hardware, played: &Played) -> Vec<Vec<Vec<u64>>> {
    let steps = |(k, words): (usize, &Vec<u64>)| {
        let is_tick = |word: &u64| matches!(hardware.plan.outputs[k].format.decode_stream(*word).kind, rtl::Kind::Tick | rtl::Kind::TickLast);
        let mut steps: Vec<Vec<u64>> = words.split_inclusive(is_tick).map(<[u64]>::to_vec).collect();
        steps.iter_mut().for_each(|step| step.sort_unstable());
        steps
    };
    played.left.iter().enumerate().map(steps).collect()
}
