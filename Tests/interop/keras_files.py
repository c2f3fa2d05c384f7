"""Keras: zoo reads the weights that it writes, and it loads the weights that zoo writes, to the same outputs."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from workspace import Skipped


def keras_weights(workspace):
    """Keras loads what zoo converts from PyTorch, and zoo converts what Keras saves, to the same outputs"""
    return in_keras("keras_side.py", workspace.folder)


def keras_models(workspace):
    """alexnet, vgg11_bn and resnet18 go from PyTorch to Keras and back by their graphs, names and all, to the same outputs"""
    folder = workspace.folder / "keras_models"
    folder.mkdir()
    return in_keras("keras_models.py", folder)


def in_keras(script, folder):
    """Runs a script in a process of its own: Keras settles on a backend once for a process."""
    if importlib.util.find_spec("keras") is None:
        raise Skipped("the package keras is missing")
    process = subprocess.run(
        [sys.executable, "-B", str(Path(__file__).with_name(script)), str(folder), os.environ["ZOO"]],
        capture_output=True, text=True, env={**os.environ, "KERAS_BACKEND": "torch"})
    assert process.returncode == 0, process.stderr.strip()[-2000:]
    return process.stdout.strip()


CHECKS = [keras_weights, keras_models]
