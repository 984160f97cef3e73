//! Events with time stamps become time steps: step = floor(t / bin), t as it stands in the file.

use super::BinWidth;
use crate::{MapShape, Problem, Problems, Spikes};

/// Most time steps of a sample: more is a time stamp that counts from somewhere else.
const MOST_STEPS: u64 = 10_000_000;

/// An event as it stands in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub channel: u64,
    pub y: u64,
    pub x: u64,
    /// Microseconds.
    pub time: u64,
}

/// Puts `events` into time steps; there are as many as the last event needs. Every event counts. Events off the map, time that runs
/// backwards and far too many steps are problems of `place`.
pub(super) fn bin(events: impl Iterator<Item = Event>, place: &str, bin: BinWidth, input: MapShape) -> Result<Spikes, Problems> {
    let mut spikes: Spikes = Vec::new();
    let mut before = 0;
    let (mut off_map, mut backwards, mut late) = (Vec::new(), Vec::new(), Vec::new());
    for (number, event) in events.enumerate() {
        let Event { channel, y, x, time } = event;
        if channel >= input.c as u64 || y >= input.h as u64 || x >= input.w as u64 {
            off_map.push((number, event));
            continue;
        }
        if time < before {
            backwards.push((number, time, before));
        }
        before = before.max(time);
        let step = bin.step(time);
        if step >= MOST_STEPS {
            late.push((number, time));
            continue;
        }
        if step as usize >= spikes.len() {
            spikes.resize(step as usize + 1, Vec::new());
        }
        spikes[step as usize].push(input.index(channel as usize, y as usize, x as usize) as u32);
    }
    let mut problems = Vec::new();
    if let Some((number, Event { channel, y, x, .. })) = off_map.first() {
        let remedy = match (input.h, input.w) {
            (1, 1) => "export the net with an Input of [2, rows, columns] and a Flatten behind it, or save spike arrays",
            _ => "crop the recording, or use the network it was made for",
        };
        let value = format!("event {number} at polarity {channel}, y {y}, x {x}{}", others(off_map.len()));
        let limit = format!("the network's input is {} polarities of {}x{} (y, x)", input.c, input.h, input.w);
        problems.push(Problem::new("event-off-map", place, value, limit, remedy));
    }
    if let Some((number, time, before)) = backwards.first() {
        let value = format!("event {number} at {time} us after one at {before} us{}", others(backwards.len()));
        let limit = "time stamps never decrease within a recording";
        let remedy = "sort the events by time, or cut the recording where the clock was reset";
        problems.push(Problem::new("time-backwards", place, value, limit, remedy));
    }
    if let Some((number, time)) = late.first() {
        let value = format!("event {number} at {time} us{}: time step {}", others(late.len()), bin.step(*time));
        let limit = format!("at most {MOST_STEPS} time steps, the first at 0 us");
        let remedy = "subtract the first time stamp from all, or use a wider --bin";
        problems.push(Problem::new("time-range", place, value, limit, remedy));
    }
    Problems::unless_empty(problems, spikes)
}

fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        _ => format!(" (and {} more like it)", count - 1),
    }
}
