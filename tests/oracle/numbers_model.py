"""The integer model that `docs/numbers.md` describes, in numpy, independent of spikewright's code.

A NIR file and the options become integer layers (`load_network`), and integer layers turn input spikes into the spikes
and states of every layer and step (`run`). Vectorised over samples; sums are exact (float64 products of integers stay
below 2^53, which `drive` asserts). Feature maps are [c, y, x]; spikes are counts, [T, B, c, y, x].
"""
import dataclasses
import math

import h5py
import numpy as np


@dataclasses.dataclass
class Options:
    """What the file does not say. None where the preset or the default decides."""

    weight_bits: int = 8
    scale: object = "max"  # max, mse, pow2, or a number
    quantise: str = "none"  # "auto": weights on a grid are kept, whatever `scale` says
    dt: object = 1e-4  # None with gain "rockpool": of each neuron, from its r
    leak: str = "euler"
    leak_bits: int = 12
    leak_mode: str = "step"  # or "lazy", where it is defined
    reset: str = "subtract"
    reset_order: str = "reset-then-leak"
    fire: str = "gt"
    rounding: str = "floor"
    fraction_bits: object = "auto"  # or a number
    init: object = "zero"  # "zero", "reset", "leak" or a number in the file's units
    clamp: object = None  # None, "threshold" (-thr), "threshold-if" (the same on IF only) or a number in the file's units
    multi_spike: object = 1  # None: the framework fires as often as the membrane holds the threshold; 15 in hardware
    membrane_bits: object = None
    multiplicity: int = 1
    gain: str = "nir"  # "nir": r dt / tau; "norse": dt / tau, IF 1; "one": 1; "rockpool": 1, LI exp(-dt / tau), dt from r
    threshold: object = None  # in the file's units, instead of the file's
    layers: dict = dataclasses.field(default_factory=dict)  # further fields by name of the weight node

    def of_layer(self, name):
        """The options of one layer."""
        return dataclasses.replace(self, layers={}, **self.layers.get(name, {}))


@dataclasses.dataclass
class Layer:
    name: str
    neuron: str
    pools: list  # of (kernel, stride, padding), each (rows, columns), in front of the weights
    weight: np.ndarray  # integers, [out, in] or [co, ci / groups, kh, kw]
    conv: dict  # stride, padding (top, left, bottom, right), dilation, groups; empty for a dense layer
    shape: tuple  # of the neurons
    scale: float
    fire_level: np.ndarray
    reset_amount: np.ndarray
    bias: np.ndarray
    reset: str
    reset_order: str
    reset_value: np.ndarray
    leak_a: np.ndarray
    leak_m: int
    rounding: str
    max_spikes: int
    fires: bool
    fraction_bits: int = 0
    initial: object = 0  # before the first step, not yet leaked
    lazy: bool = False
    bits: int = 0
    lo: int = 0
    hi: int = 0
    positive: int = 0  # P: largest positive sum one step can bring to the worst neuron
    negative: int = 0  # N: magnitude of the largest negative one


# ---- reading NIR ------------------------------------------------------------------------------------------------------


def read_nir(path):
    """({name: {"type": str, dataset: array}}, [(from, to)], metadata); nested graphs flattened to `outer.inner` (`outer.inner_2` if taken)."""
    text = lambda value: value.decode() if isinstance(value, bytes) else value
    nodes, edges, ends = {}, [], {}  # by path: the names from the outermost graph inwards

    def walk(group, path):
        for name, node in group["nodes"].items():
            if text(node["type"][()]) == "NIRGraph":
                walk(node, (*path, name))
                inner = {k: text(v["type"][()]) for k, v in node["nodes"].items()}
                of_kind = lambda kind: next((*path, name, k) for k, t in inner.items() if t == kind)
                ends[(*path, name)] = (of_kind("Input"), of_kind("Output"))
            else:
                datasets = {key: text(item[()]) for key, item in node.items() if isinstance(item, h5py.Dataset)}
                nodes[(*path, name)] = datasets
        edges.extend(((*path, text(a)), (*path, text(b))) for a, b in group["edges"][()])

    with h5py.File(path, "r") as file:
        root = file["node"]
        walk(root, ())
        metadata = {key: text(item[()]) for key, item in root["metadata"].items()} if "metadata" in root else {}
    called, plain = {}, {".".join(path) for path in nodes}
    for path in sorted(nodes, key=lambda path: (len(path), path)):
        name, n = ".".join(path), 1
        while name in called.values() or (n > 1 and name in plain):
            n += 1
            name = f"{'.'.join(path)}_{n}"
        called[path] = name
    edges = [(called[ends.get(a, (a, a))[1]], called[ends.get(b, (b, b))[0]]) for a, b in edges]
    return {called[path]: node for path, node in nodes.items()}, edges, metadata


def chain(nodes, edges):
    """Node names from the Input to the Output; only chains."""
    following = dict(edges)
    assert len(following) == len(edges), "branches"
    name = next(name for name, node in nodes.items() if node["type"] == "Input" and name not in following.values())
    order = [name]
    while name in following:
        name = following[name]
        order.append(name)
    return order


def without_batch(shape):
    """Sizes of an Input without leading dimensions of 1."""
    shape = tuple(int(n) for n in shape)
    while shape[0] == 1 and (len(shape) > 3 or len(shape) == 2):
        shape = shape[1:]
    return shape


def pair(value):
    value = np.atleast_1d(value)
    return (int(value[0]), int(value[-1]))


def conv_geometry(node, size):
    """Stride, dilation, groups and padding (top, left, bottom, right) of a Conv2d on a map of `size`, and the output's size."""
    kernel, stride, dilation = node["weight"].shape[2:], pair(node["stride"]), pair(node["dilation"])
    span = [d * (k - 1) + 1 for d, k in zip(dilation, kernel)]
    padding = node["padding"]
    if isinstance(padding, str):
        total = [s - 1 if padding == "same" else 0 for s in span]
        before = [t // 2 for t in total]
        after = [t - b for t, b in zip(total, before)]
    else:
        before = after = pair(padding)
    out = tuple((n + b + a - s) // st + 1 for n, b, a, s, st in zip(size, before, after, span, stride))
    return {"stride": stride, "dilation": dilation, "groups": int(node["groups"]), "padding": (*before, *after)}, out


def fold_pool(pending, pool, shape):
    """A pool right behind a Conv2d: one convolution, dilation 1, and the pooled shape."""
    name, node, conv, weight = pending
    window, step = pair(pool["kernel_size"]), pair(pool["stride"])
    assert pair(pool["padding"]) == (0, 0), "a pool behind a convolution has no padding"
    area = window[0] * window[1]
    size = [(w - 1) * s + (k - 1) * d + 1 for w, s, k, d in zip(window, conv["stride"], weight.shape[2:], conv["dilation"])]
    wide = np.zeros((*weight.shape[:2], *size))
    for py, px in np.ndindex(*window):
        for ky, kx in np.ndindex(*weight.shape[2:]):
            y, x = (p * s + k * d for p, s, k, d in zip((py, px), conv["stride"], (ky, kx), conv["dilation"]))
            wide[:, :, y, x] += weight[:, :, ky, kx]
    average = pool["type"] == "AvgPool2d"
    if average:
        wide *= 1 / area
    elif "bias" in node:
        node = {**node, "bias": np.asarray(node["bias"]) * area}
    out = tuple((n - w) // s + 1 for n, w, s in zip(shape[1:], window, step))
    taps = zip(window, conv["stride"], weight.shape[2:], conv["dilation"])
    places = [{p * s + j * d for p in range(w) for j in range(k)} for w, s, k, d in taps]
    conv = {**conv, "spacing": [max(math.gcd(*at), 1) for at in places]}  # for lazy leak
    conv = {**conv, "dilation": (1, 1), "stride": tuple(a * b for a, b in zip(conv["stride"], step))}
    return (name, node, conv, wide), (shape[0], *out)


# ---- quantising -------------------------------------------------------------------------------------------------------


def spikes_themselves(shape, average=1.0):
    """(conv, weight) of a neuron node that hears spikes: a 1x1 Conv2d of weights 1, a group per channel."""
    conv = {"stride": (1, 1), "dilation": (1, 1), "groups": shape[0], "padding": (0, 0, 0, 0)}
    return conv, np.full((shape[0], 1, 1, 1), average)


def choose_scale(weight, bits, how):
    """Contract of the quantiser: max (default), mse (71 even steps of 0.3..1 of it), pow2 (2^-k, k = 0..15); a number is taken as it is."""
    top = 2 ** (bits - 1) - 1
    largest = np.abs(weight).max() / top
    error = lambda s: float(((np.clip(np.round(weight / s), -top, top) * s - weight) ** 2).sum())
    if not isinstance(how, str):
        return float(how)
    if how == "max":
        return largest
    if how == "mse":
        return min((factor * largest for factor in np.linspace(0.3, 1.0, 71)), key=error)
    return min((2.0**-k for k in range(16)), key=error)


def nearest(value):
    """Round half away from zero, to int64."""
    value = np.asarray(value, np.float64)
    return (np.sign(value) * np.floor(np.abs(value) + 0.5)).astype(np.int64)


def snap(value):
    """Values within 1e-6 of 0 or of 2^-k (k = 0..20) become that."""
    value = np.array(value, np.float64)
    for exact in [0.0, *(2.0**-k for k in range(21))]:
        value = np.where(np.abs(value - exact) < 1e-6, exact, value)
    return value


def on_grid(value, scale):
    """Whether every value is scale x integer within 1e-4 + 2.5e-7 x, and not 0 unless it is 0."""
    quotient = np.abs(value) / scale
    integer = np.round(quotient)
    near = np.abs(quotient - integer) <= 1e-4 + 2.5e-7 * integer
    return bool(np.all(near & ((integer > 0) | (value == 0))))


def find_grid(weight, others, bits):
    """Scale of the coarsest grid of integers up to 2^(bits-1) - 1 that holds the weights, or None."""
    top, largest = 2 ** (bits - 1) - 1, np.abs(weight).max()
    n = next((n for n in range(1, top + 1) if on_grid(weight, largest / n)), None)
    if n is None:
        return None
    scale = largest / n
    integers = np.round(weight / scale)
    if np.any(integers * scale != weight):
        scale = float((weight * integers).sum() / (integers**2).sum())
        short = float(str(np.float32(scale)))
        scale = short if on_grid(weight, short) else scale
    if not all(on_grid(other, scale) for other in others):
        scale /= top // n
    return scale


def leak_constants(decay, bits):
    """(a, m) with leak(V) = V - ((V a) >> m): shifts where every decay is 0 or a power of two, else m = bits."""
    shifts = [k for k in range(21) if np.any(decay == 2.0**-k)]
    if not decay.any():
        return np.zeros(decay.shape, np.int64), 0
    if np.all((decay == 0) | np.isin(decay, [2.0**-k for k in shifts])):
        return (decay * 2 ** max(shifts)).astype(np.int64), max(shifts)
    return nearest(decay * 2**bits), bits


def neuron_constants(neuron, options):
    """(decay per step, gain, v_leak, threshold, v_reset, fires) of a neuron node in float64."""
    kind = neuron["type"]
    at = lambda key, default=0.0: np.asarray(neuron.get(key, default), np.float64)
    threshold = at("v_threshold", 1.0) if options.threshold is None else np.float64(options.threshold)
    r, tau, dt = at("r", 1.0), at("tau"), options.dt
    if kind == "IF":
        decay = np.zeros_like(r)
        gain = np.where(r == 1, 1.0, r * dt) if options.gain == "nir" else np.ones_like(r)
    else:
        share = rockpool_share(r) if options.gain == "rockpool" and dt is None else dt / tau
        decay = snap(np.minimum(share, 1.0) if options.leak == "euler" else 1 - np.exp(-share))
        gain = {
            "nir": lambda: np.where(np.isinf(r) & np.isinf(tau), 1.0, r * dt / np.where(np.isinf(r), 1.0, tau)),
            "norse": lambda: dt / tau,
            "one": lambda: np.ones_like(tau),
            "rockpool": lambda: 1 - decay if kind == "LI" else np.ones_like(tau),
        }[options.gain]()
    gain = np.where(gain > 1e-3, snap(gain), gain)
    return decay, gain, at("v_leak"), threshold, at("v_reset"), kind != "LI"


def reset_of(neuron, options):
    """What a spike does: as the options say, or as the file's v_reset."""
    if options.reset != "file":
        return options.reset
    return "zero" if np.any(np.asarray(neuron.get("v_reset", 0.0)) != 0) else "subtract"


def most_spikes(neuron, options):
    """Most spikes of a neuron in a step, 0 for a readout."""
    if neuron["type"] == "LI":
        return 0
    if options.multi_spike is None:
        return 15 if reset_of(neuron, options) == "subtract" else 1
    return options.multi_spike


def rockpool_share(r):
    """x = dt / tau with r = exp(-x) / x, by bisection."""
    low, high = np.zeros_like(r), np.full_like(r, 50.0)
    for _ in range(200):
        middle = (low + high) / 2
        above = middle * np.exp(middle) > 1 / r
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2


def wanted_fraction(weight, threshold, scale, a, m, fires):
    """None with a dead zone of at most 5 % of the threshold (a readout: of the largest weight), else the fewest for 2.5 %."""
    zone = max((-(-(2**m) // int(value)) - 1 for value in np.unique(a) if value > 0), default=0)
    yardstick = float((np.asarray(threshold) / scale).min()) if fires else float(np.abs(weight).max())
    return next((bits for bits in range(17) if zone <= (0.025 if bits else 0.05) * (yardstick * 2**bits)), 16)


def spread_over(value, shape):
    """One value, one per channel, or one per neuron, as one per neuron."""
    value = np.asarray(value, np.float64)
    if value.size == 1:
        value = value.reshape(())
    elif value.size == shape[0]:
        value = value.reshape(-1, *[1] * (len(shape) - 1))
    elif value.size == np.prod(shape):
        value = value.reshape(shape)
    return np.broadcast_to(value, shape)


def quantise(name, neuron_name, pools, node, conv, neuron, shape, weight, options, measure):
    """(integer layer, lower clamp); `measure(layer)` sets the layer's P and N."""
    decay, gain, v_leak, threshold, v_reset, fires = neuron_constants(neuron, options)
    spread = lambda value: spread_over(value, shape)
    gain, decay = spread(gain), spread(decay)
    per_output = gain.reshape(shape[0], -1)[:, 0]
    weight = weight.astype(np.float64) * per_output.reshape(-1, *[1] * (weight.ndim - 1))
    bias = np.asarray(node.get("bias", 0.0), np.float64)
    bias = spread(bias) * gain + decay * spread(v_leak)
    top = 2 ** (options.weight_bits - 1) - 1
    reset = reset_of(neuron, options)
    order = options.reset_order
    if order == "snntorch":
        order = "reset-then-leak" if reset == "zero" else "leak-then-reset"
    limits = [threshold] if fires else []
    scale = None
    if not weight.any():
        scale = max(np.abs(value).max() for value in [bias, *limits]) / top
    elif options.quantise == "auto":
        scale = find_grid(weight, [bias, *limits, *([v_reset] if reset == "zero" and fires else [])], options.weight_bits)
    if scale is None:
        scale = choose_scale(weight, options.weight_bits, options.scale)
    a, m = leak_constants(decay, options.leak_bits)
    weight = np.clip(nearest(weight / scale), -top, top)
    start = {"zero": 0.0, "reset": v_reset, "leak": v_leak}.get(options.init, options.init)

    def with_fraction(bits):
        """(layer, clamp) with so many fraction bits."""
        integers = lambda value: nearest(spread(value) / (scale / 2**bits))
        threshold_int = integers(threshold)
        layer = Layer(
            name=name,
            neuron=neuron_name,
            pools=pools,
            weight=weight,
            conv=conv,
            shape=shape,
            scale=scale,
            fraction_bits=bits,
            fire_level=threshold_int + (options.fire == "gt"),
            reset_amount=threshold_int,
            bias=integers(bias),
            reset=reset if fires else "none",
            reset_order=order if fires else "reset-then-leak",
            reset_value=integers(v_reset),
            leak_a=a,
            leak_m=m,
            rounding=options.rounding,
            max_spikes=most_spikes(neuron, options),
            fires=fires,
            initial=integers(start),
            lazy=options.leak_mode == "lazy" and fires and bool(a.any()) and not bias.any(),
        )
        clamp = None
        if options.clamp == "threshold" or (options.clamp == "threshold-if" and neuron["type"] == "IF"):
            clamp = -int(threshold_int.min()) if fires else None
        elif options.clamp not in (None, "threshold-if"):
            clamp = int(nearest(options.clamp / (scale / 2**bits)))
        return layer, clamp

    wish = options.fraction_bits
    for bits in range(wanted_fraction(weight, threshold, scale, a, m, fires), -1, -1) if wish == "auto" else [wish]:
        layer, clamp = with_fraction(bits)
        measure(layer)
        if wish != "auto" or bits == 0 or widths(layer)[1] <= (options.membrane_bits or 32):
            return layer, clamp


def load_network(path, options):
    """(input shape, [Layer]) with membrane words chosen or as the options say."""
    nodes, edges, _ = read_nir(path)
    order = chain(nodes, edges)
    shape = input_shape = without_batch(nodes[order[0]]["shape"])
    layers, pools, fold, pending = [], [], 1.0, None
    payload, entering = options.multiplicity, shape
    for name in order[1:]:
        node = nodes[name]
        kind = node["type"]
        if kind in ("SumPool2d", "AvgPool2d") and pending:
            pending, shape = fold_pool(pending, node, shape)
        elif kind in ("SumPool2d", "AvgPool2d"):
            kernel, stride, padding = pair(node["kernel_size"]), pair(node["stride"]), pair(node["padding"])
            pools.append((kernel, stride, padding))
            fold *= 1 / (kernel[0] * kernel[1]) if kind == "AvgPool2d" else 1.0
            shape = (shape[0], *((n + 2 * p - k) // s + 1 for n, k, s, p in zip(shape[1:], kernel, stride, padding)))
        elif kind in ("Linear", "Affine"):
            pending, shape = (name, node, {}, node["weight"] * fold), (node["weight"].shape[0],)
        elif kind == "Conv2d":
            conv, size = conv_geometry(node, shape[1:])
            pending, shape = (name, node, conv, node["weight"] * fold), (node["weight"].shape[0], *size)
        elif kind in ("IF", "LIF", "LI"):
            weight_name, weight_node, conv, weight = pending or (name, {}, *spikes_themselves(shape, fold))
            own = options.of_layer(weight_name)
            measure = lambda layer: bound(layer, entering, payload)
            layer, clamp = quantise(weight_name, name, pools, weight_node, conv, node, shape, weight, own, measure)
            choose_membrane(layer, own.membrane_bits, clamp)
            layers.append(layer)
            pools, fold, pending, payload, entering = [], 1.0, None, max(layer.max_spikes, 1), shape
        else:  # Flatten: C order, as the weights expect; the ends of nested graphs
            assert kind in ("Flatten", "Input", "Output"), f"{name}: {kind}"
    return input_shape, layers


def bound(layer, entering, payload):
    """P and N of the worst neuron."""
    worst = np.full((1, 1, *entering), payload, np.int64)
    set_bound(layer, lambda sign: drive(layer, worst, np.maximum(sign * layer.weight, 0))[0, 0])


def set_bound(layer, sums):
    """P and N; `sums(sign)`: what the worst step adds to each neuron by weights of that sign, as a magnitude."""
    bias = np.broadcast_to(layer.bias, layer.shape)
    layer.positive, layer.negative = (int((sums(sign) + np.maximum(sign * bias, 0)).max()) for sign in (1, -1))


def widths(layer):
    """The least legal membrane width, and the least that also leaves room below zero for fraction bits."""
    targets = [0, *np.ravel(layer.initial), *(np.ravel(layer.reset_value) if layer.reset == "zero" else [])]
    level = int(layer.fire_level.max()) if layer.fires else 0
    room = -8 * level if layer.fires and layer.fraction_bits else 0
    legal = None
    for width in range(2, 64):
        lo, hi = -(2 ** (width - 1)) + layer.negative, 2 ** (width - 1) - 1 - layer.positive
        if lo <= min(targets) and max(targets) <= hi and level - 1 <= hi and level < 2 ** (width - 1):
            legal = legal or width
            if lo <= room:
                return legal, width


def choose_membrane(layer, bits, clamp):
    """lo = -2^(W-1) + N, hi = 2^(W-1) - 1 - P; W = 16 or more."""
    legal, roomy = widths(layer)
    if bits and bits < legal:
        raise ValueError(f"{layer.name}: membrane of {bits} bits is too narrow")
    width = layer.bits = bits or max(16, roomy)
    layer.lo, layer.hi = -(2 ** (width - 1)) + layer.negative, 2 ** (width - 1) - 1 - layer.positive
    if clamp is not None:
        layer.lo = max(layer.lo, min(clamp, 0))


# ---- one time step ----------------------------------------------------------------------------------------------------


def pool_sum(x, kernel, stride, padding):
    """Sum pooling of [T, B, c, y, x]; whole windows only."""
    x = np.pad(x, ((0, 0), (0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(3, 4))
    return windows[:, :, :, :: stride[0], :: stride[1]].sum((5, 6))


def drive(layer, x, weight=None):
    """What the arriving spikes add to membranes: counts [T, B, c, y, x] (or [T, B, n]) -> int64 [T, B, *layer.shape]."""
    weight = (layer.weight if weight is None else weight) * 2**layer.fraction_bits
    for pool in layer.pools:
        x = pool_sum(x, *pool)
    steps, batch = x.shape[:2]
    if not layer.conv:
        out = x.reshape(steps * batch, -1).astype(np.float64) @ weight.T.astype(np.float64)
    else:
        conv = layer.conv
        top, left, bottom, right = conv["padding"]
        x = x.reshape(*x.shape, *[1] * (5 - x.ndim))  # a vector is channels of 1x1
        x = np.pad(x.reshape(steps * batch, *x.shape[2:]), ((0, 0), (0, 0), (top, bottom), (left, right))).astype(np.float64)
        span = [d * (k - 1) + 1 for d, k in zip(conv["dilation"], weight.shape[2:])]
        taps = np.lib.stride_tricks.sliding_window_view(x, span, axis=(2, 3))
        taps = taps[:, :, :: conv["stride"][0], :: conv["stride"][1], :: conv["dilation"][0], :: conv["dilation"][1]]
        groups, outputs = conv["groups"], len(weight)
        parts = []
        for group in range(groups):
            rows = slice(group * outputs // groups, (group + 1) * outputs // groups)
            columns = slice(group * weight.shape[1], (group + 1) * weight.shape[1])
            part = np.tensordot(taps[:, columns], weight[rows].astype(np.float64), axes=([1, 4, 5], [1, 2, 3]))
            parts.append(np.moveaxis(part, 3, 1))
        out = np.concatenate(parts, 1)
    assert np.abs(out).max(initial=0) < 2**53
    return out.astype(np.int64).reshape(steps, batch, *layer.shape)


def touched(layer, x):
    """Which neurons the events of each step reach through a tap, whatever its weight."""
    taps = np.ones_like(layer.weight)
    for axis, spacing in enumerate(layer.conv.get("spacing", ()), 2):
        off = np.arange(taps.shape[axis]) % spacing != 0
        taps[(slice(None),) * axis + (off,)] = 0
    return drive(layer, x, taps) > 0


def leak(layer, v, a=None, m=None):
    a, m = (layer.leak_a, layer.leak_m) if a is None else (a, m)
    if layer.rounding == "floor":
        return v - ((v * a) >> m)
    kept = v * (2**m - a)
    return np.sign(kept) * (np.abs(kept) >> m)


def lazy_factors(a, m):
    """a_e of one neuron for e = 0, 1, ...; the last holds for all later e."""
    left, found = 2**60, [0]
    while a and found[-1] < 4096:
        left = left * (2**m - a) >> m
        found.append(4096 - ((left + 2**47) >> 48))
    return found


class Missed:
    """Steps since an event reached each neuron of a layer with lazy leak."""

    def __init__(self, layer, batch):
        self.layer = layer
        self.steps = np.zeros((batch, *layer.shape), np.int64)
        a = np.broadcast_to(layer.leak_a, layer.shape)
        tables = {int(value): lazy_factors(int(value), layer.leak_m) for value in np.unique(a)}
        self.last = max(map(len, tables.values())) - 1
        padded = {value: np.array(table + table[-1:] * (self.last + 1 - len(table))) for value, table in tables.items()}
        values = sorted(padded)
        self.table, self.row = np.stack([padded[value] for value in values]), np.searchsorted(values, a)

    def make_up(self, v, touched):
        """States before the sums: touched neurons decay for the steps that they missed."""
        factor = self.table[self.row, np.minimum(self.steps, self.last)]
        self.steps = np.where(touched, 0, self.steps + 1)
        return np.where(touched, leak(self.layer, v, factor, 12), v)


def step_layer(layer, current, reaches=None):
    """current [T, B, ...] -> (spike counts, stored state, shown state), each [T, B, ...]; saturated states as last item.

    With lazy leak, `reaches` says which neurons the events of each step reach."""
    stored = np.broadcast_to(leak(layer, np.asarray(layer.initial)), current.shape[1:]).astype(np.int64)
    spiked = np.zeros(current.shape[1:], bool)
    delayed = layer.reset == "zero" and layer.reset_order == "leak-then-reset"
    spikes, states, shown = (np.zeros(current.shape, np.int64) for _ in range(3))
    saturated = 0
    missed = Missed(layer, current.shape[1]) if layer.lazy else None
    reached = np.ones(current.shape[1:], bool)

    def saturate(v):
        nonlocal saturated
        kept = np.clip(v, layer.lo, layer.hi)
        saturated += int(((kept != v) & reached).sum())
        return kept

    for t in range(len(current)):
        left, due = stored, spiked
        if missed:
            reached = reaches[t]
            stored = missed.make_up(stored, reached)
        h = stored + current[t] + layer.bias
        if delayed:
            h = np.where(spiked, layer.reset_value, h)
        n = np.zeros_like(h)
        if layer.fires:
            first = layer.fire_level - layer.reset_amount
            whole = (h - first) // layer.reset_amount if layer.max_spikes > 1 else 1
            n = np.where(h >= layer.fire_level, np.minimum(layer.max_spikes, whole), 0)
        spiked = n > 0
        if layer.reset_order == "reset-then-leak":
            r = h
            if layer.reset == "subtract":
                r = h - n * layer.reset_amount
            elif layer.reset == "zero":
                r = np.where(spiked, layer.reset_value, h)
            r = saturate(r)
            stored, shown[t] = leak(layer, r), r
        else:
            after = leak(layer, h)
            if layer.reset == "subtract":
                after = after - n * layer.reset_amount
            stored, shown[t] = saturate(after), h
        if missed:  # the others are as they were
            n, stored, spiked = np.where(reached, n, 0), np.where(reached, stored, left), np.where(reached, spiked, due)
            shown[t] = np.where(reached, shown[t], left)
        spikes[t], states[t] = n, stored
    return spikes, states, shown, saturated


def run(layers, x):
    """Input counts [T, B, ...] -> per layer (spikes, stored, shown, saturated states)."""
    result = []
    for layer in layers:
        result.append(step_layer(layer, drive(layer, x), touched(layer, x)))
        x = result[-1][0]
    return result


def decide(counts, shown):
    """Classes [B] of counts [B, n]: (most spikes, lowest index), (most spikes, larger shown membrane, lowest index)."""
    best = counts == counts.max(1, keepdims=True)
    tie = np.where(best, shown, np.iinfo(np.int64).min)
    return counts.argmax(1), tie.argmax(1)
