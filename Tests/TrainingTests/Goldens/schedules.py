"""Writes schedules.json beside this file: learning rates of real PyTorch schedulers, one per position from 0, and their
state dicts at three positions.

Run with any PyTorch 2.x: python schedules.py. Made with torch 2.15.
"""

import json
import math
import pathlib
import random
import warnings
from collections import Counter

import torch
from torch.optim import lr_scheduler

# In the words of ScheduleSettings; one epoch is `epoch_steps` steps, and schedules are by step unless `by_epoch`.
CASES = [
    {"kind": "constant", "lr": 0.05, "epochs": 6},
    {"kind": "constant", "lr": 0.05, "warmup": 4, "factor": 0.1},
    {"kind": "constant", "lr": 0.05, "warmup": 4, "factor": 0.1, "warmup_shape": "constant"},
    {"kind": "step", "lr": 0.1, "size": 3, "gamma": 0.1},
    {"kind": "step", "lr": 0.4, "warmup": 5, "size": 7, "gamma": 0.5},
    {"kind": "step", "lr": 0.4, "warmup": 5, "size": 2, "gamma": 0.5, "unit": 3},
    {"kind": "multistep", "lr": 0.1, "milestones": [3, 10, 10, 25], "gamma": 0.3},
    {"kind": "multistep", "lr": 0.1, "warmup": 6, "milestones": [1, 5, 8], "gamma": 0.3, "unit": 4},
    {"kind": "exponential", "lr": 0.1, "gamma": 0.93},
    {"kind": "exponential", "lr": 0.1, "warmup": 3, "gamma": 0.9, "warmup_shape": "constant"},
    {"kind": "cosine", "lr": 0.1, "epochs": 10, "minimum": 0.0},
    {"kind": "cosine", "lr": 0.0002, "warmup": 3, "epochs": 50, "minimum": 1e-6},
    {"kind": "cosine", "lr": 0.5, "warmup": 1, "factor": 0.3333333333333333, "epochs": 2, "minimum": 0.1},
    {"kind": "cosine-restarts", "lr": 0.1, "restart": 7, "restart_factor": 1, "minimum": 0.001},
    {"kind": "cosine-restarts", "lr": 0.1, "restart": 3, "restart_factor": 2, "minimum": 0.0},
    {"kind": "cosine-restarts", "lr": 0.1, "warmup": 5, "restart": 2, "restart_factor": 3, "minimum": 0.0, "unit": 2},
    {"kind": "one-cycle", "lr": 0.1, "epochs": 50},
    {"kind": "one-cycle", "lr": 0.3, "epochs": 50, "rise": 0.45, "divisor": 10, "final_divisor": 100,
     "annealing": "linear", "three_phases": True},
    {"kind": "one-cycle", "lr": 0.3, "epochs": 50, "rise": 0.25, "annealing": "cosine", "three_phases": True},
    {"kind": "polynomial", "lr": 0.1, "epochs": 30, "power": 0.9},
    {"kind": "polynomial", "lr": 0.1, "warmup": 5, "epochs": 50, "power": 2.0},
    {"kind": "sequence", "lr": 0.1, "text": "constant:5,exponential:10,cosine", "gamma": 0.8, "epochs": 50},
    {"kind": "sequence", "lr": 0.1, "warmup": 4, "text": "polynomial:10,step", "gamma": 0.5, "size": 8, "power": 1.5},
    {"kind": "product", "lr": 0.1, "text": "step*exponential", "gamma": 0.9, "size": 5},
    {"kind": "product", "lr": 0.1, "text": "cosine*multistep", "gamma": 0.5, "milestones": [10, 20], "epochs": 50},
    {"kind": "plateau", "lr": 0.1, "metric": "loss", "plateau": [0.5, 2, 1e-4, "relative", 0], "minimum": 0.001},
    {"kind": "plateau", "lr": 0.1, "metric": "top1", "plateau": [0.3, 1, 0.01, "absolute", 3], "minimum": 0.0},
]
POSITIONS = 50


def single(kind, optimizer, case, length):
    unit = case.get("unit", 1)
    if kind == "constant":
        return lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=0)
    if kind == "step":
        return lr_scheduler.StepLR(optimizer, step_size=case["size"] * unit, gamma=case["gamma"])
    if kind == "multistep":
        return lr_scheduler.MultiStepLR(optimizer, [epoch * unit for epoch in case["milestones"]], gamma=case["gamma"])
    if kind == "exponential":
        return lr_scheduler.ExponentialLR(optimizer, case["gamma"])
    if kind == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, T_max=length, eta_min=case.get("minimum", 0))
    if kind == "cosine-restarts":
        return lr_scheduler.CosineAnnealingWarmRestarts(
            optimizer, case["restart"] * unit, case["restart_factor"], case["minimum"])
    if kind == "polynomial":
        return lr_scheduler.PolynomialLR(optimizer, length, case["power"])
    if kind == "one-cycle":
        return lr_scheduler.OneCycleLR(
            optimizer, case["lr"], total_steps=length, pct_start=case.get("rise", 0.3),
            anneal_strategy="linear" if case.get("annealing") == "linear" else "cos", cycle_momentum=False,
            div_factor=case.get("divisor", 25), final_div_factor=case.get("final_divisor", 1e4),
            three_phase=case.get("three_phases", False))
    factor, patience, threshold, mode, cooldown = case["plateau"]
    return lr_scheduler.ReduceLROnPlateau(
        optimizer, "min" if case["metric"] == "loss" else "max", factor, patience, threshold,
        {"relative": "rel", "absolute": "abs"}[mode], cooldown, case["minimum"])


def scheduler(optimizer, case):
    warmup = case.get("warmup", 0)
    length = max(case.get("epochs", POSITIONS) * case.get("unit", 1) - warmup, 1)
    if case["kind"] == "product":
        return lr_scheduler.ChainedScheduler(
            [single(kind, optimizer, case, length) for kind in case["text"].split("*")], optimizer)
    parts, milestones = [], []
    if warmup:
        factor = case.get("factor", 0.01)
        parts.append(
            lr_scheduler.ConstantLR(optimizer, factor, warmup) if case.get("warmup_shape") == "constant"
            else lr_scheduler.LinearLR(optimizer, factor, total_iters=warmup))
        milestones.append(warmup)
    if case["kind"] == "sequence":
        stages = [stage.split(":") for stage in case["text"].split(",")]
        for stage in stages:
            own = int(stage[1]) if len(stage) > 1 else length
            parts.append(single(stage[0], optimizer, case, own))
            if len(stage) > 1:
                milestones.append((milestones or [0])[-1] + own)
                length -= own
    else:
        parts.append(single(case["kind"], optimizer, case, length))
    return parts[0] if len(parts) == 1 else lr_scheduler.SequentialLR(optimizer, parts, milestones)


def plain(value):
    if isinstance(value, Counter):
        return sorted(value.elements())
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def main():
    warnings.simplefilter("ignore")
    for case in CASES:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=case["lr"])
        schedule = scheduler(optimizer, case)
        case["rates"], case["states"] = [], {}
        if case["kind"] == "plateau":
            draw = random.Random(7)
            case["values"] = [round(1 / (1 + 0.1 * min(step, 12)) + 0.02 * draw.random(), 6) for step in range(POSITIONS)]
            if case["metric"] == "top1":
                case["values"] = [round(1 - value, 6) for value in case["values"]]
        for position in range(POSITIONS):
            case["rates"].append(optimizer.param_groups[0]["lr"])
            if position in (0, 7, 31):
                case["states"][position] = plain(schedule.state_dict())
            if case["kind"] == "one-cycle" and position == POSITIONS - 1:
                break
            optimizer.step()
            schedule.step(*([case["values"][position]] if case["kind"] == "plateau" else []))
    path = pathlib.Path(__file__).with_name("schedules.json")
    lines = ",\n".join(json.dumps(case) for case in CASES)
    path.write_text(f"[\n{lines}\n]\n")


main()
