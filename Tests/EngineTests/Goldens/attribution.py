"""Records attribution.json: inner values of a small network in evaluation mode, and the derivative of a logit for each.

Run by hand with torch installed: python attribution.py. The result is compared with, never written by, the tests.
"""

import json
import pathlib

import torch
from torch import nn


class Net(nn.Module):
    """A convolution with batch normalisation, a residual connection, a maximum and a dropout that must do nothing."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 3, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(3)
        self.relu1 = nn.ReLU()
        self.maxpool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(3)
        self.sum = nn.Identity()
        self.relu2 = nn.ReLU()
        self.dropout = nn.Dropout(0.5)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        x = self.maxpool(self.relu1(self.bn1(self.conv1(x))))
        x = self.relu2(self.sum(self.bn2(self.conv2(x)) + x))
        return self.fc(self.flatten(self.avgpool(self.dropout(x))))


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().double().flatten()]


def main():
    torch.manual_seed(7)
    net = Net()
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if name.endswith("running_var") or (".weight" in name and tensor.dim() == 1):
                tensor.uniform_(0.5, 1.5)
            elif name.endswith("running_mean") or name.endswith("bias"):
                tensor.uniform_(-0.4, 0.4)
    net.eval()
    images = torch.randn(2, 2, 6, 6)
    classes = [2, 0]
    kept = {}
    for name, module in net.named_children():
        def hook(module, inputs, output, name=name):
            output.retain_grad()
            kept[name] = output

        module.register_forward_hook(hook)
    logits = net(images)
    logits[range(2), classes].sum().backward()
    golden = {
        "torch": torch.__version__,
        "state": {name: numbers(tensor) for name, tensor in net.state_dict().items()},
        "images": numbers(images), "classes": classes, "logits": numbers(logits),
        "layers": {
            name: {"shape": list(value.shape), "value": numbers(value), "gradient": numbers(value.grad)}
            for name, value in kept.items() if name not in ("fc", "dropout", "flatten")
        },
    }
    path = pathlib.Path(__file__).with_name("attribution.json")
    path.write_text(json.dumps(golden, indent=None, separators=(",", ":")).replace("},", "},\n") + "\n")


if __name__ == "__main__":
    main()
