//! A place of the ring where a driver writes: rows of a table, a word, or both.

use super::packet::{RingFormat, CONTROL_BITS, DATA_BITS};
use hdl::prelude::*;

/// What is written there. Addresses in its region: a row's own number; `{1, 0}` above all of them for the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// None if 0.
    pub rows: usize,
    /// Bits of a row, up to [`DATA_BITS`].
    pub width: u32,
    /// Bits of the word behind the rows; none if 0.
    pub word: u32,
}

impl TableShape {
    /// Bits of a row's number.
    pub fn row_bits(&self) -> u32 {
        if self.rows == 0 { 0 } else { index_width(self.rows) }
    }

    /// Bits of an address in the region.
    pub fn bits(&self) -> u32 {
        self.row_bits() + u32::from(self.word > 0)
    }

    /// Address of the word.
    pub fn word_at(&self) -> u32 {
        1 << self.row_bits()
    }
}

/// A table's place on the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TablePlace {
    /// First word address, aligned to the region.
    pub base: u32,
    pub shape: TableShape,
    pub ring: RingFormat,
}

/// A table that is written and read over the configuration bus while the network is in reset, and looked up while it runs.
///
/// Every reader has a copy in distributed RAM; all are written at once. The bus reads the first one. Contents are unknown until they
/// are written. A packet of the ring waits here for one cycle, whatever it asks for.
#[derive(Clone, Debug, LogicBlock)]
pub struct LoadedTable {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub bus_in: Sig<In>,
    pub bus_out: Sig<Out>,
    pub bus_control: Sig<In>,
    pub row: Vec<Sig<In>>,
    pub value: Vec<Sig<Out>>,
    pub word: Vec<Sig<Out>>,

    heard_control: BitSplit,
    arriving: Split,
    held: Register,
    held_valid: Flag,
    held_parts: Split,
    address: Sig<Local>,
    region: Const,
    held_row: Vec<Sig<Local>>,
    beyond: Vec<Above>,
    in_word: Vec<Signal<Local, Bit>>,
    exists: Signal<Local, Bit>,
    mine: Signal<Local, Bit>,
    writes: Signal<Local, Bit>,
    nothing: Const,
    found: Sig<Local>,
    copy: Vec<LutRam>,
    stored: Vec<Register>,
    answer: Join,

    _tables: usize,
    _others: usize,
    _copies: usize,
    _words: usize,
    _rows_alone: usize,
    _rows_and_word: usize,
    _word_alone: usize,
    _row_bits: u32,
    _width: u32,
    _word_bits: u32,
    _word_flag: u32,
    _region_low: u32,
    _region_bits: u32,
}

impl LoadedTable {
    /// Module `name`, for so many readers.
    pub fn new(name: String, place: TablePlace, readers: usize) -> Self {
        let TablePlace { base, shape, ring } = place;
        assert!(shape.width <= DATA_BITS && shape.word <= DATA_BITS && shape.bits() > 0, "a row is one access of the bus");
        let one = |present: bool| usize::from(present);
        let (tables, words) = (one(shape.rows > 0), one(shape.word > 0));
        let copies = if tables == 1 { readers } else { 0 };
        let (row, width) = (u(shape.row_bits().max(1)), u(shape.width.max(1)));
        let region = u(ring.address_bits - shape.bits());
        let mut doc = Doc::new(name, "Written over the configuration bus while the network is in reset.")
            .rust("rtl::config::LoadedTable")
            .latency("none from row to value; one cycle on the ring")
            .port("rst", "of the network")
            .port("bus_in", "{valid, failed, answered, write, address, data} on the ring")
            .port("bus_out", "the same, one cycle later, with the answer if it is for this place")
            .port("bus_control", "{count, clear, reset}")
            .port("row", "number of the row that is looked up")
            .port("value", "what stands there")
            .port("word", "what stands behind the rows");
        if tables == 1 {
            doc = doc.fact("Memory", format!("{} of {} x {} bits in distributed RAM", several_copies(copies), shape.rows, shape.width));
        }
        LoadedTable {
            doc,
            clock: Default::default(),
            reset: Default::default(),
            bus_in: Sig::new(u(ring.width())),
            bus_out: Sig::new(u(ring.width())),
            bus_control: Sig::new(u(CONTROL_BITS)),
            row: Sig::several(copies, row),
            value: Sig::several(copies, width),
            word: Sig::several(words, u(shape.word.max(1))),

            heard_control: BitSplit::new(CONTROL_BITS),
            arriving: Split::of(&ring.parts()),
            held: Register::new(u(ring.width())),
            held_valid: Flag::new(),
            held_parts: Split::of(&ring.parts()),
            address: Sig::new(u(ring.address_bits)),
            region: Const::new(region, base >> shape.bits()),
            held_row: Sig::several(tables, row),
            beyond: vec![Above::new(row, shape.rows as i64 - 1); tables],
            in_word: vec![Default::default(); words],
            exists: Default::default(),
            mine: Default::default(),
            writes: Default::default(),
            nothing: Const::new(u(DATA_BITS), 0),
            found: Sig::new(u(DATA_BITS)),
            copy: (0..copies).map(|_| LutRam::new(shape.rows, shape.width)).collect(),
            stored: Register::several(words, u(shape.word.max(1))),
            answer: Join::of(&ring.parts()),

            _tables: tables,
            _others: copies.min(1),
            _copies: copies,
            _words: words,
            _rows_alone: tables * (1 - words),
            _rows_and_word: tables * words,
            _word_alone: (1 - tables) * words,
            _row_bits: row.width,
            _width: width.width,
            _word_bits: shape.word.max(1),
            _word_flag: shape.row_bits(),
            _region_low: shape.bits(),
            _region_bits: region.width,
        }
    }

    /// Adds header lines and port comments.
    pub fn documented(mut self, add: impl FnOnce(Doc) -> Doc) -> Self {
        self.doc = add(self.doc);
        self
    }
}

fn several_copies(copies: usize) -> String {
    if copies == 1 { "one copy".to_string() } else { format!("{copies} copies") }
}

impl Logic for LoadedTable {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, held, held_valid);
        comment!("The ring: a packet waits for one cycle");
        self.heard_control.input.next = self.bus_control.val();
        self.arriving.input.next = self.bus_in.val();
        self.held.d.next = self.bus_in.val();
        self.held_valid.reset.next = self.heard_control.bit[0].val();
        self.held_valid.d.next = self.arriving.part[5].val().any();
        self.held_parts.input.next = self.held.q.val();
        self.address.next = self.held_parts.part[1].val();

        comment!("Whether it asks for something here, in reset of the network alone");
        for i in 0..self._tables {
            self.held_row[i].next = bit_cast_slice(self.address.val(), 0, self._row_bits);
            self.beyond[i].input.next = self.held_row[i].val();
        }
        for i in 0..self._words {
            self.in_word[i].next = self.address.val().get_bit(bits_number(self._word_flag));
        }
        for i in 0..self._rows_alone {
            self.exists.next = !self.beyond[i].output.val();
        }
        for i in 0..self._rows_and_word {
            self.exists.next = !self.beyond[i].output.val();
            if self.in_word[i].val() {
                self.exists.next = !self.held_row[i].val().any();
            }
        }
        for i in 0..self._word_alone {
            self.exists.next = self.in_word[i].val();
        }
        self.mine.next = (bit_cast_slice(self.address.val(), self._region_low, self._region_bits) == self.region.val())
            & self.exists.val()
            & self.reset.val();
        self.writes.next = self.held_valid.q.val() & self.mine.val() & self.held_parts.part[2].val().any();

        comment!("What stands there");
        self.found.next = self.nothing.val();
        for k in 0..self._copies {
            self.copy[k].clock.next = self.clock.val();
            self.copy[k].write_enable.next = self.writes.val();
            self.copy[k].write_data.next = bit_cast_slice(self.held_parts.part[0].val(), 0, self._width);
            self.copy[k].read_address.next = self.row[k].val();
            self.value[k].next = self.copy[k].read_data.val();
            for i in 0..self._tables {
                self.copy[k].write_address.next = self.held_row[i].val();
            }
            for i in 0..self._rows_and_word {
                self.copy[k].write_enable.next = self.writes.val() & !self.in_word[i].val();
            }
        }
        for i in 0..self._others {
            if self.reset.val() {
                self.copy[i].read_address.next = self.held_row[i].val();
            }
            self.found.next = unsigned_cast_to(self.copy[i].read_data.val(), self.found.shape().width);
        }
        for i in 0..self._words {
            self.stored[i].clock.next = self.clock.val();
            self.stored[i].d.next = self.stored[i].q.val();
            if self.writes.val() & self.in_word[i].val() {
                self.stored[i].d.next = bit_cast_slice(self.held_parts.part[0].val(), 0, self._word_bits);
            }
            self.word[i].next = self.stored[i].q.val();
            if self.in_word[i].val() {
                self.found.next = unsigned_cast_to(self.stored[i].q.val(), self.found.shape().width);
            }
        }

        comment!("What goes on");
        self.answer.part[0].next = self.held_parts.part[0].val();
        if self.mine.val() {
            self.answer.part[0].next = self.found.val();
        }
        self.answer.part[1].next = self.address.val();
        self.answer.part[2].next = self.held_parts.part[2].val();
        self.answer.part[3].next = self.held_parts.part[3].val() | bit_cast_bool(self.mine.val());
        self.answer.part[4].next = self.held_parts.part[4].val();
        self.answer.part[5].next = bit_cast_bool(self.held_valid.q.val());
        self.bus_out.next = self.answer.output.val();
    }
}
