//! Comparison with a constant, bit by bit.

use super::super::value::Shape;

/// `x > limit` for the word whose bits (lowest first) are called `bits`: from the lowest bit up, a bit that the limit has is
/// needed for what stands below it, one that it has not is enough.
pub(super) fn above(bits: &[String], shape: Shape, limit: i64) -> String {
    let width = shape.width;
    let (least, most) = match shape.signed {
        true => (-(1i128 << (width - 1)), (1i128 << (width - 1)) - 1),
        false => (0, (1i128 << width) - 1),
    };
    if i128::from(limit) < least {
        return "1'b1".into();
    }
    if i128::from(limit) >= most {
        return "1'b0".into();
    }
    // A sign counts the other way round.
    let flipped = |i: u32| shape.signed && i + 1 == width;
    let mut found: Option<(String, char)> = None;
    for (i, name) in (0..).zip(bits) {
        let name = if flipped(i) { format!("!{name}") } else { name.clone() };
        let needed = (limit >> i.min(63) & 1 == 1) != flipped(i);
        let op = if needed { '&' } else { '|' };
        found = match found {
            None if needed => None,
            None => Some((name, ' ')),
            Some((rest, inner)) if inner == op || inner == ' ' => Some((format!("{name} {op} {rest}"), op)),
            Some((rest, _)) => Some((format!("{name} {op} ({rest})"), op)),
        };
    }
    found.map_or("1'b0".into(), |(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::super::super::value::{s, u};
    use super::*;

    /// Reads what `above` writes: names of one letter, `!`, `&`, `|` and parentheses, `&` and `|` never side by side.
    fn eval(text: &str, value: i64) -> bool {
        fn term(text: &mut std::iter::Peekable<std::str::Chars>, value: i64) -> bool {
            let mut result = None;
            let mut op = ' ';
            while let Some(c) = text.next() {
                let bit = match c {
                    ' ' => continue,
                    ')' => break,
                    '&' | '|' => {
                        assert!(op == ' ' || op == c, "{op} and {c} side by side");
                        op = c;
                        continue;
                    }
                    '(' => term(text, value),
                    '!' => value >> (text.next().unwrap() as u32 - 'a' as u32) & 1 == 0,
                    name => value >> (name as u32 - 'a' as u32) & 1 == 1,
                };
                result = Some(match (result, op) {
                    (Some(before), '&') => before && bit,
                    (Some(before), _) => before || bit,
                    (None, _) => bit,
                });
            }
            result.unwrap()
        }
        match text {
            "1'b0" => false,
            "1'b1" => true,
            _ => term(&mut text.chars().peekable(), value),
        }
    }

    #[test]
    fn every_limit_of_every_small_word() {
        for width in 1..=6u32 {
            let bits: Vec<String> = (0..width).map(|i| char::from(b'a' + i as u8).to_string()).collect();
            for shape in [u(width), s(width)] {
                let range = match shape.signed {
                    true => -(1i64 << (width - 1))..1i64 << (width - 1),
                    false => 0..1i64 << width,
                };
                for limit in range.start - 2..range.end + 2 {
                    let text = above(&bits, shape, limit);
                    for x in range.clone() {
                        assert_eq!(eval(&text, x), x > limit, "{x} > {limit} in {shape:?}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn it_reads_like_this() {
        let bits = ["x[0]", "x[1]", "x[2]", "x[3]"].map(String::from);
        assert_eq!(above(&bits, s(4), 5), "!x[3] & x[2] & x[1]");
assert_eq!(above(&bits, s(4), -3), "!x[3] | (x[2] & x[1])");
    }
}
