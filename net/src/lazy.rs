//! Lazy leak: the decay of a neuron that no event has reached for some steps, as one factor. See `docs/numbers.md`, "Lazy leak".

use crate::{Leak, MapShape, Param};

/// Bits of a factor: a state decays by `a_e / 2^12`.
pub const BITS: u32 = 12;

/// Bits with which the part that is left is carried from step to step.
const CARRIED: u32 = 60;

/// Least decay per time step, as a fraction of 2^12: slower ones would take tables of more than 37,000 steps.
pub const LEAST: i64 = 1;

/// Factors `a_e` of a leak by `a / 2^m`, by the number e of missed steps: `a_0` = 0, and the last one, which holds for all
/// later e, is 2^12 (nothing is left) or, without leak (`a` = 0), `a_0`. `a` is 0 or at least `LEAST / 2^12 * 2^m`.
pub fn factors(a: i64, m: u32) -> Vec<i64> {
    if a == 0 {
        return vec![0];
    }
    let whole = 1i64 << BITS;
    let keep = u128::from((1u64 << m) - a as u64);
    let mut left = 1u128 << CARRIED;
    let mut found = Vec::new();
    while found.last() != Some(&whole) {
        let half = 1u128 << (CARRIED - BITS - 1);
        found.push(whole - ((left + half) >> (CARRIED - BITS)) as i64);
        left = left * keep >> m;
    }
    found
}

/// Whether [`factors`] has a table for each neuron's leak.
pub fn is_able(leak: &Leak) -> bool {
    let Leak::Decay { a, m, .. } = leak else { return false };
    let steep = |a: &i64| a << BITS >= LEAST << m;
    a.values().iter().any(|a| *a > 0) && a.values().iter().all(|a| *a == 0 || steep(a))
}

/// The tables of a layer's neurons, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    tables: Vec<Vec<i64>>,
    /// Which table a value of [`Param::values`] has.
    which: Vec<usize>,
}

impl Tables {
    /// `None` without leak.
    pub fn of(leak: &Leak) -> Option<Tables> {
        let Leak::Decay { a, m, .. } = leak else { return None };
        let mut distinct = a.values().to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let which = a.values().iter().map(|a| distinct.partition_point(|other| other < a)).collect();
        let tables = distinct.iter().map(|a| factors(*a, *m)).collect();
        Some(Tables { tables, which })
    }

    /// The table of the neuron with flat index `index` in a map of shape `shape`; `a` is the leak's own.
    pub fn table(&self, a: &Param, shape: MapShape, index: usize) -> &[i64] {
        let value = match a {
            Param::Layer(_) => 0,
            Param::Channel(_) => index / (shape.h * shape.w),
            Param::Neuron(_) => index,
        };
        &self.tables[self.which[value]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_the_rounded_powers() {
        for (a, m) in [(1, 1), (1, 2), (3, 3), (1, 4), (1, 8), (410, 12), (1, 12), (4095, 12), (1 << 20, 24)] {
            let found = factors(a, m);
            for (e, factor) in found.iter().enumerate() {
                let left = (1.0 - a as f64 / f64::from(1u32 << m)).powi(e as i32);
                let exact = 4096.0 - 4096.0 * left;
                assert!((*factor as f64 - exact).abs() <= 0.5 + 1e-6, "{a} / 2^{m}: {factor} after {e}, exactly {exact}");
            }
            assert!(found.windows(2).all(|pair| pair[0] <= pair[1]) && found[0] == 0);
        }
    }

    #[test]
    fn tables_end_where_nothing_is_left() {
        assert_eq!(factors(0, 4), [0]);
        assert_eq!(factors(1, 0), [0, 4096], "everything leaks in a step");
        // One half of a unit of 2^-12 rounds away from zero.
        assert_eq!(factors(1, 1)[11..], [4094, 4095, 4095, 4096]);
        assert_eq!((factors(1, 4).len(), factors(1, 8).len(), factors(1, 12).len()), (141, 2304, 36906));
    }
}
