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
    {"kind": "one-cycle", "lr": 0.1, "epochs": 50, "momenta": [0.85, 0.95]},
    {"kind": "one-cycle", "lr": 0.1, "epochs": 50, "momenta": [0.8, 0.9], "annealing": "linear", "rise": 0.4,
     "optimizer": "adamw"},
    {"kind": "one-cycle", "lr": 0.1, "epochs": 50, "momenta": [0.7, 0.97], "rise": 0.25, "three_phases": True,
     "optimizer": "rmsprop"},
    {"kind": "polynomial", "lr": 0.1, "epochs": 30, "power": 0.9},
    {"kind": "polynomial", "lr": 0.1, "warmup": 5, "epochs": 50, "power": 2.0},
    {"kind": "sequence", "lr": 0.1, "text": "constant:5,exponential:10,cosine", "gamma": 0.8, "epochs": 50},
    {"kind": "sequence", "lr": 0.1, "warmup": 4, "text": "polynomial:10,step", "gamma": 0.5, "size": 8, "power": 1.5},
    {"kind": "sequence", "lr": 0.1, "epochs": 50,
     "text": "linear(from=0.2,to=1):5,constant:10,linear(from=1,to=0.1,epochs=12):15,step(gamma=0.3,step-epochs=4)"},
    {"kind": "sequence", "lr": 0.1, "epochs": 50, "unit": 2,
     "text": "constant(factor=0.3,epochs=3):4,cosine(min-lr=0.01,epochs=9):6,"
             "multistep(milestones=1;2,gamma=0.5):5,cosine-restarts(restart-epochs=2,restart-factor=2,min-lr=0.001)"},
    {"kind": "product", "lr": 0.1, "text": "step*exponential", "gamma": 0.9, "size": 5},
    {"kind": "product", "lr": 0.1, "text": "constant(factor=0.1,epochs=20)*exponential(gamma=0.9)"},
    {"kind": "product", "lr": 0.1, "unit": 2,
     "text": "linear(from=0.25,to=1,epochs=6)*polynomial(power=2,epochs=24)*step(step-epochs=5,gamma=0.5)"},
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
            anneal_strategy="linear" if case.get("annealing") == "linear" else "cos", cycle_momentum="momenta" in case,
            base_momentum=case.get("momenta", [0])[0], max_momentum=case.get("momenta", [0])[-1],
            div_factor=case.get("divisor", 25), final_div_factor=case.get("final_divisor", 1e4),
            three_phase=case.get("three_phases", False))
    factor, patience, threshold, mode, cooldown = case["plateau"]
    return lr_scheduler.ReduceLROnPlateau(
        optimizer, "min" if case["metric"] == "loss" else "max", factor, patience, threshold,
        {"relative": "rel", "absolute": "abs"}[mode], cooldown, case["minimum"])


def part(text, optimizer, case, length):
    """A part of a chain or a sequence, with what it says itself in brackets."""
    kind, _, said = text.rstrip(")").partition("(")
    own, unit = {}, case.get("unit", 1)
    for word in filter(None, said.split(",")):
        key, value = word.split("=")
        own[key] = [int(number) for number in value.split(";")] if key == "milestones" else float(value)
    if "epochs" in own:
        length = int(own["epochs"] * unit)
    if kind == "linear":
        return lr_scheduler.LinearLR(optimizer, own.get("from", 1), own.get("to", 0), length)
    if kind == "constant" and "factor" in own:
        return lr_scheduler.ConstantLR(optimizer, own["factor"], length)
    names = {"gamma": "gamma", "step-epochs": "size", "min-lr": "minimum", "power": "power",
             "milestones": "milestones", "restart-epochs": "restart", "restart-factor": "restart_factor"}
    case = {**case, **{names[key]: value for key, value in own.items() if key in names}}
    for key in ("size", "restart", "restart_factor"):
        if key in case:
            case[key] = int(case[key])
    if kind == "exponential":
        case["gamma"] **= 1 / unit
    return single(kind, optimizer, case, length)


def split(text, separator):
    """The parts between separators that are in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def scheduler(optimizer, case):
    warmup = case.get("warmup", 0)
    length = max(case.get("epochs", POSITIONS) * case.get("unit", 1) - warmup, 1)
    if case["kind"] == "product":
        return lr_scheduler.ChainedScheduler(
            [part(text, optimizer, case, length) for text in split(case["text"], "*")], optimizer)
    parts, milestones = [], []
    if warmup:
        factor = case.get("factor", 0.01)
        parts.append(
            lr_scheduler.ConstantLR(optimizer, factor, warmup) if case.get("warmup_shape") == "constant"
            else lr_scheduler.LinearLR(optimizer, factor, total_iters=warmup))
        milestones.append(warmup)
    if case["kind"] == "sequence":
        stages = [split(stage, ":") for stage in split(case["text"], ",")]
        for stage in stages:
            own = int(stage[1]) * case.get("unit", 1) if len(stage) > 1 else length
            parts.append(part(stage[0], optimizer, case, own))
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
        parameters = [torch.nn.Parameter(torch.zeros(1))]
        kinds = {"adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}
        optimizer = kinds.get(case.get("optimizer"), torch.optim.SGD)(parameters, lr=case["lr"])
        schedule = scheduler(optimizer, case)
        case["rates"], case["states"] = [], {}
        if case["kind"] == "plateau":
            draw = random.Random(7)
            case["values"] = [round(1 / (1 + 0.1 * min(step, 12)) + 0.02 * draw.random(), 6) for step in range(POSITIONS)]
            if case["metric"] == "top1":
                case["values"] = [round(1 - value, 6) for value in case["values"]]
        for position in range(POSITIONS):
            group = optimizer.param_groups[0]
            case["rates"].append(group["lr"])
            if "momenta" in case:
                case.setdefault("momentums", []).append(group["betas"][0] if "betas" in group else group["momentum"])
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
