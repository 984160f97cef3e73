#!/usr/bin/env python3
"""The bundled MNIST CNN in PyTorch (float32, batched dense convolutions) beside golden's fast mode, on the same machine.

Run by hand; torch is gigabytes and no part of tools/setup:

    python -m venv venv && venv/bin/pip install torch nir numpy
    venv/bin/python benches/pytorch_cnn.py [--threads 1] [--batch 250]
    cargo bench -p spikewright-golden

PyTorch computes every tap, spike or not. To compare, its speed is given in images per second and in *useful* synaptic
operations per second: the taps inside the map that a spike arrives at, as golden counts them. With one thread the clock
is processor time, so that other work on the machine disturbs little; with more it is wall time.
"""
import argparse
import gzip
import time
from pathlib import Path

import nir
import numpy as np
import torch
import torch.nn.functional as F

MNIST = Path(__file__).parent.parent / "examples" / "mnist"
STEPS = 8


def images_and_labels():
    unpack = lambda name, header: np.frombuffer(gzip.open(MNIST / name).read()[header:], np.uint8)
    return unpack("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28), unpack("t10k-labels-idx1-ubyte.gz", 8)


def encode(images):
    """Phase encoder: [batch, 1, 28, 28] bytes -> [steps, batch, 1, 28, 28] spikes."""
    accumulator, spikes = images.astype(np.int32) * 0 + 128, []
    for _ in range(STEPS):
        accumulator += images
        spikes.append(accumulator >= 255)
        accumulator -= 255 * spikes[-1]
    return torch.from_numpy(np.stack(spikes).astype(np.float32))


def fire(membrane, current):
    """Integrate-and-fire with subtract reset, threshold 1, strict; in place."""
    membrane += current
    spikes = (membrane > 1).to(membrane.dtype)
    membrane -= spikes
    return spikes


def run(weights, spikes):
    """Output spike counts [batch, 10] and the spikes that each weight layer heard, [steps, batch, ...] each."""
    conv1, conv2, fc = weights
    batch = spikes.shape[1]
    states = [torch.zeros(batch, 12, 24, 24), torch.zeros(batch, 32, 8, 8), torch.zeros(batch, 10)]
    counts = torch.zeros(batch, 10)
    heard = ([], [], [])
    for x in spikes:
        heard[0].append(x)
        x = 4 * F.avg_pool2d(fire(states[0], F.conv2d(x, conv1)), 2)
        heard[1].append(x)
        x = 4 * F.avg_pool2d(fire(states[1], F.conv2d(x, conv2)), 2)
        heard[2].append(x)
        counts += fire(states[2], F.linear(x.flatten(1), fc))
    return counts, heard


def useful_operations(weights, heard):
    """Taps inside the map that a spike arrives at: the same convolutions with all weights 1."""
    ones = [torch.ones_like(w) for w in weights]
    total = sum(float(F.conv2d(x, ones[0]).sum()) for x in heard[0])
    total += sum(float(F.conv2d(x, ones[1]).sum()) for x in heard[1])
    return total + sum(float(F.linear(x.flatten(1), ones[2]).sum()) for x in heard[2])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    nodes = nir.read(MNIST / "mnist_cnn.nir").nodes
    weights = [torch.from_numpy(np.array(nodes[name].weight, np.float32)) for name in ("conv1", "conv2", "fc")]
    images, labels = images_and_labels()
    batches = [encode(images[at : at + arguments.batch]) for at in range(0, len(images), arguments.batch)]
    clock = time.process_time if arguments.threads == 1 else time.perf_counter
    with torch.no_grad():
        results = [run(weights, batch) for batch in batches]
        right = (torch.cat([counts for counts, _ in results]).argmax(1).numpy() == labels).mean()
        useful = sum(useful_operations(weights, heard) for _, heard in results)
        best = [float("inf")] * len(batches)
        for _ in range(arguments.rounds):
            for i, batch in enumerate(batches):
                start = clock()
                run(weights, batch)
                best[i] = min(best[i], clock() - start)
    seconds = sum(best)
    print(f"torch {torch.__version__}, {arguments.threads} thread(s), batch {arguments.batch}, accuracy {right:.4f}")
    print(f"{len(images) / seconds:.0f} image/s, {useful / len(images):.0f} useful SOP/image, {useful / seconds / 1e9:.2f} GSOP/s")


if __name__ == "__main__":
    main()
