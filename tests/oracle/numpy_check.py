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


def samples_of(folder, shapes, multiplicity, seed):
    """[(name, {input: counts [T, c, y, x]})]: the testbench's sample, random events, the testbench's again."""
    random = np.random.default_rng(seed)
    recorded = folder / "tb" / "sample.npz"
    with np.load(recorded) as arrays:
        first = {name: arrays[f"{name}/spikes"].astype(np.int64).reshape(-1, *shape) for name, shape in shapes.items()}
    steps = min(len(next(iter(first.values()))), 6)
    density = np.array([0.1, 0.0, 1.0, 0.02, 0.3, 0.0])[:steps].reshape(-1, 1, 1, 1)
    events = lambda shape: (random.random((steps, *shape)) < density) * random.integers(1, multiplicity + 1, (steps, *shape))
    noise = {name: events(shape) for name, shape in shapes.items()}
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
        if chain:
            shape, self.layers = numbers_model.load_network(folder / settings["net"], options)
            entries, heads = {"input": shape}, [("output", len(self.layers) - 1)]
        else:
            entries, self.layers, heads = graph_model.load_network(folder / settings["net"], options)
        self.plans = self.manifest["layers"]
        # One stream each way, or lists of them.
        streams = self.manifest["stream"]
        several = "inputs" in streams
        into = streams["inputs"] if several else [{**streams["input"], "port": "s_axis"}]
        outof = streams["outputs"] if several else [{**streams["output"], "port": "m_axis"}]
        shapes = {name: as_map(shape) for name, shape in entries.items()}
        word = lambda shape, stream: Word(shape, stream["payload_bits"], stream["stream_bits"])
        words_in = [word(shape, stream) for shape, stream in zip(shapes.values(), into, strict=True)]
        left_by = [self.layers[at] for _, at in heads]
        shape_out = lambda layer: as_map(layer.shape) if self.readout == "none" else (int(np.prod(layer.shape)), 1, 1)
        self.words_out = [word(shape_out(layer), stream) for layer, stream in zip(left_by, outof, strict=True)]
        self.problems = list(compare_plan(self.layers, self.plans))
        for ours, stream in zip([*words_in, *self.words_out], [*into, *outof]):
            theirs = {key: stream[key] for key in ours.fields}
            if ours.fields != theirs:
                self.problems.append(f"{stream['port']} is {ours.fields}, in manifest.json {theirs}")
        if several and [stream["node"] for stream in [*into, *outof]] != [*shapes, *(name for name, _ in heads)]:
            self.problems.append("streams of manifest.json are not those of the Input and Output nodes")
        self.samples = samples_of(folder, shapes, options.multiplicity, seed)
        self.wanted, self.cycles, self.spikes = [], [], []
        words = [[] for _ in into]
        for _, counts in self.samples:
            steps_of = {name: [events_of(step) for step in own] for name, own in counts.items()}
            for all_words, own_word, steps in zip(words, words_in, steps_of.values()):
                all_words.append(input_words(own_word, steps))
            as_read = {name: own.reshape(len(own), 1, *entries[name]) for name, own in counts.items()}
            result = numbers_model.run(self.layers, as_read["input"]) if chain else graph_model.run(self.layers, as_read)
            wanted = []
            for (_, at), own_word in zip(heads, self.words_out):
                spikes, _, shown, _ = (part[:, 0] if isinstance(part, np.ndarray) else part for part in result[at])
                wanted.append(expected_steps(own_word, self.layers[at], spikes, shown, self.readout))
            self.wanted.append(wanted)
            n_steps = len(next(iter(counts.values())))
            sends = [r[0][:, 0].reshape(n_steps, *as_map(layer.shape)) for r, layer in zip(result, self.layers)]
            self.spikes.append([int(s.sum()) for s in sends])
            # `cycles.py` knows chains.
            predicted = sample_cycles(self.layers, self.plans, steps_of["input"], sends, self.readout) if chain else None
            self.cycles.append(predicted)
        top = self.manifest["top"]
        inputs = [(stream["port"], word.bits, own) for stream, word, own in zip(into, words_in, words)]
        outputs = [(stream["port"], word.bits) for stream, word in zip(outof, self.words_out)]
        simulate = lambda wait_for, stalls: play(folder, top, folder / "rtl" / f"{top}.f", inputs, outputs, wait_for, stalls, seed)
        # Cycles are predicted from an idle chain; with stalls, the first word waits for the clear phase.
        self.calm, self.stalled = simulate(max(plan["words"] for plan in self.plans) + AFTER_CLEAR, False), simulate(0, True)

    def compare(self, quiet=False):
        """All that differs."""
        found = list(self.problems)
        for stalls, (results, complaints) in (("", self.calm), (" with stalls", self.stalled)):
            found += [f"simulation{stalls}: {line}" for line in complaints]
            for (name, _), wanted, predicted, spikes, (left, cycles) in zip(
                self.samples, self.wanted, self.cycles, self.spikes, results, strict=True
            ):
                for word, own, (words, lasts) in zip(self.words_out, wanted, left):
                    found += differences(name + stalls, word, own, words, lasts)
                if not stalls and predicted is not None and cycles != predicted:
                    found.append(f"{name}: {cycles} cycles, predicted {predicted}")
                if not quiet:
                    n_words = sum(len(words) for words, _ in left)
                    print(f"{name}{stalls}: {len(wanted[0])} steps, {n_words} words, {cycles} cycles; spikes per layer {spikes}")
        return found


def self_test(case):
    """Whether each of two wrong expectations is noticed."""
    cycles, noticed = case.cycles[0], {}
    for k, wanted in enumerate(case.wanted[0]):
        step = len(wanted) - 1
        correct = wanted[step]
        word = next(iter(correct))
        wanted[step] = correct - collections.Counter([word]) + collections.Counter([word ^ 1])
        noticed[f"one bit of an expected word of output {k} in step {step}"] = bool(case.compare(quiet=True))
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
