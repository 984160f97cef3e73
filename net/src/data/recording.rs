//! N-MNIST recordings: 40-bit ATIS events, `.bs2` or `.bin`.
//!
//! Five bytes per event: x, y, polarity (bit 7 of byte 2), and 23 bits of time in microseconds (the rest, high byte
//! first). An event's channel is its polarity; its time step is `floor(t / bin)`, with t as it stands in the file.

use super::{read_file, BinWidth};
use crate::{MapShape, Problem, Problems, Spikes};
use std::path::Path;

const EVENT_BYTES: usize = 5;

/// Events of a recording in time steps; there are as many steps as the last event needs. Every event counts.
pub fn read(path: &Path, bin: BinWidth, input: MapShape) -> Result<Spikes, Problems> {
    let bytes = read_file(path)?;
    let place = path.display().to_string();
    let mut problems = Vec::new();
    if bytes.is_empty() || bytes.len() % EVENT_BYTES != 0 {
        problems.push(Problem::new(
            "recording-length",
            place.clone(),
            format!("{} bytes", bytes.len()),
            format!("events of {EVENT_BYTES} bytes each, at least one"),
            "the file is empty, truncated, or of another kind; fetch it again",
        ));
    }
    let mut spikes: Spikes = Vec::new();
    let mut before = 0;
    let (mut off_map, mut backwards) = (Vec::new(), Vec::new());
    for (number, event) in bytes.chunks_exact(EVENT_BYTES).enumerate() {
        let (x, y, polarity) = (usize::from(event[0]), usize::from(event[1]), usize::from(event[2] >> 7));
        let t = u64::from(event[2] & 127) << 16 | u64::from(event[3]) << 8 | u64::from(event[4]);
        if polarity >= input.c || y >= input.h || x >= input.w {
            off_map.push((number, polarity, y, x));
            continue;
        }
        if t < before {
            backwards.push((number, t, before));
        }
        before = before.max(t);
        let step = bin.step(t) as usize;
        if step >= spikes.len() {
            spikes.resize(step + 1, Vec::new());
        }
        spikes[step].push(input.index(polarity, y, x) as u32);
    }
    if let Some((number, c, y, x)) = off_map.first() {
        problems.push(Problem::new(
            "event-off-map",
            place.clone(),
            format!("event {number} at polarity {c}, y {y}, x {x}{}", others(off_map.len())),
            format!(
                "the network's input is {} polarities of {}x{} (y, x)",
                input.c, input.h, input.w
            ),
            match (input.h, input.w) {
                (1, 1) => {
                    "export the net with an Input of [2, rows, columns] and a Flatten behind it, or save spike arrays"
                }
                _ => "crop the recording, or use the network it was made for",
            },
        ));
    }
    if let Some((number, t, before)) = backwards.first() {
        problems.push(Problem::new(
            "time-backwards",
            place,
            format!(
                "event {number} at {t} us after one at {before} us{}",
                others(backwards.len())
            ),
            "time stamps never decrease within a recording",
            "sort the events by time, or cut the recording where the clock was reset",
        ));
    }
    Problems::unless_empty(problems, spikes)
}

fn others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        _ => format!(" (and {} more like it)", count - 1),
    }
}
