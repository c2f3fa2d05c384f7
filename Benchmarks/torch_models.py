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
    # The Inceptions' own initialisation takes a minute and changes no time of a step.
    extra = dict(init_weights=False) if name in ("googlenet", "inception_v3") else {}
    return models.get_model(name, weights=None, num_classes=num_classes, **extra)


def total_loss(name, criterion, output, labels):
    """The loss of a training step, with those of auxiliary heads by their papers' weights."""
    if name == "googlenet":
        return criterion(output.logits, labels) + 0.3 * (
            criterion(output.aux_logits1, labels) + criterion(output.aux_logits2, labels))
    if name == "inception_v3":
        return criterion(output.logits, labels) + 0.4 * criterion(output.aux_logits, labels)
    return criterion(output, labels)
