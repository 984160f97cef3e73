//! What leaves the parallel core: the lanes' spikes, one word per cycle, while the next step integrates.

use hdl::blocks::ClearLowest;
use crate::cores::sender::index_masks;
use hdl::prelude::*;
use crate::plan::parallel::SEND_GROUP;
use crate::plan::CorePlan;

/// Takes the spikes out of the lanes, a group of eight at a time, lowest first, and sends them one by one; then TICK.
///
/// The lanes themselves hold the spikes of one step: they may not decide again before `free`.
#[derive(Clone, Debug, LogicBlock)]
pub struct ParallelSender {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub decided: Signal<In, Bit>,
    pub end_sample: Signal<In, Bit>,
    pub spikes: Sig<In>,
    pub free: Signal<Out, Bit>,
    pub taken: Sig<Out>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,

    kind_spike: Const,
    kind_tick: Const,
    kind_tick_last: Const,
    no_spikes: Const,
    group_mask: Vec<Const>,
    place_mask: Vec<Const>,

    groups: Split,
    some: BitJoin,
    lowest_group: ClearLowest,
    first: Sig<Local>,
    chosen: Vec<Sig<Local>>,
    found: Sig<Local>,
    place_found: BitJoin,

    waiting: Flag,
    last_waits: BitRegister,
    left: ResetRegister,
    place: Register,
    tick: Flag,
    last: BitRegister,
    behind: ClearLowest,
    one_hot: Sig<Local>,
    lane: BitJoin,
    move_on: Signal<Local, Bit>,
    load: Signal<Local, Bit>,
    load_group: Signal<Local, Bit>,
    load_tick: Signal<Local, Bit>,
    channel_wide: Join,
    channel: Vec<Sig<Local>>,
    kind_now: Sig<Local>,
    word: Join,

    _groups: usize,
    _place_bits: usize,
    _lane_bits: usize,
    _has_c: usize,
    _c_bits: u32,
    _kind_at: usize,
    _kind_end: usize,
}

impl ParallelSender {
    pub fn new(core: &CorePlan) -> Self {
        let count = core.lanes.div_ceil(SEND_GROUP);
        let group = u(SEND_GROUP as u32);
        let place = u(index_width(count));
        let lane = u(index_width(SEND_GROUP));
        let c_bits = core.output.c_bits;
        let has_c = usize::from(c_bits > 0);
        let parts: Vec<Shape> = (c_bits > 0).then(|| u(c_bits)).into_iter().chain([u(2)]).collect();
        ParallelSender {
            doc: Doc::new(format!("{}_sender", core.name), "Sends the spikes of a step, one word per cycle, then TICK.")
                .line(format!("Spikes of {SEND_GROUP} lanes move into a register together, the lowest lanes first; from there they leave one by one."))
                .rust("rtl::cores::parallel::sender::ParallelSender")
                .golden("none: order inside a step is free")
                .latency("3 cycles from the lanes' decision to the first word when idle; then one word per cycle")
                .port("decided", "the lanes hold the spikes of a step from the next cycle on")
                .port("end_sample", "with decided: TICK_LAST ends it")
                .port("spikes", "of the lanes, lane 0 lowest")
                .port("free", "all spikes of the step before, and its TICK, are taken")
                .port("taken", "groups of lanes whose spikes are on their way")
                .port("out_data", "{kind, c}, see docs/link.md"),
            clock: Default::default(),
            reset: Default::default(),
            decided: Default::default(),
            end_sample: Default::default(),
            spikes: Sig::new(u((count * SEND_GROUP) as u32)),
            free: Default::default(),
            taken: Sig::new(u(count as u32)),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(core.output.width())),

            kind_spike: Const::new(u(2), 0),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),
            no_spikes: Const::new(group, 0),
            group_mask: index_masks(count, place.width, |g| g),
            place_mask: index_masks(SEND_GROUP, lane.width, |l| l),

            groups: Split::new((count * SEND_GROUP) as u32, group, count),
            some: BitJoin::new(count as u32),
            lowest_group: ClearLowest::new(count),
            first: Sig::new(u(count as u32)),
            chosen: Sig::several(count, group),
            found: Sig::new(group),
            place_found: BitJoin::new(place.width),

            waiting: Flag::new(),
            last_waits: BitRegister::new(),
            left: ResetRegister::new(group, 0),
            place: Register::new(place),
            tick: Flag::new(),
            last: BitRegister::new(),
            behind: ClearLowest::new(SEND_GROUP),
            one_hot: Sig::new(group),
            lane: BitJoin::new(lane.width),
            move_on: Default::default(),
            load: Default::default(),
            load_group: Default::default(),
            load_tick: Default::default(),
            channel_wide: Join::of(&[lane, place]),
            channel: Sig::several(has_c, u(c_bits.max(1))),
            kind_now: Sig::new(u(2)),
            word: Join::of(&parts),

            _groups: count,
            _place_bits: place.width as usize,
            _lane_bits: lane.width as usize,
            _has_c: has_c,
            _c_bits: c_bits.max(1),
            _kind_at: has_c,
            _kind_end: has_c + 1,
        }
    }
}

impl Logic for ParallelSender {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, waiting, last_waits, left, place, tick, last);
        self.waiting.reset.next = self.reset.val();
        self.left.reset.next = self.reset.val();
        self.tick.reset.next = self.reset.val();

        comment!("The lowest group with a spike");
        self.groups.input.next = self.spikes.val();
        for g in 0..self._groups {
            self.some.bit[g].next = self.groups.part[g].val().any();
        }
        self.lowest_group.vector.next = self.some.output.val();
        self.first.next = self.some.output.val() & !self.lowest_group.rest.val();
        for i in 0..self._place_bits {
            self.place_found.bit[i].next = (self.first.val() & self.group_mask[i].val()).any();
        }
        for g in 0..1 {
            self.chosen[g].next = self.no_spikes.val();
            if self.first.val().get_bit(g) {
                self.chosen[g].next = self.groups.part[g].val();
            }
        }
        for g in 1..self._groups {
            self.chosen[g].next = self.chosen[g - 1].val();
            if self.first.val().get_bit(g) {
                self.chosen[g].next = self.chosen[g - 1].val() | self.groups.part[g].val();
            }
        }
        for g in (self._groups - 1)..self._groups {
            self.found.next = self.chosen[g].val();
        }

        comment!("One word per cycle: the lowest spike left, or the TICK");
        self.behind.vector.next = self.left.q.val();
        self.one_hot.next = self.left.q.val() & !self.behind.rest.val();
        for i in 0..self._lane_bits {
            self.lane.bit[i].next = (self.one_hot.val() & self.place_mask[i].val()).any();
        }
        self.out_valid.next = self.behind.some.val() | self.tick.q.val();
        self.move_on.next = self.out_ready.val() | !(self.behind.some.val() | self.tick.q.val());
        self.load.next = self.move_on.val() & !self.behind.some_rest.val();
        self.load_group.next = self.load.val() & self.waiting.q.val() & self.lowest_group.some.val();
        self.load_tick.next = self.load.val() & self.waiting.q.val() & !self.lowest_group.some.val();
        self.taken.next = self.first.val() & bit_cast_fill(self.load_group.val(), self.first.shape().width);
        self.free.next = !self.waiting.q.val();
        self.waiting.d.next = self.decided.val() | (self.waiting.q.val() & !self.load_tick.val());
        self.last_waits.d.next = self.last_waits.q.val();
        if self.decided.val() {
            self.last_waits.d.next = self.end_sample.val();
        }
        self.left.d.next = self.left.q.val();
        self.place.d.next = self.place.q.val();
        self.tick.d.next = self.tick.q.val();
        self.last.d.next = self.last.q.val();
        if self.move_on.val() {
            self.left.d.next = self.behind.rest.val();
            self.tick.d.next = self.load_tick.val();
        }
        if self.load_group.val() {
            self.left.d.next = self.found.val();
        }
        if self.load.val() {
            self.place.d.next = self.place_found.output.val();
            self.last.d.next = self.last_waits.q.val();
        }

        comment!("The word");
        self.kind_now.next = self.kind_spike.val();
        if self.tick.q.val() {
            self.kind_now.next = self.kind_tick.val();
            if self.last.q.val() {
                self.kind_now.next = self.kind_tick_last.val();
            }
        }
        self.channel_wide.part[0].next = self.lane.output.val();
        self.channel_wide.part[1].next = self.place.q.val();
        for i in 0..self._has_c {
            self.channel[i].next = bit_cast_to(self.channel_wide.output.val(), self._c_bits);
            self.word.part[i].next = self.channel[i].val();
        }
        for k in self._kind_at..self._kind_end {
            self.word.part[k].next = self.kind_now.val();
        }
        self.out_data.next = self.word.output.val();
    }
}
