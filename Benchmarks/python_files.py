"""What the peers' own libraries need to load, save and convert a checkpoint: medians as JSON on standard output.

    python_files.py FORMAT SOURCE ROUNDS     SOURCE is a .pth file of {"net": …, "optimizer": …} or a state dict
    python_files.py convert SOURCE ROUNDS    .pth, then safetensors, then HDF5
"""

import json
import os
import statistics
import sys
import tempfile
import time

import h5py
import numpy as np
import safetensors.torch
import torch


def flat(value, prefix=""):
    """All tensors of nested dictionaries, by joined names."""
    if isinstance(value, torch.Tensor):
        return {prefix: value.contiguous()}
    if isinstance(value, dict):
        return {name: tensor for key, part in value.items()
                for name, tensor in flat(part, f"{prefix}.{key}" if prefix else str(key)).items()}
    return {}


def save_h5(tensors, path, level=None):
    with h5py.File(path, "w") as file:
        for name, tensor in tensors.items():
            if level is None or tensor.dim() == 0:
                file[name] = tensor.numpy()
            else:
                file.create_dataset(name, data=tensor.numpy(), compression="gzip", compression_opts=level)


def load_h5(path):
    with h5py.File(path, "r") as file:
        return {name: data[()] for name, data in file.items()}


def load_npz(path):
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


FORMATS = {
    "pytorch": (lambda tensors, path: torch.save(tensors, path), lambda path: torch.load(path, weights_only=True)),
    "safetensors": (safetensors.torch.save_file, safetensors.torch.load_file),
    "hdf5": (save_h5, load_h5),
    "hdf5-gzip-1": (lambda tensors, path: save_h5(tensors, path, 1), load_h5),
    "hdf5-gzip-4": (lambda tensors, path: save_h5(tensors, path, 4), load_h5),
    "npz": (lambda tensors, path: np.savez(path, **{n: t.numpy() for n, t in tensors.items()}), load_npz),
}


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def synchronize(path):
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def measure(name, source, rounds, folder):
    save, load = FORMATS[name]
    tensors = flat(torch.load(source, weights_only=True))
    path = os.path.join(folder, "peer.npz" if name == "npz" else "peer.bin")

    def save_safely():
        save(tensors, path)
        synchronize(path)

    save_safely()
    saves = [seconds(save_safely) for _ in range(rounds)]
    load(path)
    loads = [seconds(lambda: load(path)) for _ in range(rounds)]
    return {"save_ms": statistics.median(saves) * 1000, "load_ms": statistics.median(loads) * 1000,
            "bytes": os.path.getsize(path)}


def convert(source, rounds, folder):
    middle, end = os.path.join(folder, "middle.safetensors"), os.path.join(folder, "end.h5")

    def work():
        safetensors.torch.save_file(flat(torch.load(source, weights_only=True)), middle)
        save_h5(safetensors.torch.load_file(middle), end)
        synchronize(middle)
        synchronize(end)

    times = [seconds(work) for _ in range(rounds)]
    return {"convert_ms": statistics.median(times) * 1000}


def main():
    name, source, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(source))) as folder:
        answer = convert(source, rounds, folder) if name == "convert" else measure(name, source, rounds, folder)
    print(json.dumps(answer))


main()
