"""Measures what bfloat16 changes against fp32, for the page on precision: gradients of one step, and curves of a training.

  python Benchmarks/precision.py gradients [MODEL…]
  python Benchmarks/precision.py curves MODEL [--steps N] [--seeds N]

Needs a release build of zoo (or the variable ZOO, which names another), the system package dataset-fashion-mnist, h5py and
numpy. Runs are kept in a temporary folder.
Processors without bfloat16 emulate it: the numbers are the same to the order of sums.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

import h5py
import numpy as np

ZOO = pathlib.Path(os.environ.get("ZOO", pathlib.Path(__file__).parent.parent / ".build/release/zoo"))


def train(store, run, model, *options):
    command = [ZOO, "train", model, "--data", "fashion-mnist", "--run", run, "--store", store, "--epochs", "1", *options]
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return pathlib.Path(store) / run


def gradients(models):
    """The first momentum buffer of SGD is the gradient itself."""
    for model in models:
        found = {}
        with tempfile.TemporaryDirectory() as store:
            for precision in ["fp32", "bf16-emulated"]:
                folder = train(
                    store, precision, model, "--precision", precision, "--no-winograd", "--limit-batches", 1,
                    "--limit-val-batches", 1, "--batch-size", 8, "--momentum", 0.9, "--weight-decay", 0, "--seed", 1)
                with h5py.File(folder / "last.h5") as file:
                    state = file["optimizer/state"]
                    found[precision] = {}
                    state.visititems(lambda name, item: found[precision].update(
                        {name: item[...].astype(np.float64)}) if name.endswith("momentum_buffer") else None)
        errors = {
            name.removesuffix("/momentum_buffer"):
            np.linalg.norm(found["bf16-emulated"][name] - exact) / np.linalg.norm(exact)
            for name, exact in found["fp32"].items()}
        largest = max(errors, key=errors.get)
        print(
            f"{model}: {len(errors)} gradients, relative error: smallest {min(errors.values()):.2%}, median "
            f"{statistics.median(errors.values()):.2%}, largest {errors[largest]:.2%} ({largest})", flush=True)


def curves(model, steps, seeds):
    """Losses of training steps and the last validation: bfloat16, fp32, and fp32 that only sums in another order."""
    kinds = {
        "fp32": ["--no-winograd"], "fp32, Winograd": [], "bf16": ["--precision", "bf16-emulated"],
    }
    for seed in range(1, seeds + 1):
        found = {}
        with tempfile.TemporaryDirectory() as store:
            for kind, options in kinds.items():
                folder = train(
                    store, kind.replace(", ", "-"), model, *options, "--optimizer", "adam", "--lr", 0.001, "--limit-batches", steps,
                    "--limit-val-batches", 100, "--batch-size", 32, "--seed", seed)
                entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
                losses = {e["step"]: e["batch_loss"] for e in entries if e["event"] == "step"}
                found[kind] = losses, [e for e in entries if e["event"] == "epoch"][-1]
        exact = found["fp32"][0]
        for kind, (losses, epoch) in found.items():
            differences = [abs(losses[step] - exact[step]) for step in exact]
            print(
                f"{model}, seed {seed}, {kind}: after {epoch['step']} steps training loss {epoch['loss']:.4f}, validation loss "
                f"{epoch['val_loss']:.4f}, top-1 {epoch['val_top1']:.2%}; the loss of a batch differs by "
                f"{statistics.mean(differences):.4f} in the mean and {max(differences):.4f} at most, at {len(differences)} steps", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("gradients").add_argument("models", nargs="*", default=["alexnet", "resnet18", "vgg11_bn"])
    curve = commands.add_parser("curves")
    curve.add_argument("model")
    curve.add_argument("--steps", type=int, default=300)
    curve.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.command == "gradients":
        gradients(arguments.models)
    else:
        curves(arguments.model, arguments.steps, arguments.seeds)


main()
