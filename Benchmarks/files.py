"""Compares loading, saving and converting of checkpoints with the peers' own libraries."""

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cases
from sides import HERE, Failed

# What a row is called, how zoo is asked, and how the peer is.
FORMATS = [
    ("pytorch", ["pytorch"], "pytorch"),
    ("safetensors", ["safetensors"], "safetensors"),
    ("HDF5", ["zoo-checkpoint"], "hdf5"),
    ("npz", ["npz"], "npz"),
    ("HDF5, compress 1 / gzip 4", ["zoo-checkpoint", "--compress", "1"], "hdf5-gzip-4"),
    ("HDF5, compress 1 / gzip 1", ["zoo-checkpoint", "--compress", "1"], "hdf5-gzip-1"),
]


def measure(model, sides, rounds, progress):
    """A row for each format, and one for a conversion; in a folder beside this one, on its disk."""
    with tempfile.TemporaryDirectory(dir=os.getcwd(), prefix="zoo-bench-") as folder:
        source = Path(folder) / "source.pth"
        subprocess.run([sys.executable, "-c", SOURCE.format(path=str(source))], check=True)
        rows = []
        for name, format, library in FORMATS:
            # Compressing takes the peer half a minute.
            turns = str(min(rounds, 3) if "gzip" in library else rounds)
            zoo = sides.answer([sides.zoo_binary, "bench", model, "--mode", "save", "--format", *format, "--folder", folder,
                                "--steps", turns, "--json"])
            peer = sides.answer([sys.executable, str(HERE / "python_files.py"), library, str(source), turns])
            rows.append({"format": name, "zoo": zoo, "peer": peer})
            progress(f"{cases.FILES}: {name}: saved {peer['save_ms'] / zoo['save_ms']['median']:.2f}x, loaded "
                     f"{peer['load_ms'] / zoo['read_ms']['median']:.2f}x as fast as its own library")
        peer = sides.answer([sys.executable, str(HERE / "python_files.py"), "convert", str(source), str(rounds)])
        zoo = convert(sides, source, Path(folder), rounds)
        progress(f"{cases.FILES}: .pth, safetensors, HDF5: {peer['convert_ms'] / zoo['convert_ms']:.2f}x as fast")
        return {"formats": rows, "convert": {"zoo": zoo, "peer": peer}}


# AlexNet with the momentum of SGD: 489 MB.
SOURCE = """
import torch
from torchvision.models import alexnet
net = alexnet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for parameter in net.parameters():
    parameter.grad = torch.randn_like(parameter)
optimizer.step()
torch.save({{"net": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 1}}, {path!r})
"""


def convert(sides, source, folder, rounds):
    """Two commands, each a process of its own: their times added, and the larger of their memories."""
    times, memory = [], 0
    for _ in range(rounds):
        start = time.perf_counter()
        for before, after in [(source, folder / "a.safetensors"), (folder / "a.safetensors", folder / "a.h5")]:
            memory = max(memory, run([sides.zoo_binary, "convert", str(before), str(after)]))
        times.append(time.perf_counter() - start)
    return {"convert_ms": statistics.median(times) * 1000, "peak_memory_bytes": memory}


# A process counts the memory of the one that it was forked from: a small one stands between, and asks about its child.
MEASURE = """
import resource, subprocess, sys
process = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(process.returncode)
"""


def run(command):
    """The most memory that a command had, in bytes."""
    process = subprocess.run([sys.executable, "-S", "-c", MEASURE, *command], capture_output=True, text=True)
    if process.returncode:
        raise Failed(f"{shlex.join(command)} ended with {process.returncode}:\n{process.stderr}")
    return int(process.stdout)
