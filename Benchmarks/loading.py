"""Reading JPEG files for a training: decode, RandomResizedCrop, flip, normalise. zoo and PyTorch's DataLoader in turns."""

import statistics
import sys
import tempfile
from pathlib import Path

import images

HERE = Path(__file__).resolve().parent
# PyTorch's users are told to take as many.
WORKERS = 2
BATCHES = 40
SIDES = ["zoo", "zoo fast", "torch"]


def measure(sides, rounds, progress):
    """Images a second of each side in each round, and what reading costs a training of AlexNet."""
    with tempfile.TemporaryDirectory(prefix="zoo-loading-") as folder:
        data = Path(folder) / "images"
        images.make(data)
        rates = {side: [] for side in SIDES}
        for number in range(rounds):
            for side in SIDES[number % 3:] + SIDES[:number % 3]:
                rates[side].append(rate(side, sides, data))
            progress(f"loading, round {number + 1}: " + ", ".join(f"{s} {rates[s][-1]:.0f}" for s in SIDES) + " images/s")
        slowdowns = []
        for number in range(rounds):
            answer = sides.answer(zoo(sides, data) + ["--train", "alexnet", "--batches", "8", "--threads", str(sides.threads)])
            slowdowns.append(answer["slowdown"])
            progress(f"training from files, round {number + 1}: {slowdowns[-1]:.3f} of the time from memory")
    ratios = {side: [ours / theirs for ours, theirs in zip(rates[side], rates["torch"])] for side in SIDES[:2]}
    return {
        "workers": WORKERS,
        "images_per_second": {side: statistics.median(values) for side, values in rates.items()},
        "ratio": {side: spread(values) for side, values in ratios.items()},
        "training_slowdown": spread(slowdowns),
    }


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def zoo(sides, data):
    return [sides.zoo_binary, "data", "bench", str(data), "--augment", "crop", "--batch-size", "32", "--json"]


def rate(side, sides, data):
    if side == "torch":
        command = [
            sys.executable, "-B", str(HERE / "torch_data.py"), str(data), "--workers", str(WORKERS), "--batches",
            str(BATCHES)]
    else:
        command = zoo(sides, data) + ["--workers", str(WORKERS), "--batches", str(BATCHES)]
        command += ["--fast-decode"] if side == "zoo fast" else []
    return sides.answer(command)["images_per_second"]
