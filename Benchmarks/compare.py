"""Compares zoo with PyTorch and prints the result as Markdown. Started by `run`, which see."""

import argparse
import json
import os
import sys
from fnmatch import fnmatch
from pathlib import Path

import cases
import extras
import families
import files
import first_step
import loading
import machine
import report
import saving
import speed
from sides import Failed, Sides


def arguments():
    parser = argparse.ArgumentParser(
        prog="Benchmarks/run", description="Compares zoo with PyTorch, side by side.",
        epilog="Cases: " + ", ".join(cases.NAMES))
    parser.add_argument("--only", action="append", metavar="PATTERN", default=[],
                        help="cases to run, such as 'alexnet-train-*'; may be given several times; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side, 5 by default")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)),
                        help="compute threads of both sides, all processors by default")
    parser.add_argument("--wrap", default="", metavar="COMMAND",
                        help="a command to run each measurement under, such as 'taskset -c 0,1'")
    parser.add_argument("--output", metavar="FILE", help="also write the report to FILE and the numbers to FILE.json")
    result = parser.parse_args()
    if result.rounds < 1 or result.threads < 1:
        parser.error("--rounds and --threads are at least 1")
    result.chosen = [n for n in cases.NAMES if not result.only or any(fnmatch(n, p) for p in result.only)]
    if not result.chosen:
        parser.error(f"no case is called {result.only}; there are {', '.join(cases.NAMES)}")
    return result


def progress(line):
    print(line, file=sys.stderr, flush=True)


def main():
    options = arguments()
    sides = Sides(options.threads, options.wrap)
    document = {"machine": machine.describe(sides.zoo_binary, options.threads), "speed": [], "saving": [], "extras": [], "files": [],
                "data": [], "seconds": [], "families": []}
    try:
        for case in cases.SPEED:
            if case.name in options.chosen:
                document["speed"].append(speed.measure(case, sides, options.rounds, progress))
                write(document, options.output)
        if cases.SAVE in options.chosen:
            document["saving"].append(saving.measure("alexnet", sides, options.rounds, progress))
            write(document, options.output)
        if cases.EXTRAS in options.chosen:
            document["extras"].append(extras.measure("alexnet", sides, options.rounds, progress))
            write(document, options.output)
        if cases.FILES in options.chosen:
            document["files"].append(files.measure("alexnet", sides, options.rounds, progress))
            write(document, options.output)
        if cases.DATA in options.chosen:
            document["data"].append(loading.measure(sides, options.rounds, progress))
            write(document, options.output)
        for name, mode in [(cases.FAMILIES_TRAIN, "train"), (cases.FAMILIES_INFER, "infer")]:
            if name in options.chosen:
                chosen = [case for case in cases.FAMILY_SPEED if case.mode == mode]
                document["families"].append(families.measure(mode, chosen, sides, options.rounds, progress))
                write(document, options.output)
        if cases.FIRST_STEP in options.chosen:
            document["seconds"].extend(first_step.measure(sides, options.rounds, progress))
    except Failed as failure:
        sys.exit(f"error: {failure}")
    write(document, options.output)
    print(report.markdown(document))


def write(document, path):
    """Writes what is known so far, so that an interrupted comparison leaves what it measured."""
    if path:
        Path(path).write_text(report.markdown(document))
        Path(path + ".json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
