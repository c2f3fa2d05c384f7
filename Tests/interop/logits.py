"""The same weights give the same answers: zoo's networks against torchvision's."""

import json
import math

import torch

from checkpoints import path_of
from torch_side import TorchSide

MODELS = [
    "alexnet", "alexnet_bn", "vgg11_bn", "resnet18", "resnext50_32x4d", "wide_resnet50_2", "squeezenet1_1", "densenet121",
]
SIZES = [(300, 260), (224, 224), (256, 400), (96, 120)]
CLASSES = ["blue", "green", "red"]

# Of logarithms of probabilities, and of the largest of them where that is above 1. Both sides compute in float32, sum in their own order, and zoo may use Winograd's
# algorithm; the answers for the images must differ by much more than that, or their agreement would say nothing.
TOLERANCE = 2e-6
LEAST_SPREAD = 100 * TOLERANCE


def probabilities_of(model):
    def check(workspace):
        data = workspace.images("pictures", SIZES, CLASSES, 4)
        checkpoint = workspace.trained(model, data, "--batch-size", 4, "--limit-batches", 2)
        paths = sorted(data.rglob("*.png"))
        torch_side = TorchSide(path_of(workspace, checkpoint))
        expected = torch.log_softmax(torch_side.logits(paths).double(), 1)
        spread = (expected.amax(0) - expected.amin(0)).max().item()
        assert spread > LEAST_SPREAD, f"the answers differ by {spread:.1e} only, so this tells nothing"
        lines = workspace.zoo(
            "predict", checkpoint, *paths, "--store", workspace.store, "--top", len(CLASSES), "--json").splitlines()
        answer = {entry["image"]: entry["predictions"] for entry in map(json.loads, lines)}
        worst = 0.0
        for row, path in zip(expected, paths):
            found = {guess["class"]: guess["probability"] for guess in answer[str(path)]}
            for name, logarithm in zip(torch_side.class_names, row.tolist()):
                worst = max(worst, abs(math.log(found[name]) - logarithm))
        allowed = TOLERANCE * max(1, expected.abs().max().item())
        assert worst <= allowed, f"a logarithm of a probability differs by {worst:.1e}, more than {allowed:.0e}"
        return f"{len(paths)} images that differ by {spread:.0e}, largest error {worst:.0e}, allowed {allowed:.0e}"
    check.__name__ = f"probabilities_of_{model}"
    check.__doc__ = f"{model} predicts what torchvision's {model} predicts with the same weights"
    return check


CHECKS = [probabilities_of(model) for model in MODELS]
