#!/usr/bin/env python3
"""Run the numpy model on real data and compare with exact spike totals known from elsewhere (integer PyTorch, Sinabs).

The totals see what accuracy cannot: one wrong `>=`, reset amount or rounding moves them.

usage: reference_totals.py MODELS_FOLDER MNIST_FOLDER NMNIST_FOLDER [--cnn]
"""
import sys
from pathlib import Path

import numpy as np

import numbers_model as model
from oracle_data import mnist_test, phase_encode, read_recording


def images_case(net, folder, options, steps, batch=250):
    """Spike totals per layer and both accuracies over a whole idx folder."""
    images, labels = mnist_test(folder)
    shape, layers = model.load_network(net, options)
    totals, right = np.zeros(len(layers), np.int64), np.zeros(2, np.int64)
    for at in range(0, len(images), batch):
        spikes = phase_encode(images[at : at + batch], steps)
        result = model.run(layers, spikes.reshape(*spikes.shape[:2], *shape))
        totals += [int(layer[0].sum()) for layer in result]
        decided = model.decide(result[-1][0].sum(0), result[-1][2][-1])
        right += [int((classes == labels[at : at + batch]).sum()) for classes in decided]
    return totals.tolist(), (right / len(images)).tolist()


def recordings_case(net, folder, options, count=60):
    """Thresholds, input events and spikes per layer (means per sample) over the first recordings of a folder."""
    shape, layers = model.load_network(net, options)
    thresholds = [int(layer.reset_amount.flat[0]) for layer in layers]
    totals, events = np.zeros(len(layers), np.int64), 0
    for number in range(1, count + 1):
        spikes = read_recording(folder / f"{number}.bs2", 1000, shape)
        events += int(spikes.sum())
        totals += [int(layer[0].sum()) for layer in model.run(layers, spikes)]
    return thresholds, events / count, [round(float(total) / count, 3) for total in totals]


def main():
    models, mnist, nmnist = (Path(path) for path in sys.argv[1:4])
    failed = 0

    def expect(name, found, wanted):
        nonlocal failed
        failed += found != wanted
        print(f"{'ok  ' if found == wanted else 'FAIL'} {name}: {found}" + ("" if found == wanted else f", expected {wanted}"), flush=True)

    for bits, scale, wanted in ((8, "max", [3190364, 202570]), (4, "mse", [3303135, 213698])):
        totals, accuracy = images_case(models / "mnist_fc.nir", mnist, model.Options(weight_bits=bits, scale=scale), 16)
        expect(f"mnist_fc {bits} bit {scale}, 10,000 images {accuracy}", totals, wanted)
    if "--cnn" in sys.argv:
        for bits, scale, wanted in ((8, "max", [0.9844, 0.9858]), (4, "mse", [0.983, 0.9851])):
            totals, accuracy = images_case(models / "mnist_cnn.nir", mnist, model.Options(weight_bits=bits, scale=scale), 8)
            expect(f"mnist_cnn {bits} bit {scale}, 10,000 images {totals}", accuracy, wanted)
    net = models / "nir_paper/cnn_sinabs.nir"
    wanted = {16: [5481.950, 11419.633, 9000.567, 7217.283, 356.467], 18: [5481.950, 11419.633, 9001.033, 7217.233, 356.450]}
    for bits in (16, 18):
        thresholds, events, means = recordings_case(net, nmnist, model.Options(membrane_bits=bits, multiplicity=4))
        expect(f"N-MNIST CNN thresholds, {events:.1f} events", thresholds, [71, 127, 203, 107, 196])
        expect(f"N-MNIST CNN {bits} bit membranes", means, wanted[bits])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
