//! The end of a step for all neurons of a layer, as short passes over vectors of states.

use super::lazy::Idle;
use super::word::Word;
use net::{Leak, MapShape, Neuron, Output, Param, Reset, ResetOrder, Rounding};

/// Neurons of one round of passes: small enough for the innermost cache.
const BLOCK: usize = 1024;

/// A constant per layer, or one per neuron in the machine's own layout.
#[derive(Clone, Debug)]
pub enum Constants<T> {
    Same(T),
    Each(Vec<T>),
}

/// Where the machine's layout puts which neuron; builds [`Constants`] from a network's parameters.
pub struct Layout<'a> {
    pub shape: MapShape,
    /// Flat index per place, `None` for padding.
    pub flat: &'a [Option<u32>],
}

impl Layout<'_> {
    /// `padding` is the value at places without a neuron; a layer's single value may stand there too if `allowed`.
    fn constants<T: Word>(&self, param: &Param, padding: i64, allowed: impl Fn(i64) -> bool) -> Constants<T> {
        match param {
            Param::Layer(value) if allowed(*value) || !self.flat.contains(&None) => {
                Constants::Same(T::constant(*value))
            }
            _ => {
                let at = |place: &Option<u32>| place.map_or(padding, |index| param.at(self.shape, index as usize));
                Constants::Each(self.flat.iter().map(|place| T::constant(at(place))).collect())
            }
        }
    }

    /// Constants that do nothing to a state of zero.
    fn harmless<T: Word>(&self, param: &Param) -> Constants<T> {
        self.constants(param, 0, |_| true)
    }
}

#[derive(Clone, Debug)]
enum LeakPass<T: Word> {
    None,
    /// `V - (V >> k)`: floor rounding and `a = 2^(m-k)`.
    Shift(usize),
    /// Factors go up to `2^m`, one more than the word may hold: stored less one.
    Floor {
        a_less_one: Constants<T>,
        m: usize,
    },
    /// `keep = 2^m - a`, stored less one for the same reason.
    TowardZero {
        keep_less_one: Constants<T>,
        m: usize,
    },
}

/// The rules of one layer's neurons.
#[derive(Clone, Debug)]
pub struct Fire<T: Word> {
    order: ResetOrder,
    bias: Option<Constants<T>>,
    /// `None` for a readout.
    level: Option<Constants<T>>,
    subtract: Option<Constants<T>>,
    to_value: Option<Constants<T>>,
    most: T,
    leak: LeakPass<T>,
    lo: T,
    hi: T,
}

/// Working memory of one layer's neurons, in the machine's layout.
#[derive(Clone, Debug, Default)]
pub struct States<T> {
    /// Stored states; with the step's inputs added, `H`.
    pub v: Vec<T>,
    /// Spikes that each neuron sent in the last step.
    pub fired: Vec<T>,
    /// Shown states of the last step, if they were wanted.
    pub shown: Vec<T>,
    /// For layers with lazy leak.
    pub idle: Idle<T>,
}

impl<T: Word> States<T> {
    /// The start of a sample, with these states.
    pub fn start(&mut self, from: &[T]) {
        for states in [&mut self.fired, &mut self.shown] {
            states.clear();
            states.resize(from.len(), T::zero());
        }
        self.v.clear();
        self.v.extend_from_slice(from);
    }
}

impl<T: Word> Fire<T> {
    /// Whether word type `T` holds everything that `neuron` can do.
    pub fn fits(neuron: &Neuron) -> bool {
        let leak_bits = match &neuron.leak {
            Leak::None => 0,
            Leak::Decay { m, .. } => *m,
        };
        let highest = T::max_value().to_i64().unwrap_or(i64::MAX);
        neuron.membrane.bits <= T::BITS && leak_bits <= T::LEAK_BITS && neuron.fire_level.max() <= highest
    }

    pub fn new(neuron: &Neuron, layout: &Layout) -> Self {
        let leak = match &neuron.leak {
            Leak::None => LeakPass::None,
            Leak::Decay { a: Param::Layer(0), .. } => LeakPass::None,
            Leak::Decay {
                a: Param::Layer(a),
                m,
                rounding: Rounding::Floor,
            } if a.count_ones() == 1 => LeakPass::Shift((*m - a.trailing_zeros()) as usize),
            Leak::Decay {
                a,
                m,
                rounding: Rounding::Floor,
            } => LeakPass::Floor {
                a_less_one: layout.harmless(&map(a, |a| a - 1)),
                m: *m as usize,
            },
            Leak::Decay {
                a,
                m,
                rounding: Rounding::TowardZero,
            } => {
                let keep_less_one = map(a, |a| (1i64 << m) - a - 1);
                LeakPass::TowardZero {
                    keep_less_one: layout.harmless(&keep_less_one),
                    m: *m as usize,
                }
            }
        };
        let (mut subtract, mut to_value) = (None, None);
        match &neuron.reset {
            Reset::Subtract(amount) => subtract = Some(layout.harmless(amount)),
            Reset::ToValue(value) => to_value = Some(layout.harmless(value)),
            Reset::None => {}
        }
        let most = if subtract.is_some() { neuron.max_spikes } else { 1 };
        let spikes = neuron.output == Output::Spike;
        Fire {
            order: neuron.order,
            bias: (neuron.bias != Param::Layer(0)).then(|| layout.constants(&neuron.bias, 0, |bias| bias == 0)),
            level: spikes.then(|| layout.constants(&neuron.fire_level, i64::MAX, |level| level > 0)),
            subtract,
            to_value,
            most: T::constant(i64::from(most)),
            leak,
            lo: T::constant(neuron.membrane.lo),
            hi: T::constant(neuron.membrane.hi),
        }
    }

    /// Ends the step for all neurons; `want_shown` also fills `states.shown`. Returns the number of saturated states.
    #[inline(always)]
    pub fn end_step(&self, states: &mut States<T>, want_shown: bool) -> u64 {
        let mut saturated = 0;
        let mut from = 0;
        while from < states.v.len() {
            let to = (from + BLOCK).min(states.v.len());
            let shown = if want_shown {
                &mut states.shown[from..to]
            } else {
                &mut [][..]
            };
            saturated += self.end_block(from, &mut states.v[from..to], &mut states.fired[from..to], shown);
            from = to;
        }
        saturated
    }

    #[inline(always)]
    fn end_block(&self, at: usize, v: &mut [T], fired: &mut [T], shown: &mut [T]) -> u64 {
        if let Some(bias) = &self.bias {
            with(v, bias, at, |v, bias| v.wrapping_add(&bias));
        }
        let delayed = self.order == ResetOrder::LeakThenReset;
        if let (true, Some(value)) = (delayed, &self.to_value) {
            with_mask(
                v,
                fired,
                value,
                at,
                |v, spiked, value| if spiked != T::zero() { value } else { v },
            );
        }
        self.count_spikes(at, v, fired);
        match self.order {
            ResetOrder::ResetThenLeak => {
                self.subtract(at, v, fired);
                if let Some(value) = &self.to_value {
                    with_mask(
                        v,
                        fired,
                        value,
                        at,
                        |v, n, value| if n != T::zero() { value } else { v },
                    );
                }
                let saturated = self.clamp(v);
                shown.copy_from_slice(&v[..shown.len()]);
                self.leak(at, v);
                saturated
            }
            ResetOrder::LeakThenReset => {
                shown.copy_from_slice(&v[..shown.len()]);
                self.leak(at, v);
                self.subtract(at, v, fired);
                self.clamp(v)
            }
        }
    }

    /// `fired[i]` = spikes of neuron `i` at potential `v[i]`.
    #[inline(always)]
    fn count_spikes(&self, at: usize, v: &[T], fired: &mut [T]) {
        let Some(level) = &self.level else { return };
        match level {
            Constants::Same(level) => {
                for (n, &v) in fired.iter_mut().zip(v) {
                    *n = if v >= *level { T::one() } else { T::zero() };
                }
            }
            Constants::Each(levels) => {
                for ((n, &v), &level) in fired.iter_mut().zip(v).zip(&levels[at..]) {
                    *n = if v >= level { T::one() } else { T::zero() };
                }
            }
        }
        if self.most > T::one() {
            self.count_many(at, v, fired, level);
        }
    }

    /// Several spikes per step: one per whole reset amount above the fire test.
    #[inline(always)]
    fn count_many(&self, at: usize, v: &[T], fired: &mut [T], level: &Constants<T>) {
        let Some(amount) = &self.subtract else { return };
        for (i, n) in fired.iter_mut().enumerate() {
            if *n != T::zero() {
                let amount = pick(amount, at + i).widen();
                let above = v[i].widen() - (pick(level, at + i).widen() - amount);
                *n = T::narrow((above / amount).min(self.most.widen()));
            }
        }
    }

    #[inline(always)]
    fn subtract(&self, at: usize, v: &mut [T], fired: &[T]) {
        if let Some(amount) = &self.subtract {
            with_mask(v, fired, amount, at, |v, n, amount| {
                v.wrapping_sub(&amount.wrapping_mul(&n))
            });
        }
    }

    /// Clamps and counts what it changed.
    #[inline(always)]
    fn clamp(&self, v: &mut [T]) -> u64 {
        let mut changed = T::zero(); // at most BLOCK
        for v in v.iter_mut() {
            let clamped = if *v < self.lo { self.lo } else { *v };
            let clamped = if clamped > self.hi { self.hi } else { clamped };
            changed = changed.wrapping_add(&if clamped != *v { T::one() } else { T::zero() });
            *v = clamped;
        }
        changed.to_u64().unwrap_or(0)
    }

    #[inline(always)]
    fn leak(&self, at: usize, v: &mut [T]) {
        match &self.leak {
            LeakPass::None => {}
            LeakPass::Shift(k) => {
                for v in v.iter_mut() {
                    *v = v.wrapping_sub(&(*v >> *k));
                }
            }
            LeakPass::Floor { a_less_one, m } => with(v, a_less_one, at, |v, a_less_one| {
                let (v, a_less_one) = (v.widen(), a_less_one.widen());
                T::narrow(v - ((v * a_less_one + v) >> *m))
            }),
            LeakPass::TowardZero { keep_less_one, m } => with(v, keep_less_one, at, |v, keep_less_one| {
                let (v, keep_less_one) = (v.widen(), keep_less_one.widen());
                let product = v * keep_less_one + v;
                let (zero, one) = (T::zero().widen(), T::one().widen());
                let negative = if product < zero { (one << *m) - one } else { zero };
                T::narrow((product + negative) >> *m)
            }),
        }
    }
}

/// `param` with every value mapped.
fn map(param: &Param, f: impl Fn(i64) -> i64) -> Param {
    let all = |values: &[i64]| values.iter().map(|&value| f(value)).collect();
    match param {
        Param::Layer(value) => Param::Layer(f(*value)),
        Param::Channel(values) => Param::Channel(all(values)),
        Param::Neuron(values) => Param::Neuron(all(values)),
    }
}

#[inline(always)]
fn pick<T: Word>(constants: &Constants<T>, at: usize) -> T {
    match constants {
        Constants::Same(value) => *value,
        Constants::Each(values) => values[at],
    }
}

/// `v[i] = f(v[i], constant[at + i])`. Plain loops, as iterator adapters may miss out on vector instructions.
#[inline(always)]
fn with<T: Word>(v: &mut [T], constants: &Constants<T>, at: usize, f: impl Fn(T, T) -> T) {
    match constants {
        Constants::Same(value) => {
            for v in v {
                *v = f(*v, *value);
            }
        }
        Constants::Each(values) => {
            for (v, value) in v.iter_mut().zip(&values[at..]) {
                *v = f(*v, *value);
            }
        }
    }
}

/// `v[i] = f(v[i], fired[i], constant[at + i])`.
#[inline(always)]
fn with_mask<T: Word>(v: &mut [T], fired: &[T], constants: &Constants<T>, at: usize, f: impl Fn(T, T, T) -> T) {
    match constants {
        Constants::Same(value) => {
            for (v, n) in v.iter_mut().zip(fired) {
                *v = f(*v, *n, *value);
            }
        }
        Constants::Each(values) => {
            for ((v, n), value) in v.iter_mut().zip(fired).zip(&values[at..]) {
                *v = f(*v, *n, *value);
            }
        }
    }
}
