"""PyTorch's DataLoader on a folder of images as people use it: Pillow, RandomResizedCrop, flip, normalise.

It prints how many images come out of it in a second, after a warm-up, as JSON.
"""

import argparse
import json
import time

import torch
from torchvision import datasets, transforms

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--batches", type=int, default=40)
parser.add_argument("--workers", type=int, default=2)
arguments = parser.parse_args()

torch.manual_seed(0)
dataset = datasets.ImageFolder(arguments.data, transforms.Compose([
    transforms.RandomResizedCrop(224),
    transforms.RandomHorizontalFlip(),
    transforms.ToTensor(),
    transforms.Normalize([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
]))
loader = torch.utils.data.DataLoader(
    dataset, batch_size=arguments.batch_size, shuffle=True, num_workers=arguments.workers, drop_last=True,
    persistent_workers=arguments.workers > 0)


def batches():
    while True:
        yield from loader


stream = batches()
for _ in range(4):
    next(stream)
start = time.perf_counter()
for _ in range(arguments.batches):
    next(stream)
seconds = time.perf_counter() - start
print(json.dumps({"images_per_second": arguments.batches * arguments.batch_size / seconds}))
