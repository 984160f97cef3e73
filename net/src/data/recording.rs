//! N-MNIST recordings: 40-bit ATIS events, `.bs2` or `.bin`.
//!
//! Five bytes per event: x, y, polarity (bit 7 of byte 2), and 23 bits of time in microseconds (the rest, high byte
//! first). An event's channel is its polarity; its time step is `floor(t / bin)`, with t as it stands in the file.

use super::binning::{self, Event};
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
    let event = |event: &[u8]| Event {
        channel: u64::from(event[2] >> 7),
        y: u64::from(event[1]),
        x: u64::from(event[0]),
        time: u64::from(event[2] & 127) << 16 | u64::from(event[3]) << 8 | u64::from(event[4]),
    };
    match binning::bin(bytes.chunks_exact(EVENT_BYTES).map(event), &place, bin, input) {
        Ok(spikes) => Problems::unless_empty(problems, spikes),
        Err(Problems(more)) => Err(Problems(problems.into_iter().chain(more).collect())),
    }
}
