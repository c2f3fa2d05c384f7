"""Writes losses.json beside this file: torch.nn.functional.cross_entropy of the same logits with everything that it takes, and
its derivative for the logits, in float64.

Run with any PyTorch 2.x: python losses.py. Made with torch 2.15.
"""

import itertools
import json
import pathlib

import torch

N, CLASSES = 5, 7


def main():
    torch.manual_seed(3)
    # float32, so that both sides begin with the same numbers.
    logits = (torch.randn(N, CLASSES) * 3).double()
    weights = (torch.rand(CLASSES) * 2).double()
    weights[2] = 0
    labels = torch.tensor([1, 2, 4, 2, 6])
    probabilities = torch.rand(N, CLASSES).softmax(dim=1).float().double()
    cases = []
    for kind, weighted, smoothing, ignored, reduction in itertools.product(
            ["labels", "probabilities"], [False, True], [0.0, 0.2], [None, 4, -1], ["mean", "sum"]):
        if kind == "probabilities" and ignored is not None:
            continue
        target = labels.clone() if kind == "labels" else probabilities
        if ignored == -1:
            target[3] = -1
        z = logits.clone().requires_grad_()
        loss = torch.nn.functional.cross_entropy(
            z, target, weight=weights if weighted else None, label_smoothing=smoothing, reduction=reduction,
            **({} if ignored is None else {"ignore_index": ignored}))
        loss.backward()
        case = {
            "weighted": weighted, "labelSmoothing": smoothing, "reduction": reduction, "loss": loss.item(),
            "gradient": z.grad.flatten().tolist(),
        }
        if kind == "labels":
            case["labels"] = target.tolist()
        if ignored is not None:
            case["ignored"] = ignored
        cases.append(case)
    golden = {
        "classes": CLASSES, "logits": logits.flatten().tolist(), "weights": weights.float().tolist(),
        "probabilities": probabilities.flatten().tolist(), "cases": cases,
    }
    text = json.dumps(json.loads(json.dumps(golden), parse_float=lambda x: float(f"{float(x):.9g}")))
    pathlib.Path(__file__).with_name("losses.json").write_text(text + "\n")


main()
