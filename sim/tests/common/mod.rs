//! A small handwritten design with the ports and probes of emitted ones: two fully connected IF cores, 6 -> 5 -> 3
//! neurons, two lanes of 12 bits. Tests corrupt its text and look whether lockstep notices.
#![allow(dead_code)]

use net::{
    Dense, Layer, Leak, LeakMode, MapShape, Membrane, Network, Neuron, Output, Param, Pool, Reset, ResetOrder, Spikes, Synapses,
};
use rtl::{BankProbe, CoreProbe, Design, EmittedFile, LinkFormat, LinkProbe, Plan, PlanOptions, ProbeSignal, StateProbe};
use sim::{LockstepOptions, LockstepReport};

pub const CORE: &str = include_str!("../fixtures/rtl/fixture_core.v");
pub const BANK: &str = include_str!("../fixtures/rtl/fixture_bank.v");
pub const TOP: &str = include_str!("../fixtures/rtl/fixture.v");

/// Whether the tools are there.
pub fn have_tools() -> bool {
    let missing = sim::tools().into_iter().filter(|tool| tool.version.is_none());
    needs::nothing_missing(&missing.map(|tool| tool.name.to_string()).collect::<Vec<_>>())
}

fn layer(name: &str, inputs: usize, outputs: usize, fire_level: i64) -> Layer {
    let weights = (0..inputs * outputs).map(|i| (i as i32 * 37 + 11) % 17 - 5).collect();
    Layer {
        name: name.into(),
        neuron_name: format!("{name}_if"),
        input: MapShape::vector(inputs),
        pool: Pool::none(MapShape::vector(inputs)),
        synapses: Synapses::Dense(Dense {
            inputs,
            outputs,
            weights,
        }),
        output: MapShape::vector(outputs),
        neuron: Neuron {
            output: Output::Spike,
            leak: Leak::None,
            leak_mode: LeakMode::Step,
            reset: Reset::Subtract(Param::Layer(fire_level - 1)),
            order: ResetOrder::ResetThenLeak,
            fire_level: Param::Layer(fire_level),
            bias: Param::Layer(0),
            max_spikes: 1,
            initial: Param::Layer(0),
            membrane: Membrane {
                bits: 12,
                lo: -2000,
                hi: 2000,
            },
        },
        weight_bits: 8,
        fraction_bits: 0,
        scale: 1.0,
    }
}

/// The network that the fixture computes.
pub fn network() -> Network {
    Network {
        name: "fixture".into(),
        inputs: net::InputNode::only(MapShape::vector(6)),
        multiplicity: 2,
        sources: net::wiring::chain(2),
        outputs: net::OutputNode::only(1),
        layers: vec![layer("hidden", 6, 5, 20), layer("readout", 5, 3, 30)],
    }
}

pub fn plan(net: &Network) -> Plan {
    let mut options = PlanOptions::default();
    for layer in &net.layers {
        options.lanes.insert(layer.name.clone(), 2);
    }
    rtl::plan::plan(net, &options).unwrap()
}

fn weight_file(layer: &Layer) -> String {
    let Synapses::Dense(dense) = &layer.synapses else {
        panic!("dense")
    };
    let groups = dense.outputs.div_ceil(2);
    let byte = |o: usize, i: usize| match o < dense.outputs {
        true => dense.weights[o * dense.inputs + i] as u8,
        false => 0,
    };
    let mut text = String::new();
    for i in 0..dense.inputs {
        for group in 0..groups {
            text.push_str(&format!("{:02x}{:02x}\n", byte(2 * group + 1, i), byte(2 * group, i)));
        }
    }
    text
}

fn signal(instances: &[&str], module: &str, variable: &str, width: u32) -> ProbeSignal {
    let instances = instances.iter().map(|name| name.to_string()).collect();
    ProbeSignal {
        instances,
        module: module.into(),
        variable: variable.into(),
        width,
    }
}

fn link(core: &str, side: &str, name: &str, shape: MapShape) -> LinkProbe {
    let format = LinkFormat::spikes(shape);
    let part = |part: &str, width| signal(&[core], "fixture_core", &format!("{side}_{part}"), width);
    LinkProbe {
        name: name.into(),
        valid: part("valid", 1),
        ready: part("ready", 1),
        data: part("data", format.width()),
        format,
    }
}

fn core(index: usize, layer: &Layer) -> CoreProbe {
    let core = format!("core_{index}");
    let groups = layer.output.c.div_ceil(2);
    let bank = |name: &str, width| signal(&[&core, "bank_0"], "fixture_bank", name, width);
    let own = |name: &str| signal(&[&core], "fixture_core", name, 1);
    CoreProbe {
        layer: index,
        input: link(&core, "in", &format!("-> {}", layer.name), layer.input),
        output: link(&core, "out", &format!("{} ->", layer.name), layer.output),
        states: StateProbe::Banks(vec![BankProbe {
            write_enable: bank("write_enable", 1),
            write_address: bank("write_address", rtl::link::index_bits(groups)),
            write_data: bank("write_data", 24),
            fire_write: own("fire_write"),
            clear_write: own("clear_write"),
            memory: bank("memory", 24),
        }]),
    }
}

/// A design with the only `from` of one file replaced.
pub fn edited(design: &Design, path: &str, from: &str, to: &str) -> Design {
    let mut design = design.clone();
    needs::fault::edit_one(texts(&mut design.files), path, from, to);
    design
}

fn texts(files: &mut [EmittedFile]) -> impl Iterator<Item = (&str, &mut String)> {
    files.iter_mut().map(|file| (file.path.as_str(), &mut file.text))
}

/// The design, with `(from, to)` replaced once in its Verilog.
pub fn design(net: &Network, change: Option<(&str, &str)>) -> Design {
    let mut files: Vec<_> = [("fixture", TOP), ("fixture_core", CORE), ("fixture_bank", BANK)]
        .map(|(name, text)| EmittedFile {
            path: format!("rtl/{name}.v"),
            text: text.into(),
        })
        .into();
    if let Some((from, to)) = change {
        let path = files.iter().find(|file| file.text.contains(from)).unwrap_or_else(|| panic!("{from:?} is not in the fixture")).path.clone();
        assert_eq!(files.iter().filter(|file| file.text.contains(from)).count(), 1, "{from:?} must stand in one file");
        needs::fault::edit_one(texts(&mut files), &path, from, to);
    }
    for (index, layer) in net.layers.iter().enumerate() {
        files.push(EmittedFile {
            path: format!("mem/fixture_{index}.hex"),
            text: weight_file(layer),
        });
    }
    let cores = net
        .layers
        .iter()
        .enumerate()
        .map(|(index, layer)| core(index, layer))
        .collect();
    Design {
        top: "fixture".into(),
        files,
        inputs: vec!["s_axis".into()],
        outputs: vec!["m_axis".into()],
        cores,
        entries: vec![],
        aer: vec![],
        guards: vec![],
        chips: vec![],
        edges: Vec::new(),
        fabric: None,
        inside: Vec::new(),
    }
}

/// Samples with empty steps, full steps and repeated addresses.
pub fn samples(count: usize, steps: usize) -> Vec<Spikes> {
    let event = |sample: usize, step: usize, i: usize| (sample * 7 + step * 5 + i * i) % 6;
    let mut samples = Vec::new();
    for sample in 0..count {
        let mut spikes: Spikes = Vec::new();
        for step in 0..steps {
            spikes.push(match step % 4 {
                2 => Vec::new(),
                3 => (0..6).chain(0..6).collect(),
                _ => (0..4).map(|i| event(sample, step, i) as u32).collect(),
            });
            // At most two of each.
            let last = spikes.len() - 1;
            let mut seen = [0; 6];
            spikes[last].retain(|&n| {
                seen[n as usize] += 1;
                seen[n as usize] <= 2
            });
        }
        samples.push(spikes);
    }
    samples
}

/// Runs the fixture, changed or not.
pub fn run(change: Option<(&str, &str)>, options: &LockstepOptions) -> LockstepReport {
    let net = network();
    sim::lockstep(&design(&net, change), &plan(&net), &net, &samples(3, 9), options).unwrap()
}

/// Emits `net` with the planner's choices and runs it.
pub fn run_emitted(net: &Network, options: &PlanOptions, samples: &[Spikes], how: &LockstepOptions) -> LockstepReport {
    let plan = rtl::plan::plan(net, options).unwrap();
    let design = rtl::emit(&plan);
    sim::lockstep(&design, &plan, net, samples, how).unwrap()
}
