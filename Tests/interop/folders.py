"""Folders of images: the classes and their numbers are torchvision's."""

from torchvision.datasets import ImageFolder

from torch_side import TorchSide
from checkpoints import path_of

# Names that are sorted differently by locale, by number and by case; torchvision sorts by code point.
HARD_NAMES = ["10", "9", "Zebra", "apple", "Apple", "été", "_under", "a b", "a-b", "zèbre"]


def class_order(workspace):
    """classes of a folder are numbered as torchvision's ImageFolder numbers them"""
    data = workspace.images("hard-names", [(40, 40)], HARD_NAMES, 2)
    checkpoint = workspace.trained("alexnet", data, "--batch-size", 4, "--limit-batches", 1, "--input-size", 64)
    found = TorchSide(path_of(workspace, checkpoint)).class_names
    expected = ImageFolder(data).classes
    assert found == expected, f"zoo has {found}, torchvision {expected}"
    return f"{len(found)} hard names"


CHECKS = [class_order]
