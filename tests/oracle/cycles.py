"""The cycles of an emitted design, as the section "Cycles" of `docs/architecture.md` gives them.

`Core` is one layer with the fold that its `manifest.json` states; `sample_cycles` sends the words of a sample through a
chain of cores. A word is (channel, y, x), or TICK. Times are cycle numbers; the first input word is taken at cycle 0.
"""
import math
from bisect import bisect_left

import numpy as np

import numbers_model as model

TICK = "TICK"


class Axis:
    """Rows or columns of one layer: place of each output, and cycles (iterations) that an input coordinate costs."""

    def __init__(self, size, pools, conv, kernel, outputs, banks, which):
        pooled = [[y] for y in range(size)]  # pooled coordinates that each input coordinate falls into
        for window, stride, padding in pools:
            k, s, p = window[which], stride[which], padding[which]
            count = (size + 2 * p - k) // s + 1
            pooled = [[q for y in ys for q in range(count) if q * s - p <= y < q * s - p + k] for ys in pooled]
            size = count
        self.pooled, self.size = pooled, size
        if conv:
            stride, dilation, padding = conv["stride"][which], conv["dilation"][which], conv["padding"][which]
            common = math.gcd(stride, dilation)
            spacing, step = dilation // common, stride // common
        else:
            stride = dilation = spacing = step = 1
            kernel, padding = size, 0
        blocks = {k: (k % step, k // step // banks) for k in range(kernel)}
        self.iterations, reached = [], []  # reached: outputs that an input coordinate adds to
        for ys in pooled:
            met, heard = 0, set()
            for y in ys:
                reach = [(k, y + padding - k * dilation) for k in range(kernel)]
                reach = [(k, n // stride) for k, n in reach if n >= 0 and n % stride == 0 and n // stride < outputs]
                met += len({blocks[k] for k, _ in reach})
                heard |= {o for _, o in reach}
            self.iterations.append(met)
            reached.append(heard)
        lines = [o // spacing for o in range(outputs)]
        self.bank = [line % banks for line in lines]
        self.row = [line // banks * spacing + o % spacing for o, line in enumerate(lines)]
        self.depth = max(self.row) + 1
        self.reached = [{self.row[o] for o in outputs} for outputs in reached]  # rows in the banks


class Core:
    """One core with its FIFO and what is behind it. `sends` is a list over steps of spike counts [c, y, x] of its neurons."""

    def __init__(self, layer, plan, sends, behind):
        self.behind, self.lanes, self.groups = behind, plan["lanes"], plan["groups"]
        (in_c, in_h, in_w), (self.channels, out_h, out_w) = plan["input"], plan["output"]
        by, bx = plan["banks"]
        self.table = plan.get("core") == "table"
        if self.table:  # as the fire phase sees it: one bank whose words hold a neuron of every bank
            adders, self.lanes = self.lanes, bx
            by = bx = 1
        self.banks_x = bx
        kernel = layer.weight.shape[2:] if layer.conv else (None, None)
        self.rows = Axis(in_h, layer.pools, layer.conv, kernel[0], out_h, by, 0)
        self.columns = Axis(in_w, layer.pools, layer.conv, kernel[1], out_w, bx, 1)
        self.words = self.rows.depth * self.columns.depth * self.groups
        assert self.words == plan["words"], f"{layer.name}: {self.words} words per bank, manifest {plan['words']}"
        self.first_group, self.n_groups = [0] * in_c, [self.groups] * in_c
        if layer.conv:
            per_group = self.channels // layer.conv["groups"]
            for c in range(in_c):
                first = c // (in_c // layer.conv["groups"]) * per_group
                self.n_groups[c] = (first + per_group - 1) // self.lanes - first // self.lanes + 1
        decay = np.asarray(layer.leak_a, np.int64)
        one = int(decay.flat[0])
        shift = one > 0 and one & (one - 1) == 0 and bool((decay == one).all())
        leak = 0 if not decay.any() else 1 if shift else 2
        self.has_map = plan["scan"] == "touched"
        in_order = self.rows.depth * self.columns.depth == 1 and min(self.n_groups) == self.groups and not self.has_map
        self.lazy, self.sweep = layer.lazy, plan["sweep"]
        in_order &= not self.lazy
        self.after_scan = max(2 + leak, 6 + leak - self.words) if in_order else 5 + leak
        latency = 8 if layer.fires else 9 if layer.reset_order == "reset-then-leak" else 7
        self.write_latency = latency + (3 if self.lazy else sum(plan["rotated"]))
        self.after_scan += 3 if self.lazy else 0
        self.to_sequencer, self.after_events, self.room = 1, 0, 2
        if self.table:
            amount = layer.reset_value if layer.reset == "zero" else layer.reset_amount
            start = model.leak(layer, np.asarray(layer.initial))
            constants = [layer.bias, layer.leak_a, start, *([layer.fire_level, amount] if layer.fires else [])]
            varied = any(np.unique(np.asarray(x)).size > 1 for x in constants)
            biased = bool(np.asarray(layer.bias).any()) and self.words * self.lanes > self.channels
            late = int(self.words > 32 or varied or biased)
            self.write_latency = latency - 4 + late
            self.after_scan = max(2 + late + leak, 5 + late + leak - self.words)
            self.to_sequencer, self.after_events, self.room = 3, 5 + late, 4
            self.row_cycles = self.table_rows(layer, plan, adders)
        self.most_entries = plan["fifo_depth"] - self.write_latency
        self.output_stages = 3 if layer.fires else 1
        self.slice = plan["slice"]
        self.passes = max(layer.max_spikes, 1)
        self.steps = iter([self.step_words(layer, counts) for counts in sends])
        self.steps_left = self.all_steps = len(sends)
        # Touched map: positions touched since the last TICK; last operation of an event, last scanned word behind a visit.
        self.touched, self.marked, self.settled = set(), -(10**9), -(10**9)
        # Times, all of the last word or entry: taken, done (of the last ones), last scanned word, FIFO written / read / fetched / out.
        self.taken, self.done, self.scanned = -1, (-1,) * self.room, -(10**9)
        self.event_done = self.tick_taken = -(10**9)  # of the last event and the last TICK sent
        self.written, self.read, self.fetched, self.out = [], [], -1, -1
        self.cut, self.loaded = -1, (-1, -1)  # of the last slice, of the last two
        self.still = []  # (first, end) cycles in which the output registers stood still

    def step_words(self, layer, counts):
        """{(pass, word): [(slice, words it sends, in order)]} of one step."""
        found = {}
        if not layer.fires:
            order = [(c // self.lanes, c) for c in range(self.channels)]
            for word, c in order:
                found.setdefault((0, word), []).append((0, (c, 0, 0)))
            return found
        for c, y, x in zip(*(axis.tolist() for axis in np.nonzero(counts))):
            word = (self.rows.row[y] * self.columns.depth + self.columns.row[x]) * self.groups + c // self.lanes
            place = (self.rows.bank[y], self.columns.bank[x], c % self.lanes)
            for n in range(int(counts[c, y, x])):
                found.setdefault((n, word), []).append((place, (c, y, x)))
        return {key: [(self.slice_of(place), neuron) for place, neuron in sorted(words)] for key, words in found.items()}

    def slice_of(self, place):
        bank_row, bank_column, lane = place
        return ((bank_row * self.banks_x + bank_column) * self.lanes + lane) // self.slice if self.slice else 0

    def table_rows(self, layer, plan, adders):
        """Cycles of each input [c, y, x]: the synapses of its fullest adder, those of every pooled place counted."""
        c, h, w = plan["input"]
        weight = np.asarray(layer.weight).reshape(self.channels, c, self.rows.size, self.columns.size) != 0
        found = np.zeros((c, h, w), int)
        for y, qs in enumerate(self.rows.pooled):
            for x, rs in enumerate(self.columns.pooled):
                heard = sum((weight[:, :, q, r].astype(int) for q in qs for r in rs), np.zeros((self.channels, c), int))
                found[:, y, x] = [max(heard[a::adders, i].sum() for a in range(adders)) for i in range(c)]
        return found

    def event_cycles(self, event):
        c, y, x = event
        if self.table:
            return max(1, int(self.row_cycles[c, y, x]))
        return max(1, self.n_groups[c] * self.rows.iterations[y] * self.columns.iterations[x])

    def step_cycles(self, events):
        """Busy cycles of a step, all words scanned."""
        pause = self.after_events if events else 0
        return sum(map(self.event_cycles, events)) + pause + self.passes * (self.words + self.after_scan)

    def take(self, word, offered):
        """Cycle in which a word offered since `offered` is taken; what follows from it happens at once."""
        self.taken = max(offered, self.taken + 1, self.done[0] + 1)
        front = max(self.taken + self.to_sequencer, self.done[-1] + 1)
        start = max(front, self.scanned + self.after_scan + 1)
        taken = self.taken
        if word is not TICK:
            done = self.event_done = start + self.event_cycles(word) - 1
            self.touch(word, done)
        elif self.has_map and not self.visits_all():
            done = self.scan_touched(front, start)
        else:
            done = self.scan(max(start, self.event_done + self.after_events + 1))
            self.settled, self.touched = done, set()
        self.steps_left -= word is TICK
        self.done = (*self.done[1:], done)
        return taken

    def touch(self, event, done):
        _, y, x = event
        found = {(row, column) for row in self.rows.reached[y] for column in self.columns.reached[x]}
        self.touched |= found
        if found:
            self.marked = done

    def visits_all(self):
        """Whether the scan of the step under way visits all words: the sample's last, and with lazy leak one of many."""
        done = self.all_steps - self.steps_left + 1
        return done == self.all_steps or bool(self.sweep and done % self.sweep == 0)

    def scan_touched(self, front, start):
        """The scan of a step that does not end its sample, with a touched map."""
        sends = next(self.steps)
        look = max(front, self.marked + 2, 0 if self.lazy else self.settled + self.write_latency + 2)
        places = sorted(row * self.columns.depth + column for row, column in self.touched)
        words = [place * self.groups + group for place in places for group in range(self.groups)]
        cycle = max(start, look + (3 if words else 1))
        for word in words or [0]:
            cycle = self.when_fifo_has_room(cycle)
            sent = sends.get((0, word), [])
            last = word == (words or [0])[-1]
            self.scanned = cycle
            if sent or last:
                self.send(with_tick(sent) if last else sent, cycle + self.write_latency)
            cycle += 1
        if words:
            self.settled = self.scanned
        fired = set() if self.lazy else {word // self.groups for _, word in sends}
        self.touched = {divmod(place, self.columns.depth) for place in fired}
        return self.scanned

    def scan(self, cycle):
        sends = next(self.steps)
        for scan in range(self.passes):
            for word in range(self.words):
                cycle = self.when_fifo_has_room(cycle)
                words = sends.get((scan, word), [])
                if (scan, word) == (self.passes - 1, self.words - 1):
                    words = with_tick(words)
                self.scanned = cycle
                if [word for _, word in words] == [TICK] and self.is_quick(sends, cycle):
                    self.tick_taken = self.behind.take(TICK, cycle + self.write_latency)
                elif words:
                    self.send(words, cycle + self.write_latency)
                cycle += 1
            cycle += self.after_scan
        return self.scanned

    def is_quick(self, sends, cycle):
        """Whether the TICK of a step whose last word is scanned in `cycle` goes past the sender of a table core."""
        return self.table and self.output_stages == 3 and not sends and self.tick_taken < cycle + self.write_latency - 1

    def when_fifo_has_room(self, cycle):
        """First cycle from `cycle` on in which fewer than `most_entries` entries were written before and not read before."""
        inside = lambda i: bisect_left(self.written, i) - bisect_left(self.read, i)
        while inside(cycle) >= self.most_entries:
            cycle += 1
        return cycle

    def moves(self, cycle):
        """First cycle from `cycle` on in which the output registers move."""
        for first, end in self.still:
            if first <= cycle < end:
                cycle = end
        return cycle

    def send(self, words, written):
        read = max(written + 2, self.read[-1] + 1 if self.read else 0, self.fetched)
        self.written.append(written)
        self.read.append(read)
        if not self.slice:
            self.fetched = self.moves(max(read + 1, self.out))
            self.enter(self.fetched, [word for _, word in words])
            return
        self.fetched = max(read + 1, self.cut)
        for i in sorted({i for i, _ in words}):
            self.cut = max(self.fetched + 1, self.cut + 1, self.loaded[0] + 1)
            loaded = self.moves(max(self.cut + 1, self.out))
            self.loaded = (self.loaded[1], loaded)
            self.enter(loaded, [word for j, word in words if j == i])

    def enter(self, enters, words):
        """Words of a slice loaded at cycle `enters` go through the output registers."""
        for word in words:
            enters = self.moves(enters + 1)
            offered = enters
            for _ in range(self.output_stages - 1):
                offered = self.moves(offered + 1)
            offered += 1
            taken = self.behind.take(word, offered)
            if word is TICK:
                self.tick_taken = taken
            if taken > offered:
                self.still = [*self.still[-4:], (offered, taken)]
        self.out = enters


def with_tick(words):
    """TICK leaves with the last slice."""
    return words + [(words[-1][0] if words else 0, TICK)]


class ParallelCore:
    """A parallel core: one cycle per event, TICKs that hold everything up behind them."""

    def __init__(self, layer, plan, sends, behind):
        self.behind = behind
        self.waits = int(bool(np.asarray(layer.bias).any())) + int(plan.get("late_weights", False))
        self.stages = 2 if plan["input"][1] * plan["input"][2] > 1 else 1
        self.steps = iter([np.flatnonzero(counts).tolist() for counts in sends])
        self.taken, self.left, self.still = -1, (-1, -1), []  # still: (first, end) cycles in which nothing moves
        self.sent, self.tick_offered = -1, -1

    def moves(self, cycle, count=0):
        """The cycle `count` moving cycles behind the first moving one from `cycle` on."""
        for _ in range(count + 1):
            for first, end in self.still:
                if first <= cycle < end:
                    cycle = end
            cycle += 1
        return cycle - 1

    def take(self, word, offered):
        """Cycle in which a word offered since `offered` is taken; what follows from it happens at once."""
        taken = self.taken = max(offered, self.taken + 1, self.left[0] + 1)
        leaves = self.moves(max(taken, self.left[1]) + 1)
        self.left = (self.left[1], leaves)
        if word is TICK:
            at_lanes = self.moves(leaves, self.stages) + 1
            decides = max(at_lanes + self.waits, self.tick_offered)
            self.still = [*self.still[-4:], (at_lanes, decides + 2)]
            for spike in [*((c, 0, 0) for c in next(self.steps)), TICK]:
                offer = max(decides + 3, self.sent + 1)
                self.sent = self.behind.take(spike, offer)
            self.tick_offered = offer
        return taken


class Sink:
    """Takes a word whenever one is offered."""

    def __init__(self):
        self.last = 0

    def take(self, _word, offered):
        self.last = offered
        return offered


def sample_cycles(layers, plans, steps, spikes, readout):
    """Cycles of one sample from an idle chain: `steps[t]` are the input events in the order sent, `spikes[i][t]` counts [c, y, x]."""
    sink = behind = Sink()
    for layer, plan, sends in reversed(list(zip(layers, plans, spikes))):
        machine = ParallelCore if plan["core"] == "parallel" else Core
        behind = machine(layer, plan, sends, behind)
    for events in steps:
        for word in [*events, TICK]:
            behind.take(word, 0)
    return sink.last + 2 + (0 if readout == "none" else plans[-1]["output"][0] + 2)
