"""Records what real torchvision computes for one small model of each family: models.json.

    models.py

Weights and images are not stored: this script and ModelGoldens.swift fill them by one rule (`filled`). Forward and backward run in
float64 with the float32 numbers of that rule; dropout and stochastic depth have the probability 0. Needs torch and torchvision
(made with 2.15 and 0.29); no weights are downloaded.
"""

import json
import math
import pathlib
import warnings

import numpy
import torch
import torchvision
from torch import nn

CLASSES = 10
# The model, the side of its images, and how many there are.
MODELS = [
    ("alexnet", 64, 2),
    ("vgg11_bn", 32, 2),
    ("resnet18", 64, 4),
    ("resnext50_32x4d", 64, 4),
    ("squeezenet1_1", 64, 2),
    ("densenet121", 64, 4),
    ("mnasnet0_5", 64, 4),
    ("googlenet", 64, 4),
    # Its auxiliary head needs 17 pixels where the others need one.
    ("inception_v3", 299, 2),
    ("shufflenet_v2_x0_5", 64, 4),
    ("mobilenet_v2", 64, 4),
    ("mobilenet_v3_small", 64, 4),
    ("efficientnet_b0", 64, 4),
    ("efficientnet_v2_s", 64, 4),
    ("regnet_x_400mf", 64, 4),
    ("regnet_y_400mf", 64, 4),
    ("convnext_tiny", 64, 2),
]
# What the gains of normalisation are multiplied by. With gains of about one, forty blocks of SiLU and residual sums make
# float32 tell nothing about efficientnet_v2_s: PyTorch's own logits are off by half of the largest.
GAINS = {"efficientnet_v2_s": 0.8}
AUXILIARY_WEIGHTS = {"googlenet": 0.3, "inception_v3": 0.4}
# A prime, so that a block lies otherwise in each row.
BLOCK = 4099


def block(name):
    """Numbers in [-1, 1): a hash of a name and a place, whose top 24 bits count."""
    state = 0x811C9DC5
    for byte in name.encode():
        state = (state ^ byte) * 0x01000193 & 0xFFFFFFFF
    x = (state + numpy.arange(BLOCK, dtype=numpy.uint64) * 0x9E3779B9) & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ x >> shift) * factor & 0xFFFFFFFF
    return ((x ^ x >> 16) >> 8).astype(numpy.float64) / 2**23 - 1


def filled(name, shape, gain=1):
    """A tensor whose elements repeat the block of its name, scaled by what it is."""
    numbers = block(name)
    if name.endswith(("bias", "running_mean")):
        numbers = 0.1 * numbers
    elif name.endswith("running_var") or sum(extent > 1 for extent in shape) <= 1 and name != "images":
        numbers = (1 if name.endswith("running_var") else gain) * (1 + 0.2 * numbers)
    elif name == "images":
        numbers = math.sqrt(3) * numbers
    else:
        # He et al. 2015 for the uniform distribution.
        numbers = math.sqrt(6 / math.prod(shape[1:])) * numbers
    return torch.from_numpy(numpy.resize(numbers.astype(numpy.float32), shape)).double()


def record(name, size, batch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = {"init_weights": False} if name in AUXILIARY_WEIGHTS else {}
        model = torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **arguments).double()
    for module in model.modules():
        if isinstance(module, (nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
    state = model.state_dict()
    for key, value in state.items():
        if value.is_floating_point():
            state[key] = filled(key, value.shape, GAINS.get(name, 1))
    model.load_state_dict(state)
    images = filled("images", (batch, 3, size, size))
    labels = torch.tensor([3 * index % CLASSES for index in range(batch)])
    with torch.no_grad():
        logits = model.eval()(images)
    assert logits.isfinite().all() and logits.std(0).max() > 1e-3 * logits.abs().max(), f"{name}: the logits tell nothing"
    result = model.train()(images)
    loss = torch.nn.functional.cross_entropy(result if isinstance(result, torch.Tensor) else result[0], labels)
    for auxiliary in () if isinstance(result, torch.Tensor) else result[1:]:
        loss = loss + AUXILIARY_WEIGHTS[name] * torch.nn.functional.cross_entropy(auxiliary, labels)
    loss.backward()
    gradients = {key: float(f"{value.grad.norm().item():.7g}") for key, value in model.named_parameters()}
    return {
        "size": size,
        "batch": batch,
        "gain": GAINS.get(name, 1),
        "logits": [float(f"{value:.9g}") for value in logits.flatten().tolist()],
        "loss": loss.item(),
        "gradientNorms": gradients,
    }


def main():
    torch.set_num_threads(2)
    goldens = {}
    for model in MODELS:
        goldens[model[0]] = record(*model)
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(golden, separators=(',', ':'))}" for name, golden in goldens.items())
    pathlib.Path(__file__).with_name("models.json").write_text(f"{{\n{text}\n}}\n")


if __name__ == "__main__":
    main()
