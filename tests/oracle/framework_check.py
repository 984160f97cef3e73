#!/usr/bin/env python3
"""The numpy integer model against the spikes recorded in stock Sinabs and snnTorch (needs numpy and h5py only).

The Sinabs CNN has weights on a grid of 1/64, so the integer model must fire every single spike that Sinabs fired. The
snnTorch nets have float weights: at 16 bits all but a few spikes agree (MOST_FLIPS), which shows reset and leak right.

usage: framework_check.py [--self-test]      (--self-test: the same with wrong semantics, each of which must be noticed)
"""
import sys
from pathlib import Path

import numpy as np

import numbers_model as model
from oracle_data import load_recorded

HERE = Path(__file__).resolve().parent
MOST_FLIPS = 20  # of 67,200 spike places in one recording

# name: (recording, NIR file, options, most flips)
CHECKS = {
    "Sinabs, one spike, clamped": ("sinabs/cnn_iaf_single_clamped", "sinabs/cnn_iaf", {"fire": "ge", "scale": 1 / 64, "clamp": "threshold"}, 0),
    "Sinabs, several spikes": ("sinabs/cnn_iaf_multi", "sinabs/cnn_iaf", {"fire": "ge", "scale": 1 / 64, "multi_spike": 15}, 0),
    "snnTorch Leaky, subtract": (
        "snntorch/leaky_subtract_beta0.9375",
        "snntorch/leaky_subtract_beta0.9375",
        {"weight_bits": 16, "reset_order": "leak-then-reset"},
        MOST_FLIPS,
    ),
    "snnTorch Leaky, zero": ("snntorch/leaky_zero_beta0.9", "snntorch/leaky_zero_beta0.9", {"weight_bits": 16, "reset": "zero"}, MOST_FLIPS),
    "snnTorch Lapicque, zero": (
        "snntorch/lapicque_zero_beta0.9375",
        "snntorch/lapicque_zero_beta0.9375",
        {"weight_bits": 16, "reset": "zero", "reset_order": "leak-then-reset"},
        MOST_FLIPS,
    ),
}
# Wrong on purpose, per check.
WRONG = {
    "Sinabs, one spike, clamped": {"fire": "gt"},
    "Sinabs, several spikes": {"multi_spike": 6},
    "snnTorch Leaky, subtract": {"reset_order": "reset-then-leak"},
    "snnTorch Leaky, zero": {"reset_order": "leak-then-reset"},
    "snnTorch Lapicque, zero": {"reset_order": "reset-then-leak"},
}


def flips(recording, net, options):
    """Number of (sample, step, neuron) places per layer where the model's spike count is not the recorded one."""
    recorded = load_recorded(HERE / recording)
    _, layers = model.load_network(HERE / f"{net}.nir", model.Options(**options))
    result = model.run(layers, recorded["input/spikes"].astype(np.int64))
    return {layer.neuron: int((out[0] != recorded[f"{layer.neuron}/spikes"]).sum()) for layer, out in zip(layers, result)}


def main():
    failed = 0
    self_test = "--self-test" in sys.argv
    for name, (recording, net, options, most) in CHECKS.items():
        found = flips(recording, net, {**options, **(WRONG[name] if self_test else {})})
        good = (sum(found.values()) > most) if self_test else (sum(found.values()) <= most)
        failed += not good
        what = f"{WRONG[name]} noticed" if self_test else f"at most {most} flips"
        print(f"{'ok  ' if good else 'FAIL'} {name}, {what}: flips {found}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
