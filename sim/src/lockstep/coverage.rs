//! What a run has covered: of all weights, neurons, words, links and turns, which were seen at least once.

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// Of some things, which have been seen. Printed as `{seen, of}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    marks: Vec<bool>,
    /// What each counts as; 0: there is no such thing.
    counts: Vec<u32>,
}

impl Seen {
    /// Nothing yet, of things that count as `counts` each.
    pub fn counting(counts: Vec<u32>) -> Seen {
        Seen { marks: vec![false; counts.len()], counts }
    }

    /// Nothing yet, of `things`.
    pub fn none_of(things: usize) -> Seen {
        Seen::counting(vec![1; things])
    }

    #[inline(always)]
    pub fn mark(&mut self, thing: usize) {
        self.marks[thing] = true;
    }

    #[inline(always)]
    pub fn has(&self, thing: usize) -> bool {
        self.marks[thing]
    }

    /// Whether there is such a thing, and it has not been seen.
    pub fn lacks(&self, thing: usize) -> bool {
        self.counts[thing] > 0 && !self.marks[thing]
    }

    /// Marks what `other` has seen of the same things.
    pub fn add(&mut self, other: &Seen) {
        self.marks.iter_mut().zip(&other.marks).for_each(|(mark, seen)| *mark |= seen);
    }

    /// What was seen, counted.
    pub fn seen(&self) -> u64 {
        self.marks.iter().zip(&self.counts).filter(|(seen, _)| **seen).map(|(_, count)| u64::from(*count)).sum()
    }

    /// All there is, counted.
    pub fn of(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// Whether nothing is left to be seen.
    pub fn is_complete(&self) -> bool {
        self.missing().next().is_none()
    }

    /// The things that exist and have not been seen.
    pub fn missing(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.marks.len()).filter(|&thing| self.lacks(thing))
    }

    /// The same of groups of `size` neighbours: a group was seen if one of its things was.
    fn grouped(&self, size: usize) -> Seen {
        let exists = |group: &[u32]| u32::from(group.iter().any(|count| *count > 0));
        Seen {
            marks: self.marks.chunks(size).map(|group| group.contains(&true)).collect(),
            counts: self.counts.chunks(size).map(exists).collect(),
        }
    }
}

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Seen", 2)?;
        fields.serialize_field("seen", &self.seen())?;
        fields.serialize_field("of", &self.of())?;
        fields.end()
    }
}

/// What happened to words of membrane memory, or to its banks, at least once. All in compared writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct States {
    /// An event added to it.
    pub written: Seen,
    /// The clamp changed a state of it when a step ended.
    pub saturated: Seen,
    /// An event read it while the write of the one before was still on its way; `None` where no write takes that long.
    pub forwarded: Option<Seen>,
}

impl States {
    fn add(&mut self, other: &States) {
        self.written.add(&other.written);
        self.saturated.add(&other.saturated);
        if let (Some(seen), Some(other)) = (&mut self.forwarded, &other.forwarded) {
            seen.add(other);
        }
    }

    /// The same of banks of `words` words each.
    pub(super) fn banks(&self, words: usize) -> States {
        States {
            written: self.written.grouped(words),
            saturated: self.saturated.grouped(words),
            forwarded: self.forwarded.as_ref().map(|seen| seen.grouped(words)),
        }
    }
}

/// Coverage of one layer's core.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LayerCoverage {
    pub layer: String,
    /// Weights with a tap inside the map that an event has read and a compared write has added; of a table core entries of its table, which has a
    /// weight that is not 0 once for each address and pooled position that reach it.
    pub weights: Seen,
    /// Neurons whose spike was compared; `None` of a readout, which sends values.
    pub fired: Option<Seen>,
    pub words: States,
    pub banks: States,
}

impl LayerCoverage {
    /// Adds what another run of the same core has seen.
    pub fn add(&mut self, other: &LayerCoverage) {
        self.weights.add(&other.weights);
        if let (Some(seen), Some(other)) = (&mut self.fired, &other.fired) {
            seen.add(other);
        }
        self.words.add(&other.words);
        self.banks.add(&other.banks);
    }
}

/// Coverage of routers.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RouterCoverage {
    /// Links that leave routers or lead into one, by which a packet went.
    pub ports: Seen,
    /// Ways from an input port to an output port that a packet took.
    pub turns: Seen,
}

/// What a run has covered.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Coverage {
    /// One per layer; none where the design has no probes inside (a netlist).
    pub layers: Vec<LayerCoverage>,
    /// Links, the chip's edge among them, that have held a word up.
    pub links_stalled: Seen,
    pub routers: Option<RouterCoverage>,
}

impl Coverage {
    /// Adds what another run of the same design has seen, but for its links: which have stalled is said at the end of all runs.
    pub fn add(&mut self, other: &Coverage) {
        if self.layers.is_empty() {
            *self = other.clone();
            return;
        }
        self.layers.iter_mut().zip(&other.layers).for_each(|(a, b)| a.add(b));
        if let (Some(a), Some(b)) = (&mut self.routers, &other.routers) {
            a.ports.add(&b.ports);
            a.turns.add(&b.turns);
        }
    }

    /// Weights that were added, and all.
    pub fn weights(&self) -> (u64, u64) {
        self.sum(|layer| Some(&layer.weights))
    }

    /// Of all layers: seen, and all.
    fn sum(&self, of: impl Fn(&LayerCoverage) -> Option<&Seen>) -> (u64, u64) {
        let found: Vec<&Seen> = self.layers.iter().filter_map(of).collect();
        (found.iter().map(|seen| seen.seen()).sum(), found.iter().map(|seen| seen.of()).sum())
    }

    /// One line for a person; `None` where nothing could be seen inside.
    pub fn line(&self) -> Option<String> {
        if self.layers.is_empty() {
            return None;
        }
        let counted = |(seen, of): (u64, u64)| format!("{seen} of {of}");
        let (added, weights) = self.weights();
        let words = self.sum(|layer| Some(&layer.words.written));
        let mut parts = vec![format!("{} % of {weights} weights added", percent(added, weights))];
        let fired = self.sum(|layer| layer.fired.as_ref());
        if fired.1 > 0 {
            parts.push(format!("{} neurons fired", counted(fired)));
        }
        parts.push(format!("{} words in {} banks written", counted(words), counted(self.sum(|layer| Some(&layer.banks.written)))));
        let forwarded = self.sum(|layer| layer.words.forwarded.as_ref()).0;
        parts.push(format!("{} saturated, {forwarded} forwarded", self.sum(|layer| Some(&layer.words.saturated)).0));
        parts.push(format!("{} links stalled", counted((self.links_stalled.seen(), self.links_stalled.of()))));
        if let Some(routers) = &self.routers {
            let [ports, turns] = [&routers.ports, &routers.turns].map(|seen| counted((seen.seen(), seen.of())));
            parts.push(format!("{ports} router ports and {turns} turns used"));
        }
        Some(parts.join("; "))
    }
}

/// Rounded down, so that 100.0 is all.
fn percent(part: u64, whole: u64) -> String {
    let tenths = if whole == 0 { 1000 } else { part * 1000 / whole };
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_counts_what_exists() {
        let mut seen = Seen::counting(vec![3, 0, 5, 2]);
        seen.mark(0);
        assert_eq!((seen.seen(), seen.of(), seen.is_complete()), (3, 10, false));
        assert_eq!(seen.missing().collect::<Vec<_>>(), [2, 3]);
        let groups = seen.grouped(2);
        assert_eq!((groups.seen(), groups.of()), (1, 2));
        let mut other = Seen::counting(vec![3, 0, 5, 2]);
        other.mark(2);
        other.mark(3);
        seen.add(&other);
        assert!(seen.is_complete());
    }

    #[test]
    fn percent_says_100_only_of_all() {
        assert_eq!(percent(9999, 10000), "99.9");
        assert_eq!(percent(10000, 10000), "100.0");
    }
}
