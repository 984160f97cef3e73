#!/usr/bin/env python3
"""Cut the first N images and labels out of an idx folder (this is how the 1,000 bundled images were made).

The header counts N, and the gzip header carries neither time nor file name, so that the same input gives the same bytes.

usage: subset.py FROM_FOLDER TO_FOLDER [N]
"""
import gzip
import io
import struct
import sys
from pathlib import Path

import train


def write_idx(path, values):
    """Write a uint8 array as a gzipped idx file: magic 0x0000 08 nd, big-endian sizes, then the bytes in C order."""
    raw = io.BytesIO()
    raw.write(struct.pack(">HBB", 0, 8, values.ndim))
    raw.write(struct.pack(">" + "I" * values.ndim, *values.shape))
    raw.write(values.tobytes())
    with open(path, "wb") as file, gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as out:
        out.write(raw.getvalue())


def main():
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    target.mkdir(parents=True, exist_ok=True)
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        write_idx(target / f"{name}.gz", train.read_idx(source / name)[:count])


if __name__ == "__main__":
    main()
