"""A training that begins in one program and goes on in the other ends as if it had never moved."""

import json

import torch
from torch import nn
from torchvision.datasets import ImageFolder

from torch_side import TorchSide

import torch_models  # found because torch_side says where

SIDE, CLASSES, PER_CLASS = 64, ["blue", "green", "red"], 8
# Every step sees all images, so that the order in which each program draws them does not matter.
BATCH = len(CLASSES) * PER_CLASS
FIRST, ALL = 3, 6
TOLERANCE = 1e-4

OPTIMIZERS = {
    "sgd": lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9, weight_decay=5e-4),
    "adam": lambda parameters, lr: torch.optim.Adam(parameters, lr=lr, weight_decay=1e-4),
    "adamw": lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr),
    "amsgrad": lambda parameters, lr: torch.optim.AdamW(parameters, lr=lr, amsgrad=True, betas=(0.8, 0.9)),
    "rmsprop": lambda parameters, lr: torch.optim.RMSprop(parameters, lr=lr, momentum=0.5, centered=True),
    "adagrad": lambda parameters, lr: torch.optim.Adagrad(parameters, lr=lr, lr_decay=0.1, initial_accumulator_value=1e-8),
    "nadam": lambda parameters, lr: torch.optim.NAdam(parameters, lr=lr, momentum_decay=0.01),
}


def continuity_of(model, kind, rate):
    def check(workspace):
        data = workspace.images("to-go-on", [(SIDE, SIDE)], CLASSES, PER_CLASS)
        options = ["--data", data, "--val", data, "--input-size", SIDE, "--augment", "none", "--batch-size", BATCH,
                   "--schedule", "constant", "--no-winograd", "--store", workspace.store]
        if model.startswith("alexnet"):
            options += ["--dropout", 0]
        side = Side(workspace, data, options, model, kind, rate)
        whole = side.train(ALL, save={0: side.file("begin.pth"), FIRST: side.file("middle.pth")})

        # PyTorch first, then zoo.
        there = workspace.zoo_losses(model, *options, "--from", side.file("middle.pth"), "--epochs", ALL,
                                     "--run", f"there-{model}-{kind}")
        # zoo first, then PyTorch.
        run = f"back-{model}-{kind}"
        first = workspace.zoo_losses(model, *options, "--from", side.file("begin.pth"), "--epochs", FIRST, "--run", run)
        workspace.zoo("convert", f"{run}@last", side.file("back.pth"), "--store", workspace.store)
        back = side.train(ALL - FIRST, load=side.file("back.pth"))

        worst = 0.0
        for title, found, expected in [("PyTorch, then zoo", there, whole[FIRST:]), ("zoo", first, whole[:FIRST]),
                                       ("zoo, then PyTorch", back, whole[FIRST:])]:
            assert len(found) == len(expected), f"{title}: losses {found} of {len(expected)} steps"
            error = max(abs(a - b) / abs(b) for a, b in zip(found, expected))
            assert error <= TOLERANCE, f"{title}: losses {found}, expected {expected}"
            worst = max(worst, error)
        assert abs(whole[-1] - whole[0]) > 100 * TOLERANCE, f"losses {whole} hardly change, so this tells nothing"
        return f"losses from {whole[0]:.4f} to {whole[-1]:.4f}, largest relative error {worst:.0e}, allowed {TOLERANCE:.0e}"
    check.__name__ = f"continuity_of_{model}_{kind}"
    check.__doc__ = f"{model} trained with {kind} goes on in zoo after PyTorch, and in PyTorch after zoo"
    return check


class Side:
    """PyTorch's side of a training on all images at once."""

    def __init__(self, workspace, data, options, model, kind, rate):
        self.workspace, self.model, self.kind, self.rate = workspace, model, kind, rate
        # How zoo prepares images stands in its checkpoints.
        reference = workspace.store / f"prepared-{model}" / "last.h5"
        if not reference.exists():
            workspace.zoo("train", model, *options, "--epochs", 1, "--run", f"prepared-{model}")
        transform = TorchSide(reference).transform
        samples = ImageFolder(data, transform)
        self.images = torch.stack([image for image, _ in samples])
        self.labels = torch.tensor([label for _, label in samples])

    def file(self, name):
        return self.workspace.folder / f"{self.model}-{self.kind}-{name}"

    def train(self, steps, load=None, save={}):
        """The loss of each step; checkpoints are saved after as many steps as `save` says."""
        torch.manual_seed(3)
        net = torch_models.build(self.model, len(CLASSES))
        for module in net.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
        optimizer = OPTIMIZERS[self.kind](net.parameters(), self.rate)
        if load:
            checkpoint = torch.load(load, weights_only=True)
            net.load_state_dict(checkpoint["net"])
            optimizer.load_state_dict(checkpoint["optimizer"])
        net.train()
        losses = []
        for step in range(steps + 1):
            if step in save:
                torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": step}, save[step])
            if step == steps:
                return losses
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(self.images), self.labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())


# Small rates: at 0.001 the losses of PyTorch's own ResNet-18 in float32 and float64 are 5e-4 apart after three steps here,
# and 5e-3 after five. For the same reason convolutions are computed directly, without Winograd's rounding.
CHECKS = [continuity_of("alexnet_bn", "sgd", 0.001), continuity_of("alexnet", "adam", 5e-5),
          continuity_of("alexnet_bn", "adamw", 1e-5), continuity_of("alexnet", "amsgrad", 5e-5),
          continuity_of("alexnet", "rmsprop", 5e-6), continuity_of("alexnet", "adagrad", 5e-4),
          continuity_of("alexnet", "nadam", 5e-5), continuity_of("resnet18", "sgd", 1e-5)]
