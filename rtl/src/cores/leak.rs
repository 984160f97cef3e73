//! The leak of one neuron, `leak(V)` of docs/numbers.md, as a pipeline of one stage (a shift) or two (a multiplier).

use net::Rounding;

use hdl::prelude::*;

/// `V - (V >>> k)`, or with rounding toward zero `V - ((V + (V < 0 ? 0 : 2^k - 1)) >>> k)`. One register.
#[derive(Clone, Debug, LogicBlock)]
pub struct ShiftLeak {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub state: Sig<In>,
    pub leaked: Sig<Out>,
    round_up: Vec<Const>,
    zero: Const,
    wide: Sig<Local>,
    rounded: Sig<Local>,
    decay: Sig<Local>,
    result: Register,
    _toward_zero: usize,
    _floor: usize,
    _bits: u32,
    _shift: u32,
}

impl ShiftLeak {
    /// States of `bits`, shifted by `shift` (0 leaves nothing of the state).
    pub fn new(prefix: &str, bits: u32, shift: u32, rounding: Rounding) -> Self {
        let wide = s(bits + shift.max(1));
        let toward_zero = rounding == Rounding::TowardZero;
        let formula = match rounding {
            Rounding::Floor => format!("leaked = V - (V >>> {shift})"),
            Rounding::TowardZero => format!("leaked = V - ((V + (V < 0 ? 0 : {})) >>> {shift})", (1u64 << shift) - 1),
        };
        ShiftLeak {
            doc: Doc::new(format!("{prefix}_leak"), "Leak of one neuron: the state decays by a power of two.")
                .line(formula)
                .rust("rtl::cores::leak::ShiftLeak")
                .golden("golden::neuron (leak)")
                .latency("one cycle; one state per cycle"),
            clock: Default::default(),
            state: Sig::new(s(bits)),
            leaked: Sig::new(s(bits)),
            round_up: vec![Const::new(wide, (1i64 << shift) - 1); usize::from(toward_zero)],
            zero: Const::new(s(bits), 0),
            wide: Sig::new(wide),
            rounded: Sig::new(wide),
            decay: Sig::new(wide),
            result: Register::new(s(bits)),
            _toward_zero: usize::from(toward_zero),
            _floor: usize::from(!toward_zero),
            _bits: bits,
            _shift: shift,
        }
    }
}

impl Logic for ShiftLeak {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, result);
        self.wide.next = signed_cast_to(self.state.val(), self.wide.shape().width);
        for _i in 0..self._floor {
            self.rounded.next = self.wide.val();
        }
        for i in 0..self._toward_zero {
            self.rounded.next = self.wide.val();
            if self.state.val() >= self.zero.val() {
                self.rounded.next = self.wide.val() + self.round_up[i].val();
            }
        }
        self.decay.next = self.rounded.val() >> bits_number(self._shift);
        self.result.d.next = self.state.val() - signed_cast_to(self.decay.val(), self.state.shape().width);
        self.leaked.next = self.result.q.val();
    }
}

/// `V - ((V * a) >>> m)`, or with rounding toward zero `V - ((V * a + (V < 0 ? 0 : 2^m - 1)) >>> m)`. Two registers.
#[derive(Clone, Debug, LogicBlock)]
pub struct MultiplyLeak {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub state: Sig<In>,
    pub factor: Vec<Sig<In>>,
    pub leaked: Sig<Out>,
    decay_factor: Vec<Const>,
    round_up: Vec<Const>,
    zero: Const,
    state_wide: Sig<Local>,
    factor_wide: Sig<Local>,
    product: Register,
    kept: Register,
    rounded: Sig<Local>,
    decay: Sig<Local>,
    result: Register,
    _toward_zero: usize,
    _floor: usize,
    _constant: usize,
    _given: usize,
    _shift: u32,
}

impl MultiplyLeak {
    /// `factor`: the constant `a`, or `None` for a port of `m + 2` bits.
    pub fn new(prefix: &str, bits: u32, factor: Option<i64>, m: u32, rounding: Rounding) -> Self {
        let wide = s(bits + m + 2);
        let toward_zero = rounding == Rounding::TowardZero;
        let a = factor.map_or("a".to_string(), |a| a.to_string());
        let formula = match rounding {
            Rounding::Floor => format!("leaked = V - ((V * {a}) >>> {m})"),
            Rounding::TowardZero => {
                format!("leaked = V - ((V * {a} + (V < 0 ? 0 : {})) >>> {m})", (1u64 << m) - 1)
            }
        };
        MultiplyLeak {
            doc: Doc::new(format!("{prefix}_leak"), "Leak of one neuron: the state decays by a constant factor.")
                .line(formula)
                .rust("rtl::cores::leak::MultiplyLeak")
                .golden("golden::neuron (leak)")
                .latency("two cycles; one state per cycle")
                .port("factor", format!("a, in units of 2^-{m}; with the state")),
            clock: Default::default(),
            state: Sig::new(s(bits)),
            factor: Sig::several(usize::from(factor.is_none()), s(m + 2)),
            leaked: Sig::new(s(bits)),
            decay_factor: factor.iter().map(|&a| Const::new(s(m + 2), a)).collect(),
            round_up: vec![Const::new(wide, (1i64 << m) - 1); usize::from(toward_zero)],
            zero: Const::new(s(bits), 0),
            state_wide: Sig::new(wide),
            factor_wide: Sig::new(wide),
            product: Register::new(wide),
            kept: Register::new(s(bits)),
            rounded: Sig::new(wide),
            decay: Sig::new(wide),
            result: Register::new(s(bits)),
            _toward_zero: usize::from(toward_zero),
            _floor: usize::from(!toward_zero),
            _constant: usize::from(factor.is_some()),
            _given: usize::from(factor.is_none()),
            _shift: m,
        }
    }
}

impl Logic for MultiplyLeak {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, product, kept, result);
        comment!("Stage 1: multiply");
        self.state_wide.next = signed_cast_to(self.state.val(), self.state_wide.shape().width);
        for i in 0..self._constant {
            self.factor_wide.next = signed_cast_to(self.decay_factor[i].val(), self.factor_wide.shape().width);
        }
        for i in 0..self._given {
            self.factor_wide.next = signed_cast_to(self.factor[i].val(), self.factor_wide.shape().width);
        }
        self.product.d.next = self.state_wide.val() * self.factor_wide.val();
        self.kept.d.next = self.state.val();
        comment!("Stage 2: round and subtract");
        for _i in 0..self._floor {
            self.rounded.next = self.product.q.val();
        }
        for i in 0..self._toward_zero {
            self.rounded.next = self.product.q.val();
            if self.kept.q.val() >= self.zero.val() {
                self.rounded.next = self.product.q.val() + self.round_up[i].val();
            }
        }
        self.decay.next = self.rounded.val() >> bits_number(self._shift);
        self.result.d.next = self.kept.q.val() - signed_cast_to(self.decay.val(), self.kept.q.shape().width);
        self.leaked.next = self.result.q.val();
    }
}
