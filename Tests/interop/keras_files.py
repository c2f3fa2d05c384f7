"""Keras: zoo reads the weights that it writes, and it loads the weights that zoo writes, to the same outputs."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from workspace import Skipped


def keras_weights(workspace):
    """Keras loads what zoo converts from PyTorch, and zoo converts what Keras saves, to the same outputs"""
    if importlib.util.find_spec("keras") is None:
        raise Skipped("the package keras is missing")
    # Keras settles on a backend once for a process.
    process = subprocess.run(
        [sys.executable, "-B", str(Path(__file__).with_name("keras_side.py")), str(workspace.folder), os.environ["ZOO"]],
        capture_output=True, text=True, env={**os.environ, "KERAS_BACKEND": "torch"})
    assert process.returncode == 0, process.stderr.strip()[-2000:]
    return process.stdout.strip()


CHECKS = [keras_weights]
