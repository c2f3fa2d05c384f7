"""Writes crops.json: the views of torchvision's FiveCrop and TenCrop of images that a formula makes, and the logarithms of
the mean of the probabilities that a small network gives them.

Run with torch, torchvision, numpy and Pillow installed:  python crops.py
"""

import json
import pathlib

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

HERE = pathlib.Path(__file__).parent
CLASSES = 5


def image(height, width):
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return Image.fromarray(((x * 7 + y * 13 + c * 29 + x * y) % 256).astype(np.uint8))


def logits(view):
    """Class k is 30 times the mean of the k-th part of all values, of CLASSES equal parts."""
    values = view.double().flatten()
    part = len(values) // CLASSES
    return torch.stack([30 * values[k * part : (k + 1) * part].mean() for k in range(CLASSES)])


def digest(view):
    """FNV-1a, 64 bits, of the pixels in [C, H, W]."""
    value = 0xCBF29CE484222325
    for byte in (view * 255).round().to(torch.uint8).flatten().tolist():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def case(height, width, side, crop):
    """`side` is the shorter one after the resize; `crop` is (height, width)."""
    resized = functional.resize(image(height, width), side)
    results = {"height": height, "width": width, "side": side, "crop": list(crop)}
    for name, transform in (("five", v2.FiveCrop(crop)), ("ten", v2.TenCrop(crop))):
        views = [functional.to_dtype(functional.pil_to_tensor(view), torch.float32, scale=True)
                 for view in transform(resized)]
        all_logits = torch.stack([logits(view) for view in views])
        mean = torch.softmax(all_logits, 1).mean(0)
        # The mean of the logits is another thing, and the test must tell.
        assert (torch.log(mean) - torch.log_softmax(all_logits.mean(0), 0)).abs().max() > 0.01
        results[name] = {"views": [digest(view) for view in views], "logs": torch.log(mean).tolist()}
    return results


if __name__ == "__main__":
    cases = [case(40, 60, 24, (16, 16)), case(50, 33, 25, (18, 21)), case(31, 31, 20, (9, 14)), case(20, 47, 19, (12, 19))]
    (HERE / "crops.json").write_text(json.dumps(cases, indent=1) + "\n")
