"""Makes the small NIR files of the command-line tests (needs h5py and numpy; run by hand, the files are committed).

good.nir        4 -> 3 -> 2 with bias, IF neurons
unsupported.nir a CubaLIF neuron
dangling.nir    an edge to a node that is not there
shapes.nir      a weight of 5 inputs behind 4 inputs
nan.nir         a weight that is NaN
threshold.nir   a threshold of 0
spikes.npz      one sample of 5 steps for good.nir
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
    text = h5py.string_dtype("utf-8")
    with h5py.File(HERE / name, "w", track_order=False) as file:
        file.create_dataset("version", data="1.0.8", dtype=text)
        root = file.create_group("node")
        root.create_dataset("type", data="NIRGraph", dtype=text)
        root.create_dataset("edges", data=np.array(edges, dtype=object), dtype=text)
        for node, fields in nodes.items():
            group = root.create_group(f"nodes/{node}")
            for key, value in fields.items():
                if isinstance(value, str):
                    group.create_dataset(key, data=value, dtype=text)
                else:
                    group.create_dataset(key, data=value)


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

spikes = np.array([[1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 1, 1]], dtype=np.uint8)
buffer = io.BytesIO()
np.save(buffer, spikes)
with zipfile.ZipFile(HERE / "spikes.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("input/spikes.npy"), buffer.getvalue())
