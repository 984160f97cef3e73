//! How many synaptic operations a core does in a cycle.

use hdl::prelude::*;

/// `(rows that add) x (columns that add) x (neurons of a word)`, three cycles later.
#[derive(Clone, Debug, LogicBlock)]
pub struct SopCount {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub valid: Signal<In, Bit>,
    pub row: Vec<Signal<In, Bit>>,
    pub column: Vec<Signal<In, Bit>>,
    pub last_group: Vec<Signal<In, Bit>>,
    pub sops: Sig<Out>,

    nothing: Const,
    rows: Vec<Sig<Local>>,
    columns: Vec<Sig<Local>>,
    row_count: Register,
    column_count: Register,
    adds: Flag,
    words: ResetRegister,
    last: Vec<BitDelay>,
    of_group: ScaleBy,
    of_last: Vec<ScaleBy>,
    total: Register,

    _rows: usize,
    _columns: usize,
    _rows_at: usize,
    _rows_end: usize,
    _columns_at: usize,
    _columns_end: usize,
    _lasts: usize,
    _count_bits: u32,
}

/// What a core does at most in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SopShape {
    pub rows: usize,
    pub columns: usize,
    /// Neurons in a word.
    pub lanes: usize,
    /// Neurons in the last word of a position, where these are fewer.
    pub rest: Option<usize>,
}

impl SopShape {
    /// Bits of the count.
    pub fn width(&self) -> u32 {
        index_width(self.rows * self.columns * self.lanes + 1)
    }
}

impl SopCount {
    pub fn new(layer: &str, shape: SopShape) -> Self {
        let count = u(index_width(shape.rows * shape.columns + 1));
        let total = u(shape.width());
        let lasts = shape.rest.iter().count();
        SopCount {
            doc: Doc::new(format!("{layer}_sops"), "Synaptic operations of a cycle.")
                .rust("rtl::config::SopCount")
                .golden("golden::Outcome::sops")
                .latency("three cycles")
                .port("valid", "an event is added in this cycle")
                .port("row", "rows of banks that add")
                .port("column", "columns of banks that add")
                .port("last_group", format!("a cycle before valid: to the last group of channels, of {} neurons", shape.rest.unwrap_or(shape.lanes)))
                .port("sops", format!("rows x columns x {}", shape.lanes)),
            clock: Default::default(),
            reset: Default::default(),
            valid: Default::default(),
            row: vec![Default::default(); shape.rows],
            column: vec![Default::default(); shape.columns],
            last_group: vec![Default::default(); lasts],
            sops: Sig::new(total),

            nothing: Const::new(count, 0),
            rows: Sig::several(shape.rows + 1, count),
            columns: Sig::several(shape.columns + 1, count),
            row_count: Register::new(count),
            column_count: Register::new(count),
            adds: Flag::new(),
            words: ResetRegister::new(count, 0),
            last: vec![BitDelay::new(3); lasts],
            of_group: ScaleBy::new(count, shape.lanes as u64, total),
            of_last: shape.rest.iter().map(|rest| ScaleBy::new(count, *rest as u64, total)).collect(),
            total: Register::new(total),

            _rows: shape.rows,
            _columns: shape.columns,
            _rows_at: shape.rows,
            _rows_end: shape.rows + 1,
            _columns_at: shape.columns,
            _columns_end: shape.columns + 1,
            _lasts: lasts,
            _count_bits: count.width,
        }
    }
}

impl Logic for SopCount {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, row_count, column_count, adds, words, total);
        self.adds.reset.next = self.reset.val();
        self.words.reset.next = self.reset.val();

        comment!("How many rows and columns");
        self.rows[0].next = self.nothing.val();
        for i in 0..self._rows {
            self.rows[i + 1].next = self.rows[i].val();
            if self.row[i].val() {
                self.rows[i + 1].next = self.rows[i].val() + bits_const(1, self._count_bits);
            }
        }
        self.columns[0].next = self.nothing.val();
        for i in 0..self._columns {
            self.columns[i + 1].next = self.columns[i].val();
            if self.column[i].val() {
                self.columns[i + 1].next = self.columns[i].val() + bits_const(1, self._count_bits);
            }
        }
        for i in self._rows_at..self._rows_end {
            self.row_count.d.next = self.rows[i].val();
        }
        for i in self._columns_at..self._columns_end {
            self.column_count.d.next = self.columns[i].val();
        }
        self.adds.d.next = self.valid.val();

        comment!("How many words");
        self.words.d.next = self.nothing.val();
        if self.adds.q.val() {
            self.words.d.next = self.row_count.q.val() * self.column_count.q.val();
        }

        comment!("How many neurons");
        self.of_group.input.next = self.words.q.val();
        self.total.d.next = self.of_group.output.val();
        for i in 0..self._lasts {
            self.last[i].clock.next = self.clock.val();
            self.last[i].d.next = self.last_group[i].val();
            self.of_last[i].input.next = self.words.q.val();
            if self.last[i].q.val() {
                self.total.d.next = self.of_last[i].output.val();
            }
        }
        self.sops.next = self.total.q.val();
    }
}
