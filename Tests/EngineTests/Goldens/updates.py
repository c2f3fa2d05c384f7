"""Writes updates.json beside this file: what one step of real PyTorch on a batch makes of a linear layer, with gradients as
they are, clipped by norm and clipped by value, in float64.

Run with any PyTorch 2.x: python updates.py. Made with torch 2.15.
"""

import json
import pathlib

import torch

N, INPUTS, CLASSES = 6, 4, 3
RATE = 0.5
CASES = [{}, {"norm": 0.1}, {"norm": 1000.0}, {"value": 0.05}]


def main():
    torch.manual_seed(5)
    images, labels = torch.randn(N, INPUTS) * 2, torch.randint(CLASSES, (N, ))
    start = torch.nn.Linear(INPUTS, CLASSES)
    weights = torch.tensor([1.0, 4.0, 0.25])
    cases = []
    for case in CASES:
        layer = torch.nn.Linear(INPUTS, CLASSES).double()
        layer.load_state_dict(start.state_dict())
        optimizer = torch.optim.SGD(layer.parameters(), lr=RATE)
        torch.nn.functional.cross_entropy(layer(images.double()), labels, weight=weights.double()).backward()
        result = dict(case)
        if "norm" in case:
            result["length"] = torch.nn.utils.clip_grad_norm_(layer.parameters(), case["norm"]).item()
        if "value" in case:
            torch.nn.utils.clip_grad_value_(layer.parameters(), case["value"])
        optimizer.step()
        result |= {"weight": layer.weight.flatten().tolist(), "bias": layer.bias.tolist()}
        cases.append(result)
    golden = {
        "images": images.flatten().tolist(), "labels": labels.tolist(), "rate": RATE,
        "classWeights": weights.tolist(), "weight": start.weight.flatten().tolist(), "bias": start.bias.tolist(),
        "cases": cases,
    }
    pathlib.Path(__file__).with_name("updates.json").write_text(json.dumps(golden) + "\n")


main()
