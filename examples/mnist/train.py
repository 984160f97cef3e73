#!/usr/bin/env python3
"""Train the two bundled spiking networks on MNIST (CPU, minutes) and write them as NIR files.

  cnn : 1x28x28 - conv 12 of 5x5 - IF - sum-pool 2 - conv 32 of 5x5 - IF - sum-pool 2 - flatten - 10 IF
  fc  : 784 - 128 LIF - 10 LIF

Chosen so that an integer event-driven core can compute the same spikes to the bit:
  * input: `encode` turns pixels into spikes with a deterministic phase accumulator;
  * neuron, once per time step t:  v = beta * v + I[t];  z = v > 1;  v = v - z
    (leak before the input, strict '>', subtract reset in the same step). IF: beta = 1; LIF: beta = 1 - 2^-4, a shift;
  * no bias, no lower clamp, no padding; pooling is a SUM of spikes;
  * decision: most output spikes over all steps; ties go to the larger membrane, then to the lowest class.

The data folder holds MNIST in idx format, plain or .gz: train-images-idx3-ubyte, train-labels-idx1-ubyte and the two
t10k files. Needs torch and nir.

usage: train.py cnn|fc --data FOLDER --out FILE.nir [--steps T] [--epochs N]
"""
import argparse
import gzip
import struct
from pathlib import Path

import numpy as np

THRESHOLD = 1.0
LIF_BETA = 1 - 2.0**-4
SNNTORCH_DT = 1e-4


def read_idx(path):
    """An idx file of unsigned bytes, plain or with .gz behind its name, as a uint8 array."""
    path = Path(path)
    raw = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    dimensions = raw[3]
    shape = struct.unpack(">" + "I" * dimensions, raw[4 : 4 + 4 * dimensions])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def encode(images, steps):
    """Phase encoder: uint8 [B, ...] -> bool [T, B, ...].

    Per pixel an accumulator starts at 128; each step adds the pixel; at >= 255 it spikes and subtracts 255.
    """
    accumulator = np.full(images.shape, 128, np.int32)
    spikes = np.zeros((steps, *images.shape), bool)
    for step in range(steps):
        accumulator += images
        spikes[step] = accumulator >= 255
        accumulator -= 255 * spikes[step]
    return spikes


def build_net(kind):
    """The network as a torch module: forward([T, B, 28, 28]) -> output spike counts [B, 10], last membrane [B, 10], events."""
    import torch
    import torch.nn.functional as functional

    class Fire(torch.autograd.Function):
        """Heaviside (v > 0) forward, arctan surrogate backward."""

        @staticmethod
        def forward(ctx, v):
            ctx.save_for_backward(v)
            return (v > 0).to(v.dtype)

        @staticmethod
        def backward(ctx, gradient):
            (v,) = ctx.saved_tensors
            return gradient / (1 + (3.0 * v) ** 2)

    def neuron(current, beta):
        v, spikes = torch.zeros_like(current[0]), []
        for step in range(current.shape[0]):
            v = beta * v + current[step]
            z = Fire.apply(v - THRESHOLD)
            v = v - THRESHOLD * z
            spikes.append(z)
        return torch.stack(spikes), v

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            if kind == "cnn":
                layers, gains = [(torch.nn.Conv2d, 1, 12, 5), (torch.nn.Conv2d, 12, 32, 5), (torch.nn.Linear, 512, 10)], (1.5, 0.8, 0.6)
            else:
                layers, gains = [(torch.nn.Linear, 784, 128), (torch.nn.Linear, 128, 10)], (1.0, 1.0)
            self.layers = torch.nn.ModuleList(layer(*sizes, bias=False) for layer, *sizes in layers)
            self.beta = 1.0 if kind == "cnn" else LIF_BETA
            for layer, gain in zip(self.layers, gains):
                torch.nn.init.normal_(layer.weight, 0.0, gain / np.sqrt(layer.weight[0].numel()))

        def forward(self, spikes):
            steps, batch = spikes.shape[:2]
            x, events = spikes.reshape(steps * batch, 1, 28, 28), [spikes.sum() / batch]
            for layer in self.layers:
                current = layer(x if isinstance(layer, torch.nn.Conv2d) else x.flatten(1))
                z, v = neuron(current.reshape(steps, batch, *current.shape[1:]), self.beta)
                events.append(z.sum() / batch)
                x = z.reshape(steps * batch, *current.shape[1:])
                if isinstance(layer, torch.nn.Conv2d):
                    x = 4 * functional.avg_pool2d(x, 2)
            return z.sum(0), v, torch.stack(events)

    return Net()


def evaluate(net, images, labels, steps, batch=250):
    """(accuracy with ties to the lowest class, accuracy with ties to the larger membrane, events per image and layer)."""
    import torch

    by_count = by_membrane = 0
    events = 0
    with torch.no_grad():
        for at in range(0, len(images), batch):
            spikes = torch.from_numpy(encode(images[at : at + batch], steps)).float()
            counts, v, layer_events = net(spikes)
            wanted = torch.from_numpy(labels[at : at + batch].astype(np.int64))
            by_count += int((counts.argmax(1) == wanted).sum())
            by_membrane += int(((counts + 0.05 * torch.tanh(v)).argmax(1) == wanted).sum())
            events = events + layer_events * len(wanted)
    return by_count / len(images), by_membrane / len(images), (events / len(images)).tolist()


def write_nir(net, kind, path):
    """The trained network as a NIR file; LIF constants follow snnTorch: dt = 1e-4, tau = dt / (1 - beta), r = tau / dt."""
    import nir

    weights = [layer.weight.detach().numpy().astype(np.float32) for layer in net.layers]
    full = lambda shape, value: np.full(shape, value, np.float32)
    if kind == "cnn":
        conv = lambda weight, size: nir.Conv2d(
            input_shape=size, weight=weight, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, bias=full(len(weight), 0)
        )
        pool = lambda: nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
        integrate = lambda shape: nir.IF(r=full(shape, 1), v_threshold=full(shape, THRESHOLD), v_reset=full(shape, 0))
        nodes = {
            "input": nir.Input(np.array([1, 28, 28])),
            "conv1": conv(weights[0], (28, 28)),
            "if1": integrate((12, 24, 24)),
            "pool1": pool(),
            "conv2": conv(weights[1], (12, 12)),
            "if2": integrate((32, 8, 8)),
            "pool2": pool(),
            "flatten": nir.Flatten(np.array([32, 4, 4]), 0, -1),
            "fc": nir.Linear(weights[2]),
            "if3": integrate((10,)),
            "output": nir.Output(np.array([10])),
        }
    else:
        tau = SNNTORCH_DT / (1 - LIF_BETA)
        leaky = lambda shape: nir.LIF(
            tau=full(shape, tau), r=full(shape, tau / SNNTORCH_DT), v_leak=full(shape, 0), v_threshold=full(shape, THRESHOLD), v_reset=full(shape, 0)
        )
        nodes = {
            "input": nir.Input(np.array([784])),
            "fc1": nir.Linear(weights[0]),
            "lif1": leaky((128,)),
            "fc2": nir.Linear(weights[1]),
            "lif2": leaky((10,)),
            "output": nir.Output(np.array([10])),
        }
    names = list(nodes)
    metadata = {"reset": "subtract", "dt": "1e-4", "encoding": "phase-accumulator-255-128"}
    nir.write(path, nir.NIRGraph(nodes, list(zip(names[:-1], names[1:])), metadata=metadata))


def train(net, images, labels, steps, epochs, batch=128, rate=2e-3):
    import torch
    import torch.nn.functional as functional

    updates = epochs * (len(images) // batch)
    optimizer = torch.optim.Adam(net.parameters(), rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, updates)
    for epoch in range(epochs):
        order = torch.randperm(len(images)).numpy()
        for at in range(0, len(images) - batch + 1, batch):
            chosen = order[at : at + batch]
            counts, v, _ = net(torch.from_numpy(encode(images[chosen], steps)).float())
            # The counts decide. The bounded membrane only breaks ties: an unbounded one would let the network hide
            # the answer in the membrane while every count saturates.
            wanted = torch.from_numpy(labels[chosen].astype(np.int64))
            loss = functional.cross_entropy(counts * (16.0 / steps) + 0.5 * torch.tanh(v), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: loss of the last batch {loss.item():.3f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Train a bundled spiking network on MNIST and write it as NIR.")
    parser.add_argument("kind", choices=["cnn", "fc"])
    parser.add_argument("--data", required=True, type=Path, help="folder with the four MNIST idx files")
    parser.add_argument("--out", required=True, help="NIR file to write")
    parser.add_argument("--steps", type=int, help="time steps per image (cnn 8, fc 16)")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--limit", type=int, default=60000, help="use only so many training images")
    arguments = parser.parse_args()
    import torch

    torch.manual_seed(1)
    steps = arguments.steps or {"cnn": 8, "fc": 16}[arguments.kind]
    folder = arguments.data
    images, labels = (read_idx(folder / f"train-{part}-ubyte")[: arguments.limit] for part in ("images-idx3", "labels-idx1"))
    net = build_net(arguments.kind)
    train(net, images, labels, steps, arguments.epochs)
    by_count, by_membrane, events = evaluate(net, read_idx(folder / "t10k-images-idx3-ubyte"), read_idx(folder / "t10k-labels-idx1-ubyte"), steps)
    print(f"test accuracy {by_count:.4f}, ties broken by the membrane {by_membrane:.4f}")
    print("events per image, input and each layer:", " ".join(f"{count:.1f}" for count in events))
    write_nir(net, arguments.kind, arguments.out)


if __name__ == "__main__":
    main()
