//! Wiring without gates (splitting and joining words) and two small combinational blocks, all printed inline.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::prelude::{block, probe, Bit, In, Logic, LogicBlock, Out, Signal};

use super::inline::Inline;
use super::signal::Sig;
use super::value::{u, Shape};

/// Cuts a word into parts, part 0 lowest. Reading `part[i]` prints `word[23:12]`, signed parts through `$signed`.
#[derive(Clone, Debug, LogicBlock)]
pub struct Split {
    pub input: Sig<In>,
    pub part: Vec<Sig<Out>>,
}

impl Split {
    /// `n` equal parts of an unsigned word of `total` bits; panics unless `n * part.width <= total`
    /// (the bits above are not read).
    pub fn new(total: u32, part: Shape, n: usize) -> Self {
        assert!(
            part.width as usize * n <= total as usize,
            "{n} parts of {part} in {total} bits"
        );
        Split {
            input: Sig::new(u(total)),
            part: Sig::several(n, part),
        }
    }

    /// Parts of these shapes, lowest first, of an unsigned word that has just their bits.
    pub fn of(parts: &[Shape]) -> Self {
        let total = parts.iter().map(|part| part.width).sum();
        Split {
            input: Sig::new(u(total)),
            part: parts.iter().map(|part| Sig::new(*part)).collect(),
        }
    }
}

impl Logic for Split {
    fn update(&mut self) {
        let word = self.input.val();
        let mut low = 0;
        for part in &mut self.part {
            let shape = part.shape();
            part.next = word.slice(low, shape.width).resize(shape);
            low += shape.width;
        }
    }
    fn connect(&mut self) {
        self.part.iter_mut().for_each(Logic::connect);
    }
    fn hdl(&self) -> Verilog {
        Inline::Split.encode()
    }
}

/// The bits of a word, each as a `Bit`.
#[derive(Clone, Debug, LogicBlock)]
pub struct BitSplit {
    pub input: Sig<In>,
    pub bit: Vec<Signal<Out, Bit>>,
}

impl BitSplit {
    /// Of an unsigned word of `width` bits.
    pub fn new(width: u32) -> Self {
        BitSplit {
            input: Sig::new(u(width)),
            bit: (0..width).map(|_| Default::default()).collect(),
        }
    }
}

impl Logic for BitSplit {
    fn update(&mut self) {
        let word = self.input.val();
        for (i, bit) in self.bit.iter_mut().enumerate() {
            bit.next = word.get_bit(i);
        }
    }
    fn connect(&mut self) {
        self.bit.iter_mut().for_each(Logic::connect);
    }
    fn hdl(&self) -> Verilog {
        Inline::Split.encode()
    }
}

/// Puts parts together to an unsigned word, part 0 lowest.
#[derive(Clone, Debug, LogicBlock)]
pub struct Join {
    pub part: Vec<Sig<In>>,
    pub output: Sig<Out>,
}

impl Join {
    /// `n` equal parts.
    pub fn new(part: Shape, n: usize) -> Self {
        Join::of(&vec![part; n])
    }

    /// Parts of these shapes, lowest first.
    pub fn of(parts: &[Shape]) -> Self {
        let total = parts.iter().map(|part| part.width).sum();
        Join {
            part: parts.iter().map(|part| Sig::new(*part)).collect(),
            output: Sig::new(u(total)),
        }
    }
}

impl Logic for Join {
    fn update(&mut self) {
        let mut parts = self.part.iter().map(|part| part.val().resize(u(part.shape().width)));
        if let Some(first) = parts.next() {
            self.output.next = parts.fold(first, |low, part| low.concat(part));
        }
    }
    fn connect(&mut self) {
        self.output.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::Join.encode()
    }
}

/// Puts `Bit`s together to an unsigned word, bit 0 lowest.
#[derive(Clone, Debug, LogicBlock)]
pub struct BitJoin {
    pub bit: Vec<Signal<In, Bit>>,
    pub output: Sig<Out>,
}

impl BitJoin {
    /// To a word of `width` bits.
    pub fn new(width: u32) -> Self {
        BitJoin {
            bit: (0..width).map(|_| Default::default()).collect(),
            output: Sig::new(u(width)),
        }
    }
}

impl Logic for BitJoin {
    fn update(&mut self) {
        let words = self
            .bit
            .chunks(64)
            .map(|bits| bits.iter().rev().fold(0, |word, bit| word << 1 | bit.val() as u64));
        self.output.next = super::Value::from_limbs(self.output.shape(), &words.collect::<Vec<u64>>());
    }
    fn connect(&mut self) {
        self.output.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::Join.encode()
    }
}

/// `output = input * factor`, wrapped to the output's width, as shifts, additions and subtractions.
#[derive(Clone, Debug, LogicBlock)]
pub struct ScaleBy {
    pub input: Sig<In>,
    pub output: Sig<Out>,
    _factor: u64,
}

impl ScaleBy {
    /// Both shapes unsigned or both signed; a signed input is sign-extended.
    pub fn new(input: Shape, factor: u64, output: Shape) -> Self {
        assert_eq!(input.signed, output.signed, "a constant multiple keeps signedness");
        ScaleBy {
            input: Sig::new(input),
            output: Sig::new(output),
            _factor: factor,
        }
    }
}

impl Logic for ScaleBy {
    fn update(&mut self) {
        self.output.next = self.input.val().times(self._factor, self.output.shape());
    }
    fn connect(&mut self) {
        self.output.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::ScaleBy(self._factor).encode()
    }
}

/// `output = input > limit`, as AND and OR of the input's bits: about a third of the logic that a comparator takes.
#[derive(Clone, Debug, LogicBlock)]
pub struct Above {
    pub input: Sig<In>,
    pub output: Signal<Out, Bit>,
    _limit: i64,
}

impl Above {
    /// For words of this shape; a limit outside its range makes a constant.
    pub fn new(input: Shape, limit: i64) -> Self {
        Above {
            input: Sig::new(input),
            output: Default::default(),
            _limit: limit,
        }
    }
}

impl Logic for Above {
    fn update(&mut self) {
        self.output.next = self.input.val().to_i128().is_some_and(|x| x > i128::from(self._limit));
    }
    fn connect(&mut self) {
        self.output.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::Above(self._limit).encode()
    }
}

/// `output = choice[index]`; the last choice answers every index beyond it.
#[derive(Clone, Debug, LogicBlock)]
pub struct Select {
    pub index: Sig<In>,
    pub choice: Vec<Sig<In>>,
    pub output: Sig<Out>,
}

impl Select {
    /// Panics without choices or when `index_width` bits cannot reach all `n` of them.
    pub fn new(index_width: u32, shape: Shape, n: usize) -> Self {
        assert!(
            n > 0 && (n - 1) as u128 >> index_width.min(64) == 0,
            "{n} choices by {index_width} bits"
        );
        Select {
            index: Sig::new(u(index_width)),
            choice: Sig::several(n, shape),
            output: Sig::new(shape),
        }
    }
}

impl Logic for Select {
    fn update(&mut self) {
        let i = (self.index.val().to_u64() as usize).min(self.choice.len() - 1);
        self.output.next = self.choice[i].val();
    }
    fn connect(&mut self) {
        self.output.connect();
    }
    fn hdl(&self) -> Verilog {
        Inline::Select.encode()
    }
}
