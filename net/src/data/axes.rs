//! What the axes of an array are: `--axes tyxp`.

use std::fmt;
use std::str::FromStr;

use super::arrays::Array;
use crate::{MapShape, Problem};

/// Axes of an array, one letter each: `t` time, `c` or `p` channel (polarity), `y` row, `x` column, `n` address in a vector, `b` a batch of 1.
/// Time is among them; `n` stands for channel, row and column together; those that are not there have size 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(String);

/// The order in which arrays are read.
const ORDER: &str = "tbcyxn";

impl FromStr for Axes {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let letters = text.replace('p', "c");
        let once = |letter: char| letters.matches(letter).count() <= 1;
        let known = letters.chars().all(|letter| ORDER.contains(letter) && once(letter));
        let mixed = letters.contains('n') && letters.contains(['c', 'y', 'x']);
        match known && letters.contains('t') && letters.len() > 1 && !mixed {
            true => Ok(Axes(text.to_string())),
            false => Err(Problem::new(
                "axes",
                "--axes",
                format!("\"{text}\""),
                "a letter for each axis, once: t (time), c or p (channel), y (row), x (column); or t and n (address); b for a batch of 1",
                "use for example --axes tyxp for [time, rows, columns, polarities]",
            )),
        }
    }
}

impl fmt::Display for Axes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Axes {
    /// How many axes there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// `array` with its axes in the order time, channel, row, column (or time, address).
    pub(super) fn in_order(&self, array: &Array, place: &str) -> Result<Array, Problem> {
        let letters: Vec<char> = self.0.replace('p', "c").chars().collect();
        let refused = |limit: String, remedy: &str| {
            let value = format!("an array of shape {:?} with --axes {self}", array.shape);
            Problem::new("array-axes", place, value, limit, remedy)
        };
        if letters.len() != array.shape.len() {
            return Err(refused(format!("{} axes, a letter each", array.shape.len()), "name each axis of the array, and no more"));
        }
        let mut from: Vec<usize> = (0..letters.len()).collect();
        from.sort_by_key(|&axis| ORDER.find(letters[axis]));
        if letters.iter().zip(&array.shape).any(|(letter, size)| *letter == 'b' && *size != 1) {
            return Err(refused("a batch (b) of 1".to_string(), "save one sample per file"));
        }
        Ok(array.transposed(&from))
    }
}

/// Axes with which an array of this shape would fit the map `input`, time first if that is possible: `tyxp`, or two of them
/// (`tyxp or txyp`), or nothing.
pub(super) fn fitting(shape: &[usize], input: MapShape) -> String {
    let channel = if input.c == 2 { 'p' } else { 'c' };
    let sizes = [(channel, input.c), ('y', input.h), ('x', input.w)];
    let is_vector = (input.h, input.w) == (1, 1);
    let sizes: Vec<(char, usize)> = match is_vector {
        true => vec![('n', input.c)],
        // An axis of size 1 may be there or not.
        false => sizes.into_iter().filter(|(_, size)| *size > 1 || shape.len() == 4).collect(),
    };
    let mut found = Vec::new();
    if shape.len() == sizes.len() + 1 {
        for time in 0..shape.len() {
            arrange(&shape[..], time, &sizes, String::new(), &mut found);
        }
    }
    let in_order = |axes: &String| axes.replace('p', "c") == "tcyx" || axes == "tn" || axes == "tyx";
    found.retain(|axes| !in_order(axes));
    found.truncate(2);
    found.join(" or --axes ")
}

/// All ways to give the axes of `shape` behind those of `made` a letter: `t` at `time`, the others from `sizes`.
fn arrange(shape: &[usize], time: usize, sizes: &[(char, usize)], made: String, found: &mut Vec<String>) {
    let at = made.len();
    if at == shape.len() {
        found.push(made);
    } else if at == time {
        arrange(shape, time, sizes, made + "t", found);
    } else {
        for (letter, _) in sizes.iter().filter(|(letter, size)| *size == shape[at] && !made.contains(*letter)) {
            arrange(shape, time, sizes, format!("{made}{letter}"), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_once_and_time_is_among_them() {
        for text in ["tcyx", "tyxp", "xypt", "tn", "nt", "tyx", "btpyx", "tp"] {
            assert!(text.parse::<Axes>().is_ok(), "{text}");
        }
        for text in ["", "t", "cyx", "ttyx", "tcpyx", "tny", "tzyx", "TYXP", "t,y,x,p"] {
            assert!(text.parse::<Axes>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_would_fit_is_named() {
        let map = MapShape::new(2, 6, 8);
        for (shape, axes) in [
            (&[20, 6, 8, 2][..], "tyxp"),
            (&[20, 2, 8, 6], "tpxy"),
            (&[2, 6, 8, 20], "pyxt"),
            (&[20, 2, 6, 8], ""),
            (&[20, 96], ""),
            (&[20, 5, 8, 2], ""),
        ] {
            assert_eq!(fitting(shape, map), axes, "{shape:?}");
        }
        assert_eq!(fitting(&[20, 5, 5, 2], MapShape::new(2, 5, 5)), "tyxp or --axes txyp");
        assert_eq!(fitting(&[20, 8, 6], MapShape::new(1, 6, 8)), "txy");
        assert_eq!(fitting(&[7, 20], MapShape::vector(7)), "nt");
    }
}
