#!/usr/bin/env python3
"""Random nets of stock frameworks, exported by the framework's own NIR exporter and run in the framework.

Each net is written as `<out>/<framework>_<number>.nir` and its run beside it as `.npz`: `input/spikes` [T, n] and, by the NIR name of the
neuron node, `<neuron>/spikes` [T, n], counts of one sample. The same seed gives the same nets.

usage: record.py OUT --framework NAME [--nets N] [--seed N]      (record.sh runs all four)
"""
import argparse
from pathlib import Path

import nir
import numpy as np
import torch
from torch import nn

STEPS = 60


def linear(random, inputs, outputs, scale):
    layer = nn.Linear(inputs, outputs, bias=random.random() < 0.5)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(random.normal(0.3, 1.0, (outputs, inputs)) * scale / np.sqrt(inputs)))
        if layer.bias is not None:
            layer.bias.copy_(torch.tensor(random.normal(0.0, 0.05, outputs)))
    return layer


def sizes(random):
    return [int(n) for n in random.integers(3, 24, random.integers(3, 5))]


def stack(random, neuron, scale):
    """[Linear, neuron, Linear, neuron, ...] of random sizes."""
    shape = sizes(random)
    modules = []
    for inputs, outputs in zip(shape, shape[1:]):
        modules += [linear(random, inputs, outputs, scale), neuron(outputs)]
    return shape[0], modules


def snntorch_net(random):
    import snntorch as snn
    from snntorch.export_nir import export_to_nir

    beta = lambda n: torch.full((n,), float(random.uniform(0.5, 0.99)))
    threshold = lambda n: torch.full((n,), float(random.uniform(0.5, 1.5)))
    inputs, modules = stack(random, lambda n: snn.Leaky(beta=beta(n), threshold=threshold(n), init_hidden=True), 2.0)
    net = nn.Sequential(*modules)

    def run(x):
        for module in net:
            if isinstance(module, snn.Leaky):
                module.reset_mem()
        sent = [[] for _ in modules]
        for step in x:
            value = step[None]
            for i, module in enumerate(net):
                value = module(value)
                sent[i].append(value[0])
        return {str(i): torch.stack(sent[i]) for i, module in enumerate(net) if isinstance(module, snn.Leaky)}

    graph = export_to_nir(net, torch.zeros(1, inputs), ignore_dims=[0])
    return inputs, graph, run


def norse_net(random):
    import norse.torch as norse
    from norse.torch.utils.export_nir import to_nir

    def neuron(n):
        threshold = torch.full((n,), float(random.uniform(0.4, 1.2)))
        if random.random() < 0.4:
            return norse.IAFCell(norse.IAFParameters(v_th=threshold, v_reset=torch.zeros(n)))
        tau = torch.full((n,), float(random.uniform(30, 400)))
        leak = torch.full((n,), float(random.choice([0.0, 0.1])))
        return norse.LIFBoxCell(norse.LIFBoxParameters(tau_mem_inv=tau, v_th=threshold, v_leak=leak, v_reset=torch.zeros(n)))

    inputs, modules = stack(random, neuron, 4.0)
    net = norse.SequentialState(*modules)

    def run(x):
        states = [None] * len(modules)
        sent = [[] for _ in modules]
        for step in x:
            value = step[None]
            for i, module in enumerate(modules):
                if isinstance(module, nn.Linear):
                    value = module(value)
                else:
                    value, states[i] = module(value, states[i])
                sent[i].append(value[0])
        return {str(i): torch.stack(sent[i]) for i, module in enumerate(modules) if not isinstance(module, nn.Linear)}

    return inputs, to_nir(net, torch.zeros(1, inputs)), run


def sinabs_net(random):
    import sinabs.layers as sl
    from sinabs.nir import to_nir

    leaky = random.random() < 0.5

    def neuron(n):
        threshold = torch.tensor(1.0 if not leaky else float(random.uniform(0.5, 1.5)))
        if leaky:
            tau = torch.full((n,), float(random.uniform(2, 30)))
            return sl.LIFSqueeze(tau_mem=tau, spike_threshold=torch.full((n,), float(threshold)), norm_input=False, batch_size=1)
        return sl.IAFSqueeze(spike_threshold=threshold, min_v_mem=-1.0, batch_size=1)

    inputs, modules = stack(random, neuron, 3.0)
    net = nn.Sequential(*modules)
    net(torch.zeros(STEPS, inputs))

    def run(x):
        value, sent = x, {}
        for i, module in enumerate(net):
            if not isinstance(module, nn.Linear):
                module.reset_states()
            value = module(value)
            if not isinstance(module, nn.Linear):
                sent[str(i)] = value
        return sent

    return inputs, to_nir(net, torch.zeros(STEPS, inputs)), run


def spikingjelly_net(random):
    from spikingjelly.activation_based import functional, neuron
    from spikingjelly.activation_based.nir_exchange import export_to_nir

    def make(n):
        reset, threshold = float(random.choice([0.0, -0.2])), float(random.uniform(0.5, 1.2))
        kind = random.integers(3)
        if kind == 0:
            return neuron.IFNode(v_threshold=threshold, v_reset=reset)
        decay_input = bool(random.random() < 0.5)
        if kind == 1:
            return neuron.LIFNode(tau=float(random.uniform(1.5, 20)), decay_input=decay_input, v_threshold=threshold, v_reset=reset)
        return neuron.ParametricLIFNode(init_tau=float(random.uniform(1.5, 20)), decay_input=decay_input, v_threshold=threshold, v_reset=reset)

    inputs, modules = stack(random, make, 3.0)
    net = nn.Sequential(*modules)

    def run(x):
        functional.reset_net(net)
        sent = [[] for _ in modules]
        for step in x:
            value = step[None]
            for i, module in enumerate(net):
                value = module(value)
                sent[i].append(value[0])
        return {f"_{i}": torch.stack(sent[i]) for i, module in enumerate(net) if not isinstance(module, nn.Linear)}

    return inputs, export_to_nir(net, torch.zeros(1, inputs)), run


NETS = {"snntorch": snntorch_net, "norse": norse_net, "sinabs": sinabs_net, "spikingjelly": spikingjelly_net}


def record(framework, number, seed, out):
    """Writes one net and its run."""
    random = np.random.default_rng([seed, number, sorted(NETS).index(framework)])
    torch.manual_seed(number)
    with torch.no_grad():
        inputs, graph, run = NETS[framework](random)
        x = torch.tensor(random.random((STEPS, inputs)) < random.uniform(0.1, 0.5)).float()
        sent = run(x)
    name = f"{framework}_{number}"
    nir.write(out / f"{name}.nir", graph)
    arrays = {f"{node}/spikes": np.asarray(spikes.detach()).round().astype(np.int64) for node, spikes in sent.items()}
    np.savez_compressed(out / f"{name}.npz", **{"input/spikes": x.numpy().astype(np.uint8)}, **arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--framework", choices=sorted(NETS), required=True)
    parser.add_argument("--nets", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.nets):
        record(options.framework, number, options.seed, options.out)
    print(f"{options.nets} nets of {options.framework} in {options.out}")


if __name__ == "__main__":
    main()
