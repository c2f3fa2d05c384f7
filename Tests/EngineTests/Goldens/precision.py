"""Writes precision.json beside this file: one training pass of a small convolutional network in bfloat16, three times.

- "rounded": the factors of every product rounded to bfloat16 by PyTorch, all else in float64: what the engine's bfloat16 is
  meant to be.
- "autocast": what torch.autocast("cpu", dtype=torch.bfloat16) computes, which rounds results, too.
- "plain": float64 throughout.

Images and parameters are not recorded: both sides compute them by the formula of `numbers`.

Run with any PyTorch 2.x: python precision.py. Made with torch 2.15.
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

BATCH, CLASSES = 4, 5


def numbers(shape, seed, scale):
    """scale·(((i·7919 + seed·104729) mod 10007) / 10007 − ½), i counting in row-major order, as float32."""
    count = torch.Size(shape).numel()
    index = torch.arange(count, dtype=torch.int64)
    values = ((index * 7919 + seed * 104729) % 10007).double() / 10007 - 0.5
    return (scale * values).float().reshape(shape)


class Factor(torch.autograd.Function):
    """Rounds on the way forward and lets gradients pass."""

    @staticmethod
    def forward(ctx, x):
        return x.float().bfloat16().double()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Result(torch.autograd.Function):
    """Lets values pass and rounds their gradients, which are factors of the backward pass."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient.float().bfloat16().double()


class Rounded(nn.Module):
    """A layer whose products have rounded factors."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        x, weight, layer = Factor.apply(x), Factor.apply(self.layer.weight), self.layer
        if isinstance(layer, nn.Conv2d):
            y = F.conv2d(x, weight, layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups)
        else:
            y = F.linear(x, weight, layer.bias)
        return Result.apply(y)


def network():
    layers = [
        nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 8, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=2, bias=False), nn.Flatten(), nn.Linear(32, CLASSES),
    ]
    net = nn.Sequential(*layers)
    with torch.no_grad():
        for seed, parameter in enumerate(net.parameters()):
            parameter.copy_(numbers(parameter.shape, seed + 1, 0.8))
    return net


def run(net, images, autocast=False):
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        logits = net(images)
        loss = F.cross_entropy(logits if not autocast else logits.float(), torch.tensor([0, 3, 1, 4]))
    loss.backward()
    return {
        "loss": loss.item(), "logits": logits.double().flatten().tolist(),
        "gradients": {name.replace(".layer", ""): p.grad.double().flatten().tolist() for name, p in net.named_parameters()},
    }


def main():
    images = numbers([BATCH, 3, 4, 4], 0, 4)
    doubled = network().double()
    rounded = nn.Sequential(*[Rounded(m) if hasattr(m, "weight") else m for m in network().double()])
    golden = {
        "plain": run(doubled, images.double()),
        "rounded": run(rounded, images.double()),
        "autocast": run(network(), images, autocast=True),
    }
    text = json.dumps(json.loads(json.dumps(golden), parse_float=lambda x: float(f"{float(x):.7g}")))
    pathlib.Path(__file__).with_name("precision.json").write_text(text + "\n")


main()
