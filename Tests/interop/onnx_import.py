"""torchvision's models, exported by PyTorch's two exporters, become checkpoints of zoo that compute the same."""

import logging
import warnings

import numpy as np
import torch
import torchvision
from safetensors.numpy import load_file, save_file

from onnx_export import difference

MODELS = [
    "alexnet", "vgg11_bn", "resnet18", "resnext50_32x4d", "squeezenet1_1", "densenet121", "googlenet", "inception_v3",
    "mobilenet_v2", "mobilenet_v3_small", "mnasnet0_5", "shufflenet_v2_x0_5", "efficientnet_b0", "regnet_y_400mf",
    "convnext_tiny"]
SIZES = {"inception_v3": 299}

# What dynamo makes of ConvNeXt's last pooling is a gather of computed addresses, which zoo refuses by naming it.
REFUSED = {("convnext_tiny", True): "operators that zoo does not have: Range"}


def torch_model(name):
    """With statistics as a training leaves them."""
    torch.manual_seed(7)
    options = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    model = getattr(torchvision.models, name)(weights=None, **options).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.6, 1.2)
            torch.nn.init.normal_(module.bias, std=0.1)
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model


def export(model, image, path, dynamo):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        if dynamo:
            batch = torch.export.Dim("batch")
            torch.onnx.export(
                model, (image,), str(path), dynamo=True, external_data=False, verbose=False, dynamic_shapes=({0: batch},))
        else:
            torch.onnx.export(
                model, (image,), str(path), dynamo=False, input_names=["images"],
                dynamic_axes={"images": {0: "batch"}})


def logits_of_zoo(workspace, checkpoint, pixels):
    save_file({"images": pixels}, workspace.folder / "images.safetensors")
    result = workspace.folder / "imported-logits.safetensors"
    workspace.zoo("predict", checkpoint, "--tensor", workspace.folder / "images.safetensors", "--output", result)
    return load_file(result)["logits"]


def torchvision_models(workspace):
    """Models of torchvision, exported by PyTorch's script and by dynamo, give the same logits after 'zoo import'"""
    worst, failures, count = 0, [], 0
    for name in MODELS:
        model = torch_model(name)
        size = SIZES.get(name, 224)
        image = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            expected = model(image).numpy()
        for dynamo in (False, True):
            path, target = workspace.folder / f"{name}.onnx", workspace.folder / f"{name}-imported.h5"
            try:
                export(model, image, path, dynamo)
                workspace.zoo("import", path, target)
                worst = max(worst, difference(logits_of_zoo(workspace, target, image.numpy()), expected))
                count += 1
            except AssertionError as problem:
                if (name, dynamo) in REFUSED and REFUSED[name, dynamo] in str(problem):
                    continue
                failures.append(f"{name} by {'dynamo' if dynamo else 'script'}: {problem}")
            path.unlink(missing_ok=True)
            target.unlink(missing_ok=True)
    assert not failures, f"{len(failures)} of {len(failures) + count} fail: " + "; ".join(failures)
    return f"{count} files, largest error {worst:.0e} of the largest logit; {len(REFUSED)} refused as it should be"


def imported_models_train(workspace):
    """An imported model is trained on, resumed, exported and imported again"""
    data = workspace.images("import-data", [(40, 40)], ["a", "b", "c"], 8)
    path, target = workspace.folder / "tuned.onnx", workspace.folder / "tuned.h5"
    export(torch_model("mobilenet_v3_small"), torch.randn(2, 3, 64, 64), path, dynamo=True)
    workspace.zoo("import", path, target)
    common = ("--store", workspace.store)
    workspace.zoo("train", target, "--weights", target, "--data", data, "--val", data, "--epochs", 1, "--batch-size", 8, "--run", "imported", *common)
    workspace.zoo("resume", "imported", "--epochs", 2, *common)
    again, back = workspace.folder / "again.onnx", workspace.folder / "again.h5"
    workspace.zoo("export", "imported@last", "--onnx", again, *common)
    workspace.zoo("import", again, back)
    pixels = np.random.default_rng(1).standard_normal((2, 3, 64, 64), np.float32)
    save_file({"images": pixels}, workspace.folder / "images.safetensors")
    result = workspace.folder / "tuned-logits.safetensors"
    workspace.zoo("predict", "imported@last", "--tensor", workspace.folder / "images.safetensors", "--output", result, *common)
    error = difference(logits_of_zoo(workspace, back, pixels), load_file(result)["logits"])
    return f"largest error {error:.0e} of the largest logit"


CHECKS = [torchvision_models, imported_models_train]
