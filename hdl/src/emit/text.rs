//! Pieces of text, and the arithmetic behind them, that know nothing of modules.

use crate::literal::range;
use super::super::value::Shape;

/// ` signed [7:0]`, nothing for an unsigned bit.
pub(super) fn typed(shape: Shape) -> String {
    format!("{}{}", if shape.signed { " signed" } else { "" }, range(shape.width))
}

/// As [`typed`], with a range on every signed constant: yosys 0.23 reads a signed localparam without one wrongly.
pub(super) fn ranged(shape: Shape) -> String {
    match shape {
        Shape { width: 1, signed: true } => " signed [0:0]".into(),
        _ => typed(shape),
    }
}

/// Longest line of code.
const LINE: usize = 116;

/// A long line in several, broken behind commas and in front of operators.
pub(super) fn folded(line: &str) -> String {
    if line.trim_start().starts_with("//") {
        return line.to_string();
    }
    let indent = " ".repeat(line.len() - line.trim_start().len() + 4);
    let (mut out, mut rest) = (String::new(), line.to_string());
    while rest.len() > LINE {
        let breaks = rest.match_indices(' ').map(|(at, _)| at).filter(|at| {
            let (before, after) = (&rest[..*at], &rest[at + 1..]);
            let operator = after.split(' ').next().unwrap_or_default();
            before.ends_with(',') || ["&&", "||", "&", "|", "^", "+", "-", "?", ":"].contains(&operator)
        });
        let Some(at) = breaks.take_while(|at| *at <= LINE).last() else {
            break;
        };
        out += &format!("{}\n", &rest[..at]);
        rest = format!("{indent}{}", &rest[at + 1..]);
    }
    out + &rest
}

/// What follows `end else `: a single `if` without a block around it.
pub(super) fn after_else(updates: &str) -> String {
    let outer = |line: &&str| line.starts_with("        ") && !line.starts_with("         ");
    let heads = updates
        .lines()
        .filter(outer)
        .filter(|line| !line.trim_start().starts_with("end"));
    if updates.trim_start().starts_with("if (") && heads.count() == 1 {
        let lines: String = updates
            .lines()
            .map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line)))
            .collect();
        return lines.trim_start().to_string();
    }
    format!("begin\n{updates}    end\n")
}

/// Canonical signed digits of a factor, highest first: power of two, and whether it is subtracted.
pub(super) fn signed_digits(factor: u64) -> Vec<(u32, bool)> {
    let (mut rest, mut at, mut digits) = (factor as u128, 0, vec![]);
    while rest != 0 {
        if rest & 1 == 1 {
            let minus = rest & 3 == 3;
            digits.push((at, minus));
            rest = if minus { rest + 1 } else { rest - 1 };
        }
        rest >>= 1;
        at += 1;
    }
    digits.reverse();
    digits
}

/// Runs of bits, lowest first, that no range covers.
pub(super) fn holes(ranges: &[(u32, u32)], width: u32) -> Vec<(u32, u32)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let (mut at, mut out) = (0, vec![]);
    for (low, wide) in sorted.into_iter().chain([(width, 0)]) {
        if low > at {
            out.push((at, low - at));
        }
        at = at.max(low + wide);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{holes, signed_digits};

    #[test]
    fn digits_add_up() {
        for factor in (0..2000).chain([u64::MAX, u64::MAX / 3]) {
            let digits = signed_digits(factor);
            let sum: i128 = digits
                .iter()
                .map(|(at, minus)| if *minus { -(1i128 << at) } else { 1i128 << at })
                .sum();
            assert_eq!(sum, factor as i128);
            assert!(
                digits.windows(2).all(|pair| pair[0].0 > pair[1].0 + 1),
                "{factor}: {digits:?}"
            );
        }
    }

    #[test]
    fn holes_are_what_is_left() {
        assert_eq!(holes(&[], 8), [(0, 8)]);
        assert_eq!(holes(&[(0, 4), (2, 3)], 8), [(5, 3)]);
        assert_eq!(holes(&[(3, 1), (0, 2)], 4), [(2, 1)]);
        assert_eq!(holes(&[(0, 8)], 8), []);
    }
}
