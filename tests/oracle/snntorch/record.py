#!/usr/bin/env python3
"""Train small nets in stock snnTorch, export them with its own exporter, and record every spike they fire.

  record.py --data FOLDER      train, export and record again (FOLDER: MNIST test images and labels in idx format)
  record.py --check            run stock snnTorch on the committed NIR files and inputs; every spike must be the recorded one

Needs torch, snntorch, nir and numpy; the versions used stand in README.md. What the files hold is in README.md.

The nets run in float32 as stock snnTorch does. A float64 evaluation of the equations in ../README.md, written in numpy
from the NIR file alone, must agree with it. Only images are recorded whose every |v - threshold| stays above MARGIN, so
that no choice of float width or summation order can flip a spike; the smallest margin is printed.
"""
import argparse
import collections
import sys
from pathlib import Path

import nir
import numpy as np
import torch
import snntorch
from snntorch.export_nir import export_to_nir

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from oracle_data import load_recorded, mnist_test, phase_encode, save_recorded  # noqa: E402

STEPS, INPUTS, HIDDEN, CLASSES, RECORDED = 16, 784, 32, 10, 100
TRAIN_FROM = 1000  # images before this one are never trained on; the recorded ones come from there
MARGIN = 1e-4
DT = 1e-4  # the exporter's fixed time step

Case = collections.namedtuple("Case", "name kind reset beta bias")
CASES = [
    Case("leaky_subtract_beta0.9375", "leaky", "subtract", 0.9375, True),
    Case("leaky_zero_beta0.9", "leaky", "zero", 0.9, False),
    Case("lapicque_zero_beta0.9375", "lapicque", "zero", 0.9375, True),
]


def neuron(case, size):
    """A stock snnTorch neuron with the default reset_delay=True (which Lapicque does not have: it always delays)."""
    if case.kind == "leaky":
        return snntorch.Leaky(
            beta=torch.full((size,), case.beta), threshold=torch.ones(size), reset_mechanism=case.reset, init_hidden=True, output=True
        )
    # R C = 16 and R = 16 give 1 - 1/(R C) = 0.9375 and input gain 1, both exact.
    resistance = round(1 / (1 - case.beta))
    return snntorch.Lapicque(R=resistance, C=1, threshold=1.0, reset_mechanism=case.reset, init_hidden=True, output=True)


class Net(torch.nn.Module):
    """784 - 32 - 10, one neuron layer behind each Linear."""

    def __init__(self, case):
        super().__init__()
        self.fc1 = torch.nn.Linear(INPUTS, HIDDEN, bias=case.bias)
        self.lif1 = neuron(case, HIDDEN)
        self.fc2 = torch.nn.Linear(HIDDEN, CLASSES, bias=case.bias)
        self.lif2 = neuron(case, CLASSES)

    def run(self, spikes):
        """float [T, B, 784] -> spikes of both layers, [T, B, 32] and [T, B, 10], and the last membrane of layer 2."""
        self.lif1.reset_mem()
        self.lif2.reset_mem()
        hidden, out = [], []
        for step in range(len(spikes)):
            first, _ = self.lif1(self.fc1(spikes[step]))
            second, membrane = self.lif2(self.fc2(first))
            hidden.append(first)
            out.append(second)
        return torch.stack(hidden), torch.stack(out), membrane

    def as_sequential(self):
        """The same modules in the form that snnTorch's exporter takes (a neuron returns spikes only)."""
        self.lif1.output = self.lif2.output = False
        names = ("fc1", "lif1", "fc2", "lif2")
        return torch.nn.Sequential(collections.OrderedDict((name, getattr(self, name)) for name in names))


def train(case, images, labels):
    torch.manual_seed(7)
    net = Net(case)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(4):
        order = torch.randperm(len(images)).numpy()
        for at in range(0, len(images) - 99, 100):
            chosen = order[at : at + 100]
            _, out, membrane = net.run(torch.from_numpy(phase_encode(images[chosen], STEPS)).float())
            wanted = torch.from_numpy(labels[chosen].astype(np.int64))
            loss = torch.nn.functional.cross_entropy(out.sum(0) + 0.5 * torch.tanh(membrane), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net


def export(case, net, path):
    """Leaky: snnTorch's exporter as it is. Lapicque, which it does not know: the same nodes through the nir package."""
    if case.kind == "leaky":
        graph = export_to_nir(net.as_sequential(), torch.zeros(1, INPUTS), ignore_dims=[0])
    else:
        tau = DT / (1 - case.beta)
        array = lambda parameter: parameter.detach().numpy()
        affine = lambda layer: nir.Affine(array(layer.weight), array(layer.bias))
        full = lambda size, value: np.full(size, value, np.float32)
        lif = lambda n: nir.LIF(tau=full(n, tau), r=full(n, tau / DT), v_leak=full(n, 0), v_threshold=full(n, 1), v_reset=full(n, 0))
        nodes = {
            "input": nir.Input(np.array([INPUTS])),
            "fc1": affine(net.fc1),
            "lif1": lif(HIDDEN),
            "fc2": affine(net.fc2),
            "lif2": lif(CLASSES),
            "output": nir.Output(np.array([CLASSES])),
        }
        names = list(nodes)
        graph = nir.NIRGraph(nodes, list(zip(names[:-1], names[1:])))
    # Edge order is arbitrary in the exporter; sorted, the same net gives the same bytes.
    graph.edges = sorted(graph.edges)
    nir.write(path, graph)


def float64_model(case, path, spikes):
    """The equations of ../README.md on the NIR file, in float64: {neuron: (spikes, |v - threshold| of each image)}."""
    nodes = nir.read(path).nodes
    result, x = {}, spikes.astype(np.float64)
    for weights, name in (("fc1", "lif1"), ("fc2", "lif2")):
        linear, lif = nodes[weights], nodes[name]
        beta = 1 - DT / lif.tau.astype(np.float64)
        gain = lif.r.astype(np.float64) * DT / lif.tau
        current = gain * (x @ linear.weight.astype(np.float64).T + getattr(linear, "bias", np.zeros(1)))
        threshold = lif.v_threshold.astype(np.float64)
        v, z, out = np.zeros(current.shape[1:]), np.zeros(current.shape[1:]), []
        margin = np.full(current.shape[1], np.inf)
        for step in range(STEPS):
            if case.reset == "subtract":
                v = beta * v + current[step] - threshold * z
            elif case.kind == "leaky":
                v = beta * (1 - z) * v + current[step]
            else:
                v = (1 - z) * (beta * v + current[step])
            z = (v > threshold).astype(np.float64)
            out.append(z)
            margin = np.minimum(margin, np.abs(v - threshold).min(1))
        x = np.stack(out)
        result[name] = (x.astype(np.uint8), margin)
    return result


def run_stock(net, spikes):
    with torch.no_grad():
        hidden, out, _ = net.run(torch.from_numpy(spikes).float())
    return {"lif1": hidden.numpy().astype(np.uint8), "lif2": out.numpy().astype(np.uint8)}


def agree(case, stock, model):
    """True if stock snnTorch and the float64 equations fire the same spikes; names the first difference."""
    for name, spikes in stock.items():
        different = np.argwhere(spikes != model[name][0])
        if len(different):
            step, image, index = different[0]
            print(f"{case.name}: {name} differs first in step {step}, image {image}, neuron {index}; {len(different)} in all")
            return False
    return True


def record(case, images, labels):
    net = train(case, images[TRAIN_FROM:], labels[TRAIN_FROM:])
    path = HERE / f"{case.name}.nir"
    spikes = phase_encode(images[:TRAIN_FROM], STEPS)
    stock = run_stock(net, spikes)
    accuracy = (stock["lif2"].sum(0).argmax(1) == labels[:TRAIN_FROM]).mean()
    export(case, net, path)
    model = float64_model(case, path, spikes)
    margin = np.minimum(model["lif1"][1], model["lif2"][1])
    chosen = np.flatnonzero(margin > MARGIN)[:RECORDED]
    arrays = {"input/spikes": spikes, "lif1/spikes": stock["lif1"], "lif2/spikes": stock["lif2"]}
    save_recorded(HERE / case.name, chosen, labels, arrays)
    print(f"{case.name}: accuracy on 1,000 unseen images {accuracy:.4f}; {len(chosen)} images up to number {chosen[-1]} recorded")


def check(case):
    """Stock snnTorch on the committed weights and inputs gives the committed spikes; the margins are above MARGIN."""
    path = HERE / f"{case.name}.nir"
    recorded = load_recorded(HERE / case.name)
    spikes = recorded["input/spikes"]
    net, nodes = Net(case), nir.read(path).nodes
    with torch.no_grad():
        for name in ("fc1", "fc2"):
            layer = getattr(net, name)
            layer.weight.copy_(torch.from_numpy(nodes[name].weight))
            if case.bias:
                layer.bias.copy_(torch.from_numpy(nodes[name].bias))
    stock, model = run_stock(net, np.ascontiguousarray(spikes)), float64_model(case, path, spikes)
    good = agree(case, stock, model)
    for name in ("lif1", "lif2"):
        good &= np.array_equal(stock[name], recorded[f"{name}/spikes"])
    margin = min(model[name][1].min() for name in ("lif1", "lif2"))
    totals = ", ".join(str(int(recorded[f"{name}/spikes"].sum())) for name in ("input", "lif1", "lif2"))
    verdict = "equal" if good and margin > MARGIN else "DIFFERENT"
    print(f"{case.name}: {verdict}; spikes input, lif1, lif2: {totals}; smallest |v - threshold| {margin:.2e}")
    return verdict == "equal"


def main():
    parser = argparse.ArgumentParser(description="Record spikes of stock snnTorch, or check the recorded ones.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--data", type=Path)
    action.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"snntorch {snntorch.__version__}, torch {torch.__version__}, float32")
    if arguments.data:
        images, labels = mnist_test(arguments.data)
        for case in CASES:
            record(case, images.reshape(-1, INPUTS), labels)
    sys.exit(0 if all([check(case) for case in CASES]) else 1)


if __name__ == "__main__":
    main()
