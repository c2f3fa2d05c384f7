"""Writes mixing.json beside this file: what torchvision's MixUp and CutMix make of a batch, with the parameters that they
drew.

Run with any torchvision 0.17 or newer: python make_mixing.py. Made with torch 2.15 and torchvision 0.29.
"""

import base64
import json
import pathlib

import torch
from torchvision.transforms import v2

N, CHANNELS, HEIGHT, WIDTH, CLASSES = 4, 2, 5, 7, 3


def text(tensor):
    return base64.b64encode(tensor.contiguous().numpy().tobytes()).decode()


def main():
    torch.manual_seed(2)
    images, labels = torch.randn(N, CHANNELS, HEIGHT, WIDTH), torch.tensor([2, 0, 1, 1])
    cases = []
    for kind, alpha in [(v2.MixUp, 0.2), (v2.MixUp, 1.0), (v2.CutMix, 1.0), (v2.CutMix, 1.0), (v2.CutMix, 1.0)]:
        mix = kind(alpha=alpha, num_classes=CLASSES)
        parameters = {}
        make = mix.make_params
        mix.make_params = lambda inputs: parameters.update(make(inputs)) or parameters
        mixed, targets = mix(images, labels)
        case = {"images": text(mixed), "targets": targets.flatten().tolist()}
        if kind is v2.MixUp:
            case["share"] = parameters["lam"]
        else:
            case["box"] = parameters["box"]
        cases.append(case)
    golden = {
        "shape": [N, CHANNELS, HEIGHT, WIDTH], "classes": CLASSES, "images": text(images), "labels": labels.tolist(),
        "cases": cases,
    }
    pathlib.Path(__file__).with_name("mixing.json").write_text(json.dumps(golden) + "\n")


main()
