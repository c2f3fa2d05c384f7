"""Writes averages.json beside this file: what timm's ModelEmaV3 makes of a net whose tensors change at each step, with and
without warm-up, and with buffers averaged or copied; and that torchvision's scripts' average is the same where they can be.

Run with timm 1.0 or newer: python averages.py. Made with torch 2.15 and timm 1.0.31.
"""

import json
import pathlib

import torch
from timm.utils import ModelEmaV3
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

STEPS, DECAY = 6, 0.9


def net():
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 2), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3))


def numbers(model):
    return {k: v.flatten().tolist() for k, v in model.state_dict().items()}


def main():
    torch.manual_seed(4)
    model = net()
    cases = [{"warmup": warmup, "copiesStatistics": copies} for warmup in (False, True) for copies in (False, True)]
    averages = [
        ModelEmaV3(model, decay=DECAY, use_warmup=case["warmup"], exclude_buffers=case["copiesStatistics"])
        for case in cases
    ]
    other = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(DECAY), use_buffers=True)
    states = []
    for step in range(STEPS):
        with torch.no_grad():
            for tensor in model.state_dict().values():
                if tensor.is_floating_point():
                    tensor.add_(torch.randn_like(tensor))
                else:
                    tensor.add_(1)
        states.append(numbers(model))
        for average in averages:
            average.update(model, step=step + 1)
        other.update_parameters(model)
    for case, average in zip(cases, averages):
        case["average"] = numbers(average.module)
        case["decays"] = [average.get_decay(step + 1) for step in range(STEPS)]
    for name, values in other.module.state_dict().items():
        if values.is_floating_point():
            torch.testing.assert_close(values.flatten(), torch.tensor(cases[0]["average"][name]))
    golden = {"decay": DECAY, "states": states, "cases": cases}
    pathlib.Path(__file__).with_name("averages.json").write_text(json.dumps(golden) + "\n")


main()
