"""Data that every script here shares: idx files, N-MNIST recordings, the phase encoder, and recorded spikes as npz."""
import gzip
import struct
from pathlib import Path

import numpy as np


def read_idx(path):
    """An idx file of unsigned bytes, plain or with .gz behind its name, as a uint8 array."""
    path = Path(path)
    raw = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    shape = struct.unpack(">" + "I" * raw[3], raw[4 : 4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def mnist_test(folder):
    """(images uint8 [N, 28, 28], labels uint8 [N]) of an idx folder."""
    return read_idx(Path(folder) / "t10k-images-idx3-ubyte"), read_idx(Path(folder) / "t10k-labels-idx1-ubyte")


def phase_encode(images, steps):
    """uint8 [B, ...] -> int64 [T, B, ...]: from 128 add the pixel each step; at >= 255 spike and subtract 255."""
    accumulator = np.full(images.shape, 128, np.int64)
    spikes = np.zeros((steps, *images.shape), np.int64)
    for step in range(steps):
        accumulator += images
        spikes[step] = accumulator >= 255
        accumulator -= 255 * spikes[step]
    return spikes


def read_recording(path, bin_us, shape):
    """N-MNIST 40-bit words -> counts [T, 1, *shape]: step = floor(t / bin), channel = polarity, every event counts."""
    raw = np.fromfile(path, np.uint8).reshape(-1, 5).astype(np.int64)
    t = ((raw[:, 2] & 127) << 16) | (raw[:, 3] << 8) | raw[:, 4]
    step = t // bin_us
    counts = np.zeros((step.max() + 1, 1, *shape), np.int64)
    np.add.at(counts, (step, 0, raw[:, 2] >> 7, raw[:, 1], raw[:, 0]), 1)
    return counts


def save_recorded(path, chosen, labels, arrays):
    """Write PATH.npz ([sample, T, ...] uint8 per key, with `image` and `label`) and PATH_imageN.npz (its first sample)."""
    by_sample = {key: np.ascontiguousarray(np.moveaxis(array[:, chosen], 1, 0).astype(np.uint8)) for key, array in arrays.items()}
    np.savez_compressed(f"{path}.npz", image=np.asarray(chosen, np.int32), label=labels[chosen], **by_sample)
    # One image in the form of `spikewright run --trace` ([T, ...] per layer), for `run --compare`.
    np.savez_compressed(f"{path}_image{chosen[0]}.npz", **{key: array[0] for key, array in by_sample.items()})


def load_recorded(path):
    """What `save_recorded` wrote, as {key: array [T, sample, ...]} without `image` and `label`."""
    with np.load(f"{path}.npz") as recorded:
        return {key: np.moveaxis(recorded[key], 0, 1) for key in recorded.files if key.endswith("/spikes")}
