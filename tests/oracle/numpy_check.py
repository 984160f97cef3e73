#!/usr/bin/env python3
"""Checks a folder that `spikewright build` wrote, independently: numpy computes every integer, Icarus runs the Verilog.

Written from `docs/` alone (numbers.md, link.md, architecture.md "Cycles"): an error that spikewright's golden model and its
hardware share is seen here. Integers are computed from DIR/net.nir and DIR/spikewright.toml; DIR/mem is never read. Three
samples are played into DIR/rtl: that of DIR/tb/sample.npz, seeded random events, and the first one again; without stalls
(output words of every time step, tlast, and cycles are compared), then with random stalls at both ends (words only).

usage: numpy_check.py DIR [--seed N] [--self-test]
       --self-test: the same with one expected word, then one expected cycle count, wrong; both must be noticed
exit code 0: all agrees; 1: something differs; 2: DIR is not such a folder
"""
import argparse
import collections
import json
import sys
from pathlib import Path

import numpy as np

import graph_model
import numbers_model
from cycles import sample_cycles
from folder_options import read_options
from icarus import SPIKE, TICK, TICK_LAST, VALUE, Word, play

AFTER_CLEAR = 16  # cycles after reset, beyond the words of the largest bank, until every core is idle


def as_map(shape):
    """(c, y, x) of a shape in the NIR file."""
    return (*shape, 1, 1) if len(shape) == 1 else tuple(shape)


def compare_plan(layers, plans):
    """What the manifest says of each layer against the integers computed here."""
    for layer, plan in zip(layers, plans, strict=True):
        level = [int(layer.fire_level.min()), int(layer.fire_level.max())] if layer.fires else plan["fire_level"]
        ours = {
            "name": layer.name,
            "neuron": layer.neuron,
            "fire_level": level,
            "bias": [int(layer.bias.min()), int(layer.bias.max())],
            "membrane_bits": layer.bits,
            "membrane_lo": layer.lo,
            "membrane_hi": layer.hi,
        }
        for key, value in ours.items():
            if plan[key] != value:
                yield f"layer {layer.name}: {key} is {value}, in manifest.json {plan[key]}"
        if abs(plan["scale"] / layer.scale - 1) > 1e-12:
            yield f"layer {layer.name}: scale is {layer.scale!r}, in manifest.json {plan['scale']!r}"


def samples_of(folder, shape, multiplicity, seed):
    """[(name, counts [T, c, y, x])]: the testbench's sample, random events, the testbench's again."""
    random = np.random.default_rng(seed)
    recorded = folder / "tb" / "sample.npz"
    with np.load(recorded) as arrays:
        first = arrays["input/spikes"].astype(np.int64).reshape(-1, *shape)
    steps = min(len(first), 6)
    density = np.array([0.1, 0.0, 1.0, 0.02, 0.3, 0.0])[:steps].reshape(-1, 1, 1, 1)
    noise = (random.random((steps, *shape)) < density) * random.integers(1, multiplicity + 1, (steps, *shape))
    return [("tb/sample.npz", first), (f"random events, seed {seed}", noise), ("tb/sample.npz again", first)]


def events_of(counts):
    """Input events (c, y, x) of one step, each as often as it counts, in rising order."""
    places = [tuple(place) for place in np.argwhere(counts).tolist()]
    return [place for place in places for _ in range(int(counts[place]))]


def input_words(word, steps):
    """Words of a sample; the last TICK is a TICK_LAST."""
    words = []
    for t, events in enumerate(steps):
        words += [word.pack(SPIKE, *event) for event in events]
        words.append(word.pack(TICK_LAST if t + 1 == len(steps) else TICK))
    return words


def expected_steps(word, layer, spikes, shown, readout):
    """Multiset of the output words of each step, TICK included."""
    flat = lambda values: values.reshape(len(values), -1)
    if readout != "none":
        # A readout block: one answer per sample.
        score = flat(spikes).sum(0) if readout == "count" else flat(shown)[-1]
        winner = int(score.argmax())
        answer = word.pack(VALUE, winner, payload=int(score[winner]))
        return [collections.Counter([answer, word.pack(TICK_LAST)])]
    steps = []
    for t, (fired, state) in enumerate(zip(spikes, shown)):
        if layer.fires:
            words = collections.Counter(word.pack(SPIKE, *event) for event in events_of(fired.reshape(word.shape)))
        else:
            state = state.reshape(word.shape)
            words = collections.Counter(word.pack(VALUE, *c, payload=int(state[c])) for c in np.ndindex(word.shape))
        words[word.pack(TICK_LAST if t + 1 == len(spikes) else TICK)] += 1
        steps.append(words)
    return steps


def steps_received(word, words):
    """Words up to each TICK as multisets, as they came."""
    steps, current = [], collections.Counter()
    for text in words:
        value = int(text, 2) if set(text) <= {"0", "1"} else text  # an x stays text
        current[value] += 1
        if value in (word.pack(TICK), word.pack(TICK_LAST)):
            steps.append(current)
            current = collections.Counter()
    return steps + ([current] if current else [])


def differences(name, word, wanted, words, lasts):
    """What is wrong with the words of one sample: its first wrong step, and tlast."""
    text = lambda value: f"{value:0{word.bits // 4}x}" if isinstance(value, int) else value
    got = steps_received(word, words)
    for t in range(max(len(wanted), len(got))):
        ours, theirs = (steps[t] if t < len(steps) else collections.Counter() for steps in (wanted, got))
        if ours != theirs:
            missing, extra = (" ".join(text(v) for v in list((a - b).elements())[:4]) for a, b in ((ours, theirs), (theirs, ours)))
            yield f"{name}, time step {t}: missing words [{missing}], unexpected words [{extra}]"
            break
    if lasts != ["0"] * (len(lasts) - 1) + ["1"]:
        yield f"{name}: tlast is not high with the last word alone"


class Case:
    """One folder: what comes out by the documents, and what came out in Icarus."""

    def __init__(self, folder, seed):
        self.manifest = json.loads((folder / "manifest.json").read_text())
        options, settings = read_options(folder)
        self.readout = settings.get("readout", "none")
        # The manifest says what each layer hears if the net is more than a chain.
        chain = "hears" not in self.manifest["layers"][0]
        model = numbers_model if chain else graph_model
        shape, self.layers = model.load_network(folder / settings["net"], options)
        self.shape = as_map(shape)
        self.plans = self.manifest["layers"]
        streams = self.manifest["stream"]
        last = as_map(self.layers[-1].shape)
        word = lambda shape, stream: Word(shape, stream["payload_bits"], stream["stream_bits"])
        self.word_in = word(self.shape, streams["input"])
        self.word_out = word(last if self.readout == "none" else (int(np.prod(last)), 1, 1), streams["output"])
        self.problems = list(compare_plan(self.layers, self.plans))
        for side, ours in (("input", self.word_in), ("output", self.word_out)):
            if ours.fields != streams[side]:
                self.problems.append(f"stream.{side} is {ours.fields}, in manifest.json {streams[side]}")
        self.samples = samples_of(folder, self.shape, options.multiplicity, seed)
        self.wanted, self.cycles, words, self.spikes = [], [], [], []
        for _, counts in self.samples:
            result = model.run(self.layers, counts.reshape(len(counts), 1, *shape))
            steps = [events_of(step) for step in counts]
            words.append(input_words(self.word_in, steps))
            spikes, _, shown, _ = (part[:, 0] if isinstance(part, np.ndarray) else part for part in result[-1])
            self.wanted.append(expected_steps(self.word_out, self.layers[-1], spikes, shown, self.readout))
            sends = [r[0][:, 0].reshape(len(counts), *as_map(layer.shape)) for r, layer in zip(result, self.layers)]
            self.spikes.append([int(s.sum()) for s in sends])
            # `cycles.py` knows chains.
            self.cycles.append(sample_cycles(self.layers, self.plans, steps, sends, self.readout) if chain else None)
        top = self.manifest["top"]
        simulate = lambda wait_for, stalls: play(
            folder, top, folder / "rtl" / f"{top}.f", words, self.word_in.bits, self.word_out.bits, wait_for, stalls, seed
        )
        # Cycles are predicted from an idle chain; with stalls, the first word waits for the clear phase.
        self.calm, self.stalled = simulate(max(plan["words"] for plan in self.plans) + AFTER_CLEAR, False), simulate(0, True)

    def compare(self, quiet=False):
        """All that differs."""
        found = list(self.problems)
        for stalls, (results, complaints) in (("", self.calm), (" with stalls", self.stalled)):
            found += [f"simulation{stalls}: {line}" for line in complaints]
            for (name, _), wanted, predicted, spikes, (words, lasts, cycles) in zip(
                self.samples, self.wanted, self.cycles, self.spikes, results, strict=True
            ):
                found += differences(name + stalls, self.word_out, wanted, words, lasts)
                if not stalls and predicted is not None and cycles != predicted:
                    found.append(f"{name}: {cycles} cycles, predicted {predicted}")
                if not quiet:
                    print(f"{name}{stalls}: {len(wanted)} steps, {len(words)} words, {cycles} cycles; spikes per layer {spikes}")
        return found


def self_test(case):
    """Whether each of two wrong expectations is noticed."""
    wanted, cycles = case.wanted[0], case.cycles[0]
    step = len(wanted) - 1
    correct = wanted[step]
    word = next(iter(correct))
    wanted[step] = correct - collections.Counter([word]) + collections.Counter([word ^ 1])
    noticed = {f"one bit of an expected word in step {step}": bool(case.compare(quiet=True))}
    wanted[step] = correct
    if cycles is not None:
        case.cycles[0] = cycles + 1
        noticed["one cycle more than expected"] = bool(case.compare(quiet=True))
        case.cycles[0] = cycles
    for what, seen in noticed.items():
        print(f"self-test: {what}: {'noticed' if seen else 'NOT NOTICED'}")
    return all(noticed.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=1, help="of random events and stalls")
    parser.add_argument("--self-test", action="store_true", help="expect two wrong things; both must be noticed")
    flags = parser.parse_args()
    try:
        case = Case(flags.folder, flags.seed)
    except FileNotFoundError as missing:
        print(f"{flags.folder} is not a folder that spikewright built: {missing}", file=sys.stderr)
        sys.exit(2)
    found = case.compare()
    for line in found[:20]:
        print(f"DIFFERS: {line}")
    good = not found and (not flags.self_test or self_test(case))
    print("PASS" if good else "FAIL")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
