//! What each framework means where NIR is silent, and what a file's metadata hints at.
//!
//! Sources: snnTorch 1.0, Norse 1.1, Sinabs 3.1, SpikingJelly 2.0, Rockpool 3.1 and their NIR importers.

use std::collections::BTreeMap;

use crate::options::{Clamp, Fire, LeakRule, Numbers, Preset, ResetRule};
use crate::ResetOrder;

/// How the input of a neuron is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gain {
    /// r dt / tau; IF: r dt, or 1 when r = 1.
    Nir,
    /// dt / tau; IF: 1.
    IgnoreR,
    /// 1.
    One,
}

/// A preset's answers; `None` leaves the question to the metadata and the defaults.
#[derive(Clone, Copy, Debug)]
pub struct PresetSemantics {
    pub dt: Option<f64>,
    pub gain: Gain,
    pub numbers: Numbers,
    /// Lower clamp on IF neurons only.
    pub clamp_if: Option<Clamp>,
    /// What a user of that framework should know.
    pub note: &'static str,
}

/// The answers of a preset.
pub fn semantics(preset: Preset) -> PresetSemantics {
    let numbers = |leak, reset, order, fire| Numbers {
        leak: Some(leak),
        reset: Some(reset),
        reset_order: Some(order),
        fire: Some(fire),
        ..Numbers::default()
    };
    use Fire::{Greater, GreaterEqual};
    use LeakRule::{Euler, Exponential};
    use ResetOrder::{LeakThenReset, ResetThenLeak};
    use ResetRule::{Subtract, Zero};
    let plain = PresetSemantics {
        dt: None,
        gain: Gain::Nir,
        numbers: Numbers::default(),
        clamp_if: None,
        note: "",
    };
    match preset {
        Preset::Nir => plain,
        Preset::SnnTorch => PresetSemantics {
            dt: Some(1e-4),
            numbers: numbers(Euler, Subtract, LeakThenReset, Greater),
            note: "snnTorch writes v_reset = 0 for subtract and zero alike (--reset zero if the net was trained so); \
                   leak-then-reset is its default reset_delay=True (--reset-order reset-then-leak for reset_delay=False)",
            ..plain
        },
        Preset::Norse => PresetSemantics {
            gain: Gain::IgnoreR,
            numbers: numbers(Euler, Zero, ResetThenLeak, Greater),
            note: "Norse ignores r on import, so it is ignored here; its importer's own time step is 0.001 s (--dt 0.001 if the net was trained so)",
            ..plain
        },
        Preset::Sinabs => PresetSemantics {
            dt: Some(1.0),
            gain: Gain::One,
            numbers: numbers(Exponential, Subtract, ResetThenLeak, GreaterEqual),
            clamp_if: Some(Clamp::Threshold),
            note: "Sinabs counts tau in time steps and scales no input; its importer clamps IF at -threshold (--clamp none \
                   if the net was trained without); its default MultiSpike is lost in the file (--multi-spike N if the net \
                   was trained so)",
        },
        Preset::SpikingJelly => PresetSemantics {
            dt: Some(1e-4),
            numbers: numbers(Euler, Zero, ResetThenLeak, GreaterEqual),
            note: "SpikingJelly exports hard reset only",
            ..plain
        },
        Preset::Rockpool => PresetSemantics {
            numbers: numbers(Exponential, Subtract, ResetThenLeak, GreaterEqual),
            note: "Rockpool may send several spikes in a step (--multi-spike N if the net was trained so)",
            ..plain
        },
    }
}

/// Hints found in a file's metadata: `dt`, `leak`, `reset`, `reset_order`, `fire`, `rounding`, `clamp`, `multi_spike`.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    pub dt: Option<f64>,
    pub numbers: Numbers,
    /// Hints that could not be understood.
    pub warnings: Vec<String>,
}

/// Reads the hints of `metadata` (text values, as [`crate::nir::Graph`] holds them).
pub fn hints(metadata: &BTreeMap<String, String>) -> Hints {
    let mut hints = Hints::default();
    for (key, value) in metadata {
        let value = value.trim();
        let numbers = &mut hints.numbers;
        let read = match key.as_str() {
            "dt" => match value.parse::<f64>() {
                Ok(dt) if dt.is_finite() && dt > 0.0 => {
                    hints.dt = Some(dt);
                    Ok(())
                }
                _ => Err("a positive number of seconds".to_string()),
            },
            "leak" => set(&mut numbers.leak, value),
            "reset" => set(&mut numbers.reset, value),
            "reset_order" => set(&mut numbers.reset_order, &value.replace('_', "-")),
            "fire" => set(&mut numbers.fire, value),
            "rounding" => set(&mut numbers.rounding, value),
            "clamp" => set(&mut numbers.clamp, value),
            "multi_spike" => set(&mut numbers.multi_spike, value).map_err(|_| "an integer".to_string()),
            _ => Ok(()),
        };
        if let Err(limit) = read {
            hints
                .warnings
                .push(format!("metadata {key} = \"{value}\" is ignored: it should be {limit}"));
        }
    }
    hints
}

fn set<T: std::str::FromStr>(slot: &mut Option<T>, value: &str) -> Result<(), T::Err> {
    *slot = Some(value.parse()?);
    Ok(())
}
