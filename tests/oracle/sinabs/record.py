#!/usr/bin/env python3
"""Train small nets in stock Sinabs, export them with its own exporter, and record every spike they fire.

  record.py --data FOLDER      train, export and record again (FOLDER: MNIST test images and labels in idx format)
  record.py --check            run stock Sinabs on the committed NIR files and inputs; every spike must be the recorded one

cnn_iaf: 1x28x28 - conv 6 of 5x5, stride 2, padding 1 - IAF - sum-pool 2 - conv 8 of 3x3 - IAF - 10 IAF. All weights are
multiples of 1/64 and the threshold is 1, so every sum is exact in any float and in integers, membranes do hit the threshold
exactly, and `>=` against `>` changes the recording. Recorded with one spike a step and a lower clamp, and with Sinabs' default
(several spikes a step, no clamp).
fc_lif: 784 - 32 LIF - 10 LIF, tau = 8 steps, norm_input=False, one spike a step, no clamp.
"""
import argparse
import collections
import sys
from pathlib import Path

import nir
import numpy as np
import sinabs
import sinabs.layers as layers
import torch
from sinabs.activation import MultiSpike, SingleSpike
from sinabs.nir import to_nir

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from oracle_data import load_recorded, mnist_test, phase_encode, save_recorded  # noqa: E402

RECORDED, TRAIN_FROM, TAU, GRID, MARGIN = 100, 1000, 8.0, 64, 1e-4
Case = collections.namedtuple("Case", "name net steps spike_fn min_v_mem")
CASES = [
    Case("cnn_iaf_single_clamped", "cnn_iaf", 8, SingleSpike, -1.0),
    Case("cnn_iaf_multi", "cnn_iaf", 8, MultiSpike, None),
    Case("fc_lif", "fc_lif", 16, SingleSpike, None),
]


def build(case):
    """The case's net in stock Sinabs; input and output [B, T, ...]."""
    neuron = {"spike_fn": case.spike_fn, "min_v_mem": case.min_v_mem, "batch_size": 1}
    conv = lambda *sizes, **more: torch.nn.Conv2d(*sizes, bias=False, **more)
    linear = lambda inputs, outputs: torch.nn.Linear(inputs, outputs, bias=False)
    if case.net == "cnn_iaf":
        parts = {
            "conv1": conv(1, 6, 5, stride=2, padding=1),
            "iaf1": layers.IAFSqueeze(**neuron),
            "pool": layers.SumPool2d(2),
            "conv2": conv(6, 8, 3),
            "iaf2": layers.IAFSqueeze(**neuron),
            "flatten": torch.nn.Flatten(),
            "fc": linear(128, 10),
            "iaf3": layers.IAFSqueeze(**neuron),
        }
    else:
        lif = lambda n: layers.LIFSqueeze(tau_mem=torch.full((n,), TAU), spike_threshold=torch.ones(n), norm_input=False, **neuron)
        parts = {"fc1": linear(784, 32), "lif1": lif(32), "fc2": linear(32, 10), "lif2": lif(10)}
    return torch.nn.Sequential(collections.OrderedDict(parts))


def forward(case, net, spikes):
    """counts [T, B, 28, 28] -> {neuron: spikes [T, B, ...]}. Squeeze layers take batch and time in one axis."""
    steps, batch = spikes.shape[:2]
    for part in net:
        if hasattr(part, "reset_states"):
            part.batch_size = batch
            part.reset_states()
    x = torch.as_tensor(spikes, dtype=torch.float32).swapaxes(0, 1)
    x = x.reshape(batch * steps, *((1, 28, 28) if case.net == "cnn_iaf" else (784,)))
    result = {}
    for name, part in net.named_children():
        x = part(x)
        if hasattr(part, "reset_states"):
            result[name] = x.reshape(batch, steps, *x.shape[1:]).swapaxes(0, 1)
    return result


def train(case, images, labels):
    torch.manual_seed(3)
    net = build(case)
    weights = [part.weight for part in net if hasattr(part, "weight")]
    optimizer = torch.optim.Adam(weights, 3e-3)
    for _ in range(2):
        order = torch.randperm(len(images)).numpy()
        for at in range(0, len(images) - 99, 100):
            chosen = order[at : at + 100]
            out = list(forward(case, net, phase_encode(images[chosen], case.steps)).values())[-1]
            loss = torch.nn.functional.cross_entropy(out.sum(0), torch.from_numpy(labels[chosen].astype(np.int64)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    if case.net == "cnn_iaf":
        with torch.no_grad():
            for weight in weights:
                weight.copy_((weight * GRID).round().clamp(-127, 127) / GRID)
    return net


def export(case, net, path):
    """Sinabs' exporter, then nir's type inference (without it a Conv2d has no input shape and cannot be written)."""
    with torch.no_grad():
        forward(case, net, np.zeros((case.steps, 1, 28, 28)))
        sample = torch.zeros(case.steps, *((1, 28, 28) if case.net == "cnn_iaf" else (784,)))
        graph = to_nir(net, sample)
    graph.infer_types()
    graph.edges = sorted(graph.edges)
    nir.write(path, graph)


def load(case):
    """The case's net in stock Sinabs with the committed weights."""
    net, nodes = build(case), nir.read(HERE / f"{case.net}.nir").nodes
    with torch.no_grad():
        for name, part in net.named_children():
            if hasattr(part, "weight"):
                part.weight.copy_(torch.as_tensor(np.asarray(nodes[name].weight)))
    return net


def margins(case, net, spikes):
    """Smallest |v - threshold| of each image in float64, v[t] = alpha v[t-1] + I[t]; infinite for the exact net.

    Also asserts that float64 fires the spikes that stock float32 fires.
    """
    margin = np.full(spikes.shape[1], np.inf)
    if case.net == "cnn_iaf":
        return margin
    stock = forward(case, net, spikes)
    x = spikes.reshape(*spikes.shape[:2], 784).astype(np.float64)
    for weights, name in (("fc1", "lif1"), ("fc2", "lif2")):
        current = x @ getattr(net, weights).weight.numpy().astype(np.float64).T
        v, x = np.zeros(current.shape[1:]), np.zeros(current.shape)
        for step in range(len(current)):
            v = np.exp(-1 / TAU) * v + current[step]
            margin = np.minimum(margin, np.abs(v - 1).min(1))
            x[step] = v >= 1
            v = v - x[step]
        differs = (x != stock[name].numpy()).any((0, 2))
        margin[differs] = 0
    return margin


def record(case, images, labels, nets):
    if case.net not in nets:
        nets[case.net] = train(case, images[TRAIN_FROM:], labels[TRAIN_FROM:])
        export(case, nets[case.net], HERE / f"{case.net}.nir")
    net = load(case)
    spikes = phase_encode(images[:TRAIN_FROM], case.steps)
    with torch.no_grad():
        stock = {name: out.numpy() for name, out in forward(case, net, spikes).items()}
        chosen = np.flatnonzero(margins(case, net, spikes) > MARGIN)[:RECORDED]
    out = list(stock.values())[-1]
    print(f"{case.name}: accuracy on 1,000 unseen images {(out.sum(0).argmax(1) == labels[:TRAIN_FROM]).mean():.4f}")
    inputs = spikes.reshape(case.steps, -1, *((1, 28, 28) if case.net == "cnn_iaf" else (784,)))
    save_recorded(HERE / case.name, chosen, labels, {"input/spikes": inputs, **{f"{k}/spikes": v for k, v in stock.items()}})


def check(case):
    """Stock Sinabs on the committed weights and inputs fires the committed spikes, with margins above MARGIN."""
    net, recorded = load(case), load_recorded(HERE / case.name)
    spikes = recorded["input/spikes"].reshape(case.steps, -1, 28, 28)
    with torch.no_grad():
        stock = forward(case, net, spikes)
        margin = margins(case, net, spikes).min()
    good = all(np.array_equal(out.numpy(), recorded[f"{name}/spikes"]) for name, out in stock.items()) and margin > MARGIN
    totals = ", ".join(f"{key.split('/')[0]} {int(array.sum())} (max {array.max()})" for key, array in recorded.items())
    print(f"{case.name}: {'equal' if good else 'DIFFERENT'}; spikes {totals}; smallest |v - threshold| {margin:.2e}")
    return good


def main():
    parser = argparse.ArgumentParser(description="Record spikes of stock Sinabs, or check the recorded ones.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--data", type=Path)
    action.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"sinabs {sinabs.__version__}, torch {torch.__version__}, float32")
    if arguments.data:
        nets = {}
        for case in CASES:
            record(case, *mnist_test(arguments.data), nets)
    sys.exit(0 if all([check(case) for case in CASES]) else 1)


if __name__ == "__main__":
    main()
