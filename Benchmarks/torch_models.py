"""The same architectures in PyTorch."""

from torch import nn
from torchvision import models


def alexnet_bn(num_classes=1000):
    """torchvision's AlexNet with batch normalisation behind every convolution."""
    net = models.alexnet(num_classes=num_classes)
    layers = []
    for layer in net.features:
        layers.append(layer)
        if isinstance(layer, nn.Conv2d):
            layers.append(nn.BatchNorm2d(layer.out_channels))
    net.features = nn.Sequential(*layers)
    return net


def build(name, num_classes=1000):
    """A net by zoo's name."""
    if name == "alexnet_bn":
        return alexnet_bn(num_classes)
    return models.get_model(name, weights=None, num_classes=num_classes)
