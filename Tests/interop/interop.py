"""Runs the checks and says what became of each. Started by `run`, which see."""

import argparse
import sys
import tempfile
import traceback

import averages
import continuity
import evaluation
import events
import features
import flat_files
import folders
import hdf_files
import hdf_random
import keras_files
import logits
import native
import onnx_export
import onnx_import
import optimizers
import schedules
import shards
import torch_files
from workspace import Skipped, Workspace

CHECKS = [
    *native.CHECKS, *hdf_files.CHECKS, *hdf_random.CHECKS, *keras_files.CHECKS, *torch_files.CHECKS, *flat_files.CHECKS,
    *folders.CHECKS, *logits.CHECKS, *features.CHECKS, *evaluation.CHECKS, *continuity.CHECKS,
    *optimizers.CHECKS, *averages.CHECKS, *onnx_export.CHECKS, *onnx_import.CHECKS, *shards.CHECKS, *schedules.CHECKS, *events.CHECKS]


def main():
    parser = argparse.ArgumentParser(prog="Tests/interop/run", description="Tests zoo against its peers.")
    parser.add_argument("--only", default="", metavar="TEXT", help="checks whose name has this in it")
    parser.add_argument("--large", action="store_true", help="test models of very many parameters too")
    arguments = parser.parse_args()
    chosen = [check for check in CHECKS if arguments.only in check.__name__]
    passed, skipped, failed = [], [], []
    with tempfile.TemporaryDirectory(prefix="zoo-interop-") as folder:
        workspace = Workspace(folder, tests_large=arguments.large)
        for check in chosen:
            title = check.__doc__.splitlines()[0]
            try:
                detail = check(workspace)
                passed.append(title)
                print(f"passed   {title}{f' ({detail})' if detail else ''}", flush=True)
            except Skipped as reason:
                skipped.append(f"{title}: {reason}")
                print(f"SKIPPED  {title}: {reason}", flush=True)
            except Exception as error:  # every check is heard
                failed.append(title)
                print(f"FAILED   {title}: {error}", flush=True)
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
    print(f"interop: {len(passed)} passed, {len(failed)} failed, {len(skipped)} SKIPPED")
    for line in skipped:
        print(f"  not tested here: {line}")
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
