"""The two sides: how each is started, and what it answers."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What PyTorch's memory needs to be at its best with large tensors: huge pages, and nothing given back between steps.
TUNED_ALLOCATOR = {
    "THP_MEM_ALLOC_ENABLE": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_TRIM_THRESHOLD_": "100000000000",
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "1000000000",
}

# The PyTorch variants that zoo is compared with; the ratio is against the faster one of each round.
VARIANTS = ["best", "default"]


class Failed(Exception):
    """A side that did not give an answer."""


class Sides:
    """Starts measurements, each in a process of its own."""

    def __init__(self, threads, wrap):
        self.zoo_binary = os.environ.get("ZOO", str(HERE.parent / ".build/release/zoo"))
        self.threads = threads
        self.wrap = shlex.split(wrap)

    def zoo(self, case):
        """What `zoo bench` says of a speed case."""
        return self.answer([
            self.zoo_binary, "bench", case.model, "--mode", case.mode, "--batch-size", str(case.batch),
            "--input-size", str(case.size), "--threads", str(self.threads), "--steps", str(case.steps), "--json"])

    def torch(self, case, variant):
        """What torch_bench.py says of a speed case."""
        return self.answer([
            sys.executable, "-B", str(HERE / "torch_bench.py"), case.model, "--mode", case.mode,
            "--batch-size", str(case.batch), "--threads", str(self.threads), "--steps", str(case.steps),
            "--input-size", str(case.size), "--variant", variant], self.environment(variant))

    def onnxruntime(self, case, model):
        """What onnx_bench.py says of an inference case, given the model's file."""
        return self.answer([
            sys.executable, "-B", str(HERE / "onnx_bench.py"), model, "--batch-size", str(case.batch),
            "--input-size", str(case.size), "--threads", str(self.threads), "--steps", str(case.steps)])

    def export(self, case, folder):
        """The model of a case as an ONNX file, by PyTorch's own exporter; made once in a folder."""
        path = str(Path(folder) / f"{case.model}.onnx")
        if Path(path).exists():
            return path
        self.run([sys.executable, "-B", str(HERE / "onnx_models.py"), case.model, path, "--batch-size",
                  str(case.batch), "--input-size", str(case.size)])
        return path

    def environment(self, variant):
        """The variables that a variant of PyTorch is started with."""
        return os.environ | (TUNED_ALLOCATOR if variant == "best" else {})

    def answer(self, command, environment=None):
        """The JSON that a command prints."""
        output = self.run(command, environment)
        try:
            return json.loads(output)
        except json.JSONDecodeError:
            raise Failed(f"{shlex.join(command)} printed no JSON but:\n{output[:500]}") from None

    def run(self, command, environment=None):
        """What a command prints."""
        process = subprocess.run(self.wrap + command, capture_output=True, text=True, env=environment)
        if process.returncode:
            raise Failed(f"{shlex.join(command)} ended with {process.returncode}:\n{process.stderr.strip()}")
        return process.stdout
