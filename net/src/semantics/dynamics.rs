//! From tau, r and the time step to decay and gain.

use super::{range, spread, Resolver, SNAP};
use crate::chain::ChainLayer;
use crate::nir::NeuronKind;
use crate::options::LeakRule;
use crate::preset::Gain;
use crate::Synapses;

/// `x`, or the constant within [`SNAP`] of it: 0, 1 or 2^-k.
pub fn snap(x: f64) -> f64 {
    if x.abs() <= SNAP {
        return 0.0;
    }
    let near = (-x.abs().log2()).round().clamp(0.0, 20.0);
    let power = 0.5f64.powi(near as i32);
    match (x - power).abs() <= SNAP {
        true => power,
        false => x,
    }
}

impl Resolver<'_> {
    /// Gain and decay (1 - beta) per neuron.
    pub(super) fn dynamics(&mut self, layer: &ChainLayer, dt: f64) -> (Vec<f64>, Vec<f64>) {
        let n = layer.output.len();
        let r = spread(&layer.neuron.r, layer.output);
        let rule = self.preset.gain;
        let Some(tau) = layer.neuron.tau.as_ref().map(|tau| spread(tau, layer.output)) else {
            let gain = r
                .iter()
                .map(|&r| {
                    if rule == Gain::Nir && r != 1.0 {
                        snap_gain(r * dt)
                    } else {
                        1.0
                    }
                })
                .collect();
            return (gain, vec![0.0; n]);
        };
        let (leak, _) = self.ask("leak", layer, |n| n.leak, LeakRule::Euler);
        let path = format!("{}: node \"{}\"", self.chain.file, layer.neuron_name);
        let least = tau.iter().copied().fold(f64::INFINITY, f64::min);
        if least <= 0.0 {
            self.problem(
                "tau-range",
                path,
                format!("tau is {least}"),
                "tau > 0",
                "correct the node",
            );
            return (vec![1.0; n], vec![0.0; n]);
        }
        // dt / tau of each neuron.
        let share: Vec<f64> = match self.time_from_r() {
            true => r.iter().map(|r| share_of(*r)).collect(),
            false => tau.iter().map(|tau| dt / tau).collect(),
        };
        if leak == LeakRule::Euler && share.iter().any(|share| *share > 1.0 + SNAP) {
            let limit = format!("Euler needs dt <= tau; dt is {dt}");
            self.problem(
                "tau-range",
                path,
                format!("tau is {least}"),
                &limit,
                "give a smaller --dt, or --leak exp, or the right --preset",
            );
            return (vec![1.0; n], vec![0.0; n]);
        }
        let decay: Vec<f64> = (0..n)
            .map(|i| match leak {
                LeakRule::Euler => snap((share[i]).min(1.0)),
                LeakRule::Exponential => snap(1.0 - (-share[i]).exp()),
            })
            .collect();
        if tau.contains(&f64::INFINITY) {
            let gain = if rule == Gain::Nir { "; where r is infinite too, r dt / tau is 1 (their limit)" } else { "" };
            self.notes.push(format!("\"{}\": a tau is infinite (beta = 1): no leak{gain}", layer.neuron_name));
        }
        let readout = layer.neuron.kind == NeuronKind::Li;
        let gain: Vec<f64> = (0..n)
            .map(|i| match rule {
                Gain::Nir => snap_gain(nir_gain(r[i], dt, tau[i])),
                Gain::IgnoreR => snap_gain(dt / tau[i]),
                Gain::Rockpool if readout => 1.0 - decay[i],
                Gain::Rockpool | Gain::One => 1.0,
            })
            .collect();
        let text = format!(
            "{} (from tau {} s), input gain {}",
            range(decay.iter().map(|d| 1.0 - d)),
            range(tau.iter().copied()),
            range(gain.iter().copied())
        );
        self.answers.push(("beta", layer.name.clone(), text));
        (gain, decay)
    }

    /// Multiplies the weights by the gain of their output channel.
    pub(super) fn fold_gain(&mut self, layer: &ChainLayer, gain: &[f64], weights: &mut [f64]) {
        let per_map = layer.output.h * layer.output.w;
        let path = format!("{}: node \"{}\"", self.chain.file, layer.neuron_name);
        let mixed = gain.chunks(per_map).any(|map| map.iter().any(|g| *g != map[0]));
        if mixed && matches!(layer.synapses, Synapses::Conv2d(_)) {
            let limit = "one gain (r dt / tau) per output channel of a convolution";
            self.problem(
                "gain-mixed",
                path,
                "r or tau differs within a channel".into(),
                limit,
                "make r and tau equal within each channel",
            );
            return;
        }
        if let Some(&bad) = gain.iter().find(|g| !(g.is_finite() && **g != 0.0)) {
            self.problem(
                "gain-range",
                path,
                format!("the input gain (r dt / tau) is {bad}"),
                "a finite gain other than 0",
                "correct r or give --dt",
            );
            return;
        }
        let per_channel = weights.len() / layer.output.c;
        for (row, map) in weights.chunks_mut(per_channel).zip(gain.chunks(per_map)) {
            row.iter_mut().for_each(|w| *w *= map[0]);
        }
    }
}

/// dt / tau from Rockpool's `r = tau exp(-dt / tau) / dt`: the x with `x e^x = 1 / r` (Lambert's W), by Newton's method.
fn share_of(r: f64) -> f64 {
    let target = 1.0 / r;
    let mut x = target.ln_1p();
    for _ in 0..50 {
        let step = (x * x.exp() - target) / ((x + 1.0) * x.exp());
        x -= step;
        if step.abs() <= 1e-15 * x.abs() {
            break;
        }
    }
    x
}

/// r dt / tau. snnTorch writes tau = dt / (1 - beta) and r = tau / dt: of a beta of 1 both are infinite, and the gain is still 1.
fn nir_gain(r: f64, dt: f64, tau: f64) -> f64 {
    match r.is_infinite() && tau.is_infinite() {
        true => 1.0,
        false => r * dt / tau,
    }
}

/// A gain near 1 or a power of two is taken to be it; a small gain is left as it is.
fn snap_gain(gain: f64) -> f64 {
    match gain.abs() > 1e-3 {
        true => snap(gain),
        false => gain,
    }
}
