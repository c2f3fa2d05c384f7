#!/usr/bin/env python3
"""Records what real torchvision computes for one transformer of each family, for the engine's tests.

    transformers.py --write    writes transformers.json beside this script; ends with status 1, so that no automatic run can
                               bless its own output

Needs torch and torchvision (recorded with 2.15 and 0.29). Everything is computed in float64, without dropout and stochastic depth.
Parameters are no file: element k of a tensor is a scale, and perhaps an offset, with u[(s + k) mod 4099], where u are numbers in
[-1, 1) that `numbers` makes and s is the sum of the bytes of the tensor's name, each times its place from 1 on, mod 4099.

A model has `size`, `batch`, `logits` [batch, 10] in evaluation mode, the mean cross entropy `loss` in training mode with labels
3·i mod 10, and `norms`: for each parameter, of its gradient's elements 0, d, 2·d, … with d = max(1, count div 4096).
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torchvision
from torch.nn import functional as F

MODELS = {"vit_b_32": (224, 1), "swin_t": (36, 2), "swin_v2_t": (36, 2), "maxvit_t": (224, 1)}
BLOCK = 4099


def numbers():
    x = np.arange(BLOCK, dtype=np.uint32) * np.uint32(0x9E3779B9)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float64) / 2.0**23 - 1


def scale_and_offset(name, shape):
    if name == "images":
        return 1.7, 0.0
    if name.endswith("logit_scale"):
        return 0.5, 2.0
    if name.endswith(("class_token", "pos_embedding", "relative_position_bias_table")):
        return 0.5, 0.0
    if len(shape) == 1:
        return (0.2, 1.0) if name.endswith(("weight", "running_var")) else (0.1, 0.0)
    return float(np.sqrt(3 / np.prod(shape[1:]))), 0.0


def filled(name, shape):
    scale, offset = scale_and_offset(name, shape)
    start = sum(byte * (place + 1) for place, byte in enumerate(name.encode())) % BLOCK
    block = np.roll((numbers() * scale + offset).astype(np.float32), -start)
    return torch.from_numpy(np.resize(block, shape).astype(np.float64))


def record(name, size, batch):
    model = torchvision.models.get_model(name, weights=None, num_classes=10).double()
    state = model.state_dict()
    given = ("relative_position_index", "relative_coords_table", "num_batches_tracked")
    model.load_state_dict({k: v if k.endswith(given) else filled(k, list(v.shape)) for k, v in state.items()})
    for module in model.modules():
        if isinstance(module, torchvision.ops.StochasticDepth):
            module.p = 0.0
    images = filled("images", [batch, 3, size, size])
    with torch.no_grad():
        logits = model.eval()(images)
    loss = F.cross_entropy(model.train()(images), torch.tensor([3 * i % 10 for i in range(batch)]))
    loss.backward()
    norms = {}
    for parameter, value in model.named_parameters():
        gradient = value.grad.flatten()
        norms[parameter] = float(f"{gradient[::max(1, gradient.numel() // 4096)].norm().item():.8g}")
    return dict(size=size, batch=batch, logits=logits.flatten().tolist(), loss=loss.item(), norms=norms)


def main():
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    models = {name: record(name, *extents) for name, extents in MODELS.items()}
    pathlib.Path(__file__).with_name("transformers.json").write_text(json.dumps(models, indent=0) + "\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
