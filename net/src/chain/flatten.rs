//! Flatten: the flat order `[c][y][x]` of a map does not change, so that all it can do is decide what may follow.
//!
//! Files disagree on what its dimensions count: with or without the batch dimension (Sinabs writes start_dim 1 for maps without
//! one). So a Flatten that may mean the whole map is taken to mean it, and one of some dimensions only is taken for what
//! follows to judge: a fully connected node takes any map of its size.

use super::builder::Builder;

/// Leading dimensions of 1 that a file may count: batch, and time.
const MOST_LEADING: usize = 2;

/// What a reading of `start_dim` and `end_dim` makes of a map.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Flattened {
    /// Some dimensions become one: no map any more.
    Some,
    /// Its dimensions are what they were.
    Same,
    /// All of it is one dimension.
    Whole,
}

impl Builder<'_> {
    /// `input_type`: the recorded shape of the map; a 0 in it is not known.
    pub(super) fn flatten(&mut self, name: &str, start: i64, end: i64, input_type: Option<&[usize]>) {
        if self.broken {
            return;
        }
        let dims = match self.flat {
            true => vec![self.shape.len()],
            false => vec![self.shape.c, self.shape.h, self.shape.w],
        };
        let recorded = input_type.unwrap_or(&[]);
        let counted = recorded.len().checked_sub(dims.len()).filter(|leading| *leading <= MOST_LEADING);
        let written = read(&dims, counted.unwrap_or(0), start, end);
        let leading = (0..=MOST_LEADING).filter(|leading| Some(*leading) != counted);
        let readings: Vec<Flattened> = written.into_iter().chain(leading.filter_map(|leading| read(&dims, leading, start, end))).collect();
        if readings.is_empty() {
            let value = format!("flattens dimensions {start} to {end} of {dims:?}");
            let limit = "start_dim to end_dim are dimensions of the map, with or without a batch dimension in front";
            self.problem("flatten", name, value, limit, "flatten the whole map: start_dim 0 and end_dim -1");
            self.broken = true;
            return;
        }
        self.recorded(name, recorded, &dims);
        let reading = match written {
            Some(Flattened::Some) | None => readings.iter().copied().max().unwrap_or(Flattened::Some),
            Some(plain) => plain,
        };
        if Some(reading) != written || reading == Flattened::Some {
            let of = format!("\"{name}\": Flatten of dimensions {start} to {end} of {dims:?}");
            self.notes.push(match reading {
                Flattened::Whole => format!("{of} is read as one of the whole map, behind a batch dimension; the order is the same"),
                Flattened::Same => format!("{of} is read behind a batch dimension: it changes nothing"),
                Flattened::Some => format!("{of}: the map keeps its order (channel, row, column), whatever its shape is called"),
            });
        }
        self.flat |= reading != Flattened::Same;
    }

    /// The recorded shape is that of the map, but for open sizes and leading dimensions.
    fn recorded(&mut self, name: &str, recorded: &[usize], dims: &[usize]) {
        let plain = |dims: &[usize]| dims.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
        if recorded.is_empty() || plain(recorded) == plain(dims) || self.odd_kernel {
            return;
        }
        let fits = |(found, size): (&usize, &usize)| *found == 0 || found == size;
        // Sizes of 1 alone stand for any.
        let any = plain(recorded).is_empty();
        let agree = any || match recorded.len().checked_sub(dims.len()) {
            Some(leading @ 0..=MOST_LEADING) => recorded[leading..].iter().zip(dims).all(fits),
            _ => recorded.contains(&0),
        };
        // Flattened already, or another map of as many values: the order is the same.
        let product = |sizes: &[usize]| sizes.iter().try_fold(1usize, |all, n| all.checked_mul(*n));
        let as_many = product(recorded) == product(dims);
        if agree || as_many {
            let what = match () {
                _ if any || recorded.contains(&0) => "open sizes",
                _ if agree => "a batch dimension",
                _ => "another shape of as many values",
            };
            self.notes.push(format!("\"{name}\": input_type {recorded:?} has {what}; the node before gives {}", self.shape));
            return;
        }
        let value = format!("input_type says {recorded:?}, the node before gives {}", self.shape);
        self.shape_problem(name, value, "the shapes agree");
    }
}

/// What flattening dimensions `start` to `end` makes of `dims` behind `leading` dimensions of 1; `None` if they are none of its
/// dimensions.
fn read(dims: &[usize], leading: usize, start: i64, end: i64) -> Option<Flattened> {
    let all: Vec<usize> = std::iter::repeat_n(1, leading).chain(dims.iter().copied()).collect();
    let place = |d: i64| usize::try_from(if d < 0 { d + all.len() as i64 } else { d }).ok().filter(|d| *d < all.len());
    let (start, end) = (place(start)?, place(end)?);
    if start > end {
        return None;
    }
    let outside = all[..start].iter().chain(&all[end + 1..]);
    Some(match start == end {
        true => Flattened::Same,
        false if outside.copied().all(|n| n == 1) => Flattened::Whole,
        false => Flattened::Some,
    })
}
