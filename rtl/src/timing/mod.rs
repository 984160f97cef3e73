//! How many cycles a sample takes: the cores' exact formula, and a chain of them with its queues.
//!
//! A core's busy cycles in a step with events `e` are
//! `sum of event_cycles(e) + passes * (words + drain_scan)` ([`step_cycles`]), plus waiting for its links. [`predict`] steps an abstract chain (counts and queues, no data) through time and adds the waiting; its
//! queues have the depths of the emitted ones. Nothing here looks at a simulation.

mod banked;
mod graph;
mod touched;
mod parallel;

use std::collections::VecDeque;

use net::{Output, Spikes};

use crate::plan::pipeline::Pipeline;
use crate::plan::touched::LOOK_UP;
use crate::plan::{CorePlan, Machine, Plan, Readout};

/// Clock cycles. A time step is not a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cycles(pub u64);

/// Cycles in which a core works for one time step: its events (flat indices in the layer's input), then its scan and
/// the pauses around it. Waiting for a link is not counted. With a touched map, `fired` neurons spiked in the step before,
/// long enough ago for the map to know.
pub fn step_cycles(core: &CorePlan, events: &[u32], fired: &[u32]) -> Cycles {
    let integrate: u64 = events.iter().map(|&e| event_cost(core, e)).sum();
    if !core.touched_map {
        // A table core's scan reads what the last event has written.
        let pause = core.table.as_ref().filter(|_| !events.is_empty()).map_or(0, |fold| fold.event_pause());
        return Cycles(integrate + pause + fire_cycles(core, core.words() as f64) as u64);
    }
    let words = crate::plan::touched::visits(core, events, fired, false).len();
    // The look-up, or its part that no pause hides.
    let look_up = match (events.iter().any(|&event| is_heard(core, event)), fired.is_empty()) {
        (true, _) => LOOK_UP + 1,
        (false, false) => LOOK_UP,
        (false, true) => 0,
    };
    Cycles(integrate + look_up + fire_cycles(core, words as f64) as u64)
}

/// Cycles that the end of a time step keeps a core busy whose scan visits `words` words.
pub fn fire_cycles(core: &CorePlan, words: f64) -> f64 {
    match core.machine {
        Machine::Banked | Machine::Table => core.passes() as f64 * (words + Pipeline::of(core).drain_scan(core) as f64),
        Machine::Parallel => crate::plan::parallel::fire_cycles(core) as f64,
    }
}

fn event_cost(core: &CorePlan, event: u32) -> u64 {
    core.event_cycles(core.layer.input.coordinate(event as usize))
}

/// Whether some neuron hears the event.
fn is_heard(core: &CorePlan, event: u32) -> bool {
    let (_, y, x) = core.layer.input.coordinate(event as usize);
    !core.rows.iterations[y].is_empty() && !core.columns.iterations[x].is_empty()
}

/// Whether there is a formula for the plan's cycles: not yet where routers carry the words, and none between chips of unrelated clocks.
pub fn known(plan: &Plan) -> bool {
    plan.fabric.is_none() && plan.chips.is_empty()
}

/// Cycles from the first input word's handshake to that of the last output word, both included, for one sample that
/// meets an idle chain: words are offered without gaps, and taken at once. `input` holds the sample's events per step,
/// `spikes[i][t]` what layer `i` spikes in step `t` (any order; empty for a readout layer). Not for plans with routers: see [`known`].
pub fn predict(plan: &Plan, input: &Spikes, spikes: &[&[Vec<u32>]]) -> Cycles {
    let steps = input.len();
    if steps == 0 {
        return Cycles(0);
    }
    if !plan.is_chain() {
        return graph::predict(plan, input, spikes);
    }
    let mut links = vec![source_words(&plan.cores[0], input)];
    let mut cores = Vec::new();
    let mut sent = 0;
    let mut heard = input.clone();
    for (i, core) in plan.cores.iter().enumerate() {
        let (model, order) = core_model(core, &heard, &spikes[i][..steps]);
        cores.push(model);
        sent = order.iter().map(Vec::len).sum();
        if let Some(next) = plan.cores.get(i + 1) {
            links.push(source_words(next, &order));
        } else if core.layer.neuron.output == Output::Value {
            sent = steps * core.layer.output.len();
        }
        heard = order;
    }
    run(plan, &mut cores, links, sent + steps)
}

/// A core as it answers a clock edge, without data: all handshakes are decided by registers.
trait CoreModel {
    fn in_ready(&self) -> bool;
    fn out_valid(&self) -> bool;
    /// One clock edge: `offered` is a word on the input link (taken if `in_ready`), `out_ready` the output's.
    fn edge(&mut self, now: u64, offered: Option<Word>, out_ready: bool);
}

/// The model of a core that hears `events` and will send `spikes`, and per step its neurons in the order in which it sends them.
fn core_model(core: &CorePlan, events: &[Vec<u32>], spikes: &[Vec<u32>]) -> (Box<dyn CoreModel>, Spikes) {
    match core.machine {
        Machine::Banked | Machine::Table => {
            let sent: Vec<Vec<(u32, u32)>> = spikes.iter().map(|step| banked::send_order(core, step)).collect();
            let order = sent.iter().map(|step| step.iter().map(|(_, neuron)| *neuron).collect()).collect();
            (Box::new(banked::Banked::new(core, events, &sent)), order)
        }
        Machine::Parallel => {
            let sorted = |step: &Vec<u32>| {
                let mut step = step.clone();
                step.sort_unstable();
                step
            };
            let order: Spikes = spikes.iter().map(sorted).collect();
            (Box::new(parallel::Parallel::new(core, &order)), order)
        }
    }
}

/// A word as the timing sees it: a spike with its cycles and whether any neuron hears it, or a TICK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Event(u64, bool),
    Tick,
    TickLast,
}

fn source_words(core: &CorePlan, steps: &[Vec<u32>]) -> VecDeque<Word> {
    let mut words = VecDeque::new();
    for (t, events) in steps.iter().enumerate() {
        words.extend(events.iter().map(|&e| Word::Event(event_cost(core, e), is_heard(core, e))));
        words.push_back(if t + 1 == steps.len() { Word::TickLast } else { Word::Tick });
    }
    words
}

/// The register slice in front of the chip's output.
const OUT_BUFFER: u64 = 1;

/// The readout block: takes words until TICK_LAST, searches, answers with two words.
fn readout_cycles(plan: &Plan) -> u64 {
    match plan.readout {
        Readout::None => 0,
        _ => plan.outputs[0].shape.c as u64 + 2,
    }
}

fn run(plan: &Plan, cores: &mut [Box<dyn CoreModel>], mut links: Vec<VecDeque<Word>>, total_out: usize) -> Cycles {
    let mut seen = 0;
    let mut now = 0u64;
    let n = cores.len();
    while seen < total_out {
        // All handshakes of this cycle are decided by registers; then all registers take their next values.
        let ready: Vec<bool> = (0..n).map(|i| cores.get(i + 1).is_none_or(|core| core.in_ready())).collect();
        let valid: Vec<bool> = cores.iter().map(|core| core.out_valid()).collect();
        seen += usize::from(valid[n - 1]);
        for i in 0..n {
            let offered = if i == 0 || valid[i - 1] { links[i].front().copied() } else { None };
            if offered.is_some() && cores[i].in_ready() {
                links[i].pop_front();
            }
            cores[i].edge(now, offered, ready[i]);
        }
        now += 1;
    }
    Cycles(now + OUT_BUFFER + readout_cycles(plan))
}
