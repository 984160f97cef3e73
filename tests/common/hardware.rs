//! Networks, emitted designs and lockstep runs for the tests of the hardware.

use std::ops::Range;

use net::options::CoreKind;
use net::random::Random;
use net::{
    Conv2d, Dense, Layer, Leak, LeakMode, MapShape, Membrane, Network, Neuron, Output, Param, Pool, Reset, ResetOrder, Rounding,
    SharedWeights, Spikes, Synapses,
};
use needs::fault;
use rayon::prelude::*;
use rtl::plan::{axis, Plan, Readout};
use rtl::{Design, PlanOptions};
use sim::{BuildOptions, LockstepOptions, LockstepReport};

use super::have;
use super::shrink::{self, Case};

/// The programs that lockstep needs.
pub const SIMULATION: &[&str] = &["verilator", "g++"];

/// A network with what was planned and emitted for it.
pub struct Hardware {
    pub net: Network,
    pub plan: Plan,
    pub design: Design,
    /// What was asked of the planner; none where the plan was changed by hand.
    options: Option<PlanOptions>,
}

impl Hardware {
    /// Panics where the planner refuses: the tests' own networks are legal.
    pub fn new(net: Network, options: &PlanOptions) -> Hardware {
        let plan = rtl::plan::plan(&net, options).unwrap_or_else(|problems| panic!("{}: {problems}", net.name));
        Hardware { options: Some(options.clone()), ..Hardware::planned(net, plan) }
    }

    /// A plan as it is.
    pub fn planned(net: Network, plan: rtl::Plan) -> Hardware {
        let design = rtl::emit(&plan);
        Hardware { net, plan, design, options: None }
    }

    pub fn lockstep(&self, samples: &[Spikes], stall: f64, seed: u64) -> LockstepReport {
        self.lockstep_of(&self.design, samples, stall, seed)
    }

    /// Lockstep of a changed design.
    pub fn lockstep_of(&self, design: &Design, samples: &[Spikes], stall: f64, seed: u64) -> LockstepReport {
        // A tenth of all networks wakes up with random bits, as silicon does.
        let power_up = (seed % 10 == 7).then_some(seed);
        let options = LockstepOptions {
            stall,
            seed,
            build: BuildOptions { power_up, ..quick_build() },
            ..LockstepOptions::default()
        };
        let report = sim::lockstep(design, &self.plan, &self.net, samples, &options);
        let report = report.unwrap_or_else(|error| panic!("{}: {error}", self.net.name));
        assert!(report.mismatches > 0 || report.passed(), "{}: nothing was compared", self.net.name);
        report
    }

    /// Cycles of each sample as the plan's formulas have them: without stalls, from an idle chain.
    pub fn predicted_cycles(&self, samples: &[Spikes]) -> Vec<u64> {
        let engine = golden::Engine::new(&self.net);
        let of_sample = |sample: &Spikes| {
            let trace = engine.trace(sample);
            let spikes: Vec<&[Vec<u32>]> = trace.layers.iter().map(|layer| layer.spikes.as_slice()).collect();
            rtl::timing::predict(&self.plan, sample, &spikes).0
        };
        samples.iter().map(of_sample).collect()
    }

    /// Lockstep of network `seed` without stalls and with, and what is wrong with them; the first in the predicted cycles. Where something is,
    /// the smallest network and samples in which it still is.
    pub fn agreement(&self, samples: &[Spikes], stall: f64, seed: u64) -> Agreement {
        let Some(options) = &self.options else { return self.agreement_of(samples, stall, seed) };
        let of_case = |case: &Case| Some(shrink::planned(&case.net, options)?.agreement_of(&case.samples, stall, seed));
        let case = Case { net: self.net.clone(), samples: samples.to_vec() };
        if let Some(found) = shrink::again(&case).and_then(|case| of_case(&case)) {
            return found;
        }
        let mut found = self.agreement_of(samples, stall, seed);
        if !found.failed.is_empty() {
            found.failed.push(shrink::report(case, seed, |case| of_case(case)?.failed.into_iter().next()));
        }
        found
    }

    fn agreement_of(&self, samples: &[Spikes], stall: f64, seed: u64) -> Agreement {
        let (still, stalled) = (self.lockstep(samples, 0.0, seed), self.lockstep(samples, stall, seed));
        let mut failed: Vec<String> = [&still, &stalled].into_iter().filter_map(|report| mismatch(report, seed)).collect();
        let (predicted, measured) = (self.predicted_cycles(samples), &still.cycles_per_sample);
        if &predicted != measured {
            failed.push(format!("network {seed}: predicted {predicted:?} cycles, measured {measured:?}"));
        }
        if still.output_counts != stalled.output_counts {
            failed.push(format!("network {seed}: stalls change what leaves the chip"));
        }
        Agreement { failed, still, stalled }
    }

    /// Each of the `faults` (file, text, other text) is a mismatch in one of three runs: some show in some orders of writes only.
    pub fn assert_found(&self, faults: &[(&str, &str, &str)], samples: &[Spikes]) {
        let missed: Vec<String> = faults
            .par_iter()
            .filter_map(|(file, text, fault)| {
                let design = self.edited(file, text, fault);
                let found = (1..4).any(|seed| mismatch(&self.lockstep_of(&design, samples, 0.3, seed), seed).is_some());
                (!found).then(|| format!("{file}: {text} -> {fault}"))
            })
            .collect();
        assert!(!faults.is_empty() && missed.is_empty(), "{}", missed.join("\n"));
    }

    /// The design with `from` replaced by `to` in one emitted file; `from` must stand there exactly once.
    pub fn edited(&self, path: &str, from: &str, to: &str) -> Design {
        edited(&self.design, path, from, to)
    }
}

/// The file of the module that a block called `name` (without the network's name) has: of that name, or the one whose header says that it
/// serves this block among others.
pub fn file_of(design: &Design, name: &str) -> String {
    let serves = |text: &str| {
        let header: String = text.lines().take_while(|line| line.starts_with("//")).map(|line| &line[2..]).collect();
        let list = header.split_once("Serves:").map_or("", |(_, list)| list);
        list.split([',', ' ']).any(|block| block == name)
    };
    let own = format!("rtl/{}_{name}.v", design.top);
    let found = design.files.iter().find(|file| file.path == own).or_else(|| design.files.iter().find(|file| serves(&file.text)));
    found.unwrap_or_else(|| panic!("no module of {name}")).path.clone()
}

/// The design with `from` replaced by `to` in one emitted file (that of the module that serves the block, see [`file_of`]); `from` must
/// stand there exactly once.
pub fn edited(design: &Design, path: &str, from: &str, to: &str) -> Design {
    let block = path.strip_prefix(&format!("rtl/{}_", design.top)).and_then(|name| name.strip_suffix(".v"));
    let path = &block.map_or(path.to_string(), |block| file_of(design, block));
    let mut design = design.clone();
    fault::edit_one(design.files.iter_mut().map(|file| (file.path.as_str(), &mut file.text)), path, from, to);
    design
}

/// What [`Hardware::agreement`] found.
pub struct Agreement {
    /// Empty if all is well.
    pub failed: Vec<String>,
    pub still: LockstepReport,
    pub stalled: LockstepReport,
}

/// The first mismatch of a run, if there is one.
pub fn mismatch(report: &LockstepReport, seed: u64) -> Option<String> {
    report.first.as_ref().map(|first| format!("network {seed}, stall {}: {first}", report.stall))
}

/// Models of small designs run for milliseconds: compiling is all that counts.
pub fn quick_build() -> BuildOptions {
    BuildOptions {
        optimise: vec!["-O0".into()],
        ..BuildOptions::default()
    }
}

/// Random lanes, banks and readout that `net` allows.
pub fn random_options(net: &Network, seed: u64) -> PlanOptions {
    let random = &mut Random::new(seed);
    let mut options = PlanOptions::default();
    for layer in &net.layers {
        let (rows, columns) = axis::axis_shapes(layer);
        if layer.neuron.output == Output::Spike && random.chance(60) {
            let banks = (
                random.size(1, rows.most_banks().min(5)),
                random.size(1, columns.most_banks().min(5)),
            );
            options.banks.insert(layer.name.clone(), banks);
        }
        if random.chance(70) {
            let lanes = random.size(1, layer.output.c.min(12));
            options.lanes.insert(layer.name.clone(), lanes);
        }
    }
    let last = &net.layers[net.layers.len() - 1];
    if last.output.h * last.output.w == 1 && random.chance(60) {
        options.readout = match last.neuron.output {
            Output::Value => Readout::Membrane,
            Output::Spike => Readout::Count,
        };
    }
    options
}

/// Conv 3x3 with a shift leak, then SumPool 2 and a dense layer with a leak that needs a multiplier; 2x7x6 events in,
/// 5 neurons out. Membranes have `spare_bits` more than the least legal width.
pub fn small_net(spare_bits: u32) -> Network {
    let random = &mut Random::new(9);
    let input = MapShape::new(2, 7, 6);
    let map = MapShape::new(4, 7, 6);
    let pooled = MapShape::new(4, 3, 3);
    let conv = Conv2d {
        in_channels: 2,
        out_channels: 4,
        groups: 1,
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        padding: (1, 1),
        weights: weights(random, 4 * 2 * 9, 8),
    };
    let dense = Dense {
        inputs: pooled.len(),
        outputs: 5,
        weights: weights(random, 5 * pooled.len(), 8),
    };
    let pool = Pool {
        kernel: (2, 2),
        stride: (2, 2),
        padding: (0, 0),
        output: pooled,
    };
    let mut conv = layer("conv", input, Pool::none(input), Synapses::Conv2d(conv), map);
    conv.neuron.leak = Leak::Decay {
        a: Param::Layer(1),
        m: 2,
        rounding: Rounding::Floor,
    };
    conv.neuron.reset = Reset::Subtract(Param::Layer(19));
    conv.neuron.fire_level = Param::Layer(20);
    let mut dense = layer("dense", map, pool, Synapses::Dense(dense), MapShape::vector(5));
    dense.neuron.leak = Leak::Decay {
        a: Param::Layer(5),
        m: 4,
        rounding: Rounding::TowardZero,
    };
    dense.neuron.reset = Reset::Subtract(Param::Layer(40));
    dense.neuron.fire_level = Param::Layer(40);
    dense.neuron.bias = Param::Layer(1);
    chain("tiny", input, 2, vec![conv, dense], spare_bits)
}

/// Conv 3x3 without leak from `inputs` to `outputs` channels of 7x6, then a dense layer of 5 that is slow, so that words queue up.
pub fn channels_net(inputs: usize, outputs: usize) -> Network {
    let random = &mut Random::new(9);
    let (input, map) = (MapShape::new(inputs, 7, 6), MapShape::new(outputs, 7, 6));
    let conv = Conv2d {
        in_channels: inputs,
        out_channels: outputs,
        groups: 1,
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        padding: (1, 1),
        weights: weights(random, outputs * inputs * 9, 4),
    };
    let dense = Dense {
        inputs: map.len(),
        outputs: 5,
        weights: weights(random, 5 * map.len(), 4),
    };
    let mut conv = layer("conv", input, Pool::none(input), Synapses::Conv2d(conv), map);
    let mut dense = layer("dense", map, Pool::none(map), Synapses::Dense(dense), MapShape::vector(5));
    for layer in [&mut conv, &mut dense] {
        layer.neuron.reset = Reset::Subtract(Param::Layer(9));
        layer.neuron.fire_level = Param::Layer(10);
    }
    chain("channels", input, 1, vec![conv, dense], 1)
}

/// One dense layer whose membranes fill a block RAM: 20 addresses, 160 neurons.
pub fn dense_net() -> Network {
    let random = &mut Random::new(9);
    let input = MapShape::vector(20);
    let dense = Dense {
        inputs: 20,
        outputs: 160,
        weights: weights(random, 20 * 160, 7),
    };
    let mut layer = layer(
        "dense",
        input,
        Pool::none(input),
        Synapses::Dense(dense),
        MapShape::vector(160),
    );
    layer.neuron.leak = Leak::Decay {
        a: Param::Layer(1),
        m: 3,
        rounding: Rounding::Floor,
    };
    layer.neuron.reset = Reset::Subtract(Param::Layer(12));
    layer.neuron.fire_level = Param::Layer(13);
    chain("one_core", input, 1, vec![layer], 2)
}

/// 24 inputs, 20 neurons on a table core of 5 banks and one adder; two neighbours in the order of inputs share their only
/// neuron, some have no row, the last hear all.
pub fn table_net() -> Hardware {
    let random = &mut Random::new(5);
    let (inputs, outputs) = (24, 20);
    let mut weights = vec![0; inputs * outputs];
    for input in 0..inputs {
        for output in 0..outputs {
            let heard = match input {
                0..8 => output == input / 2,
                8..12 => false,
                12..20 => (output + input) % 7 == 0,
                _ => true,
            };
            if heard {
                weights[output * inputs + input] = random.range(1, 15) as i32 * if random.chance(40) { -1 } else { 1 };
            }
        }
    }
    let input = MapShape::vector(inputs);
    let synapses = Synapses::Dense(Dense { inputs, outputs, weights: weights.into() });
    let mut layer = layer("graph", input, Pool::none(input), synapses, MapShape::vector(outputs));
    layer.neuron.leak = Leak::Decay {
        a: Param::Layer(1),
        m: 3,
        rounding: Rounding::Floor,
    };
    layer.neuron.reset = Reset::Subtract(Param::Layer(9));
    layer.neuron.fire_level = Param::Layer(10);
    let options = PlanOptions {
        machines: [("graph".to_string(), CoreKind::Table)].into(),
        banks: [("graph".to_string(), (1, 5))].into(),
        lanes: [("graph".to_string(), 1)].into(),
        queues: [("graph".to_string(), 6)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(chain("listed", input, 2, vec![layer], 1), &options)
}

/// 700 neurons that all spike in every step, whatever comes in: more words of spikes than a core's queue holds.
pub fn crowd_net() -> Network {
    let input = MapShape::vector(2);
    let dense = Dense {
        inputs: 2,
        outputs: 700,
        weights: vec![1; 2 * 700].into(),
    };
    let (pool, output) = (Pool::none(input), MapShape::vector(700));
    let mut layer = layer("crowd", input, pool, Synapses::Dense(dense), output);
    layer.neuron.bias = Param::Layer(3);
    layer.neuron.reset = Reset::Subtract(Param::Layer(3));
    layer.neuron.fire_level = Param::Layer(3);
    chain("crowd", input, 1, vec![layer], 2)
}

/// A network of `layers` whose membranes are `spare_bits` wider than the bound takes.
pub fn chain(name: &str, input: MapShape, multiplicity: u32, layers: Vec<Layer>, spare_bits: u32) -> Network {
    let mut net = Network {
        name: name.into(),
        inputs: net::InputNode::only(input),
        multiplicity,
        sources: net::wiring::chain(layers.len()),
        outputs: net::OutputNode::only(layers.len() - 1),
        layers,
    };
    fit_membranes(&mut net, spare_bits);
    net
}

/// Gives all layers membranes that are `spare_bits` wider than the bound takes.
pub fn fit_membranes(net: &mut Network, spare_bits: u32) {
    for index in 0..net.layers.len() {
        let sums = net::bound::layer_sums(net, index);
        let targets = net::bound::targets(&net.layers[index]);
        let least = net::bound::least_bits(sums, targets).expect("a legal width");
        let membrane = net::bound::membrane(least + spare_bits, sums, None);
        net.layers[index].neuron.membrane = membrane.expect("a wider one is legal too");
    }
}

/// A layer of IF neurons that never fire; the caller sets what it wants.
pub fn layer(name: &str, input: MapShape, pool: Pool, synapses: Synapses, output: MapShape) -> Layer {
    Layer {
        name: name.into(),
        neuron_name: format!("{name}_neurons"),
        input,
        pool,
        synapses,
        output,
        neuron: Neuron {
            output: Output::Spike,
            leak: Leak::None,
            leak_mode: LeakMode::Step,
            reset: Reset::None,
            order: ResetOrder::ResetThenLeak,
            fire_level: Param::Layer(1),
            bias: Param::Layer(0),
            max_spikes: 1,
            initial: Param::Layer(0),
            membrane: Membrane { bits: 16, lo: 0, hi: 0 },
        },
        weight_bits: 5,
        fraction_bits: 0,
        scale: 1.0,
    }
}

/// Random weights in `-limit ..= limit`.
pub fn weights(random: &mut Random, count: usize, limit: i64) -> SharedWeights {
    (0..count).map(|_| random.range(-limit, limit) as i32).collect()
}

/// One random network per seed: what `outcome` says of each (`None`: the planner refuses it), and how many seeds there were. Nothing
/// may have `failed` in any. `None` where tools are missing, and where fewer seeds than the `usual` ones were asked for: they need not cover
/// what the usual ones do.
pub fn random_networks<T: Send>(
    usual: Range<u64>,
    outcome: impl Fn(u64) -> Option<T> + Send + Sync,
    failed: impl Fn(&T) -> &[String],
) -> Option<(u64, Vec<T>)> {
    if !have(SIMULATION) {
        return None;
    }
    let least = usual.end - usual.start;
    let seeds = needs::seeds(usual);
    let count = seeds.end - seeds.start;
    let outcomes: Vec<T> = seeds.into_par_iter().filter_map(outcome).collect();
    let failed: Vec<&String> = outcomes.iter().flat_map(failed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(!outcomes.is_empty(), "the planner refuses all of {count} networks");
    (count >= least).then_some((count, outcomes))
}

/// Five samples, from silence to every address in every step.
pub fn samples(net: &Network, seed: u64, steps: usize) -> Vec<Spikes> {
    let activities = [0.0, 0.02, 0.1, 0.3, 1.0].iter().enumerate();
    activities
        .map(|(index, &activity)| net::random::spikes(net, seed * 10 + index as u64, steps, activity))
        .collect()
}

/// Silence for several steps, single events, bursts, every address at once; no address twice in a step.
pub fn bursts(net: &Network, seed: u64, steps: usize) -> Spikes {
    let random = &mut Random::new(seed);
    let input = net.input().len();
    let step = |_| {
        let count = match random.range(0, 9) {
            0..=4 => 0,
            5..=7 => 1,
            8 => random.size(2, 6).min(input),
            _ => input,
        };
        let mut all: Vec<u32> = (0..input as u32).collect();
        random.shuffle(&mut all);
        all.truncate(count);
        all
    };
    (0..steps).map(step).collect()
}
