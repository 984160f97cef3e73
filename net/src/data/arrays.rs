//! Number arrays as numpy writes them, and what a sample in them is: spikes `[T, ...]`, or events in columns.

use std::path::Path;

use super::axes::{fitting, Axes};
use super::events;
use super::npy::{self, Columns, Parsed};
use super::npz::{self, Entries};
use super::read_file;
use crate::{MapShape, Problem, Problems, Spikes};

pub use super::npz::{read_npz, write_npz};

/// How numbers are written; what was read is kept only as "whole numbers or not".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberType {
    U8,
    I32,
    I64,
    F64,
}

/// An array in C order. Whole numbers are exact up to 2^53.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub shape: Vec<usize>,
    pub data: Vec<f64>,
    pub kind: NumberType,
}

/// What an array file holds.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Spikes(Array),
    Events(Columns),
}

/// The sample in a `.npy` or `.npz` file. In the latter it is the array named `spikes` or after the input node (`input` if unknown), with
/// or without `/spikes`; else the only array with an axis behind the first; else a table of events, or events as arrays `x`, `y`, `t`, `p`.
pub(super) fn read_sample(path: &Path, input_node: &str) -> Result<Content, Problems> {
    if super::extension(path) == "npy" {
        return Ok(npy::parse(&read_file(path)?, &path.display().to_string())?.into());
    }
    let mut entries = npz::entries(path)?;
    let known = [format!("{input_node}/spikes"), input_node.to_string(), "spikes".to_string()];
    let named = known.iter().find_map(|key| entries.iter().position(|(name, _)| name == key));
    let columns = events::columns_of(&entries);
    if let (Some(columns), None | Some(1)) = (columns, named.map(|at| axes_of(&entries[at].1))) {
        return Ok(Content::Events(columns));
    }
    let only = |fits: &dyn Fn(&Result<Parsed, Problem>) -> bool| {
        let mut at = (0..entries.len()).filter(|at| fits(&entries[*at].1));
        at.next().filter(|_| at.next().is_none())
    };
    let is_table = |parsed: &Result<Parsed, Problem>| matches!(parsed, Ok(Parsed::Columns(columns)) if events::is_table(columns));
    let found = named.or_else(|| only(&|_| true)).or_else(|| only(&|parsed| axes_of(parsed) > 1)).or_else(|| only(&is_table));
    match found {
        Some(at) => Ok(entries.swap_remove(at).1?.into()),
        None => Err(unknown(path, &entries, &known).into()),
    }
}

fn axes_of(parsed: &Result<Parsed, Problem>) -> usize {
    match parsed {
        Ok(Parsed::Numbers(array)) => array.shape.len(),
        _ => 0,
    }
}

fn unknown(path: &Path, entries: &Entries, known: &[String]) -> Problem {
    Problem::new(
        "array-unknown",
        path.display().to_string(),
        format!("arrays {}", npz::names(entries)),
        format!("one array of spikes [T, ...], or one of them named {}; or events as x, y, t and p", known.join(", ")),
        "save the spikes of one sample under the name spikes",
    )
}

impl From<Parsed> for Content {
    fn from(parsed: Parsed) -> Content {
        match parsed {
            Parsed::Numbers(array) => Content::Spikes(array),
            Parsed::Columns(columns) => Content::Events(columns),
        }
    }
}

impl Array {
    /// Whether the array holds whole numbers by its type.
    pub fn is_whole(&self) -> bool {
        self.kind != NumberType::F64
    }

    /// Spikes `[T, ...]` as an array of shape `[T, c, h, w]` (`[T, n]` for a vector), counts per address.
    pub fn of_spikes(spikes: &[Vec<u32>], shape: MapShape) -> Array {
        let len = shape.len();
        let mut data = vec![0.0; spikes.len() * len];
        for (step, events) in spikes.iter().enumerate() {
            events.iter().for_each(|&index| data[step * len + index as usize] += 1.0);
        }
        let kind = if data.iter().all(|&n| n <= 255.0) { NumberType::U8 } else { NumberType::I32 };
        Array { shape: steps_of(spikes.len(), shape), data, kind }
    }

    /// States `[T][N]` as an array of shape `[T, c, h, w]` (`[T, n]` for a vector).
    pub fn of_states(states: &[i32], shape: MapShape) -> Array {
        let data = states.iter().map(|&v| f64::from(v)).collect();
        Array { shape: steps_of(states.len() / shape.len().max(1), shape), data, kind: NumberType::I32 }
    }

    /// The same numbers with axis `from[i]` as axis `i`.
    pub(super) fn transposed(&self, from: &[usize]) -> Array {
        let shape: Vec<usize> = from.iter().map(|&axis| self.shape[axis]).collect();
        let (kind, count) = (self.kind, self.data.len());
        // Without numbers the other sizes may be any: their product need not be a number.
        if count == 0 {
            return Array { shape, data: Vec::new(), kind };
        }
        let stride = |axis: &usize| self.shape[axis + 1..].iter().product::<usize>();
        let strides: Vec<usize> = from.iter().map(stride).collect();
        let place = |mut at: usize| {
            shape.iter().zip(&strides).rev().fold(0, |place, (size, stride)| {
                let coordinate = at % size;
                at /= size;
                place + coordinate * stride
            })
        };
        let data = (0..count).map(|at| self.data[place(at)]).collect();
        Array { shape, data, kind }
    }

    /// Reads the array as the spikes of a map; each number says how often the address spikes. Without `axes` the array is `[T, c, h, w]`
    /// or, of neighbouring axes, some as one (`[T, n]`); sizes of 1 are free. A vector takes any `[T, ...]` of its size.
    pub(super) fn spikes(&self, place: &str, input: MapShape, axes: Option<&Axes>) -> Result<Spikes, Problems> {
        let named = axes.map(|axes| axes.in_order(self, place)).transpose()?;
        let array = named.as_ref().unwrap_or(self);
        let len = input.len();
        let steps = array.shape.first().copied().unwrap_or(0);
        let map = match (input.h, input.w) {
            (1, 1) => format!("the network's input is a vector of {len}: [T, {len}]"),
            (h, w) => format!("the network's input is {input}: [T, {}, {h}, {w}] or [T, {len}]", input.c),
        };
        let found = format!("an array of shape {:?}", self.shape);
        if array.shape.len() < 2 || (steps > 0 && array.data.len() / steps != len) {
            let remedy = match fitting(&self.shape, input).as_str() {
                "" => "save one sample per file, time steps first".to_string(),
                axes => format!("save one sample per file, time steps first, or give --axes {axes} if these are its axes"),
            };
            return Err(Problem::new("array-shape", place, found, map, remedy).into());
        }
        if !is_grouped(&array.shape[1..], input) {
            let remedy = match fitting(&self.shape, input).as_str() {
                "" => "name its axes with --axes (t, c or p, y, x, n)".to_string(),
                axes => format!("give --axes {axes} if these are its axes (t time, c or p channel, y row, x column)"),
            };
            return Err(Problem::new("array-axes", place, found, map, remedy).into());
        }
        let mut spikes = vec![Vec::new(); steps];
        for (at, &count) in array.data.iter().enumerate() {
            if count.fract() != 0.0 || !(0.0..=1e6).contains(&count) {
                let value = format!("{count} in time step {} at index {}", at / len, at % len);
                let limit = "spike counts: whole numbers, not negative";
                return Err(Problem::new("array-value", place, value, limit, "save spikes, not currents or probabilities").into());
            }
            spikes[at / len].extend(std::iter::repeat_n((at % len) as u32, count as usize));
        }
        Ok(spikes)
    }
}

/// Whether sizes `dims` are channels, rows and columns of `input`, or neighbours of these as one, in this order; sizes of 1 aside. Of a vector
/// nobody knows what its channels were.
fn is_grouped(dims: &[usize], input: MapShape) -> bool {
    let mut sizes = [input.c, input.h, input.w].into_iter();
    let mut takes = |size: usize| {
        let mut product = 1;
        while product < size {
            product *= sizes.next().unwrap_or(usize::MAX / product);
        }
        product == size
    };
    (input.h, input.w) == (1, 1) || dims.iter().all(|&size| takes(size))
}

/// `[T, c, h, w]`, or `[T, n]` for a vector.
fn steps_of(steps: usize, shape: MapShape) -> Vec<usize> {
    match (shape.h, shape.w) {
        (1, 1) => vec![steps, shape.c],
        _ => vec![steps, shape.c, shape.h, shape.w],
    }
}

/// Names of arrays, for messages.
pub fn names(arrays: &[(String, Array)]) -> String {
    let names: Vec<&str> = arrays.iter().map(|(name, _)| name.as_str()).collect();
    names.join(", ")
}
