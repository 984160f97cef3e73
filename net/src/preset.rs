//! What each framework means where NIR is silent, and what a file's metadata hints at.
//!
//! Sources: the neurons and NIR exporters of snnTorch 1.0.0, Norse 1.1.0, Sinabs 3.1.3, SpikingJelly 2.0.0 and Rockpool 3.1.0, as they are.

use std::collections::BTreeMap;

use crate::options::{Clamp, Fire, Init, LeakRule, Numbers, Preset, ResetRule};
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
    /// LIF: 1; LI: exp(-dt / tau). Without a time step from the user, that of each neuron follows from r = tau exp(-dt / tau) / dt.
    Rockpool,
}

/// A preset's answers; `None` leaves the question to the metadata and the defaults.
#[derive(Clone, Copy, Debug)]
pub struct PresetSemantics {
    pub dt: Option<f64>,
    pub gain: Gain,
    pub numbers: Numbers,
    /// Neurons fire as often in a step as the membrane holds the threshold.
    pub several: bool,
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
        several: false,
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
            dt: Some(1e-6),
            gain: Gain::IgnoreR,
            numbers: Numbers { init: Some(Init::Leak), ..numbers(Euler, Zero, ResetThenLeak, Greater) },
            note: "Norse's exporter writes tau = 0.001 / tau_mem_inv, so a step decays by 1e-6 / tau (--dt T^2 for a net whose cells have \
                   the time step T; --dt T for a file that another tool wrote); r is ignored, as Norse's importer does",
            ..plain
        },
        Preset::Sinabs => PresetSemantics {
            dt: Some(1.0),
            gain: Gain::One,
            several: true,
            numbers: numbers(Exponential, Subtract, ResetThenLeak, GreaterEqual),
            clamp_if: Some(Clamp::Threshold),
            note: "Sinabs counts tau in time steps and scales no input; IF neurons are clamped at -threshold, as its from_model and its NIR \
                   importer make them (--clamp none for layers without min_v_mem); neurons fire as often as the membrane holds the \
                   threshold (--multi-spike 1 for SingleSpike)",
            ..plain
        },
        Preset::SpikingJelly => PresetSemantics {
            dt: Some(1e-4),
            numbers: Numbers { init: Some(Init::Reset), ..numbers(Euler, Zero, ResetThenLeak, GreaterEqual) },
            note: "SpikingJelly exports hard reset only; its neurons start at v_reset",
            ..plain
        },
        Preset::Rockpool => PresetSemantics {
            gain: Gain::Rockpool,
            several: true,
            numbers: numbers(Exponential, Subtract, ResetThenLeak, GreaterEqual),
            note: "Rockpool adds its input unscaled; the time step of each neuron follows from r = tau exp(-dt / tau) / dt; neurons fire as \
                   often as the membrane holds the threshold (--multi-spike N for max_spikes_per_dt = N)",
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
            "init" => set(&mut numbers.init, value),
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
