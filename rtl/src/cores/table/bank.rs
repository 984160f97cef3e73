//! Membranes of one bank of a table core: one neuron a word.

use crate::cores::bank::initial_states;
use hdl::prelude::*;
use crate::plan::image::ParamLayout;
use crate::plan::table::TableFold;
use crate::plan::CorePlan;

/// The states of every `B`th neuron. One read and one write per cycle: an adder's sum, or in the fire phase the new
/// state of a scanned neuron. Never both: scans keep away from events (`TableSequencer`).
#[derive(Clone, Debug, LogicBlock)]
pub struct TableBank {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub read_word: Sig<In>,
    pub state: Sig<Out>,
    pub write: Signal<In, Bit>,
    pub write_word: Sig<In>,
    pub write_state: Sig<In>,
    pub fire_write: Signal<In, Bit>,
    pub fire_word: Sig<In>,
    pub fire_state: Sig<In>,
    pub clear: Signal<In, Bit>,
    pub start: Vec<Sig<In>>,

    ram: Ram,
    fetched: Delay,
    initial_state: Vec<Const>,
    write_enable: Signal<Local, Bit>,
    write_address: Sig<Local>,
    write_data: Sig<Local>,

    _initial: usize,
    _initial_constant: usize,
    _state_bits: u32,
}

impl TableBank {
    pub fn new(core: &CorePlan, fold: &TableFold, params: &ParamLayout) -> Self {
        let constant = initial_states(core, params, 1);
        let initial = usize::from(constant.is_none());
        let word = u(index_width(core.words()));
        let state = u(core.state_bits());
        let late = usize::from(fold.late);
        TableBank {
            doc: Doc::new(format!("{}_bank", core.name), format!("States of the neurons of one bank of {}.", fold.banks))
                .rust("rtl::cores::table::bank::TableBank")
                .golden("golden::Engine (states)")
                .fact("Memory", format!("{} of {} bits", several(core.words(), "word"), state.width))
                .latency(format!("state follows read_word by {}", several(1 + late, "cycle")))
                .port("write", "an adder's sum")
                .port("fire_write", "write the scanned neuron's new state in this cycle")
                .port("fire_word", "where to")
                .port("clear", "with fire_write: write the initial state instead")
                .port("start", "the membrane at the start of a sample, with fire_write"),
            clock: Default::default(),
            read_word: Sig::new(word),
            state: Sig::new(state),
            write: Default::default(),
            write_word: Sig::new(word),
            write_state: Sig::new(state),
            fire_write: Default::default(),
            fire_word: Sig::new(word),
            fire_state: Sig::new(state),
            clear: Default::default(),
            start: Sig::several(initial, u(core.layer.neuron.membrane.bits)),

            ram: Ram::new(core.words(), state.width),
            fetched: Delay::new(state, late),
            initial_state: constant.into_iter().collect(),
            write_enable: Default::default(),
            write_address: Sig::new(word),
            write_data: Sig::new(state),

            _initial: initial,
            _initial_constant: 1 - initial,
            _state_bits: state.width,
        }
    }
}

impl Logic for TableBank {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, ram, fetched);
        self.ram.read_address.next = self.read_word.val();
        self.fetched.d.next = self.ram.read_data.val();
        self.state.next = self.fetched.q.val();

        comment!("An adder's sum, or a scanned neuron's new state");
        self.write_enable.next = self.write.val() | self.fire_write.val();
        self.write_address.next = self.write_word.val();
        self.write_data.next = self.write_state.val();
        if self.fire_write.val() {
            self.write_address.next = self.fire_word.val();
            self.write_data.next = self.fire_state.val();
            if self.clear.val() {
                for i in 0..self._initial_constant {
                    self.write_data.next = self.initial_state[i].val();
                }
                for i in 0..self._initial {
                    self.write_data.next = unsigned_cast_to(self.start[i].val(), self._state_bits);
                }
            }
        }
        self.ram.write_enable.next = self.write_enable.val();
        self.ram.write_address.next = self.write_address.val();
        self.ram.write_data.next = self.write_data.val();
    }
}
