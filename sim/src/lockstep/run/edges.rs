//! Edges of a network that is more than a chain: forks, merges, and buffers of what leads back.
//!
//! Watched are the reader's end of every edge and the far end of its buffer, if it has one. A fork must give every reader
//! each word once and in order, a buffer must give back what went in (less what a sample's end drops), and a merge must
//! pass in each cycle just what its sources hand over.

use std::collections::VecDeque;

use net::{MapShape, Network, Origin, Source};
use rtl::{Design, EdgeProbe, Kind, LinkProbe, Word};

use super::chips::Chips;
use super::Setup;
use crate::error::SimError;
use crate::lockstep::finding::{Finding, Findings};
use crate::lockstep::link::{Beat, Encoding, LinkMonitor};
use crate::lockstep::report::LockstepReport;
use crate::model::Instance;

/// All edges of a running design; none in a chain.
pub(super) struct Edges {
    /// Where the words of an input leave their register slice: per input, or per chip where there are several.
    entries: Vec<Entry>,
    edges: Vec<Edge>,
    /// Per core the edges into it, those without delay first.
    into: Vec<Vec<usize>>,
    /// Per core: the next TICK that it takes ends the first step of a sample.
    first_step: Vec<bool>,
}

/// Where words enter a chip's network.
struct Entry {
    link: LinkMonitor,
    /// Whose they are, and on which chip they enter.
    from: Origin,
    chip: usize,
    /// Words on their way to it.
    entered: VecDeque<u64>,
}

struct Edge {
    source: Source,
    to: usize,
    /// Number of the chip that the reader sits on.
    chip: usize,
    /// Shapes of what is sent and of what the core hears.
    shape: MapShape,
    heard: MapShape,
    sent: LinkMonitor,
    late: Option<Late>,
    /// Words that the reader has and the source has not handed over to all.
    ahead: VecDeque<u64>,
    /// What came out at the reader's end in this cycle.
    now: Option<Word>,
}

/// The far end of a feedback buffer.
struct Late {
    link: LinkMonitor,
    /// What is in the buffer.
    words: VecDeque<Word>,
}

impl Edges {
    pub(super) fn new(setup: &Setup, instance: &Instance) -> Result<Edges, SimError> {
        let (design, net): (&Design, &Network) = (setup.design, setup.net);
        let mut sources = net.sources.iter().enumerate().flat_map(|(to, all)| all.iter().map(move |source| (to, source)));
        let mut edges = Vec::new();
        // A netlist has no probes inside.
        for probe in design.edges.iter().filter(|_| !design.cores.is_empty()) {
            if let Some((to, source)) = sources.next() {
                edges.push(Edge::new(instance, probe, net, (to, setup.plan.chip_of(to)), source)?);
            }
        }
        let into = |core| (0..edges.len()).filter(|&e| edges[e].to == core).collect();
        let mut entries = Vec::new();
        for (k, link) in design.entries.iter().filter(|_| !edges.is_empty()).enumerate() {
            let (from, chip) = match setup.plan.chips.get(k) {
                None => (Origin::Input(k), 0),
                Some(chip) => (chip.layers.start.checked_sub(1).map_or(Origin::Input(0), Origin::Layer), k),
            };
            entries.push(Entry { link: monitor(instance, link, None)?, from, chip, entered: VecDeque::new() });
        }
        Ok(Edges {
            entries,
            into: (0..net.layers.len()).map(into).collect(),
            first_step: vec![true; net.layers.len()],
            edges,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// Looks at all edges before a rising clock edge, on the chips whose clocks rise; `entered` are the words that enter at each input.
    /// `true` if a word has crossed one.
    pub(super) fn sample(&mut self, entered: &mut [Option<u64>], chips: &Chips, findings: &mut Findings) -> bool {
        let mut crossed = false;
        for edge in self.edges.iter_mut().filter(|edge| chips.ticks(edge.chip)) {
            crossed |= edge.sample(self.first_step[edge.to], findings);
        }
        for k in 0..self.entries.len() {
            let entry = &mut self.entries[k];
            let chip = entry.chip;
            if !chips.ticks(chip) {
                continue;
            }
            let Beat::Taken(bits) = entry.link.sample(findings) else { continue };
            crossed = true;
            let (expected, from) = (entry.entered.pop_front(), entry.from);
            if expected != Some(bits) {
                findings.add(Finding {
                    check: "link: words lost, added or reordered",
                    layer: None,
                    neuron: None,
                    sample: None,
                    step: None,
                    golden: format!("{}: {expected:x?}", entry.link.stalls.name),
                    rtl: format!("{bits:#x}"),
                });
            }
            self.handed_over(from, chip, bits, findings);
        }
        for (entry, word) in self.entries.iter_mut().zip(entered) {
            entry.entered.extend(word.take());
        }
        crossed
    }

    /// A layer on a chip has handed over a word: all its readers there have it, and it is on its way to those on the next chip.
    pub(super) fn left(&mut self, from: Origin, chip: usize, bits: u64, findings: &mut Findings) {
        self.handed_over(from, chip, bits, findings);
        if let Some(next) = self.entries.iter_mut().find(|next| next.chip == chip + 1 && next.from == from) {
            next.entered.push_back(bits);
        }
    }

    /// All readers on a chip have the word.
    fn handed_over(&mut self, from: Origin, chip: usize, bits: u64, findings: &mut Findings) {
        for edge in self.edges.iter_mut().filter(|edge| edge.source.from == from && edge.chip == chip) {
            let reader = edge.ahead.pop_front();
            if reader != Some(bits) {
                edge.find("fork: words lost, added or reordered", findings, format!("{bits:#x}"), format!("{reader:x?}"));
            }
        }
    }

    /// What the merge of a core passes in this cycle, by the words that its sources hand over.
    pub(super) fn merged(&mut self, core: usize, findings: &mut Findings) -> Option<Word> {
        let words: Vec<(usize, Word)> = self.into[core].iter().filter_map(|&e| Some((e, self.edges[e].now.take()?))).collect();
        let (first, word) = *words.first()?;
        let is_tick = |word: &Word| matches!(word.kind, Kind::Tick | Kind::TickLast);
        let all = words.len() == self.into[core].len();
        if is_tick(&word) {
            if !(all && words.iter().all(|(_, word)| is_tick(word))) {
                self.edges[first].find("merge: a TICK before all have come", findings, "TICKs of all sources".into(), format!("{words:?}"));
            }
            self.first_step[core] = word.kind == Kind::TickLast;
            return Some(Word::tick(word.kind == Kind::TickLast));
        }
        if words.len() > 1 {
            self.edges[first].find("merge: several words in a cycle", findings, "one".into(), format!("{words:?}"));
        }
        Some(self.edges[first].placed(word))
    }

    /// At rest no reader is ahead of its source, and a buffer holds the TICK that begins the next sample.
    pub(super) fn check_rest(&mut self, findings: &mut Findings) {
        for edge in &mut self.edges {
            let ahead = edge.ahead.len();
            if ahead > 0 {
                edge.find("fork: words at rest", findings, "none".into(), format!("{ahead} words that the source still has"));
            }
            if let Some(late) = &mut edge.late {
                late.drop_spikes();
                if late.words.len() != 1 {
                    let words = format!("{:?}", late.words);
                    edge.find("feedback: not empty at rest", findings, "one TICK".into(), words);
                }
            }
        }
    }

    pub(super) fn links(&self) -> impl Iterator<Item = &LinkMonitor> {
        let links = self.edges.iter().flat_map(|edge| [Some(&edge.sent), edge.late.as_ref().map(|late| &late.link)]);
        self.entries.iter().map(|entry| &entry.link).chain(links.flatten())
    }

    pub(super) fn describe(&self) -> Vec<String> {
        self.links().map(LinkMonitor::describe).collect()
    }

    /// Adds what was seen.
    pub(super) fn close(self, report: &mut LockstepReport) {
        report.links.extend(self.entries.into_iter().map(|entry| entry.link.stalls));
        for edge in self.edges {
            report.links.push(edge.sent.stalls);
            report.links.extend(edge.late.map(|late| late.link.stalls));
        }
    }
}

fn monitor(instance: &Instance, link: &LinkProbe, layer: Option<usize>) -> Result<LinkMonitor, SimError> {
    let signals = (
        instance.signal(&link.valid)?,
        instance.signal(&link.ready)?,
        instance.signal(&link.data)?,
    );
    Ok(LinkMonitor::new(&link.name, signals, Encoding::OnChip(link.format), layer))
}

impl Edge {
    /// `place`: the reader, and the number of its chip.
    fn new(instance: &Instance, probe: &EdgeProbe, net: &Network, place: (usize, usize), source: &Source) -> Result<Edge, SimError> {
        let (to, chip) = place;
        let monitor = |link: &LinkProbe| monitor(instance, link, Some(to));
        let late = match &probe.late {
            Some(link) => Some(Late {
                link: monitor(link)?,
                words: VecDeque::from([Word::tick(false)]),
            }),
            None => None,
        };
        Ok(Edge {
            source: source.clone(),
            to,
            chip,
            shape: net.shape_of(source.from),
            heard: net.layers[to].input,
            sent: monitor(&probe.sent)?,
            late,
            ahead: VecDeque::new(),
            now: None,
        })
    }

    fn sample(&mut self, first_step: bool, findings: &mut Findings) -> bool {
        let mut crossed = false;
        self.now = None;
        // The far end first: a word needs a cycle to pass.
        if let Some(late) = &mut self.late {
            if let Beat::Taken(bits) = late.link.sample(findings) {
                crossed = true;
                let word = late.link.encoding.decode(bits);
                if first_step {
                    late.drop_spikes();
                }
                let expected = late.words.pop_front();
                self.now = Some(word);
                if expected != Some(word) {
                    self.find("feedback: words lost, added or reordered", findings, format!("{expected:?}"), format!("{word:?}"));
                }
            }
        }
        if let Beat::Taken(bits) = self.sent.sample(findings) {
            crossed = true;
            let word = self.sent.encoding.decode(bits);
            self.ahead.push_back(bits);
            match &mut self.late {
                Some(late) => late.words.push_back(word),
                None => self.now = Some(word),
            }
        }
        crossed
    }

    /// The word as the core hears it.
    fn placed(&self, word: Word) -> Word {
        let index = self.shape.index(word.c, word.y, word.x);
        let is_spike = index < self.shape.len() && word.kind == Kind::Spike;
        // All is heard of what comes by a link of its own.
        let place = is_spike.then(|| self.source.heard(self.heard, index)).flatten();
        place.map_or(word, |place| Word::spike(self.heard.coordinate(place)))
    }

    fn find(&mut self, check: &'static str, findings: &mut Findings, golden: String, rtl: String) {
        let name = &self.sent.stalls.name;
        findings.add(Finding {
            check,
            layer: Some(self.to),
            neuron: None,
            sample: None,
            step: None,
            golden: format!("{name}: {golden}"),
            rtl,
        });
    }
}

impl Late {
    /// What the end of a sample drops: its last step's spikes.
    fn drop_spikes(&mut self) {
        while self.words.front().is_some_and(|word| word.kind == Kind::Spike) {
            self.words.pop_front();
        }
    }
}
