"""How long one waits, from the start of the process, until the first training step begins and until it is done, on a
folder of images."""

import os
import pty
import re
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cases
import images
from sides import HERE, Failed

# On a terminal `zoo train` shows its progress after the first step: `epoch 1/90 … loss 6.9077 …`.
FIRST_PROGRESS = re.compile(rb"epoch\s+1/\d+.*loss\s+\d")
PATIENCE_SECONDS = 120


def measure(sides, rounds, progress):
    """Seconds of both sides in turns, and the ratios, for each thing waited for.

    The first turn of each, with cold files, is not counted.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-bench-") as folder:
        data = Path(folder) / "images"
        images.make(data)
        turns = []
        for number in range(rounds + 1):
            turn = {"zoo": zoo_seconds(sides, data, Path(folder) / f"store{number}"), "torch": torch_seconds(sides, data)}
            if number:
                turns.append(turn)
                told = ", ".join(f"{turn['torch'][i] / turn['zoo'][i]:.1f}x to the {what}" for i, what in enumerate(
                    ("beginning of the first step", "end of it")))
                progress(f"{cases.FIRST_STEP}: round {number} of {rounds}: {told}")
    return [
        result("alexnet, b32: start of the process to the beginning of the first training step", turns, 0, 10.0),
        result("alexnet, b32: start of the process to the end of the first training step", turns, 1, None),
    ]


def result(case, turns, index, at_least):
    seconds = {side: [turn[side][index] for turn in turns] for side in ("zoo", "torch")}
    ratios = [torch / zoo for zoo, torch in zip(seconds["zoo"], seconds["torch"])]
    return {
        "case": case,
        "at_least": at_least,
        "seconds": {side: statistics.median(values) for side, values in seconds.items()},
        "ratio": dict(min=min(ratios), median=statistics.median(ratios), max=max(ratios)),
        "rounds": seconds,
    }


def zoo_seconds(sides, data, store):
    command = sides.wrap + [
        sides.zoo_binary, "train", "alexnet", "--data", str(data), "--batch-size", "32", "--epochs", "1",
        "--workers", "2", "--threads", str(sides.threads), "--run", "first-step", "--store", str(store)]
    terminal, inner = pty.openpty()
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=inner, stderr=inner, start_new_session=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"})
    os.close(inner)
    os.set_blocking(terminal, False)
    log = store / "first-step" / "log.jsonl"
    seen = b""
    ready = None
    try:
        while time.perf_counter() - start < PATIENCE_SECONDS:
            if ready is None and has_ready(log):
                ready = time.perf_counter() - start
            seen += read(terminal)
            if ready is not None and FIRST_PROGRESS.search(seen):
                return ready, time.perf_counter() - start
            time.sleep(0.002)
            if process.poll() is not None:
                break
        raise Failed(f"{shlex.join(command)} showed no first step but:\n{seen[-2000:].decode(errors='replace')}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(terminal)


def read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # nothing new, or the other end is closed
        return b""


def has_ready(log):
    """Whether the run's log says that the first step begins."""
    try:
        return b'"ready"' in log.read_bytes()
    except FileNotFoundError:
        return False


def torch_seconds(sides, data):
    command = sides.wrap + [
        sys.executable, str(HERE / "torch_train.py"), str(data), "--batch-size", "32", "--workers", "2",
        "--threads", str(sides.threads)]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=sides.environment("default")) as process:
        lines = [process.stdout.readline()]
        ready = time.perf_counter() - start
        lines.append(process.stdout.readline())
        seconds = time.perf_counter() - start
    if process.returncode or lines[0] != b"ready\n" or not lines[1].startswith(b"first step"):
        raise Failed(f"{shlex.join(command)} ended with {process.returncode} and printed {lines!r}")
    return ready, seconds
