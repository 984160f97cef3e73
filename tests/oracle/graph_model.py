"""Networks that are more than a chain (`docs/numbers.md`, section 7), in numpy, on top of `numbers_model.py`.

There is no heard map here: every route brings its own sum, and the sums add. A run is repeated until no spike changes any more, which
it must after as many rounds as there are steps and layers, since what comes late depends on earlier steps only.
"""
import dataclasses

import numpy as np

import numbers_model as model


class Entry(str):
    """Name of an Input node at the net's edge, where a neuron node's may stand too."""


@dataclasses.dataclass
class Branch:
    source: str  # neuron node, or Entry
    delay: int
    pools: list
    conv: dict  # empty for a dense branch
    weight: np.ndarray  # floats, [out, in] or [co, ci / groups, kh, kw]; the layer's integers once it is quantised
    entering: tuple  # shape of the source


NEURONS = ("IF", "LIF", "LI")


def routes_into(name, nodes, before):
    """[(source, nodes in between)] of a node."""
    found = []
    for previous in sorted(before.get(name, [])):
        kind = nodes[previous]["type"]
        if kind in NEURONS:
            found.append((previous, []))
        elif kind == "Input" and previous not in before:
            found.append((Entry(previous), []))
        else:
            found += [(source, [*over, previous]) for source, over in routes_into(previous, nodes, before)]
    return found


def inputs_of(nodes, edges):
    """Input nodes that nothing feeds, by name."""
    return sorted(name for name, node in nodes.items() if node["type"] == "Input" and all(b != name for _, b in edges))


def outputs_of(nodes, edges):
    """[(Output node that feeds nothing, neuron node that feeds it)]."""
    before = {}
    for a, b in edges:
        before.setdefault(b, []).append(a)
    ends = sorted(name for name, node in nodes.items() if node["type"] == "Output" and all(a != name for a, _ in edges))
    return [(name, routes_into(name, nodes, before)[0][0]) for name in ends]


def layers_in_order(nodes, edges):
    """[(neuron node, [(source, over, delay)])], the order and delays of section 7."""
    before = {}
    for a, b in edges:
        before.setdefault(b, []).append(a)
    neurons = [name for name, node in nodes.items() if node["type"] in NEURONS]
    routes = {name: routes_into(name, nodes, before) for name in neurons}
    heads = [source for _, source in outputs_of(nodes, edges)]
    last = heads[0] if len(heads) == 1 else None
    distance, reach = {Entry(name): 0 for name in inputs_of(nodes, edges)}, {name: {name} for name in neurons}
    for _ in neurons:
        for name in neurons:
            known = [distance[s] + 1 for s, _ in routes[name] if s in distance]
            if known:
                distance[name] = min([*known, distance.get(name, 10**9)])
            for source, _ in routes[name]:
                if not isinstance(source, Entry):
                    reach[name] |= reach[source]
    together = lambda a, b: a in reach[b] and b in reach[a]
    rank = lambda name: (name == last, distance[name], name)
    order = []
    while len(order) < len(neurons):
        groups = [[other for other in neurons if together(name, other)] for name in neurons if name not in order]
        free = lambda group: all(isinstance(s, Entry) or s in order or s in group for name in group for s, _ in routes[name])
        group = min((group for group in groups if free(group)), key=lambda group: min(map(rank, group)))
        order += sorted(group, key=rank)
    late = lambda source, name: int(not isinstance(source, Entry) and order.index(source) >= order.index(name))
    return [(name, [(s, over, late(s, name)) for s, over in routes[name]]) for name in order]


def walk(route, shape, nodes, average=1.0):
    """(branch without source, name and bias of its weight node, shape of what it gives)."""
    pools, conv, weight, name, bias, entering = [], {}, None, None, 0.0, shape
    for step in route:
        node = nodes[step]
        kind = node["type"]
        if kind in ("SumPool2d", "AvgPool2d"):
            kernel, stride, padding = (model.pair(node[key]) for key in ("kernel_size", "stride", "padding"))
            pools.append((kernel, stride, padding))
            average *= 1 / (kernel[0] * kernel[1]) if kind == "AvgPool2d" else 1.0
            shape = (shape[0], *((n + 2 * p - k) // s + 1 for n, k, s, p in zip(shape[1:], kernel, stride, padding)))
        elif kind in ("Linear", "Affine"):
            weight, name, bias, shape = node["weight"] * average, step, node.get("bias", 0.0), (node["weight"].shape[0],)
        elif kind == "Conv2d":
            conv, size = model.conv_geometry(node, shape[1:])
            weight, name, bias, shape = node["weight"] * average, step, node.get("bias", 0.0), (node["weight"].shape[0], *size)
    if weight is None:  # the spikes themselves
        weight = np.eye(shape[0] if len(shape) > 1 else int(np.prod(shape))) * average
        if len(shape) > 1:
            weight = weight.reshape(*weight.shape, 1, 1)
            conv = {"stride": (1, 1), "dilation": (1, 1), "groups": 1, "padding": (0, 0, 0, 0)}
    return Branch("", 0, pools, conv, np.asarray(weight, np.float64), entering), name, bias, shape


def added(branches):
    """Branches of one source with their kernels added where their taps meet."""
    if len(branches) == 1:
        return branches[0]
    first = branches[0]
    if not first.conv:
        return dataclasses.replace(first, weight=sum(branch.weight for branch in branches))
    taps, channels = {}, first.entering[0]
    for branch in branches:
        conv, (co_all, own, kh, kw) = branch.conv, branch.weight.shape
        per_group = co_all // conv["groups"]
        for co, ci, ky, kx in np.ndindex(co_all, own, kh, kw):
            key = (co, co // per_group * own + ci, ky * conv["dilation"][0] - conv["padding"][0], kx * conv["dilation"][1] - conv["padding"][1])
            taps[key] = taps.get(key, 0.0) + branch.weight[co, ci, ky, kx]
    top, left = (-min(key[axis] for key in taps) for axis in (2, 3))
    bottom, right = (max(key[axis] for key in taps) for axis in (2, 3))
    weight = np.zeros((first.weight.shape[0], channels, top + bottom + 1, left + right + 1))
    for (co, ci, y, x), value in taps.items():
        weight[co, ci, y + top, x + left] = value
    # As many zeros behind as the outputs need, whatever the branches had.
    conv = {"stride": first.conv["stride"], "dilation": (1, 1), "groups": 1, "padding": (top, left, bottom, right)}
    return dataclasses.replace(first, conv=conv, weight=weight)


def load_network(path, options):
    """({input: shape}, [Layer with `branches`], [(output, number of its layer)]), inputs by name, outputs by layer."""
    nodes, edges, _ = model.read_nir(path)
    order = layers_in_order(nodes, edges)
    entries = {Entry(name): model.without_batch(nodes[name]["shape"]) for name in inputs_of(nodes, edges)}
    shapes, drafts = dict(entries), {}
    for delay in (0, 1):  # the delayed ones need all shapes
        for neuron, routes in order:
            for source, over, late in routes:
                if late == delay:
                    branch, name, bias, shape = walk(over, shapes[source], nodes)
                    branch = dataclasses.replace(branch, source=source, delay=late)
                    drafts.setdefault(neuron, []).append((branch, name, bias))
                    spike_shape = shape
                    if name is not None:
                        shapes.setdefault(neuron, shape)
            if neuron not in shapes and neuron in drafts:  # spikes alone
                shapes[neuron] = spike_shape
    named, place = [], {neuron: i for i, (neuron, _) in enumerate(order)}
    for neuron, _ in order:
        own = drafts[neuron]
        now = [(-1 if isinstance(branch.source, Entry) else place[branch.source], name) for branch, name, _ in own if branch.delay == 0 and name]
        latest = max((at for at, _ in now), default=None)
        name = min((name for at, name in now if at == latest), default=neuron)
        if name in [taken for taken, *_ in named]:
            name = neuron
        if not any(weight for _, weight, _ in own):
            alone = lambda branch: model.spikes_themselves(shapes[neuron], branch.weight.flat[0])
            own = [(dataclasses.replace(b, conv=alone(b)[0], weight=alone(b)[1]), None, 0.0) for b, _, _ in own]
        biases = {weight: bias for _, weight, bias in own if weight}
        keys = sorted({(b.source, b.delay) for b, _, _ in own})
        branches = [added([b for b, _, _ in own if (b.source, b.delay) == key]) for key in keys]
        named.append((name, neuron, branches, sum(biases.values())))
    most = lambda name, neuron: max(model.most_spikes(nodes[neuron], options.of_layer(name)), 1)
    payload = {neuron: most(name, neuron) for name, neuron, _, _ in named} | dict.fromkeys(entries, options.multiplicity)
    layers = []
    for name, neuron, branches, bias in named:
        layers.append(quantised(name, neuron, nodes[neuron], branches, bias, shapes[neuron], options, payload))
        layers[-1].lazy &= len(drafts[neuron]) == 1
    outputs = sorted((place[source], name) for name, source in outputs_of(nodes, edges))
    return entries, layers, [(name, at) for at, name in outputs]


def quantised(name, neuron_name, neuron, branches, bias, shape, options, payload):
    """All branches with one scale."""
    own = options.of_layer(name)
    if own.reset_order == "snntorch" and any(branch.source == neuron_name for branch in branches):
        own = dataclasses.replace(own, reset_order="leak-then-reset")  # RLeaky, zero or subtract
    joined = np.concatenate([branch.weight.reshape(shape[0], -1) for branch in branches], 1)
    ends = np.cumsum([branch.weight[0].size for branch in branches])[:-1]

    def measure(layer):
        parts = np.split(layer.weight, ends, axis=1)
        layer.branches = [dataclasses.replace(b, weight=part.reshape(b.weight.shape)) for b, part in zip(branches, parts)]
        worst = lambda branch: np.full((1, 1, *branch.entering), payload[branch.source], np.int64)
        part = lambda branch, sign: through(layer, branch, worst(branch), np.maximum(sign * branch.weight, 0))[0, 0]
        model.set_bound(layer, lambda sign: sum(part(branch, sign) for branch in layer.branches))

    layer, clamp = model.quantise(name, neuron_name, [], {"bias": bias}, {}, neuron, shape, joined, own, measure)
    model.choose_membrane(layer, own.membrane_bits, clamp)
    return layer


def through(layer, branch, x, weight=None):
    """Sum that a branch brings: counts [T, B, ...] -> [T, B, *layer.shape]."""
    return model.drive(view(layer, branch), x, weight)


def view(layer, branch):
    """The layer as one branch sees it."""
    return dataclasses.replace(layer, pools=branch.pools, conv=branch.conv, weight=branch.weight)


def run(layers, x):
    """Counts [T, B, ...] of each input -> per layer (spikes, stored, shown, saturated states)."""
    steps, batch = next(iter(x.values())).shape[:2]
    sent = dict(x) | {layer.neuron: np.zeros((steps, batch, *layer.shape), np.int64) for layer in layers}
    for _ in range(steps * len(layers) + 1):
        results, changed = [], False
        for layer in layers:
            current, reaches = 0, None
            for branch in layer.branches:
                spikes = sent[branch.source].reshape(steps, batch, *branch.entering)
                if branch.delay:
                    spikes = np.concatenate([np.zeros_like(spikes[:1]), spikes[:-1]])
                current = current + through(layer, branch, spikes)
                reaches = model.touched(view(layer, branch), spikes)
            results.append(model.step_layer(layer, current, reaches))
            changed |= bool(np.any(sent[layer.neuron] != results[-1][0]))
            sent[layer.neuron] = results[-1][0]
        if not changed:
            return results
    raise AssertionError("spikes still change: a cycle without delay")
