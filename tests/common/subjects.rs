//! The designs that are mutated, each small, with the samples that a mutant of it is judged by.

use net::options::CoreKind;
use net::random::Random;
use net::wiring::{Origin, Place, Source};
use net::{Conv2d, Dense, Layer, Leak, LeakMode, MapShape, Network, Output, Param, Pool, Reset, Rounding, Spikes, Synapses};
use rtl::config::ConfigPort;
use rtl::edge::{Edges, Guard, Port};
use rtl::fabric::StepEnd;
use rtl::plan::{Machine, Readout, Scan};
use rtl::PlanOptions;

use super::bus::with_port;
use super::hardware::{bursts, chain, fit_membranes, layer, samples, small_net, table_net, weights, Hardware};

/// Which design is mutated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// Conv, pool, dense, a leak by shift and one by multiplier, forwarding, several banks, groups and words, a padding
    /// lane, queues so short that they fill up.
    Leaky,
    /// Conv without leak, its scans by a touched map: several banks, groups, rows and columns.
    Touched,
    /// A table core with all forwarding distances, inputs that nobody hears, a short queue and silent steps.
    Table,
    /// Conv with lazy leak and a touched map: several banks, groups and sweeps, operations that meet at every distance.
    Lazy,
    /// Two parallel cores: the first behind a map, with a leak and subtraction, its sender in groups; the second with bias, reset to a
    /// value, thresholds that differ and late weights.
    Parallel,
    /// An LI layer on a map: values of several groups, rows and columns leave.
    Values,
    /// The winner by membrane, and by count.
    Membrane,
    Count,
    /// Forks of three readers, merges of two and four sources, feedback buffers, register slices; every edge is held up.
    Graph,
    /// Registers behind either bus.
    AxiLite,
    Spi,
    /// AER on both sides, steps by a pin.
    Aer,
    /// A stream with steps by a timer, AER at the output.
    Timer,
    /// A guard between streams: it drops what is too much.
    Guard,
}

impl Subject {
    pub const ALL: [Subject; 14] = [
        Subject::Leaky,
        Subject::Touched,
        Subject::Table,
        Subject::Lazy,
        Subject::Parallel,
        Subject::Values,
        Subject::Membrane,
        Subject::Count,
        Subject::Graph,
        Subject::AxiLite,
        Subject::Spi,
        Subject::Aer,
        Subject::Timer,
        Subject::Guard,
    ];

    /// Parts of the names of the files that are mutated; all files if there is none.
    pub fn parts(self) -> &'static [&'static str] {
        match self {
            Subject::Leaky => &[],
            Subject::Touched => &["_touched.v", "_sequencer.v"],
            Subject::Table => &["_adder.v", "_fetch.v", "_quick_tick.v", "_sequencer.v", "_core.v", "_bank.v"],
            Subject::Lazy => &["_make_up.v", "_ages.v", "_bank.v", "_touched.v", "_sequencer.v"],
            Subject::Parallel => &["_first", "_second"],
            Subject::Values => &["_sender"],
            Subject::Membrane | Subject::Count => &["_readout"],
            Subject::Graph => &["_fork_", "_merge", "_feedback_", "_link_buffer"],
            Subject::AxiLite => &["_axi_lite", "_hub", "_station", "_sops"],
            Subject::Spi => &["_spi"],
            Subject::Aer => &["_aer_", "_tick_", "_queue", "_synchroniser", "_word_"],
            Subject::Timer => &["_tick_", "_word_"],
            Subject::Guard => &["_guard"],
        }
    }
}

/// The design, and the samples that it is judged by.
pub fn hardware(subject: Subject) -> Hardware {
    match subject {
        Subject::Leaky => leaky(),
        Subject::Touched => touched(),
        Subject::Table => table_net(),
        Subject::Lazy => lazy(),
        Subject::Parallel => parallel(),
        Subject::Values => values(),
        Subject::Membrane => readout(Readout::Membrane),
        Subject::Count => readout(Readout::Count),
        Subject::Graph => graph(),
        Subject::AxiLite => registers(ConfigPort::AxiLite),
        Subject::Spi => registers(ConfigPort::Spi),
        Subject::Aer => ends(Edges { input: Port::Aer, output: Port::Aer, step_end: Some(StepEnd::Pin), ..Edges::default() }),
        Subject::Timer => ends(Edges { output: Port::Aer, step_end: Some(StepEnd::Timer(40)), ..Edges::default() }),
        Subject::Guard => ends(Edges { guard: Some(Guard { limit: true, multiplicity: 2 }), ..Edges::default() }),
    }
}

pub fn samples_of(subject: Subject, hardware: &Hardware) -> Vec<Spikes> {
    let mut samples = samples(&hardware.net, 1, 6);
    if subject == Subject::Spi {
        samples = samples.split_off(3);
    }
    if subject == Subject::Lazy {
        // From each place between two sweeps a pause longer than the stamps; and from the one where a word grows oldest before
        // it is swept, every pause until then. Then events that come again and again.
        let pair = |first: usize, second: usize| -> Spikes {
            let at = |t: usize| if t == first || t == second { vec![17, 16, 52] } else { vec![] };
            (0..second + 2).map(at).collect()
        };
        samples.extend((0..31).map(|first| pair(first, first + 100)));
        samples.extend((30..64).map(|pause| pair(29, 30 + pause)));
        samples.extend((0..8).map(|seed| net::random::spikes(&hardware.net, seed, 160, [0.004, 0.02][seed as usize % 2])));
    }
    match subject {
        Subject::Leaky | Subject::AxiLite | Subject::Spi => {}
        // Longer than the guard's step tags.
        Subject::Guard => {
            samples.extend([12, 150, 300].map(|steps| repeated(&hardware.net, steps as u64, steps)));
            // One more than the counter can count.
            samples.push(vec![vec![0; 65_538]]);
        }
        // One more than the score can count.
        Subject::Count => samples.push(vec![(0..12).collect(); 32_769]),
        _ => samples.extend((0..12).map(|seed| bursts(&hardware.net, seed, 40))),
    }
    if subject == Subject::Table {
        // A sample that ends while the TICK before its last still waits.
        samples.extend(vec![vec![vec![]; 3]; 12]);
    }
    samples
}

/// Events, each up to three times: more often than the net was built for.
fn repeated(net: &Network, seed: u64, steps: usize) -> Spikes {
    let random = &mut Random::new(seed);
    let mut all = net::random::spikes(net, seed, steps, 0.05);
    for events in &mut all {
        let again: Vec<u32> = events.iter().filter(|_| random.chance(50)).flat_map(|&event| [event, event]).collect();
        events.extend(again);
        random.shuffle(events);
    }
    all
}

/// A dense layer of `inputs` to `outputs`.
fn dense(name: &str, seed: u64, input: MapShape, outputs: usize, limit: i64) -> Layer {
    let weights = weights(&mut Random::new(seed), outputs * input.len(), limit);
    let synapses = Synapses::Dense(Dense { inputs: input.len(), outputs, weights });
    layer(name, input, Pool::none(input), synapses, MapShape::vector(outputs))
}

fn parallel() -> Hardware {
    let input = MapShape::new(2, 4, 3);
    let mut first = dense("first", 3, input, 19, 9);
    first.neuron.leak = Leak::Decay { a: Param::Layer(1), m: 3, rounding: Rounding::Floor };
    (first.neuron.fire_level, first.neuron.reset) = (Param::Layer(17), Reset::Subtract(Param::Layer(16)));
    let mut second = dense("second", 4, MapShape::vector(19), 6, 15);
    second.neuron.bias = Param::Layer(2);
    second.neuron.fire_level = Param::Channel(vec![9, 10, 11, 12, 13, 9]);
    second.neuron.reset = Reset::ToValue(Param::Layer(-3));
    let machines = ["first", "second"].map(|name| (name.to_string(), CoreKind::Parallel)).into();
    let mut net = chain("side", input, 1, vec![first, second], 0);
    // Tight enough that both ends of the clamps are met.
    for layer in &mut net.layers {
        let membrane = &mut layer.neuron.membrane;
        (membrane.lo, membrane.hi) = (membrane.lo.max(-40), membrane.hi.min(50));
    }
    let mut plan = rtl::plan::plan(&net, &PlanOptions { machines, ..PlanOptions::default() }).unwrap();
    assert!(plan.cores.iter().all(|core| core.machine == Machine::Parallel));
    plan.cores[1].late_weights = true;
    Hardware::planned(net, plan)
}

fn values() -> Hardware {
    let input = MapShape::new(2, 5, 4);
    let mut conv = conv3x3(8, input, 3, 6);
    conv.neuron.output = Output::Value;
    conv.neuron.leak = Leak::Decay { a: Param::Layer(3), m: 2, rounding: Rounding::Floor };
    let options = PlanOptions { lanes: [("conv".to_string(), 2)].into(), queues: [("conv".to_string(), 12)].into(), ..PlanOptions::default() };
    Hardware::new(chain("shown", input, 1, vec![conv], 0), &options)
}

fn readout(readout: Readout) -> Hardware {
    let input = MapShape::vector(12);
    let mut last = dense("last", 6, input, 7, 9);
    if let Synapses::Dense(dense) = &mut last.synapses {
        // Neuron 0 wins now and then.
        dense.weights = dense.weights.iter().enumerate().map(|(i, w)| if i < 6 { w.abs() } else if i < 12 { 0 } else { *w }).collect();
    }
    match readout {
        Readout::Membrane => last.neuron.output = Output::Value,
        _ => (last.neuron.fire_level, last.neuron.reset) = (Param::Layer(12), Reset::Subtract(Param::Layer(12))),
    }
    let options = PlanOptions { lanes: [("last".to_string(), 3)].into(), readout, ..PlanOptions::default() };
    Hardware::new(chain("winner", input, 1, vec![last], 0), &options)
}

fn graph() -> Hardware {
    let input = MapShape::vector(12);
    let mut layers = vec![
        dense("near", 11, MapShape::vector(12 + 7), 10, 7),
        dense("beside", 12, MapShape::vector(12 + 7), 8, 7),
        dense("far", 13, MapShape::vector(12 + 10 + 8 + 7), 7, 7),
    ];
    for layer in &mut layers {
        (layer.neuron.fire_level, layer.neuron.reset) = (Param::Layer(9), Reset::Subtract(Param::Layer(9)));
        layer.neuron.leak = Leak::Decay { a: Param::Layer(1), m: 1, rounding: Rounding::TowardZero };
    }
    let source = |from, delay, first| Source { from, delay, place: Place::Channels(first) };
    let mut net = chain("loops", input, 1, layers, 0);
    net.sources = vec![
        vec![source(Origin::Input(0), 0, 0), source(Origin::Layer(2), 1, 12)],
        vec![source(Origin::Input(0), 0, 0), source(Origin::Layer(2), 1, 12)],
        vec![source(Origin::Layer(0), 0, 12), source(Origin::Layer(1), 0, 22), source(Origin::Input(0), 0, 0), source(Origin::Layer(2), 1, 30)],
    ];
    fit_membranes(&mut net, 0);
    // Either of the first two may be the later one, and the last one is hardly slower.
    let lanes = [("near".to_string(), 3), ("beside".to_string(), 2), ("far".to_string(), 2)].into();
    Hardware::new(net, &PlanOptions { lanes, ..PlanOptions::default() })
}

/// Over SPI so many cores that an answer takes longer than half a period of the clock.
fn registers(port: ConfigPort) -> Hardware {
    let input = MapShape::new(1, 3, 4);
    let mut layers = vec![conv3x3(9, input, 3, 8)];
    let more = if port == ConfigPort::Spi { 4 } else { 1 };
    for i in 0..more {
        let before = layers[i].output;
        layers.push(dense(&format!("fc{i}"), 10 + i as u64, before, 5, 8));
    }
    for layer in &mut layers {
        (layer.neuron.fire_level, layer.neuron.reset) = (Param::Layer(9), Reset::Subtract(Param::Layer(9)));
    }
    let lanes = layers.iter().map(|layer| (layer.name.clone(), 2)).collect();
    Hardware::new(chain("counted", input, 1, layers, 0), &with_port(PlanOptions { lanes, ..PlanOptions::default() }, port, false))
}

fn ends(edges: Edges) -> Hardware {
    let map = MapShape::new(2, 3, 4);
    // So slow behind outer ports that their queues fill.
    let (outputs, lanes) = if edges.are_streams() { (5, 5) } else { (24, 1) };
    let mut only = dense("only", 7, map, outputs, 7);
    (only.neuron.fire_level, only.neuron.reset) = (Param::Layer(9), Reset::Subtract(Param::Layer(9)));
    let net = chain("ends", map, 2, vec![only], 0);
    let lanes = [("only".to_string(), lanes)].into();
    Hardware::new(net, &PlanOptions { edges, lanes, ..PlanOptions::default() })
}

/// Conv 3x3 onto a map of the input's size.
fn conv3x3(seed: u64, input: MapShape, channels: usize, limit: i64) -> Layer {
    let conv = Conv2d {
        in_channels: input.c,
        out_channels: channels,
        groups: 1,
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        padding: (1, 1),
        weights: weights(&mut Random::new(seed), channels * input.c * 9, limit),
    };
    layer("conv", input, Pool::none(input), Synapses::Conv2d(conv), MapShape { c: channels, ..input })
}

fn touched() -> Hardware {
    let input = MapShape::new(2, 9, 11);
    let mut conv = conv3x3(5, input, 4, 8);
    // Low enough that one event leaves states that fire for several steps.
    (conv.neuron.fire_level, conv.neuron.reset) = (Param::Layer(3), Reset::Subtract(Param::Layer(3)));
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2)].into(),
        banks: [("conv".to_string(), (2, 3))].into(),
        queues: [("conv".to_string(), 12)].into(),
        scans: [("conv".to_string(), Scan::Touched)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(chain("still", input, 1, vec![conv], 0), &options)
}

fn lazy() -> Hardware {
    let input = MapShape::new(2, 5, 7);
    let mut conv = conv3x3(6, input, 4, 12);
    // A leak of 1/4: 32 steps until nothing is left, stamps of 6 bits.
    conv.neuron.leak = Leak::Decay { a: Param::Layer(1), m: 2, rounding: Rounding::TowardZero };
    conv.neuron.leak_mode = LeakMode::Lazy;
    (conv.neuron.fire_level, conv.neuron.reset) = (Param::Layer(20), Reset::Subtract(Param::Layer(20)));
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2)].into(),
        banks: [("conv".to_string(), (2, 1))].into(),
        queues: [("conv".to_string(), 12)].into(),
        scans: [("conv".to_string(), Scan::Touched)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(chain("lazy", input, 1, vec![conv], 0), &options)
}

fn leaky() -> Hardware {
    let mut net = small_net(0);
    // Tight enough that both ends of both clamps are met.
    for layer in &mut net.layers {
        let membrane = &mut layer.neuron.membrane;
        (membrane.lo, membrane.hi) = (membrane.lo.max(-60), membrane.hi.min(45));
    }
    // Low enough that several neurons of a word spike in one step.
    let dense = &mut net.layers[1].neuron;
    (dense.fire_level, dense.reset) = (Param::Layer(15), Reset::Subtract(Param::Layer(15)));
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2), ("dense".to_string(), 1)].into(),
        banks: [("conv".to_string(), (2, 1))].into(),
        queues: [("conv".to_string(), 12), ("dense".to_string(), 9)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(net, &options)
}

