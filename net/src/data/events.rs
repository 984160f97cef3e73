//! Events in columns: the structured arrays of tonic (`x, y, t, p`) and expelliarmus (`t, x, y, p`), or an array for each column.

use super::arrays::Array;
use super::binning::{bin, Event};
use super::npy::{Columns, Parsed};
use super::npz::Entries;
use super::BinWidth;
use crate::{MapShape, Problem, Problems, Spikes};

/// What columns may be called; capitals do not matter.
const TIME: &[&str] = &["t", "ts", "time", "timestamp", "timestamps"];
const X: &[&str] = &["x"];
const Y: &[&str] = &["y"];
const POLARITY: &[&str] = &["p", "pol", "polarity", "polarities"];

fn find<'a>(columns: &'a [(String, Array)], names: &[&str]) -> Option<&'a Array> {
    let is = |name: &str| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    columns.iter().find(|(name, _)| is(name)).map(|(_, array)| array)
}

/// Whether these are columns of events: there is at least an address and a time.
pub(super) fn is_table(columns: &Columns) -> bool {
    find(columns, TIME).is_some() && find(columns, X).is_some()
}

/// The arrays of a `.npz` as columns of events, if they are: vectors of one length, `t` and `x` among them.
pub(super) fn columns_of(entries: &Entries) -> Option<Columns> {
    let known = [TIME, X, Y, POLARITY].concat();
    let column = |(name, parsed): &(String, Result<Parsed, Problem>)| match parsed {
        Ok(Parsed::Numbers(array)) if known.iter().any(|known| name.eq_ignore_ascii_case(known)) => Some((name.clone(), array.clone())),
        _ => None,
    };
    let columns: Columns = entries.iter().filter_map(column).collect();
    let long = find(&columns, TIME)?.shape.clone();
    let same = long.len() == 1 && columns.iter().all(|(_, array)| array.shape == long);
    (same && is_table(&columns)).then_some(columns)
}

/// The events in `columns` in time steps: channel = polarity (0 and 1, or -1 and 1), then row and column. Without `y` the events are
/// those of a vector, `x` its index; without `p` the map has one channel.
pub(super) fn spikes(columns: &Columns, place: &str, width: BinWidth, input: MapShape) -> Result<Spikes, Problems> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let found = format!("columns {}", names.join(", "));
    let refused = |limit: String| {
        let remedy = "save the events with x, y, t (microseconds) and p, or save spikes [T, ...]";
        Problem::new("event-columns", place, found.clone(), limit, remedy)
    };
    let (Some(time), Some(x)) = (find(columns, TIME), find(columns, X)) else {
        return Err(refused("events have at least x and t".into()).into());
    };
    if time.shape.len() != 1 {
        let value = format!("events of shape {:?}", time.shape);
        return Err(Problem::new("event-columns", place, value, "a list of events", "save one recording per file").into());
    }
    let (y, polarity) = (find(columns, Y), find(columns, POLARITY));
    let is_vector = (input.h, input.w) == (1, 1) && y.is_none();
    let varies = |array: &Array| array.data.iter().any(|value| *value != array.data[0]);
    if y.is_none() && !is_vector && input.h > 1 {
        return Err(refused(format!("the network's input is {input}: events have a row y")).into());
    }
    if polarity.is_none() && !is_vector && input.c > 1 {
        return Err(refused(format!("the network's input is {input}: events have a polarity p")).into());
    }
    if is_vector && polarity.is_some_and(varies) {
        return Err(refused(format!("the network's input is a vector of {input}: events of one polarity, x is the index")).into());
    }
    let signed = polarity.is_some_and(|p| p.data.contains(&-1.0));
    let mut columns = vec![("t", time, false), ("x", x, false)];
    columns.extend(y.map(|y| ("y", y, false)));
    columns.extend(polarity.filter(|_| !is_vector).map(|p| ("p", p, signed)));
    let problems: Vec<Problem> = columns.into_iter().filter_map(|(name, array, signed)| not_whole(name, array, signed, place)).collect();
    Problems::unless_empty(problems, ())?;
    let at = |array: Option<&Array>, i: usize| array.map_or(0, |array| array.data[i].max(0.0) as u64);
    let event = |i: usize| match is_vector {
        true => Event { channel: at(Some(x), i), y: 0, x: 0, time: at(Some(time), i) },
        false => Event { channel: at(polarity, i), y: at(y, i), x: at(Some(x), i), time: at(Some(time), i) },
    };
    bin((0..time.data.len()).map(event), place, width, input)
}

/// The first value of a column that is no address and no time stamp.
fn not_whole(name: &str, array: &Array, signed: bool, place: &str) -> Option<Problem> {
    let fits = |value: f64| value.fract() == 0.0 && ((0.0..9e15).contains(&value) || (signed && value == -1.0));
    let number = array.data.iter().position(|value| !fits(*value))?;
    let value = format!("{name} is {} in event {number}", array.data[number]);
    let remedy = if name == "t" { "save time in microseconds: (1e6 * seconds).astype(\"i8\")" } else { "save the events as the sensor counts them" };
    Some(Problem::new("event-value", place, value, "whole numbers, not negative; time in microseconds", remedy))
}
