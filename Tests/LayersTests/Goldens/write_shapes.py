"""Writes shapes.json: what real torch makes of random windows, and which it refuses ("output": null).

Needs torch (made with 2.15). Sizes, kernels, strides, paddings and dilations are small, so that every rule is met: paddings beyond
half a kernel, kernels beyond the image, and ceil mode's last window that would start in the padding.
"""

import json
import pathlib
import random

import torch
from torch import nn

random.seed(2015)


def pair(low, high):
    first = random.randint(low, high)
    return [first, first if random.random() < 0.5 else random.randint(low, high)]


def case(operation):
    channels = 4
    fields = {
        "operation": operation,
        "input": [channels, *pair(1, 14)],
        "kernel": pair(1, 5),
        "stride": pair(1, 4),
        "padding": pair(0, 2),
        "dilation": [1, 1] if operation == "avgPool2d" or random.random() < 0.6 else pair(1, 3),
        "ceilMode": operation != "conv2d" and random.random() < 0.6,
    }
    kernel, stride, padding, dilation = (tuple(fields[k]) for k in ("kernel", "stride", "padding", "dilation"))
    if operation == "conv2d":
        module = nn.Conv2d(channels, 6, kernel, stride, padding, dilation)
    elif operation == "maxPool2d":
        module = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=fields["ceilMode"])
    else:
        module = nn.AvgPool2d(kernel, stride, padding, ceil_mode=fields["ceilMode"])
    try:
        fields["output"] = list(module(torch.zeros(1, *fields["input"])).shape[1:])
    except RuntimeError:
        fields["output"] = None
    return fields


cases = [case(operation) for operation in ("conv2d", "maxPool2d", "avgPool2d") for _ in range(150)]
lines = ",\n".join(json.dumps(fields) for fields in cases)
pathlib.Path(__file__).with_name("shapes.json").write_text(f"[\n{lines}\n]\n")
