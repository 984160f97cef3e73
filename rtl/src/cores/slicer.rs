//! A wide vector of spikes as slices, so that the search for the lowest spike runs through one slice only.

use hdl::blocks::ClearLowest;
use super::sender::index_masks;
use hdl::prelude::*;
use crate::plan::CorePlan;

/// How a core's sender cuts a vector of spikes: bit `(bank row * banks_x + bank column) * lanes + lane`, a slice after the
/// other. A slice is never part of two banks unless it holds whole rows of banks.
#[derive(Clone, Copy, Debug)]
pub struct Slices {
    /// Bits of the vector.
    pub width: usize,
    /// Bits of a slice.
    pub slice: usize,
    pub count: usize,
    /// Whether the bank column is a matter of the place in the slice; else of the slice.
    pub column_inside: bool,
    /// Bits of the lane that are a matter of the slice (above those of the place in it).
    pub lane_high_bits: u32,
    banks_x: usize,
    lanes: usize,
}

impl Slices {
    pub fn of(core: &CorePlan) -> Slices {
        let (width, slice) = (core.banks() * core.lanes, core.spike_slice());
        Slices {
            width,
            slice,
            count: width.div_ceil(slice),
            column_inside: slice > core.lanes,
            lane_high_bits: if slice < core.lanes { index_width(core.lanes.div_ceil(slice)) } else { 0 },
            banks_x: core.columns.banks,
            lanes: core.lanes,
        }
    }

    /// Bits of the bank row, the bank column, and the lane above its place in the slice that slice `i` stands for.
    fn place(&self, i: usize) -> [usize; 3] {
        let bit = i * self.slice;
        [bit / self.lanes / self.banks_x, bit / self.lanes % self.banks_x, bit % self.lanes / self.slice]
    }

    /// Shapes of these three; empty what the slice does not say.
    pub fn place_shapes(&self, bank_row: Shape, bank_column: Shape) -> Vec<Shape> {
        let column = (!self.column_inside).then_some(bank_column);
        let lane = (self.lane_high_bits > 0).then(|| u(self.lane_high_bits));
        [bank_row].into_iter().chain(column).chain(lane).collect()
    }
}

/// Cuts a vector into its slices with a spike, lowest first; the last carries the marks. A vector without spikes gives one
/// empty slice.
#[derive(Clone, Debug, LogicBlock)]
pub struct Slicer {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub spikes: Sig<In>,
    pub place: Sig<In>,
    pub marks: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,

    no_spikes: Const,
    no_marks: Const,
    place_mask: Vec<Const>,
    padded: Sig<Local>,
    coming: Split,
    coming_some: BitJoin,
    held_valid: Flag,
    held: Register,
    held_place: Register,
    held_marks: Register,
    left: Register,
    rest: Register,
    several: Flag,
    behind_coming: ClearLowest,
    behind_rest: ClearLowest,
    lowest: Sig<Local>,
    pick: BitSplit,
    slices: Split,
    picked: Vec<Sig<Local>>,
    gathered: Vec<Sig<Local>>,
    slice_place: BitJoin,
    marks_now: Sig<Local>,
    word: Join,
    buffer: Skid,
    taken: Signal<Local, Bit>,
    free: Signal<Local, Bit>,
    _count: usize,
    _place_bits: usize,
}

impl Slicer {
    /// Words out: {slice, place, what the slice says of the place, marks}, lowest first.
    pub fn new(core: &CorePlan, place: Shape) -> Self {
        let slices = Slices::of(core);
        let bank = |n: usize| u(index_width(n));
        let shapes = slices.place_shapes(bank(core.rows.banks), bank(core.columns.banks));
        let present = [true, !slices.column_inside, slices.lane_high_bits > 0];
        let fields = (0..3).filter(|f| present[*f]).zip(&shapes);
        let place_mask: Vec<Const> = fields.flat_map(|(f, shape)| index_masks(slices.count, shape.width, |i| slices.place(i)[f])).collect();
        let (slice, flags) = (u(slices.slice as u32), u(slices.count as u32));
        let all = u((slices.slice * slices.count) as u32);
        let parts = [slice, place, u(place_mask.len() as u32), u(2)];
        let word: u32 = parts.iter().map(|part| part.width).sum();
        Slicer {
            doc: Doc::new(format!("{}_slicer", core.name), "Cuts a vector of spikes into slices.")
                .line(format!(
                    "{} of {} bits; only those with a spike leave, lowest first. The marks leave with the last.",
                    several(slices.count, "slice"),
                    slices.slice
                ))
                .rust("rtl::cores::slicer::Slicer")
                .golden("none: order inside a step is free")
                .latency("two cycles; one slice per cycle, vectors without a gap")
                .port("in_ready", "from registers: this cycle's slice is the last of the vector before, and the buffer takes it")
                .port("spikes", "a scanned word's")
                .port("place", "where the word stands")
                .port("marks", "{end of sample, end of step}")
                .port("out_data", "{marks, place of the slice in the vector, place, slice}"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            spikes: Sig::new(u(slices.width as u32)),
            place: Sig::new(place),
            marks: Sig::new(u(2)),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(word)),

            no_spikes: Const::new(slice, 0),
            no_marks: Const::new(u(2), 0),
            padded: Sig::new(all),
            coming: Split::new(all.width, slice, slices.count),
            coming_some: BitJoin::new(flags.width),
            held_valid: Flag::new(),
            held: Register::new(all),
            held_place: Register::new(place),
            held_marks: Register::new(u(2)),
            left: Register::new(flags),
            rest: Register::new(flags),
            several: Flag::new(),
            behind_coming: ClearLowest::new(slices.count),
            behind_rest: ClearLowest::new(slices.count),
            lowest: Sig::new(flags),
            pick: BitSplit::new(flags.width),
            slices: Split::new(all.width, slice, slices.count),
            picked: Sig::several(slices.count, slice),
            gathered: Sig::several(slices.count, slice),
            slice_place: BitJoin::new(place_mask.len() as u32),
            marks_now: Sig::new(u(2)),
            word: Join::of(&parts),
            buffer: Skid::new(u(word)),
            taken: Default::default(),
            free: Default::default(),
            _count: slices.count,
            _place_bits: place_mask.len(),
            place_mask,
        }
    }
}

impl Logic for Slicer {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, held_valid, held, held_place, held_marks, left, rest, several, buffer);
        self.held_valid.reset.next = self.reset.val();
        self.several.reset.next = self.reset.val();
        self.buffer.reset.next = self.reset.val();

        comment!("The vector, and which of its slices are left to send; rest is left without the lowest");
        self.padded.next = unsigned_cast_to(self.spikes.val(), self.padded.shape().width);
        self.coming.input.next = self.padded.val();
        for i in 0..self._count {
            self.coming_some.bit[i].next = self.coming.part[i].val().any();
        }
        self.behind_coming.vector.next = self.coming_some.output.val();
        self.behind_rest.vector.next = self.rest.q.val();
        self.taken.next = self.held_valid.q.val() & self.buffer.in_ready.val();
        self.free.next = !self.held_valid.q.val() | (self.buffer.in_ready.val() & !self.several.q.val());
        self.in_ready.next = self.free.val();
        self.held_valid.d.next = self.held_valid.q.val();
        self.held.d.next = self.held.q.val();
        self.held_place.d.next = self.held_place.q.val();
        self.held_marks.d.next = self.held_marks.q.val();
        self.left.d.next = self.left.q.val();
        self.rest.d.next = self.rest.q.val();
        self.several.d.next = self.several.q.val();
        if self.free.val() {
            self.held_valid.d.next = self.in_valid.val();
            self.held.d.next = self.padded.val();
            self.held_place.d.next = self.place.val();
            self.held_marks.d.next = self.marks.val();
            self.left.d.next = self.coming_some.output.val();
            self.rest.d.next = self.behind_coming.rest.val();
            self.several.d.next = self.behind_coming.some_rest.val();
        } else if self.taken.val() {
            self.left.d.next = self.rest.q.val();
            self.rest.d.next = self.behind_rest.rest.val();
            self.several.d.next = self.behind_rest.some_rest.val();
        }

        comment!("The lowest of them");
        self.lowest.next = self.left.q.val() & !self.rest.q.val();
        self.pick.input.next = self.lowest.val();
        self.slices.input.next = self.held.q.val();
        for i in 0..self._count {
            self.picked[i].next = self.no_spikes.val();
            if self.pick.bit[i].val() {
                self.picked[i].next = self.slices.part[i].val();
            }
        }
        self.gathered[0].next = self.picked[0].val();
        for i in 1..self._count {
            self.gathered[i].next = self.gathered[i - 1].val() | self.picked[i].val();
        }
        for i in 0..self._place_bits {
            self.slice_place.bit[i].next = (self.lowest.val() & self.place_mask[i].val()).any();
        }
        self.marks_now.next = self.held_marks.q.val();
        if self.several.q.val() {
            self.marks_now.next = self.no_marks.val();
        }
        for i in (self._count - 1)..self._count {
            self.word.part[0].next = self.gathered[i].val();
        }
        self.word.part[1].next = self.held_place.q.val();
        self.word.part[2].next = self.slice_place.output.val();
        self.word.part[3].next = self.marks_now.val();

        comment!("Out, through a register slice: the link's ready reaches no further");
        self.buffer.in_valid.next = self.held_valid.q.val();
        self.buffer.in_data.next = self.word.output.val();
        self.buffer.out_ready.next = self.out_ready.val();
        self.out_valid.next = self.buffer.out_valid.val();
        self.out_data.next = self.buffer.out_data.val();
    }
}
