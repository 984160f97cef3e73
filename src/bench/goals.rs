//! Figures that a peer has and that we aim for.

use std::fmt;

/// A figure of a benchmark. The number is an activity in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    CyclesPerEvent(f64),
    CyclesPerSop(f64),
    PercentOfPeak(f64),
    /// Of a whole sample.
    Cycles(f64),
    /// Cycles of a time step without events.
    FirePerStep,
    Lut,
    Ff,
    Bram,
    /// MHz.
    Fmax,
    FramesPerSecond,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Figure::CyclesPerEvent(activity) => write!(f, "cycles per event at {activity} %"),
            Figure::CyclesPerSop(activity) => write!(f, "cycles per SOP at {activity} %"),
            Figure::PercentOfPeak(activity) => write!(f, "percent of peak at {activity} %"),
            Figure::Cycles(activity) => write!(f, "cycles per sample at {activity} %"),
            Figure::FirePerStep => write!(f, "cycles of an idle time step"),
            Figure::Lut => write!(f, "LUT"),
            Figure::Ff => write!(f, "FF"),
            Figure::Bram => write!(f, "block RAM"),
            Figure::Fmax => write!(f, "Fmax, MHz"),
            Figure::FramesPerSecond => write!(f, "frames per second"),
        }
    }
}

/// What we aim for.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    pub figure: Figure,
    pub limit: f64,
    /// The limit is the least good value, not the largest.
    pub at_least: bool,
}

pub const fn at_most(figure: Figure, limit: f64) -> Goal {
    Goal {
        figure,
        limit,
        at_least: false,
    }
}

pub const fn at_least(figure: Figure, limit: f64) -> Goal {
    Goal {
        figure,
        limit,
        at_least: true,
    }
}

impl Goal {
    pub fn is_met(&self, measured: f64) -> bool {
        match self.at_least {
            true => measured >= self.limit,
            false => measured <= self.limit,
        }
    }
}

/// Who did the same work, and what it took them.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// With the source of the figures: measured, published, analytic.
    pub name: &'static str,
    pub figures: &'static [(Figure, f64)],
    pub note: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_itself_meets_the_goal() {
        assert!(at_most(Figure::Lut, 10.0).is_met(10.0) && !at_most(Figure::Lut, 10.0).is_met(10.1));
        assert!(at_least(Figure::Fmax, 10.0).is_met(10.0) && !at_least(Figure::Fmax, 10.0).is_met(9.9));
    }
}
