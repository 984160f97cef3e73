//! The barrier in front of a core with several sources.

use super::placed::{Hearer, Placed};
use hdl::prelude::*;
use crate::plan::wiring::Edge;
use crate::plan::CorePlan;

/// Passes the words of several sources, one per cycle, and one TICK when all offer theirs.
///
/// A source that offers a TICK waits: so nothing of its next step passes before the step is complete. The sources without
/// delay say whether it is a TICK_LAST. Priority is fixed, source 0 first: each source stops at its TICK, so none waits for
/// more than the words of one step. A word once offered is not overtaken.
#[derive(Clone, Debug, LogicBlock)]
pub struct Merge {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Vec<Signal<In, Bit>>,
    pub in_ready: Vec<Signal<Out, Bit>>,
    pub in_data: Vec<Sig<In>>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    pub step_ends: Vec<Signal<Out, Bit>>,
    pub sample_ends: Vec<Signal<Out, Bit>>,

    kind_tick_last: Vec<Const>,
    itself: Vec<Const>,
    above: Vec<Const>,
    no_fields: Vec<Const>,
    placed: Vec<Placed>,
    ticks: BitJoin,
    words: BitJoin,
    all_tick: Signal<Local, Bit>,
    others_tick: Vec<Signal<Local, Bit>>,
    waits: Vec<Signal<Local, Bit>>,
    goes: Vec<Signal<Local, Bit>>,
    offered: Vec<Flag>,
    held: BitJoin,
    any_held: Signal<Local, Bit>,
    tick_kind: Sig<Local>,
    tick_word: Join,
    word: Vec<Sig<Local>>,

    _sources: usize,
    _delayed: usize,
    _kind_low: u32,
    _with_fields: usize,
    _kind_at: usize,
    _kind_end: usize,
    _last: usize,
    _end: usize,
}

impl Merge {
    /// For core `core` and the edges into it, at least one without delay first.
    pub fn new(core: &CorePlan, edges: &[&Edge]) -> Self {
        let n = edges.len();
        let (width, kind_low) = (core.input.width(), core.input.field_bits());
        let delayed = usize::from(edges.iter().any(|edge| edge.delayed));
        let mask = |bits: u64| Const::new(u(n as u32), bits);
        let with_fields = usize::from(kind_low > 0);
        let parts: Vec<Shape> = (with_fields == 1).then(|| u(kind_low)).into_iter().chain([u(2)]).collect();
        Merge {
            doc: Doc::new(format!("{}_merge", core.name), "Several sources, one core: a word per cycle, and one TICK when all offer theirs.")
                .line("A source that offers its TICK waits for the others. Priority: source 0 first; each stops at its TICK. A word once \
                       offered is not overtaken.")
                .line("Source 0 says whether a TICK is the last one of a sample.")
                .rust("rtl::graph::merge::Merge")
                .golden("golden::Engine (a layer with several sources)")
                .latency("none; one word per cycle")
                .port("in_ready_0", "does not depend on in_valid_0")
                .port("out_data", "{kind, c, y, x} in the map that the core hears"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: vec![Default::default(); n],
            in_ready: vec![Default::default(); n],
            in_data: edges.iter().map(|edge| Sig::new(u(edge.format.width()))).collect(),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(width)),
            step_ends: vec![Default::default(); delayed],
            sample_ends: vec![Default::default(); delayed],
            kind_tick_last: vec![Const::new(u(2), 2); delayed],
            itself: (0..n).map(|i| mask(1 << i)).collect(),
            above: (0..n).map(|i| mask((1 << i) - 1)).collect(),
            no_fields: vec![Const::new(u(kind_low.max(1)), 0); with_fields],
            placed: edges.iter().enumerate().map(|(i, edge)| Placed::new(&Hearer::of(core), edge, i)).collect(),
            ticks: BitJoin::new(n as u32),
            words: BitJoin::new(n as u32),
            all_tick: Default::default(),
            others_tick: vec![Default::default(); n],
            waits: vec![Default::default(); n],
            goes: vec![Default::default(); n],
            offered: vec![Flag::new(); n],
            held: BitJoin::new(n as u32),
            any_held: Default::default(),
            tick_kind: Sig::new(u(2)),
            tick_word: Join::of(&parts),
            word: Sig::several(n + 1, u(width)),
            _sources: n,
            _delayed: delayed,
            _kind_low: kind_low,
            _with_fields: with_fields,
            _kind_at: with_fields,
            _kind_end: with_fields + 1,
            _last: n,
            _end: n + 1,
        }
    }
}

impl Logic for Merge {
    #[hdl_gen]
    fn update(&mut self) {
        comment!("What the sources offer");
        for i in 0..self._sources {
            self.placed[i].in_data.next = self.in_data[i].val();
            self.ticks.bit[i].next = self.in_valid[i].val() & self.placed[i].tick.val();
            self.words.bit[i].next = self.in_valid[i].val() & !self.placed[i].tick.val();
        }
        self.all_tick.next = self.ticks.output.val().all();

        comment!("Who may go: the word that was offered already, else one that no source above has one for; or all TICKs together");
        for i in 0..self._sources {
            self.held.bit[i].next = self.offered[i].q.val();
        }
        self.any_held.next = self.held.output.val().any();
        for i in 0..self._sources {
            self.others_tick[i].next = (self.ticks.output.val() | self.itself[i].val()).all();
            self.waits[i].next = (self.words.output.val() & self.above[i].val()).any();
            if self.any_held.val() {
                self.waits[i].next = !self.offered[i].q.val();
            }
            self.goes[i].next = self.words.bit[i].val() & !self.waits[i].val();
            self.offered[i].clock.next = self.clock.val();
            self.offered[i].reset.next = self.reset.val();
            self.offered[i].d.next = self.goes[i].val() & !self.out_ready.val();
            self.in_ready[i].next = self.out_ready.val() & !self.waits[i].val();
            if self.placed[i].tick.val() {
                self.in_ready[i].next = self.out_ready.val() & self.others_tick[i].val();
            }
        }
        self.out_valid.next = self.all_tick.val() | self.words.output.val().any();

        comment!("The word: the TICK, or the only one that goes");
        self.tick_kind.next = bit_cast_slice(self.placed[0].out_data.val(), self._kind_low, 2);
        for i in 0..self._with_fields {
            self.tick_word.part[i].next = self.no_fields[i].val();
        }
        for k in self._kind_at..self._kind_end {
            self.tick_word.part[k].next = self.tick_kind.val();
        }
        self.word[0].next = self.tick_word.output.val();
        for i in 0..self._sources {
            self.word[i + 1].next = self.word[i].val();
            if self.goes[i].val() {
                self.word[i + 1].next = self.placed[i].out_data.val();
            }
        }
        for i in self._last..self._end {
            self.out_data.next = self.word[i].val();
        }
        for i in 0..self._delayed {
            self.step_ends[i].next = self.all_tick.val() & self.out_ready.val();
            self.sample_ends[i].next = self.tick_kind.val() == self.kind_tick_last[i].val();
        }
    }
}
