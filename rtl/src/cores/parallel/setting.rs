//! A constant of the lanes that is written over the configuration bus.

use crate::config::{LoadRam, DATA_BITS};
use hdl::prelude::*;

/// A register for each lane, which the lane reads in every cycle, and a memory of the same words, which the bus reads.
///
/// Contents are unknown until they are written.
#[derive(Clone, Debug, LogicBlock)]
pub struct WrittenSetting {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub write: Signal<In, Bit>,
    pub lane: Sig<In>,
    pub data: Sig<In>,
    pub stored: Sig<Out>,
    pub value: Vec<Sig<Out>>,

    number: Vec<Const>,
    here: Vec<Signal<Local, Bit>>,
    kept: Vec<Register>,
    memory: LoadRam,

    _lanes: usize,
    _bits: u32,
}

impl WrittenSetting {
    /// Module `name`, for signed constants of so many bits.
    pub fn new(name: &str, lanes: usize, bits: u32) -> Self {
        let lane = u(index_width(lanes));
        WrittenSetting {
            doc: Doc::new(name, format!("A constant of {}, written over the configuration bus.", several(lanes, "neuron")))
                .line("A register for each neuron, and a memory of the same words for the bus to read.")
                .rust("rtl::cores::parallel::setting::WrittenSetting")
                .latency("stored follows lane by two cycles; value follows write by one")
                .port("lane", "which neuron's is written or read")
                .port("stored", "what the bus reads")
                .port("value", "of this neuron"),
            clock: Default::default(),
            write: Default::default(),
            lane: Sig::new(lane),
            data: Sig::new(u(DATA_BITS)),
            stored: Sig::new(u(bits)),
            value: Sig::several(lanes, s(bits)),

            number: (0..lanes).map(|number| Const::new(lane, number as u64)).collect(),
            here: vec![Default::default(); lanes],
            kept: Register::several(lanes, s(bits)),
            memory: LoadRam::new(lanes, bits, format!("{name}_memory")),

            _lanes: lanes,
            _bits: bits,
        }
    }
}

impl Logic for WrittenSetting {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, memory);
        comment!("For the lanes");
        for i in 0..self._lanes {
            self.here[i].next = self.write.val() & (self.lane.val() == self.number[i].val());
            self.kept[i].clock.next = self.clock.val();
            self.kept[i].d.next = self.kept[i].q.val();
            if self.here[i].val() {
                self.kept[i].d.next = bit_cast_signed_slice(self.data.val(), 0, self._bits);
            }
            self.value[i].next = self.kept[i].q.val();
        }

        comment!("For the bus");
        self.memory.read_address.next = self.lane.val();
        self.memory.write_enable.next = self.write.val();
        self.memory.write_address.next = self.lane.val();
        self.memory.write_data.next = self.data.val();
        self.stored.next = self.memory.read_data.val();
    }
}
