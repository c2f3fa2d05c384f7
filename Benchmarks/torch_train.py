"""A usual PyTorch training script, as people write it: AlexNet on a folder of images.

It prints `ready` when the first batch and the network are there, and ends after its first step, having printed
`first step`: how long one waits for both is what is measured.
"""

import argparse

import torch
from torch import nn
from torchvision import datasets, models, transforms

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()

torch.manual_seed(0)
torch.set_num_threads(arguments.threads)
dataset = datasets.ImageFolder(arguments.data, transforms.Compose([
    transforms.RandomResizedCrop(224),
    transforms.RandomHorizontalFlip(),
    transforms.ToTensor(),
    transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
]))
loader = torch.utils.data.DataLoader(
    dataset, batch_size=arguments.batch_size, shuffle=True, num_workers=arguments.workers)
net = models.alexnet(num_classes=len(dataset.classes)).to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, fused=True)
criterion = nn.CrossEntropyLoss()

net.train()
for images, labels in loader:
    images = images.to(memory_format=torch.channels_last)
    print("ready", flush=True)
    optimizer.zero_grad()
    loss = criterion(net(images), labels)
    loss.backward()
    optimizer.step()
    print(f"first step: loss {loss.item():.4f}", flush=True)
    break
