"""Compares loading, saving and converting of checkpoints with the peers' own libraries."""

import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
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
    """A row for each format, and one for a conversion; in a folder beside this one, on its disk.

    Both sides take turns, each turn a process of its own: memory that the system has not handed out for a while is slow,
    and meets whoever comes first. A process gives the median of several loads and saves.
    """
    with tempfile.TemporaryDirectory(dir=os.getcwd(), prefix="zoo-bench-") as folder:
        source = Path(folder) / "source.pth"
        subprocess.run([sys.executable, "-c", SOURCE.format(path=str(source))], check=True)
        rows = []
        for name, format, library in FORMATS:
            # Compressing takes the peer half a minute.
            turns, steps = (min(rounds, 2), "1") if "gzip" in library else (rounds, "7")
            pairs = []
            for _ in range(turns):
                zoo = sides.answer([sides.zoo_binary, "bench", model, "--mode", "save", "--format", *format,
                                    "--folder", folder, "--steps", steps, "--json"])
                peer = sides.answer([sys.executable, str(HERE / "python_files.py"), library, str(source), steps])
                pairs.append((zoo, peer))
            rows.append(row(name, pairs))
            progress(f"{cases.FILES}: {name}: saved {rows[-1]['save_ratio']:.2f}x, loaded {rows[-1]['load_ratio']:.2f}x as "
                     "fast as its own library")
        conversions = []
        for _ in range(rounds):
            zoo = convert(sides, source, Path(folder))
            conversions.append((zoo, convert_in_python(source)))
        result = {"formats": rows, "convert": conversion(conversions)}
        progress(f"{cases.FILES}: .pth, safetensors, HDF5: {result['convert']['ratio']:.2f}x as fast")
        return result


def row(name, pairs):
    """Medians over the turns; ratios are those of a turn."""
    def median(value):
        return statistics.median(value(zoo, peer) for zoo, peer in pairs)

    return {
        "format": name, "turns": len(pairs), "bytes": pairs[0][0]["bytes"],
        "load_ms": median(lambda zoo, _: zoo["read_ms"]["median"]), "peer_load_ms": median(lambda _, peer: peer["load_ms"]),
        "load_ratio": median(lambda zoo, peer: peer["load_ms"] / zoo["read_ms"]["median"]),
        "save_ms": median(lambda zoo, _: zoo["save_ms"]["median"]), "peer_save_ms": median(lambda _, peer: peer["save_ms"]),
        "save_ratio": median(lambda zoo, peer: peer["save_ms"] / zoo["save_ms"]["median"]),
        "plain_write_ratio": median(lambda zoo, _: zoo["save_speed_ratio"]),
        "size_ratio": median(lambda zoo, peer: zoo["bytes"] / peer["bytes"]),
        "open_ms": median(lambda zoo, _: zoo["open_ms"]["median"]),
    }


def conversion(pairs):
    """The same for the conversion."""
    def median(value):
        return statistics.median(value(zoo, peer) for zoo, peer in pairs)

    return {
        "ms": median(lambda zoo, _: zoo["convert_ms"]), "peer_ms": median(lambda _, peer: peer["convert_ms"]),
        "ratio": median(lambda zoo, peer: peer["convert_ms"] / zoo["convert_ms"]),
        "imported_ratio": median(lambda zoo, peer: peer["imported_convert_ms"] / zoo["convert_ms"]),
        "memory_bytes": max(zoo["peak_memory_bytes"] for zoo, _ in pairs),
        "peer_memory_bytes": min(peer["peak_memory_bytes"] for _, peer in pairs),
    }


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


def convert(sides, source, folder):
    """Two commands, each a process of its own: their times added, and the larger of their memories."""
    runs = [run([sides.zoo_binary, "convert", str(before), str(after)])
            for before, after in [(source, folder / "a.safetensors"), (folder / "a.safetensors", folder / "a.h5")]]
    return {"convert_ms": sum(run["ms"] for run in runs),
            "peak_memory_bytes": max(run["peak_memory_bytes"] for run in runs)}


def convert_in_python(source):
    """The same by a script: what its user waits for, and what is left without Python's start and imports."""
    whole = run([sys.executable, str(HERE / "python_files.py"), "convert", str(source), "1"])
    return {"convert_ms": whole["ms"], "imported_convert_ms": whole["answer"]["convert_ms"],
            "peak_memory_bytes": whole["peak_memory_bytes"]}


# A process counts the memory of the one that it was forked from: a small one stands between, and asks about its child.
MEASURE = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
process = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(json.dumps({
    "ms": (time.perf_counter() - start) * 1000,
    "peak_memory_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
    "answer": json.loads(process.stdout) if process.stdout.startswith("{") else None,
}))
sys.exit(process.returncode)
"""


def run(command):
    """The milliseconds of a command from its start to its end, the most memory that it had, and the JSON that it printed."""
    process = subprocess.run([sys.executable, "-S", "-c", MEASURE, *command], capture_output=True, text=True)
    if process.returncode:
        raise Failed(f"{shlex.join(command)} ended with {process.returncode}:\n{process.stderr}")
    return json.loads(process.stdout)
