"""The same architectures in PyTorch."""

from torch import nn
from torchvision import models


def alexnet_bn():
    """torchvision's AlexNet with batch normalisation behind every convolution."""
    net = models.alexnet()
    layers = []
    for layer in net.features:
        layers.append(layer)
        if isinstance(layer, nn.Conv2d):
            layers.append(nn.BatchNorm2d(layer.out_channels))
    net.features = nn.Sequential(*layers)
    return net


def build(name):
    """A net by zoo's name."""
    return alexnet_bn() if name == "alexnet_bn" else models.get_model(name, weights=None)
