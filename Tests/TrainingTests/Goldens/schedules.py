"""Writes schedules.json beside this file: learning rates of real PyTorch schedulers, one per position from 0.

Run with any PyTorch 2.x: python schedules.py. Made with torch 2.15.
"""

import json
import pathlib
import warnings

import torch
from torch.optim import lr_scheduler

CASES = [
    {"kind": "constant", "lr": 0.05, "warmup": 0, "factor": 0.01, "count": 6},
    {"kind": "constant", "lr": 0.05, "warmup": 4, "factor": 0.1, "count": 10},
    {"kind": "step", "lr": 0.1, "warmup": 0, "factor": 0.01, "size": 3, "gamma": 0.1, "count": 12},
    {"kind": "step", "lr": 0.4, "warmup": 5, "factor": 0.01, "size": 7, "gamma": 0.5, "count": 40},
    {"kind": "cosine", "lr": 0.1, "warmup": 0, "factor": 0.01, "length": 10, "minimum": 0.0, "count": 11},
    {"kind": "cosine", "lr": 0.0002, "warmup": 3, "factor": 0.01, "length": 97, "minimum": 1e-6, "count": 101},
    {"kind": "cosine", "lr": 0.5, "warmup": 1, "factor": 0.3333333333333333, "length": 1, "minimum": 0.1, "count": 3},
]


def scheduler(optimizer, case):
    if case["kind"] == "constant":
        after = lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)
    elif case["kind"] == "step":
        after = lr_scheduler.StepLR(optimizer, step_size=case["size"], gamma=case["gamma"])
    else:
        after = lr_scheduler.CosineAnnealingLR(optimizer, T_max=case["length"], eta_min=case["minimum"])
    if case["warmup"] == 0:
        return after
    warm = lr_scheduler.LinearLR(optimizer, start_factor=case["factor"], total_iters=case["warmup"])
    return lr_scheduler.SequentialLR(optimizer, [warm, after], milestones=[case["warmup"]])


def main():
    warnings.simplefilter("ignore")
    for case in CASES:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=case["lr"])
        schedule = scheduler(optimizer, case)
        case["rates"] = []
        for _ in range(case.pop("count")):
            case["rates"].append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
    path = pathlib.Path(__file__).with_name("schedules.json")
    path.write_text(json.dumps(CASES, indent=1) + "\n")


main()
