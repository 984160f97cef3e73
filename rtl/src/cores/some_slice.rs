//! Whether a wide vector of spikes holds one, looked for in two cycles.

use super::slicer::Slices;
use hdl::prelude::*;
use crate::plan::CorePlan;

/// `some` is high in the cycle behind one whose vector had a spike or ended a step.
///
/// The lanes of a wide core lie far apart on a device: each slice is searched before the register, the slices' flags behind
/// it.
#[derive(Clone, Debug, LogicBlock)]
pub struct SomeSlice {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub spikes: Sig<In>,
    pub end_step: Signal<In, Bit>,
    pub some: Signal<Out, Bit>,
    padded: Sig<Local>,
    slices: Split,
    flags: BitJoin,
    found: Register,
    _count: usize,
}

impl SomeSlice {
    pub fn new(core: &CorePlan) -> Self {
        let Slices { width, slice, count, .. } = Slices::of(core);
        let (padded, flags) = (u((slice * count) as u32), u(count as u32 + 1));
        SomeSlice {
            doc: Doc::new(format!("{}_some_slice", core.name), "Whether a vector of spikes is worth sending.")
                .line(format!("{} of {slice} bits, each searched in front of a register; so is the end of a step.", several(count, "slice")))
                .rust("rtl::cores::some_slice::SomeSlice")
                .golden("none: order inside a step is free")
                .latency("one cycle")
                .port("some", "the vector of the cycle before had a spike, or ended a step"),
            clock: Default::default(),
            spikes: Sig::new(u(width as u32)),
            end_step: Default::default(),
            some: Default::default(),
            padded: Sig::new(padded),
            slices: Split::new(padded.width, u(slice as u32), count),
            flags: BitJoin::new(flags.width),
            found: Register::new(flags),
            _count: count,
        }
    }
}

impl Logic for SomeSlice {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, found);
        self.padded.next = unsigned_cast_to(self.spikes.val(), self.padded.shape().width);
        self.slices.input.next = self.padded.val();
        for i in 0..self._count {
            self.flags.bit[i].next = self.slices.part[i].val().any();
        }
        for i in self._count..(self._count + 1) {
            self.flags.bit[i].next = self.end_step.val();
        }
        self.found.d.next = self.flags.output.val();
        self.some.next = self.found.q.val().any();
    }
}
