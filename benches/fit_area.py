#!/usr/bin/env python3
"""Fits the constants of `rtl/src/plan/area.rs` to samples of `benches/area_samples.rs`.

    python3 benches/fit_area.py samples.csv NAME [PRIOR [FILE]]

Non-negative least squares on relative errors (both signs where a feature takes away), every third sample held out; prints
the constants as Rust and the errors inside and outside of the fit. PRIOR is a family whose constants stand in area.rs, or in FILE beside it (ECP5, say): with
few samples, constants stay near the prior's times one common factor, unless the samples say otherwise.
"""
import csv
import pathlib
import re
import sys

import numpy as np

MAY_BE_NEGATIVE = {"no_reset"}


PRIOR_WEIGHT = 0.1


def known(name, file):
    """The constants `name` of `file`."""
    text = pathlib.Path(__file__).parent.parent.joinpath("rtl/src/plan", file).read_text()
    found = re.search(rf"const {name}: \[f64; \d+\] =\s*\[([^\]]*)\]", text)
    return np.array([float(x) for x in found.group(1).replace("\n", " ").strip().strip(",").split(",")])


def fit(rows, target, names, free, prior=None):
    """Least squares on relative error, projected to the signs that make sense, by coordinate descent."""
    x = rows / target[:, None]
    constants = np.zeros(len(names))
    ridge = 1e-6 * ((x**2).mean(axis=0) + 1e-12)
    right = x.T @ np.ones(len(target))
    if prior is not None:
        scaled = prior * np.exp(-np.log(x @ prior).mean())
        ridge = ridge + PRIOR_WEIGHT * (x**2).mean(axis=0)
        right = right + ridge * scaled
    gram = x.T @ x + np.diag(ridge)
    for _ in range(20000):
        for j in range(len(names)):
            if gram[j, j] < 1e-12:
                continue
            best = constants[j] + (right[j] - gram[j] @ constants) / gram[j, j]
            constants[j] = best if names[j] in free else max(best, 0.0)
    return constants


def main():
    with open(sys.argv[1], newline="") as file:
        table = list(csv.DictReader(row for row in file if row.strip()))
    names = [name for name in table[0] if name not in ("lut", "ff", "bram", "dsp", "bram_model", "what", None)]
    rows = np.array([[float(row[name]) for name in names] for row in table])
    held = np.arange(len(table)) % 3 == 2
    print(f"// {', '.join(names)}")
    for kind in ("lut", "ff"):
        target = np.array([float(row[kind]) for row in table])
        prior = known(f"{sys.argv[3]}_{kind.upper()}", *(sys.argv[4:] or ["area.rs"])) if len(sys.argv) > 3 else None
        constants = fit(rows[~held], target[~held], names, MAY_BE_NEGATIVE, prior)
        error = rows @ constants / target - 1
        print(f"const {sys.argv[2]}_{kind.upper()}: [f64; {len(names)}] = [{', '.join(f'{c:.3f}' for c in constants)}];")
        for label, where in (("fitted", ~held), ("held out", held)):
            worst = int(np.argmax(np.abs(error) * where))
            print(f"//   {label}: {where.sum()} cores, mean |error| {np.abs(error[where]).mean():.1%}, "
                  f"worst {error[worst]:+.1%} ({table[worst]['what']}, {target[worst]:.0f})")
    found = np.array([float(row["bram"]) for row in table])
    model = np.array([float(row["bram_model"]) for row in table])
    wrong = [f"{row['what']}: {f:.0f} model {m:.0f}" for row, f, m in zip(table, found, model) if f != m]
    print(f"// block RAM: {len(wrong)} of {len(table)} differ", *wrong, sep="\n//   ")


main()
