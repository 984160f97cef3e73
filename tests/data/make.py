"""Makes the small NIR files of the command-line tests (needs h5py and numpy; run by hand, the files are committed).

good.nir        4 -> 3 -> 2 with bias, IF neurons
unsupported.nir a CubaLIF neuron
dangling.nir    an edge to a node that is not there
shapes.nir      a weight of 5 inputs behind 4 inputs
nan.nir         a weight that is NaN
threshold.nir   a threshold of 0
recurrent.nir   12 -> 40 -> 7 LIF, the 40 onto themselves over `w_rec`, as a cycle
nested.nir      the same, the recurrent part as a nested graph
misnamed.nir    the same, the nested graph's edges call its neuron node by another name
residual.nir    convolutions with a shortcut of spikes, a 1x1 shortcut from the input, and feedback from the last layer
membrane.nir    two blocks of convolutions with membrane shortcuts: currents that feed a neuron node and the sum behind the next block
lazy.nir        LIF behind a convolution, a pool and a depthwise convolution, and a fully connected layer; leaks of 1/2, 1/3 and 1/8
sensors.nir     inputs `camera` (2x6x5) and `touch` (5) that meet in a layer, which leaves at `action` and feeds an LI layer, which leaves at `pose`
encoder.nir     LIF neurons right behind the input, each with a leak of its own, and 6 -> 5 LIF behind them
pooled.nir      a convolution, IF, an AvgPool2d and IF behind it without weights, a Flatten with a batch dimension, 18 -> 4
joined.nir      spikes of two layers that add up in a third without weights, which hears itself, too
alike.nir       4 -> 4 in a nested graph `a` (`fc`, `lif`), and behind it 4 -> 4 with the weight node `a.fc`
links.nir       good.nir with soft links for a weight, a bias, a whole node and a graph's metadata; links_new.nir: in the newest format
astray.nir      the same weight as a link that leads nowhere, the bias in another file
precise.nir     good.nir with a weight in long double
faint.nir       thresholds of 1e-9 beside weights of 1, and a leak of 1e-8 per step: more than integers of usual widths hold
straight.nir    4 -> a (6) -> c (5), 4 -> b (6) -> d (5), both onto 3
crossed.nir     the same neurons and weights: c hears b, d hears a
spikes.npz      one sample of 5 steps for good.nir
repeats.npz     the same with address 0 three times in the first step
sensors.npz     one sample of 6 steps for sensors.nir
"""
import pathlib
import zipfile
import io

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
W1 = np.array([[3, -2, 5, 1], [-4, 6, 2, -1], [7, 1, -3, 2]], dtype=np.float32)
W2 = np.array([[2, -1, 3], [-2, 4, 1]], dtype=np.float32)


def write(name, change=lambda nodes, edges: None):
    nodes = {
        "input": dict(type="Input", shape=np.array([4])),
        "fc1": dict(type="Affine", weight=W1.copy(), bias=np.array([1, 0, -1], dtype=np.float32)),
        "if1": dict(type="IF", r=np.ones(3, np.float32), v_threshold=np.full(3, 6, np.float32), v_reset=np.zeros(3, np.float32)),
        "fc2": dict(type="Linear", weight=W2.copy()),
        "if2": dict(type="IF", r=np.ones(2, np.float32), v_threshold=np.full(2, 3, np.float32), v_reset=np.zeros(2, np.float32)),
        "output": dict(type="Output", shape=np.array([2])),
    }
    edges = [("input", "fc1"), ("fc1", "if1"), ("if1", "fc2"), ("fc2", "if2"), ("if2", "output")]
    change(nodes, edges)
    save(name, nodes, edges)


def save(name, nodes, edges):
    """Nodes with a dict under `nodes` are nested graphs."""
    text = h5py.string_dtype("utf-8")

    def fill(root, nodes, edges):
        root.create_dataset("type", data="NIRGraph", dtype=text)
        root.create_dataset("edges", data=np.array(edges, dtype=object), dtype=text)
        for node, fields in nodes.items():
            group = root.create_group(f"nodes/{node}")
            if "nodes" in fields:
                fill(group, **fields)
                continue
            for key, value in fields.items():
                if isinstance(value, str):
                    group.create_dataset(key, data=value, dtype=text)
                else:
                    group.create_dataset(key, data=value)

    with h5py.File(HERE / name, "w", track_order=False) as file:
        file.create_dataset("version", data="1.0.8", dtype=text)
        fill(file.create_group("node"), nodes, edges)


def graphs():
    random = np.random.default_rng(5)
    weights = lambda *shape, by=1.0: (random.normal(0, by, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
    linear = lambda *shape, by=1.0: dict(type="Linear", weight=weights(*shape, by=by))
    end = lambda kind, *shape: dict(type=kind, shape=np.array(shape))

    def neurons(*shape, threshold=1.0, leaky=True):
        full = lambda value: np.full(shape, value, np.float32)
        both = dict(r=full(20.0 if leaky else 1.0), v_threshold=full(threshold), v_reset=full(0.0))
        return dict(type="LIF", tau=full(0.002), v_leak=full(0.0), **both) if leaky else dict(type="IF", **both)

    parts = dict(fc1=linear(40, 12, by=3.0), fc2=linear(7, 40, by=3.0), lif2=neurons(7))
    lif, w_rec = neurons(40), linear(40, 40, by=2.0)
    ends = dict(input=end("Input", 12), output=end("Output", 7))
    outside = [("input", "fc1"), ("fc1", "lif1"), ("lif1", "fc2"), ("fc2", "lif2"), ("lif2", "output")]
    save("recurrent.nir", {**ends, **parts, "lif1": lif, "w_rec": w_rec}, [("w_rec", "lif1"), *outside, ("lif1", "w_rec")])
    inside = [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")]
    for name, called in (("nested.nir", "lif"), ("misnamed.nir", "lif1")):
        nested = dict(nodes={"input": end("Input", 40), called: lif, "w_rec": w_rec, "output": end("Output", 40)}, edges=inside)
        save(name, {**ends, **parts, "lif1": nested}, outside)

    def conv(co, ci, k, padding):
        two = lambda n: np.array([n, n])
        return dict(type="Conv2d", weight=weights(co, ci, k, k, by=2.0), stride=two(1), padding=two(padding), dilation=two(1), groups=1)

    save(
        "residual.nir",
        {
            "input": end("Input", 2, 6, 5),
            "conv1": conv(3, 2, 3, 1),
            "if1": neurons(3, 6, 5, leaky=False),
            "conv2": conv(3, 3, 3, 1),
            "short": conv(3, 2, 1, 0),
            "if2": neurons(3, 6, 5, leaky=False),
            "fc": linear(6, 90, by=4.0),
            "lif": neurons(6, threshold=0.7),
            "back": linear(6, 6, by=2.0),
            "hidden": neurons(6, threshold=0.5, leaky=False),
            "out": linear(4, 6, by=3.0),
            "last": neurons(4),
            "again": linear(6, 4, by=2.0),
            "output": end("Output", 4),
        },
        [
            *[("input", "conv1"), ("conv1", "if1"), ("if1", "conv2"), ("conv2", "if2")],
            *[("if1", "if2"), ("input", "short"), ("short", "if2"), ("if2", "fc"), ("fc", "lif")],
            *[("lif", "back"), ("back", "hidden"), ("hidden", "out"), ("lif", "hidden"), ("out", "last"), ("last", "output")],
            *[("last", "again"), ("again", "lif")],
        ],
    )


def membrane():
    random = np.random.default_rng(8)
    two = lambda n: np.array([n, n])
    end = lambda kind, *shape: dict(type=kind, shape=np.array(shape))

    def weights(*shape, by):
        return (random.normal(0, by, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)

    def conv(co, ci, by=2.0):
        fields = dict(type="Conv2d", weight=weights(co, ci, 3, 3, by=by), bias=random.normal(0, 0.05, co).astype(np.float32))
        return fields | dict(stride=two(1), padding=two(1), dilation=two(1), groups=1)

    def fire(*shape):
        full = lambda value: np.full(shape, value, np.float32)
        return dict(type="IF", r=full(1.0), v_threshold=full(1.0), v_reset=full(0.0))

    # x1 = stem; x2 = x1 + b(fire(a(fire(x1)))); x3 = x2 + d(fire(c(fire(x2)))); every x is a sum of currents, never of spikes.
    into = {
        "n1": ["stem"], "n2": ["a"], "n3": ["stem", "b"], "n4": ["c"], "n5": ["stem", "b", "d"], "n6": ["fc"],
        "stem": ["input"], "a": ["n1"], "b": ["n2"], "c": ["n3"], "d": ["n4"], "fc": ["n5"], "output": ["n6"],
    }
    save(
        "membrane.nir",
        {
            "input": end("Input", 2, 6, 7),
            "stem": conv(3, 2, by=3.0),
            **{name: conv(3, 3) for name in "abcd"},
            **{f"n{i}": fire(3, 6, 7) for i in range(1, 6)},
            "fc": dict(type="Linear", weight=weights(5, 126, by=5.0)),
            "n6": fire(5),
            "output": end("Output", 5),
        },
        [(source, node) for node, sources in into.items() for source in sources],
    )


def lazy():
    random = np.random.default_rng(5)
    two = lambda n: np.array([n, n])
    end = lambda kind, *shape: dict(type=kind, shape=np.array(shape))

    def lif(steps, *shape):
        full = lambda value: np.full(shape, value)
        return dict(type="LIF", tau=full(steps * 1e-4), r=full(float(steps)), v_leak=full(0.0), v_threshold=full(1.0), v_reset=full(0.0))

    def conv(weight, padding, groups):
        return dict(type="Conv2d", weight=weight, stride=two(1), padding=two(padding), dilation=two(1), groups=groups)

    nodes = {
        "input": end("Input", 2, 7, 6),
        "conv1": conv(random.normal(0, 0.5, (4, 2, 3, 3)), 1, 1),
        "lif1": lif(2, 4, 7, 6),
        "pool": dict(type="SumPool2d", kernel_size=two(2), stride=two(2), padding=two(0)),
        "conv2": conv(random.normal(0.2, 0.6, (8, 1, 2, 2)), 0, 4),
        "lif2": lif(3, 8, 2, 2),
        "flatten": dict(type="Flatten", start_dim=0, end_dim=-1, input_type=np.array([8, 2, 2])),
        "fc": dict(type="Linear", weight=random.normal(0.1, 0.5, (5, 32))),
        "lif3": lif(8, 5),
        "output": end("Output", 5),
    }
    names = list(nodes)
    save("lazy.nir", nodes, list(zip(names, names[1:])))


def sensors():
    random = np.random.default_rng(8)
    weights = lambda *shape, by=1.0: (random.normal(0, by, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
    linear = lambda *shape, by=1.0: dict(type="Linear", weight=weights(*shape, by=by))
    two = lambda n: np.array([n, n])

    def lif(steps, *shape, threshold=1.0):
        full = lambda value: np.full(shape, value, np.float32)
        both = dict(tau=full(steps * 1e-4), r=full(float(steps)), v_leak=full(0.0))
        return dict(type="LI", **both) if threshold is None else dict(type="LIF", v_threshold=full(threshold), v_reset=full(0.0), **both)

    nodes = {
        "camera": dict(type="Input", shape=np.array([2, 6, 5])),
        "touch": dict(type="Input", shape=np.array([5])),
        "conv": dict(type="Conv2d", weight=weights(4, 2, 3, 3, by=2.0), stride=two(1), padding=two(1), dilation=two(1), groups=1),
        "eye": lif(4, 4, 6, 5),
        "see": linear(10, 120, by=4.0),
        "feel": linear(10, 5, by=2.0),
        "both": lif(8, 10),
        "read": linear(3, 10, by=2.0),
        "level": lif(8, 3, threshold=None),
        "action": dict(type="Output", shape=np.array([10])),
        "pose": dict(type="Output", shape=np.array([3])),
    }
    chain = ["camera", "conv", "eye", "see", "both", "read", "level", "pose"]
    save("sensors.nir", nodes, [*zip(chain, chain[1:]), ("touch", "feel"), ("feel", "both"), ("both", "action")])
    array = lambda *shape, share: (random.random((6, *shape)) < share).astype(np.uint8)
    samples("sensors.npz", **{"camera": array(2, 6, 5, share=0.3), "touch": array(5, share=0.5)})


def without_weights():
    random = np.random.default_rng(12)
    two = lambda n: np.array([n, n])
    end = lambda kind, *shape: dict(type=kind, shape=np.array(shape))
    linear = lambda *shape, by=1.0: dict(type="Linear", weight=(random.normal(0, by, shape) / np.sqrt(shape[1])).astype(np.float32))

    def fire(*shape, threshold=1.0):
        full = lambda value: np.full(shape, value, np.float32)
        return dict(type="IF", r=full(1.0), v_threshold=full(threshold), v_reset=full(0.0))

    def lif(*steps):
        tau, full = np.array(steps, np.float32) * 1e-4, lambda value: np.full(len(steps), value, np.float32)
        return dict(type="LIF", tau=tau, r=np.array(steps, np.float32), v_leak=full(0.0), v_threshold=full(1.2), v_reset=full(0.0))

    def chain(name, nodes):
        save(name, nodes, list(zip(nodes, list(nodes)[1:])))

    ends = lambda before, after: (dict(input=end("Input", *before)), dict(output=end("Output", *after)))
    first, last = ends((6,), (5,))
    chain("encoder.nir", first | dict(enc=lif(2, 3, 4, 5, 8, 16), fc=linear(5, 6, by=9.0), lif=lif(*[8] * 5)) | last)
    first, last = ends((1, 1, 8, 8), (1, 4))
    conv = dict(type="Conv2d", weight=random.normal(0, 1, (2, 1, 3, 3)).astype(np.float32), stride=two(1), padding=two(0), dilation=two(1), groups=1)
    pool = dict(type="AvgPool2d", kernel_size=two(2), stride=two(2), padding=two(0))
    flatten = dict(type="Flatten", start_dim=1, end_dim=-1, input_type=np.zeros(4, np.int64))
    parts = dict(conv=conv, if1=fire(1, 2, 6, 6), pool=pool, if2=fire(1, 2, 3, 3, threshold=0.6), flatten=flatten)
    chain("pooled.nir", first | parts | dict(fc=linear(4, 18, by=4.0), if3=fire(1, 4)) | last)
    first, last = ends((5,), (4,))
    parts = dict(fc1=linear(4, 5, by=3.0), a=fire(4), fc2=linear(4, 4, by=3.0), b=fire(4), both=fire(4, threshold=1.5))
    way = [("input", "fc1"), ("fc1", "a"), ("a", "fc2"), ("fc2", "b"), ("b", "both"), ("both", "output")]
    save("joined.nir", first | parts | last, [*way, ("a", "both"), ("both", "both")])
    faint = lif(*[1e8] * 4) | dict(v_threshold=np.full(4, 1e-9, np.float32))
    first, last = ends((5,), (4,))
    chain("faint.nir", first | dict(fc=linear(4, 5), lif=faint) | last)
    first, last = ends((4,), (4,))
    inner = first | dict(fc=linear(4, 4, by=3.0), lif=fire(4)) | last
    nested = dict(nodes=inner, edges=list(zip(inner, list(inner)[1:])))
    chain("alike.nir", first | {"a": nested, "a.fc": linear(4, 4, by=3.0), "l2": fire(4)} | last)


def links():
    text = h5py.string_dtype("utf-8")
    for name, version in (("links.nir", "earliest"), ("links_new.nir", "latest")):
        with h5py.File(HERE / "good.nir") as good, h5py.File(HERE / name, "w", libver=version) as file:
            file.create_dataset("version", data="1.0.8", dtype=text)
            root = file.create_group("node")
            root.create_dataset("type", data="NIRGraph", dtype=text)
            root.create_dataset("edges", data=good["node/edges"][()], dtype=text)
            store = file.create_group("store")
            for node, group in good["node/nodes"].items():
                copy = (store if node == "if2" else root).create_group("if2" if node == "if2" else f"nodes/{node}")
                for key, value in group.items():
                    held = store if (node, key) in (("fc1", "weight"), ("fc1", "bias")) else copy
                    held.create_dataset(key, data=value[()], dtype=value.dtype)
            root["nodes/fc1/weight"] = h5py.SoftLink("/store/weight")
            root["nodes/fc1/to_bias"] = h5py.SoftLink("/store/bias")
            root["nodes/fc1/bias"] = h5py.SoftLink("to_bias")
            root["nodes/if2"] = h5py.SoftLink("/link_to_store/if2")
            file["link_to_store"] = h5py.SoftLink("store")
            store.create_dataset("hints/dt", data=1e-3)
            root["metadata"] = h5py.SoftLink("/store/hints")
    with h5py.File(HERE / "good.nir") as good, h5py.File(HERE / "astray.nir", "w") as file:
        good.copy("node", file)
        del file["node/nodes/fc1/weight"], file["node/nodes/fc1/bias"], file["node/nodes/if2"]
        file["node/nodes/fc1/weight"] = h5py.SoftLink("/store/weight")
        file["node/nodes/fc1/bias"] = h5py.ExternalLink("other.h5", "/bias")
        file["node/nodes/if2"] = h5py.SoftLink("/node/nodes/if2")
    with h5py.File(HERE / "good.nir") as good, h5py.File(HERE / "precise.nir", "w") as file:
        good.copy("node", file)
        weight = file["node/nodes/fc1/weight"][()]
        del file["node/nodes/fc1/weight"]
        file["node/nodes/fc1/weight"] = weight.astype(np.longdouble)


def crossings():
    random = np.random.default_rng(11)
    linear = lambda *shape: dict(type="Linear", weight=random.integers(-4, 8, shape).astype(np.float32))
    full = lambda n, value: np.full(n, value, np.float32)
    fire = lambda n, threshold: dict(type="IF", r=full(n, 1), v_threshold=full(n, threshold), v_reset=full(n, 0))
    nodes = {
        "input": dict(type="Input", shape=np.array([4])),
        "to_a": linear(6, 4), "a": fire(6, 6), "to_b": linear(6, 4), "b": fire(6, 6),
        "to_c": linear(5, 6), "c": fire(5, 7), "to_d": linear(5, 6), "d": fire(5, 7),
        "c_out": linear(3, 5), "d_out": linear(3, 5), "out": fire(3, 8),
        "output": dict(type="Output", shape=np.array([3])),
    }
    fixed = [("input", "to_a"), ("to_a", "a"), ("input", "to_b"), ("to_b", "b"), ("to_c", "c"), ("to_d", "d")]
    fixed += [("c", "c_out"), ("d", "d_out"), ("c_out", "out"), ("d_out", "out"), ("out", "output")]
    save("straight.nir", nodes, [*fixed, ("a", "to_c"), ("b", "to_d")])
    save("crossed.nir", nodes, [*fixed, ("b", "to_c"), ("a", "to_d")])


def unsupported(nodes, edges):
    ones = np.ones(3, np.float32)
    nodes["if1"] = dict(type="CubaLIF", tau_syn=ones, tau_mem=ones, r=ones, v_leak=0 * ones, v_threshold=ones, w_in=ones)


def dangling(nodes, edges):
    edges[1] = ("fc1", "if")


def shapes(nodes, edges):
    nodes["fc1"]["weight"] = np.ones((3, 5), np.float32)


def nan(nodes, edges):
    nodes["fc2"]["weight"][1, 2] = np.nan


def threshold(nodes, edges):
    nodes["if2"]["v_threshold"][:] = 0


write("good.nir")
for change in (unsupported, dangling, shapes, nan, threshold):
    write(f"{change.__name__}.nir", change)

graphs()
membrane()
lazy()
crossings()
without_weights()
links()


def samples(name, **arrays):
    with zipfile.ZipFile(HERE / name, "w") as archive:
        for key, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            archive.writestr(zipfile.ZipInfo(f"{key}.npy"), buffer.getvalue())


sensors()
spikes = np.array([[1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 1, 1]], dtype=np.uint8)
samples("spikes.npz", **{"input/spikes": spikes})
repeats = spikes.copy()
repeats[0, 0] = 3
samples("repeats.npz", **{"input/spikes": repeats})
