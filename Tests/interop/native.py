"""The native checkpoint is a stock HDF5 file: native_h5.py has the checks."""

import os
import subprocess
import sys
from pathlib import Path

from checkpoints import path_of
from workspace import Skipped


def stock_hdf5(workspace):
    """h5py reads a checkpoint with its optimizer, and zoo reads one that h5py wrote"""
    try:
        import xxhash  # noqa: F401
    except ImportError:
        raise Skipped("the package xxhash is missing, so no digest could be checked") from None
    data = workspace.images("pictures", [(80, 60)], ["blue", "green", "red"], 4)
    checkpoint = workspace.trained("resnet18", data, "--batch-size", 4, "--limit-batches", 2, "--input-size", 64)
    process = subprocess.run(
        [sys.executable, "-B", str(Path(__file__).with_name("native_h5.py")), str(path_of(workspace, checkpoint)),
         "--zoo", os.environ["ZOO"]], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr.strip()
    return f"{len(process.stdout.splitlines())} checks"


CHECKS = [stock_hdf5]
