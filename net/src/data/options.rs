//! How data becomes time steps: `--encode`, `--bin`, `--axes`, `--steps`, `--samples`, `--dedup`.

use super::Axes;
use crate::{InputNode, Problem};
use std::fmt;
use std::str::FromStr;

/// Options of [`super::load`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataOptions {
    /// Makes images spike.
    pub encode: Option<Encoder>,
    /// Width of a time step of recordings and events.
    pub bin: Option<BinWidth>,
    /// What the axes of spike arrays are, if they are not time, channel, row and column.
    pub axes: Option<Axes>,
    /// Number of time steps: must agree with the encoder; shorter recordings get silent steps at the end.
    pub steps: Option<usize>,
    /// Use the first so many samples, in the order of the labels file.
    pub samples: Option<usize>,
    /// An address counts once per time step, however often it comes.
    pub dedup: bool,
    /// The network's inputs: their names are keys in `.npz` files. Of one input (or none said) it may also be the only array, or `spikes`.
    pub inputs: Vec<InputNode>,
}

impl DataOptions {
    /// A problem if an option is given that the data has no use for.
    pub(super) fn unused(&self, given: bool, flag: &str, why: &str) -> Vec<Problem> {
        let problem = || {
            Problem::new(
                "option-unused",
                flag,
                "given",
                why,
                format!("leave {flag} away for this data"),
            )
        };
        given.then(problem).into_iter().collect()
    }
}

/// How a pixel becomes spikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoder {
    /// Per pixel an accumulator starts at 128; each step adds the pixel (0..=255); at >= 255 it spikes and subtracts 255.
    Phase { steps: usize },
}

/// `phase:T`.
impl FromStr for Encoder {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let steps = text.strip_prefix("phase:").and_then(|steps| steps.parse().ok());
        match steps {
            Some(steps @ 1..=1_000_000) => Ok(Encoder::Phase { steps }),
            _ => Err(Problem::new(
                "encoder-unknown",
                "--encode",
                format!("\"{text}\""),
                "phase:T with T time steps, 1..=1000000",
                "use for example --encode phase:8",
            )),
        }
    }
}

impl fmt::Display for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Encoder::Phase { steps } = self;
        write!(f, "phase:{steps}")
    }
}

/// Width of a time step in microseconds, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinWidth(u64);

impl BinWidth {
    pub const ONE_MILLISECOND: BinWidth = BinWidth(1000);

    pub fn microseconds(self) -> u64 {
        self.0
    }

    /// Time step of a time stamp in microseconds.
    pub fn step(self, microseconds: u64) -> u64 {
        microseconds / self.0
    }
}

/// A number and a unit: `1ms`, `500us`, `0.5ms`, `2s`; a whole number of microseconds.
impl FromStr for BinWidth {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let unit = match &text[split..] {
            "us" => Some(1.0),
            "ms" => Some(1e3),
            "s" => Some(1e6),
            _ => None,
        };
        let width = unit
            .zip(text[..split].parse::<f64>().ok())
            .map(|(unit, number)| unit * number);
        match width {
            Some(width) if (1.0..=1e12).contains(&width) && (width - width.round()).abs() < 1e-6 => {
                Ok(BinWidth(width.round() as u64))
            }
            _ => Err(Problem::new(
                "bin-width",
                "--bin",
                format!("\"{text}\""),
                "a whole number of microseconds, at least 1, with unit us, ms or s",
                "use for example --bin 1ms or --bin 500us",
            )),
        }
    }
}

impl fmt::Display for BinWidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            us if us % 1_000_000 == 0 => write!(f, "{}s", us / 1_000_000),
            us if us % 1000 == 0 => write!(f, "{}ms", us / 1000),
            us => write!(f, "{us}us"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_have_units() {
        for (text, us) in [
            ("1ms", 1000),
            ("500us", 500),
            ("0.5ms", 500),
            ("2s", 2_000_000),
            ("1us", 1),
        ] {
            assert_eq!(text.parse::<BinWidth>().unwrap().microseconds(), us, "{text}");
        }
        for text in ["", "1", "ms", "0ms", "-1ms", "0.5us", "1ns", "1 ms ", "nanms", "infs"] {
            assert!(text.parse::<BinWidth>().is_err(), "{text}");
        }
        assert_eq!(BinWidth(500).to_string(), "500us");
        assert_eq!(BinWidth::ONE_MILLISECOND.to_string(), "1ms");
    }

    #[test]
    fn the_encoder_needs_a_number_of_steps() {
        assert_eq!("phase:16".parse(), Ok(Encoder::Phase { steps: 16 }));
        for text in ["phase", "phase:", "phase:0", "phase:-1", "rate:8", "phase:8 "] {
            assert!(text.parse::<Encoder>().is_err(), "{text}");
        }
    }
}
