//! The membrane word of a layer: fraction bits, width, and what a leak does not move.

use super::One;
use crate::bound::{self, Targets, WorstSums};
use crate::loadable;
use crate::options::{FractionBits, MAX_FRACTION_BITS};
use crate::{Layer, Leak, Output, Reset, Rounding, Synapses};

/// `--fraction-bits auto` adds none up to this dead zone, as a part of the threshold.
const BEARABLE_ZONE: f64 = 0.05;
/// Where it adds some, they make the dead zone at most this. One bit more than [`BEARABLE_ZONE`] asks for: on random nets with weights of
/// 2 to 4 bits (golden/tests/fraction_bits.rs) spike totals are then off by 0.8 % on average, not by 1.6 %.
const SMALL_ZONE: f64 = 0.025;
/// A membrane with fraction bits holds states down to this many thresholds below zero, besides what one step may bring.
const ROOM: i64 = 8;

impl One<'_> {
    fn worst_sums(&self, layer: &Layer, heard: &[i64]) -> WorstSums {
        match self.loadable {
            true => loadable::worst_sums(layer, heard),
            false => bound::worst_sums(layer, heard),
        }
    }

    /// Fraction bits of the layer whose weights are `weights`, before its other numbers are integers: what the user says, or the fewest
    /// that make the dead zone small, as far as the membrane's width allows. `heard` as in [`bound::worst_sums`].
    pub(super) fn fraction_bits(&mut self, leak: &Leak, synapses: &Synapses, scale: f64, heard: &[i64]) -> u32 {
        let wanted = match self.choice.fraction_bits {
            FractionBits::Bits(bits) => return bits,
            FractionBits::Auto => {
                let small = |bits: &u32| {
                    let whole = self.yardstick(synapses, scale) * f64::from(1u32 << bits);
                    let share = if *bits == 0 { BEARABLE_ZONE } else { SMALL_ZONE };
                    zone(leak) as f64 <= share * whole
                };
                (0..=MAX_FRACTION_BITS).find(small).unwrap_or(MAX_FRACTION_BITS)
            }
        };
        // Constants round anew for each F, so each is looked at as a layer of its own.
        let fits = |bits: &u32| {
            let before = self.problems.len();
            let layer = self.draft(leak.clone(), synapses.clone(), scale, *bits);
            let constants = self.problems.drain(before..).count() == 0;
            let (sums, most) = (self.worst_sums(&layer, heard), self.choice.membrane_bits.unwrap_or(bound::MAX_BITS));
            let least = bound::least_bits(sums, bound::targets(&layer));
            constants && least.max(self.roomy(&layer, sums)).is_some_and(|bits| least.is_some() && bits <= most)
        };
        let bits = (1..=wanted).rev().find(fits).unwrap_or(0);
        if wanted > 0 {
            let text = match bits == wanted {
                true => format!("\"{}\": {bits} fraction bits, for a dead zone of at most 2.5 % of the threshold", self.layer.name),
                false => format!("\"{}\": {bits} fraction bits; {wanted} would be better, but do not fit the membrane", self.layer.name),
            };
            self.notes.push(text);
        }
        bits
    }

    /// What a dead zone is measured by, in weight units: the least threshold; for a readout, the largest weight.
    fn yardstick(&self, synapses: &Synapses, scale: f64) -> f64 {
        let weights = match synapses {
            Synapses::Dense(dense) => &dense.weights,
            Synapses::Conv2d(conv) => &conv.weights,
        };
        match self.layer.neuron.output {
            Output::Spike => self.layer.neuron.threshold.iter().fold(f64::INFINITY, |least, t| least.min(t / scale)),
            Output::Value => weights.iter().map(|w| w.unsigned_abs()).max().unwrap_or(0).into(),
        }
    }

    /// Width that leaves room below zero: states down to [`ROOM`] thresholds, in front of what one step may bring. Only for membranes
    /// with fraction bits, whose range shrinks as their unit does; `None` for others.
    fn roomy(&self, layer: &Layer, sums: WorstSums) -> Option<u32> {
        if layer.fraction_bits == 0 || layer.neuron.output == Output::Value {
            return None;
        }
        let floor = Targets { greatest_lo: -ROOM * layer.neuron.fire_level.max(), ..bound::targets(layer) };
        bound::least_bits(sums, floor)
    }

    /// Picks or checks the membrane word.
    pub(super) fn membrane(&mut self, layer: &mut Layer, heard: &[i64], clamp: Option<i64>) -> (WorstSums, u32) {
        let sums = self.worst_sums(layer, heard);
        let targets = bound::targets(layer);
        let Some(least) = bound::least_bits(sums, targets) else {
            let value = format!("one time step may bring +{} / -{}", sums.positive, sums.negative);
            let limit = format!("membranes of at most {} bits", bound::MAX_BITS);
            self.problem(
                "membrane-range",
                value,
                &limit,
                "use fewer --weight-bits or a smaller --multiplicity",
            );
            return (sums, bound::MAX_BITS);
        };
        let bits = match self.choice.membrane_bits {
            Some(bits) if bits < least => {
                let value = format!(
                    "--membrane-bits {bits}: one time step may bring +{} / -{}, fire level {}",
                    sums.positive,
                    sums.negative,
                    targets.least_hi + 1
                );
                self.problem(
                    "membrane-bits",
                    value,
                    &format!("at least {least} bits"),
                    &format!("use --membrane-bits {least} (or more)"),
                );
                least
            }
            Some(bits) => bits,
            None => bound::DEFAULT_BITS.max(least).max(self.roomy(layer, sums).unwrap_or(0)),
        };
        if let (Some(clamp), Reset::ToValue(value)) = (clamp, &layer.neuron.reset) {
            if value.min() < clamp {
                let text = format!("reset value {} below the lower clamp {clamp}", value.min());
                self.problem("clamp-range", text, "reset values lie above the clamp", "lower --clamp");
            }
        }
        if let Some(membrane) = bound::membrane(bits, sums, clamp) {
            layer.neuron.membrane = membrane;
        }
        if self.loadable {
            loadable::spread(layer);
        }
        (sums, least)
    }

    /// Dead zone of a floor leak in percent of the least threshold; warns above 10 %.
    pub(super) fn dead_zone(&mut self, leak: &Leak, least: i64) -> Option<f64> {
        let Leak::Decay { rounding, .. } = leak else {
            return None;
        };
        let stuck = match rounding {
            Rounding::Floor => zone(leak),
            Rounding::TowardZero => 0,
        };
        let percent = 100.0 * stuck as f64 / least.max(1) as f64;
        if percent > 10.0 {
            self.warnings.push(format!(
                "{}: the leak leaves states of 1..={stuck} where they are, {percent:.1} % of the threshold {least}; \
                 more --fraction-bits (and --membrane-bits for them) or --rounding toward-zero help",
                self.path
            ));
        }
        Some(percent)
    }
}

/// Largest positive state whose decay in a step is less than one unit, so that rounding decides: floor keeps such states where they
/// are, toward-zero takes a whole unit. 0 without leak.
fn zone(leak: &Leak) -> i64 {
    let Leak::Decay { a, m, .. } = leak else { return 0 };
    let stuck = a.values().iter().filter(|a| **a > 0).map(|a| ((1i64 << m) + a - 1) / a - 1);
    stuck.max().unwrap_or(0)
}
