"""Averages of weights go to timm and come from torchvision's scripts; a training begins with torchvision's weights."""

import subprocess

import torch
import torchvision
from safetensors.torch import load_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from workspace import Skipped


def same(found, expected, what):
    assert found.keys() == expected.keys(), f"{what}: {sorted(found.keys() ^ expected.keys())}"
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor), f"{what}: {name} differs"


def averages_for_timm(workspace):
    """timm takes the average of weights from a checkpoint of zoo, and zoo's own tools take the same"""
    try:
        from timm.models import load_state_dict
    except ImportError as error:
        raise Skipped("timm is not there") from error
    data = workspace.images("for-averages", [(28, 28)], ["a", "b", "c"], 8)
    path, average = workspace.folder / "average.pth", workspace.folder / "average.safetensors"
    workspace.zoo("train", "lenet5", "--data", data, "--val", data, "--epochs", 2, "--batch-size", 8, "--ema", 0.8,
                  "--run", "average", "--store", workspace.store)
    workspace.zoo("convert", "average@last", path, "--verify", "--store", workspace.store)
    workspace.zoo("convert", path, average, "--ema", "--weights-only")
    same(load_file(average), load_state_dict(path, use_ema=True), "the average")
    net = torch.load(path, weights_only=True)["net"]
    assert not torch.equal(net["fc3.weight"], load_file(average)["fc3.weight"]), "the net is not its average"


def averages_of_torchvision(workspace):
    """the average of a checkpoint as torchvision's reference scripts write it can be the net"""
    model = torchvision.models.squeezenet1_1(num_classes=3)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    for _ in range(2):
        average.update_parameters(model)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.01)
    path, target = workspace.folder / "reference.pth", workspace.folder / "reference.safetensors"
    torch.save({"model": model.state_dict(), "model_ema": average.state_dict(), "epoch": 1}, path)
    workspace.zoo("convert", path, target, "--ema", "--weights-only")
    same(load_file(target), dict(average.module.state_dict()), "the average")


def weights_of_torchvision(workspace):
    """a training begins with torchvision's resnet18, and its last layer anew"""
    data = workspace.images("for-fine-tuning", [(40, 40)], ["a", "b", "c"], 4)
    model = torchvision.models.resnet18()
    path = workspace.folder / "resnet18.pth"
    torch.save(model.state_dict(), path)
    options = ["--data", data, "--val", data, "--input-size", 32, "--batch-size", 4, "--weights", path, "--freeze", "layer*",
               "--freeze", "conv1.*", "--freeze", "bn1.*", "--freeze-norm-stats"]
    process = subprocess.run(
        [workspace.zoo_binary, "train", "resnet18", *map(str, options), "--dry-run"], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert "loaded 120 of 122 tensors" in process.stderr + process.stdout, process.stderr
    assert "new (2): fc.weight [3, 512] ([1000, 512] in the file), fc.bias" in process.stderr + process.stdout
    workspace.zoo("train", "resnet18", *options, "--epochs", 1, "--run", "tuned", "--store", workspace.store)
    target = workspace.folder / "tuned.safetensors"
    workspace.zoo("convert", "tuned@last", target, "--weights-only", "--store", workspace.store)
    before, after = model.state_dict(), load_file(target)
    moved = sorted(name for name in after if after[name].shape != before[name].shape
                   or not torch.equal(after[name], before[name]))
    assert moved == ["fc.bias", "fc.weight"], moved


CHECKS = [averages_for_timm, averages_of_torchvision, weights_of_torchvision]
