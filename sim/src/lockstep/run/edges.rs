//! Edges of a network that is more than a chain: forks, merges, and buffers of what leads back.
//!
//! Watched are the reader's end of every edge and the far end of its buffer, if it has one. A fork must give every reader
//! each word once and in order, a buffer must give back what went in (less what a sample's end drops), and a merge must
//! pass in each cycle just what its sources hand over.

use std::collections::VecDeque;

use net::{MapShape, Network, Origin, Source};
use rtl::{Design, EdgeProbe, Kind, LinkProbe, Word};

use super::Setup;
use crate::error::SimError;
use crate::lockstep::finding::{Finding, Findings};
use crate::lockstep::link::{Beat, Encoding, LinkMonitor};
use crate::lockstep::report::LockstepReport;
use crate::model::Instance;

/// All edges of a running design; none in a chain.
pub(super) struct Edges {
    /// Where the input's words leave their register slice.
    entry: Option<LinkMonitor>,
    /// Words in that slice.
    entered: VecDeque<u64>,
    edges: Vec<Edge>,
    /// Per core the edges into it, those without delay first.
    into: Vec<Vec<usize>>,
    /// Per core: the next TICK that it takes ends the first step of a sample.
    first_step: Vec<bool>,
}

struct Edge {
    source: Source,
    to: usize,
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
                edges.push(Edge::new(instance, probe, net, to, source)?);
            }
        }
        let into = |core| (0..edges.len()).filter(|&e| edges[e].to == core).collect();
        let entry = design.entry.as_ref().filter(|_| !edges.is_empty());
        Ok(Edges {
            entry: entry.map(|link| monitor(instance, link, None)).transpose()?,
            entered: VecDeque::new(),
            into: (0..net.layers.len()).map(into).collect(),
            first_step: vec![true; net.layers.len()],
            edges,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// Looks at all edges before a rising clock edge; `entered` is the word that enters the chip. `true` if a word has
    /// crossed one.
    pub(super) fn sample(&mut self, entered: Option<u64>, findings: &mut Findings) -> bool {
        let mut crossed = false;
        for edge in &mut self.edges {
            crossed |= edge.sample(self.first_step[edge.to], findings);
        }
        if let Some(Beat::Taken(bits)) = self.entry.as_mut().map(|entry| entry.sample(findings)) {
            crossed = true;
            let expected = self.entered.pop_front();
            if expected != Some(bits) {
                findings.add(Finding {
                    check: "link: words lost, added or reordered",
                    layer: None,
                    neuron: None,
                    sample: None,
                    step: None,
                    golden: format!("input: {expected:x?}"),
                    rtl: format!("{bits:#x}"),
                });
            }
            self.left(Origin::Input, bits, findings);
        }
        self.entered.extend(entered);
        crossed
    }

    /// A source has handed over a word: all its readers have it.
    pub(super) fn left(&mut self, from: Origin, bits: u64, findings: &mut Findings) {
        for edge in self.edges.iter_mut().filter(|edge| edge.source.from == from) {
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

    pub(super) fn describe(&self) -> Vec<String> {
        let links = std::iter::once(self.entry.as_ref());
        let links = links.chain(self.edges.iter().flat_map(|edge| [Some(&edge.sent), edge.late.as_ref().map(|late| &late.link)]));
        links.flatten().map(LinkMonitor::describe).collect()
    }

    /// Adds what was seen.
    pub(super) fn close(self, report: &mut LockstepReport) {
        report.links.extend(self.entry.map(|entry| entry.stalls));
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
    fn new(instance: &Instance, probe: &EdgeProbe, net: &Network, to: usize, source: &Source) -> Result<Edge, SimError> {
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
        match index < self.shape.len() && word.kind == Kind::Spike {
            true => Word::spike(self.heard.coordinate(self.source.heard(self.heard, index))),
            false => word,
        }
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
