//! Which memory word of a core an access of the bus means.

use super::memory_map::{MemoryMap, Memories};
use super::load_ram::columns;
use super::packet::DATA_BITS;
use hdl::prelude::*;

/// Decodes an address of a core's region and picks what is read from the memories' words. Without registers.
#[derive(Clone, Debug, LogicBlock)]
pub struct Loader {
    doc: Doc,
    pub write: Signal<In, Bit>,
    pub address: Sig<In>,
    pub weight_word: Sig<Out>,
    pub weight_column: Vec<Sig<Out>>,
    pub weight_write: Signal<Out, Bit>,
    pub weight_data: Sig<In>,
    pub constant_word: Vec<Sig<Out>>,
    pub constant_column: Vec<Sig<Out>>,
    pub constant_write: Vec<Signal<Out, Bit>>,
    pub constant_data: Vec<Sig<In>>,
    pub read_data: Sig<Out>,
    pub exists: Signal<Out, Bit>,

    halves: Split,
    weights: Vec<Decoder>,
    constants: Vec<Decoder>,
    in_constants: Signal<Local, Bit>,
    _constants: usize,
    _constant_memories: usize,
    _weight_columns: usize,
    _constant_columns: usize,
}

impl Loader {
    pub fn new(layer: &str, map: &MemoryMap) -> Self {
        let half = map.half_bits();
        let constants: Vec<Memories> = map.constants.iter().copied().collect();
        let memories = constants.iter().map(|constants| constants.count).sum::<usize>();
        let column = |memories: &Memories| Sig::several(usize::from(memories.column_bits() > 0), u(memories.column_bits().max(1)));
        let constant_column: Vec<Sig<Out>> = constants.iter().flat_map(column).collect();
        Loader {
            doc: Doc::new(format!("{layer}_loader"), "Finds the memory word that an access of the configuration bus means.")
                .rust("rtl::config::Loader")
                .port("address", "of 32 bits, in the region of this core")
                .port("weight_data", "the word at weight_word")
                .port("constant_data", "the words at constant_word")
                .port("read_data", "the 32 bits at the address")
                .port("exists", "there is something at the address"),
            write: Default::default(),
            address: Sig::new(u(map.bits())),
            weight_word: Sig::new(u(map.weights.word_bits())),
            weight_column: column(&map.weights),
            weight_write: Default::default(),
            weight_data: Sig::new(u(map.weights.width)),
            constant_word: constants.iter().map(|constants| Sig::new(u(constants.word_bits()))).collect(),
            constant_write: vec![Default::default(); memories],
            constant_data: constants.iter().flat_map(|constants| Sig::several(constants.count, u(constants.width))).collect(),
            read_data: Sig::new(u(DATA_BITS)),
            exists: Default::default(),

            halves: Split::of(&[u(half), u(1)]),
            weights: vec![Decoder::new(format!("{layer}_weights_decoder"), &map.weights, half)],
            constants: constants.iter().map(|constants| Decoder::new(format!("{layer}_constants_decoder"), constants, half)).collect(),
            in_constants: Default::default(),
            _constants: constants.len(),
            _constant_memories: memories,
            _weight_columns: usize::from(map.weights.column_bits() > 0),
            _constant_columns: constant_column.len(),
            constant_column,
        }
    }
}

impl Logic for Loader {
    #[hdl_gen]
    fn update(&mut self) {
        self.halves.input.next = self.address.val();
        self.in_constants.next = self.halves.part[1].val().any();
        comment!("Weights");
        self.weights[0].address.next = self.halves.part[0].val();
        self.weights[0].data[0].next = self.weight_data.val();
        self.weight_word.next = self.weights[0].word.val();
        self.weight_write.next = self.write.val() & !self.in_constants.val() & self.weights[0].here[0].val();
        for i in 0..self._weight_columns {
            self.weight_column[i].next = self.weights[0].column[i].val();
        }
        self.read_data.next = self.weights[0].read_data.val();
        self.exists.next = self.weights[0].exists.val() & !self.in_constants.val();
        for i in 0..self._constants {
            comment!("Constants of the neurons");
            self.constants[i].address.next = self.halves.part[0].val();
            self.constant_word[i].next = self.constants[i].word.val();
            for k in 0..self._constant_columns {
                self.constant_column[k].next = self.constants[i].column[k].val();
            }
            for k in 0..self._constant_memories {
                self.constants[i].data[k].next = self.constant_data[k].val();
                self.constant_write[k].next = self.write.val() & self.in_constants.val() & self.constants[i].here[k].val();
            }
            if self.in_constants.val() {
                self.read_data.next = self.constants[i].read_data.val();
                self.exists.next = self.constants[i].exists.val();
            }
        }
    }
}

/// One half of a region: memory, word and column of an address, and the 32 bits there.
#[derive(Clone, Debug, LogicBlock)]
struct Decoder {
    doc: Doc,
    pub address: Sig<In>,
    pub data: Vec<Sig<In>>,
    pub word: Sig<Out>,
    pub column: Vec<Sig<Out>>,
    pub here: Vec<Signal<Out, Bit>>,
    pub read_data: Sig<Out>,
    pub exists: Signal<Out, Bit>,

    parts: Split,
    rest: Vec<Sig<Local>>,
    memory: Vec<Sig<Local>>,
    number: Vec<Const>,
    word_beyond: Above,
    column_beyond: Vec<Above>,
    memory_beyond: Vec<Above>,
    legal: Vec<Signal<Local, Bit>>,
    word_of: Vec<Select>,
    chosen: Sig<Local>,
    columns: Split,
    pick: Vec<Select>,

    _column: usize,
    _no_column: usize,
    _several: usize,
    _one: usize,
    _memories: usize,
    _columns: usize,
    _word_at: usize,
    _word_end: usize,
    _memory_at: usize,
    _memory_end: usize,
    _rest: usize,
    _rest_at: usize,
    _rest_end: usize,
}

impl Decoder {
    fn new(name: String, memories: &Memories, half: u32) -> Self {
        let (column, memory) = (memories.column_bits(), memories.memory_bits());
        let rest = half - memories.bits();
        let shapes: Vec<Shape> = [column, memories.word_bits(), memory, rest].iter().filter(|bits| **bits > 0).map(|bits| u(*bits)).collect();
        let one = |present: bool| usize::from(present);
        let (word_at, memory_at) = (one(column > 0), one(column > 0) + 1);
        let rest_at = memory_at + one(memory > 0);
        let widths = columns(memories.width);
        let data = u(DATA_BITS);
        Decoder {
            doc: Doc::new(name, "Memory, word and column of an address.")
                .rust("rtl::config::Loader")
                .port("address", "{memory, word, column}")
                .port("data", "words of the memories at word")
                .port("here", "the address is in this memory")
                .port("exists", "it is in one of them"),
            address: Sig::new(u(half)),
            data: Sig::several(memories.count, u(memories.width)),
            word: Sig::new(u(memories.word_bits())),
            column: Sig::several(one(column > 0), u(column.max(1))),
            here: vec![Default::default(); memories.count],
            read_data: Sig::new(data),
            exists: Default::default(),

            parts: Split::of(&shapes),
            rest: Sig::several(one(rest > 0), u(rest.max(1))),
            memory: Sig::several(one(memory > 0), u(memory.max(1))),
            number: (0..if memory > 0 { memories.count } else { 0 }).map(|k| Const::new(u(memory), k as u64)).collect(),
            word_beyond: Above::new(u(memories.word_bits()), memories.words as i64 - 1),
            column_beyond: vec![Above::new(u(column.max(1)), widths.len() as i64 - 1); one(column > 0)],
            memory_beyond: vec![Above::new(u(memory.max(1)), memories.count as i64 - 1); one(memory > 0)],
            legal: vec![Default::default(); 4],
            word_of: (0..one(memory > 0)).map(|_| Select::new(memory, u(memories.width), memories.count)).collect(),
            chosen: Sig::new(u(memories.width)),
            columns: Split::of(&widths.iter().map(|bits| u(*bits)).collect::<Vec<_>>()),
            pick: (0..one(column > 0)).map(|_| Select::new(column, data, widths.len())).collect(),

            _column: one(column > 0),
            _no_column: one(column == 0),
            _several: one(memory > 0),
            _one: one(memory == 0),
            _memories: memories.count,
            _columns: widths.len(),
            _word_at: word_at,
            _word_end: word_at + 1,
            _memory_at: memory_at,
            _memory_end: memory_at + one(memory > 0),
            _rest: one(rest > 0),
            _rest_at: rest_at,
            _rest_end: rest_at + one(rest > 0),
        }
    }
}

impl Logic for Decoder {
    #[hdl_gen]
    fn update(&mut self) {
        self.parts.input.next = self.address.val();
        for k in self._word_at..self._word_end {
            self.word.next = self.parts.part[k].val();
            self.word_beyond.input.next = self.parts.part[k].val();
        }
        self.legal[0].next = !self.word_beyond.output.val();
        self.legal[1].next = self.legal[0].val();
        for i in 0..self._column {
            self.column[i].next = self.parts.part[0].val();
            self.column_beyond[i].input.next = self.parts.part[0].val();
            self.legal[1].next = self.legal[0].val() & !self.column_beyond[i].output.val();
        }
        self.legal[2].next = self.legal[1].val();
        for i in 0..self._rest {
            for k in self._rest_at..self._rest_end {
                self.rest[i].next = self.parts.part[k].val();
            }
            self.legal[2].next = self.legal[1].val() & !self.rest[i].val().any();
        }
        self.legal[3].next = self.legal[2].val();
        for _i in 0..self._one {
            self.here[0].next = self.legal[3].val();
            self.chosen.next = self.data[0].val();
        }
        for i in 0..self._several {
            for k in self._memory_at..self._memory_end {
                self.memory[i].next = self.parts.part[k].val();
            }
            self.memory_beyond[i].input.next = self.memory[i].val();
            self.legal[3].next = self.legal[2].val() & !self.memory_beyond[i].output.val();
            self.word_of[i].index.next = self.memory[i].val();
            for m in 0..self._memories {
                self.here[m].next = self.legal[3].val() & (self.memory[i].val() == self.number[m].val());
                self.word_of[i].choice[m].next = self.data[m].val();
            }
            self.chosen.next = self.word_of[i].output.val();
        }
        self.exists.next = self.legal[3].val();

        comment!("The 32 bits at the address");
        self.columns.input.next = self.chosen.val();
        for _i in 0..self._no_column {
            self.read_data.next = unsigned_cast_to(self.columns.part[0].val(), self.read_data.shape().width);
        }
        for i in 0..self._column {
            self.pick[i].index.next = self.column[i].val();
            for k in 0..self._columns {
                self.pick[i].choice[k].next = unsigned_cast_to(self.columns.part[k].val(), self.read_data.shape().width);
            }
            self.read_data.next = self.pick[i].output.val();
        }
    }
}
