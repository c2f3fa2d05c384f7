"""Evaluation counts the same images as right."""

import torch
from torchvision.datasets import ImageFolder

from checkpoints import path_of
from torch_side import TorchSide

SIZES = [(120, 90), (64, 64), (80, 133)]
CLASSES = ["blue", "green", "orange", "red", "teal", "violet"]


def top_k(workspace):
    """top-1 and top-5 of a trained checkpoint equal PyTorch's on the same folder"""
    data = workspace.images("to-evaluate", SIZES, CLASSES, 20, suffix=".jpg")
    checkpoint = workspace.trained("alexnet_bn", data, "--batch-size", 16, "--input-size", 96, "--augment", "none")
    torch_side = TorchSide(path_of(workspace, checkpoint))
    samples = ImageFolder(data).samples
    best = torch_side.logits([path for path, _ in samples]).topk(5, dim=1).indices
    labels = torch.tensor([label for _, label in samples]).unsqueeze(1)
    top1 = (best[:, :1] == labels).any(1).sum().item()
    top5 = (best == labels).any(1).sum().item()
    answer = workspace.zoo_json("evaluate", checkpoint, "--store", workspace.store, "--data", data)
    found = [round(answer[k] * len(samples)) for k in ("top1", "top5")]
    assert found == [top1, top5], f"of {len(samples)} zoo has {found} right, PyTorch {[top1, top5]}"
    assert top1 < len(samples), "a network that knows all answers tells nothing"
    return f"top-1 {top1}, top-5 {top5} of {len(samples)}"


CHECKS = [top_k]
