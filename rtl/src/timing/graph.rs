//! Cycles of a network that is more than a chain: the cores' models with forks, merges and feedback buffers between them.
//!
//! Field for field the registers of `graph/`, without data.

use std::collections::VecDeque;

use net::{Origin, Output, Source, Spikes};

use super::{core_model, event_cost, is_heard, readout_cycles, CoreModel, Cycles, Word, OUT_BUFFER};
use crate::plan::wiring::{Edge, Reader};
use crate::plan::Plan;

/// As [`super::predict`].
pub(super) fn predict(plan: &Plan, input: &Spikes, spikes: &[&[Vec<u32>]]) -> Cycles {
    let steps = input.len();
    let inputs = plan.by_input(input);
    let mut cores = Vec::new();
    // What each source sends, in order, step by step: flat indices.
    let mut sent: Vec<Spikes> = inputs.clone();
    for (i, core) in plan.cores.iter().enumerate() {
        let (model, order) = core_model(core, &heard(plan, i, &inputs, spikes), &spikes[i][..steps]);
        cores.push(model);
        sent.push(order);
    }
    let origins = plan.wiring.origins();
    let place = |origin: Origin| origins.iter().position(|other| *other == origin).unwrap_or(0);
    let edges = plan.wiring.edges.iter().map(|edge| EdgeModel::new(plan, edge, place(edge.from), &sent[place(edge.from)]));
    let leaving = |layer: usize| match plan.cores[layer].layer.neuron.output {
        Output::Value => steps * plan.cores[layer].layer.output.len(),
        Output::Spike => sent[inputs.len() + layer].iter().map(Vec::len).sum(),
    };
    let model = Model {
        total_out: plan.outputs.iter().map(|output| leaving(output.cores.start) + steps).sum(),
        input_words: inputs.iter().map(|input| input.iter().map(|events| events.len() + 1).sum()).collect(),
        edges: edges.collect(),
        readers: origins.iter().map(|origin| plan.wiring.readers(*origin)).collect(),
        into: (0..cores.len()).map(|core| plan.wiring.edges_into(core)).collect(),
        held: vec![None; cores.len()],
        entry: vec![0; inputs.len()],
        output_taken: vec![false; plan.outputs.len()],
        seen: 0,
        sent: vec![0; origins.len()],
        cores,
    };
    Cycles(model.run() + OUT_BUFFER + readout_cycles(plan))
}

/// What core `core` hears in each step, in any order.
fn heard(plan: &Plan, core: usize, inputs: &[Spikes], spikes: &[&[Vec<u32>]]) -> Spikes {
    let mut heard = vec![Vec::new(); inputs[0].len()];
    for edge in plan.wiring.edges_into(core).into_iter().map(|e| &plan.wiring.edges[e]) {
        let source = source_of(edge);
        for (t, heard) in heard.iter_mut().enumerate().skip(usize::from(edge.delayed)) {
            let t = t - usize::from(edge.delayed);
            let sent = match edge.from {
                Origin::Input(k) => &inputs[k][t],
                Origin::Layer(from) => &spikes[from][t],
            };
            let map = plan.cores[core].layer.input;
            heard.extend(sent.iter().filter_map(|&neuron| Some(source.heard(map, neuron as usize)? as u32)));
        }
    }
    heard
}

fn source_of(edge: &Edge) -> Source {
    Source {
        from: edge.from,
        delay: u32::from(edge.delayed),
        place: edge.place.clone(),
    }
}

/// An edge: its words as the core at its end counts them.
struct EdgeModel {
    source: usize,
    words: Vec<Word>,
    /// The reader has the word that the source offers.
    taken: bool,
    late: Option<Late>,
}

impl EdgeModel {
    fn new(plan: &Plan, edge: &Edge, source: usize, sent: &Spikes) -> EdgeModel {
        let core = &plan.cores[edge.to];
        let place = source_of(edge);
        let mut words = Vec::new();
        for (t, events) in sent.iter().enumerate() {
            let heard = events.iter().filter_map(|&event| Some(place.heard(core.layer.input, event as usize)? as u32));
            words.extend(heard.map(|event| Word::Event(event_cost(core, event), is_heard(core, event))));
            words.push(if t + 1 == sent.len() { Word::TickLast } else { Word::Tick });
        }
        EdgeModel {
            source,
            words,
            taken: false,
            late: edge.delayed.then(|| Late::new(edge.buffer)),
        }
    }
}

impl EdgeModel {
    /// The reader has the word already or takes it now; `ready` is that of the merge or core at the end.
    fn has_word(&self, ready: bool) -> bool {
        self.taken || self.late.as_ref().map_or(ready, Late::in_ready)
    }
}

fn is_tick(word: &Word) -> bool {
    !matches!(word, Word::Event(..))
}

/// The registers of a feedback buffer.
struct Late {
    depth: usize,
    front: Option<Word>,
    first_step: bool,
    memory: VecDeque<Word>,
    fetched: bool,
    word: Option<Word>,
}

impl Late {
    fn new(depth: usize) -> Late {
        Late {
            depth,
            front: Some(Word::Tick),
            first_step: true,
            memory: VecDeque::new(),
            fetched: false,
            word: None,
        }
    }

    fn dropped(&self) -> bool {
        self.first_step && self.front.is_some_and(|word| !is_tick(&word))
    }

    fn in_ready(&self) -> bool {
        self.memory.len() < self.depth
    }

    fn offers(&self) -> Option<Word> {
        self.front.filter(|_| !self.dropped())
    }

    /// One clock edge; `offered` is a word of the source, `ends` whether the reader's step ends and its sample with it.
    fn edge(&mut self, offered: Option<Word>, out_ready: bool, ends: Option<bool>) {
        let accepted = offered.filter(|_| self.in_ready());
        let free = self.front.is_none() || self.dropped() || out_ready;
        let empty = self.memory.is_empty() && self.word.is_none();
        if let Some(sample) = ends {
            self.first_step = sample;
        }
        if free {
            self.front = if empty { accepted } else { self.word };
        }
        let pop = self.fetched && (free || self.word.is_none());
        self.fetched = self.memory.len() > usize::from(pop);
        if pop {
            self.word = self.memory.pop_front();
        } else if free {
            self.word = None;
        }
        if !(free && empty) {
            self.memory.extend(accepted);
        }
    }
}

/// The whole net between two clock edges. The first sources are the inputs, those behind them the cores.
struct Model {
    cores: Vec<Box<dyn CoreModel>>,
    edges: Vec<EdgeModel>,
    /// Per source.
    readers: Vec<Vec<Reader>>,
    /// Per core the edges into it.
    into: Vec<Vec<usize>>,
    /// Per core: the edge (counted from its first) whose word was offered and not taken.
    held: Vec<Option<usize>>,
    /// Words in the register slice of each input: 0 to 2.
    entry: Vec<usize>,
    /// Words that each source has handed over.
    sent: Vec<usize>,
    /// Per input.
    input_words: Vec<usize>,
    /// Per output: it has the word that its source offers.
    output_taken: Vec<bool>,
    seen: usize,
    total_out: usize,
}

/// What a core's merge does in a cycle.
struct Merged {
    offers: Option<Word>,
    /// The word's edge, if it is not taken.
    held: Option<usize>,
    /// Per edge into the core.
    ready: Vec<bool>,
}

impl Model {
    fn run(mut self) -> u64 {
        let mut now = 0;
        while self.seen < self.total_out {
            self.cycle(now);
            now += 1;
        }
        now
    }

    fn valid(&self, source: usize) -> bool {
        match source.checked_sub(self.entry.len()) {
            None => self.entry[source] > 0,
            Some(core) => self.cores[core].out_valid(),
        }
    }

    /// What edge `e` is offered by its source.
    fn offered(&self, e: usize) -> Option<Word> {
        let edge = &self.edges[e];
        let valid = self.valid(edge.source) && !edge.taken;
        valid.then(|| edge.words[self.sent[edge.source]])
    }

    fn merge(&self, core: usize) -> Merged {
        let edges = &self.into[core];
        let offers: Vec<Option<Word>> = edges
            .iter()
            .map(|&e| match &self.edges[e].late {
                Some(late) => late.offers(),
                None => self.offered(e),
            })
            .collect();
        let core_ready = self.cores[core].in_ready();
        let tick = |word: &Option<Word>| word.as_ref().is_some_and(is_tick);
        let all_tick = offers.iter().all(tick);
        let first = self.held[core].or_else(|| offers.iter().position(|word| word.is_some() && !tick(word)));
        let offered = match first {
            Some(k) => offers[k],
            None => offers[0].filter(|_| all_tick),
        };
        let ready = offers.iter().enumerate().map(|(k, word)| {
            core_ready && if tick(word) { all_tick } else { first.is_none_or(|first| first >= k && (self.held[core].is_none() || first == k)) }
        });
        Merged {
            held: first.filter(|_| !core_ready),
            ready: ready.collect(),
            offers: offered,
        }
    }

    /// All handshakes of a cycle are decided by registers; then all registers take their next values.
    fn cycle(&mut self, now: u64) {
        let merged: Vec<Merged> = (0..self.cores.len()).map(|core| self.merge(core)).collect();
        let offered: Vec<Option<Word>> = (0..self.edges.len()).map(|e| self.offered(e)).collect();
        let mut ready = vec![false; self.edges.len()];
        for (core, merged) in merged.iter().enumerate() {
            for (&e, &merge_ready) in self.into[core].iter().zip(&merged.ready) {
                ready[e] = merge_ready;
            }
        }
        // Readers take what they are offered; a source moves on when all have its word.
        let mut leaves = Vec::new();
        for (source, readers) in self.readers.iter().enumerate() {
            let has = |reader: &Reader| match reader {
                Reader::Edge(e) => self.edges[*e].has_word(ready[*e]),
                Reader::Output(_) => true,
            };
            leaves.push(readers.iter().all(has));
            let valid = self.valid(source);
            for reader in readers {
                if let (Reader::Output(output), true) = (*reader, valid) {
                    self.seen += usize::from(!self.output_taken[output]);
                    self.output_taken[output] = !leaves[source];
                }
            }
        }
        let valid: Vec<bool> = (0..self.sent.len()).map(|source| self.valid(source)).collect();
        for e in 0..self.edges.len() {
            let source = self.edges[e].source;
            let has = self.edges[e].has_word(ready[e]);
            let core = self.into.iter().position(|into| into.contains(&e)).unwrap_or(0);
            let edge = &mut self.edges[e];
            edge.taken = valid[source] && has && !leaves[source];
            if let Some(late) = &mut edge.late {
                let passes = merged[core].offers.filter(|word| is_tick(word) && self.cores[core].in_ready());
                late.edge(offered[e], ready[e], passes.map(|word| word == Word::TickLast));
            }
        }
        for k in 0..self.entry.len() {
            let entering = self.entry[k] < 2 && self.sent[k] + self.entry[k] < self.input_words[k];
            self.entry[k] = self.entry[k] + usize::from(entering) - usize::from(valid[k] && leaves[k]);
        }
        for source in 0..self.sent.len() {
            self.sent[source] += usize::from(valid[source] && leaves[source]);
        }
        for (core, merged) in merged.into_iter().enumerate() {
            self.held[core] = merged.held;
            self.cores[core].edge(now, merged.offers, leaves[self.entry.len() + core]);
        }
    }
}
