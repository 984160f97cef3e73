//! One chip of a row is reset while its neighbours run: docs/chips.md, "When one chip is reset". What it says to do is done here, at random moments,
//! and what is sent from then on agrees with golden.

mod common;

use std::iter::Peekable;

use common::chip::{stream, Output};
use common::hardware::{quick_build, Hardware, SIMULATION};
use common::have;
use golden::Engine;
use net::random::{Limits, Random};
use net::{cut, Network, Spikes};
use rayon::prelude::*;
use rtl::edge::Edges;
use hdl::blocks::Stages;
use rtl::Resets;
use rtl::plan::ChipOptions;
use rtl::{Design, EmittedFile, PlanOptions, Word};
use sim::{Drive, Instance};

/// Rounds in a run, and shares of the simulation's cycles of the first chip and of all others.
const ROUNDS: usize = 24;
const CLOCKS: [(f64, f64); 3] = [(0.93, 0.21), (0.19, 0.97), (0.61, 0.59)];

/// What is done about the chips behind a reset.
#[derive(Clone, Copy, PartialEq)]
enum Remedy {
    /// What the document says.
    Flush,
    Nothing,
}

/// Chips that spike, cut behind as many layers as can be.
fn on_chips(seed: u64, edges: Edges) -> Option<Hardware> {
    let limits = Limits { layers: 3, size: 5, kernel: 3, ..Limits::default() };
    let net: Network = if seed % 3 == 0 { net::random::graph(seed, &limits) } else { net::random::network(seed, &limits) };
    let cuts: Vec<String> = (1..net.layers.len()).filter(|at| cut::forbids(&net, *at).is_none()).map(|at| net.layers[at].name.clone()).collect();
    let spikes = net.layers.iter().all(|layer| layer.neuron.output == net::Output::Spike);
    let chips = (spikes && !cuts.is_empty()).then(|| ChipOptions { count: cuts.len() + 1, cuts, sent: vec![] })?;
    let options = PlanOptions { chips: Some(chips), edges, ..PlanOptions::default() };
    rtl::plan::plan(&net, &options).ok()?;
    let hardware = Hardware::new(net, &options);
    let lively = spikes_out(&hardware, &sample(&hardware, 0)) > 20;
    lively.then_some(hardware)
}

fn sample(hardware: &Hardware, seed: u64) -> Spikes {
    net::random::spikes(&hardware.net, seed, 4, 0.4)
}

/// Words that leave, as golden has them: those of each step sorted, then its TICK.
fn expected(hardware: &Hardware, sample: &Spikes) -> Vec<u64> {
    let (leaving, format) = (hardware.net.leaving(0), hardware.plan.outputs[0].format);
    let trace = Engine::new(&hardware.net).trace(sample);
    let mut words = Vec::new();
    for (step, spikes) in trace.leaving(&leaving).spikes.iter().enumerate() {
        let mut step_words: Vec<u64> = spikes.iter().map(|&index| format.encode_stream(Word::spike(leaving.shape.coordinate(index as usize)))).collect();
        step_words.sort_unstable();
        words.extend(step_words);
        words.push(format.encode_stream(Word::tick(step + 1 == sample.len())));
    }
    words
}

fn spikes_out(hardware: &Hardware, sample: &Spikes) -> usize {
    expected(hardware, sample).len() - sample.len()
}

/// Sorted between TICKs, whose kind bits are not 0.
fn by_step(hardware: &Hardware, mut words: Vec<u64>) -> Vec<u64> {
    let top = hardware.plan.outputs[0].format.stream_bits() - 2;
    words.split_inclusive_mut(|word| *word >> top != 0).for_each(|step| {
        let spikes = step.len() - usize::from(step.last().is_some_and(|word| *word >> top != 0));
        step[..spikes].sort_unstable();
    });
    words
}

/// A board whose chips are reset one by one, clocked by hand.
struct Board {
    model: Instance,
    held: Drive,
    /// What has left.
    came: Vec<u64>,
}

impl Board {
    /// The board as lockstep has it, with an input that holds chips in reset.
    fn new(hardware: &Hardware, clocks: (f64, f64)) -> Board {
        let (plan, chips) = (&hardware.plan, hardware.plan.chips.len());
        let mut text = sim::bench(plan).expect("a board").replace("  input  wire        aclk,", &format!("  input  wire [{}:0] held,\n  input  wire        aclk,", chips - 1));
        for chip in 0..chips {
            let (from, _) = text.split_once(&format!(".aresetn(up_{chip}[")).expect("the chip's reset");
            let at = from.len() + text[from.len()..].find("])").expect("its end") + 1;
            text.insert_str(at, &format!(" && !held[{chip}]"));
        }
        let mut design = Design { top: sim::bench_name(plan), cores: vec![], entries: vec![], edges: vec![], aer: vec![], chips: vec![], ..hardware.design.clone() };
        design.files.push(EmittedFile { path: format!("rtl/{}.v", design.top), text });
        let model = sim::build(&design, &quick_build()).unwrap().instance().unwrap();
        for chip in 0..chips {
            let share = if chip == 0 { clocks.0 } else { clocks.1 };
            model.drive(&format!("clock_step_{chip}")).unwrap().set((share * f64::from(u32::MAX)) as u64 | 1);
        }
        let held = model.drive("held").unwrap();
        let mut board = Board { model, held, came: vec![] };
        board.model.ports().aresetn.set(0);
        board.run(&mut [].iter().copied().peekable(), 100);
        board.model.ports().aresetn.set(1);
        board
    }

    /// So many cycles, in which words are offered; cycles since the last word moved.
    fn run(&mut self, words: &mut Peekable<impl Iterator<Item = Output>>, cycles: usize) -> usize {
        let ports = self.model.ports().clone();
        let mut still = 0;
        for _ in 0..cycles {
            let offered = words.peek().copied();
            ports.inputs[0].tvalid.set(u64::from(offered.is_some()));
            if let Some((word, last)) = offered {
                ports.inputs[0].tdata.set(word);
                ports.inputs[0].tlast.set(u64::from(last));
            }
            ports.outputs[0].tready.set(1);
            ports.aclk.set(0);
            self.model.eval();
            let (taken, left) = (offered.is_some() && ports.inputs[0].tready.is_set(), ports.outputs[0].tvalid.is_set());
            if taken {
                words.next();
            }
            if left {
                self.came.push(ports.outputs[0].tdata.get());
            }
            still = if taken || left { 0 } else { still + 1 };
            ports.aclk.set(1);
            self.model.eval();
        }
        still
    }

    /// All of the words, and what they bring, until nothing has moved for longer than a sample takes: what has left since the last time.
    fn quiet(&mut self, words: &mut Peekable<impl Iterator<Item = Output>>) -> Vec<u64> {
        let chunk = 2500;
        let mut rounds = 0;
        while self.run(words, chunk) < chunk || words.peek().is_some() {
            rounds += 1;
            assert!(rounds < 200, "the board hangs");
        }
        std::mem::take(&mut self.came)
    }
}

/// Resets one chip after the other, each in the middle of a sample; rounds behind which the next sample is not what golden says.
fn wrong_rounds(hardware: &Hardware, seed: u64, clocks: (f64, f64), remedy: Remedy) -> Vec<usize> {
    let (plan, chips) = (&hardware.plan, hardware.plan.chips.len());
    let random = &mut Random::new(seed);
    let mut board = Board::new(hardware, clocks);
    // The slowest clock sees the reset in all its synchronisers' flip-flops, and the chip for four cycles of its own.
    let slowest = clocks.0.min(clocks.1);
    let hold = (f64::from((plan.edges.stages.0 + 2).max(4)) / slowest).ceil() as usize + 1;
    let words = |sample: &Spikes| stream(hardware, sample, &mut Vec::new).into_iter().peekable();
    let mut is_wrong = |round: usize| {
        let (broken, next) = (sample(hardware, seed * 1000 + 2 * round as u64), sample(hardware, seed * 1000 + 2 * round as u64 + 1));
        let (mut rest, mut next_words) = (words(&broken), words(&next));
        board.run(&mut rest, random.size(1, broken.iter().map(|step| step.len() + 1).sum::<usize>() * 16));
        board.held.set(1 << (round % chips));
        board.run(&mut rest, hold);
        board.held.set(0);
        if remedy == Remedy::Flush {
            let flush = [(plan.input_format().encode_stream(Word::tick(true)), true)];
            board.quiet(&mut rest.by_ref().chain(flush).peekable());
        } else {
            board.quiet(&mut rest);
        }
        by_step(hardware, board.quiet(&mut next_words)) != expected(hardware, &next)
    };
    (0..ROUNDS).filter(|round| is_wrong(*round)).collect()
}

#[test]
fn a_row_recovers_from_a_reset_of_one_chip() {
    if !have(SIMULATION) {
        return;
    }
    let found: Vec<(u64, Hardware)> = (0..60)
        .filter_map(|seed| {
            let resets = if seed % 2 == 0 { Resets::Synchronous } else { Resets::Asynchronous };
            let edges = Edges { resets, stages: Stages(2 + (seed % 3 == 0) as u32), ..Edges::default() };
            Some((seed, on_chips(seed, edges)?))
        })
        .take(CLOCKS.len())
        .collect();
    assert!(found.iter().any(|(_, hardware)| hardware.plan.chips.len() > 2) && found.iter().any(|(seed, _)| seed % 2 == 0) && found.iter().any(|(seed, _)| seed % 2 == 1));
    let outcomes: Vec<(Vec<usize>, usize)> = found
        .par_iter()
        .zip(&CLOCKS)
        .map(|((seed, hardware), clocks)| {
            let wrong = |remedy| wrong_rounds(hardware, *seed, *clocks, remedy);
            (wrong(Remedy::Flush), wrong(Remedy::Nothing).len())
        })
        .collect();
    let wrong: Vec<_> = found.iter().zip(&outcomes).filter(|(_, (wrong, _))| !wrong.is_empty()).map(|((seed, _), (wrong, _))| (seed, wrong)).collect();
    assert!(wrong.is_empty(), "networks and rounds: {wrong:?}");
    // Without it samples are wrong: the resets fall where it matters.
    let needed: usize = outcomes.iter().map(|(_, needed)| needed).sum();
    assert!(needed > 5, "only {needed} samples of {} are wrong if nothing is done", found.len() * ROUNDS);
}
