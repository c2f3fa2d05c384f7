"""The same weights give the same answers: zoo's networks against torchvision's."""

import json
import math
import os
import warnings

import numpy
import safetensors.torch
import torch
import torchvision

from checkpoints import path_of
from torch_side import TorchSide

MODELS = [
    "alexnet", "alexnet_bn", "vgg11_bn", "resnet18", "resnext50_32x4d", "wide_resnet50_2", "squeezenet1_1", "densenet121",
]
SIZES = [(300, 260), (224, 224), (256, 400), (96, 120)]
CLASSES = ["blue", "green", "red"]

# Of logarithms of probabilities, and of the largest of them where that is above 1. Both sides compute in float32, sum in their own order, and zoo may use Winograd's
# algorithm; the answers for the images must differ by much more than that, or their agreement would say nothing.
TOLERANCE = 2e-6
LEAST_SPREAD = 100 * TOLERANCE


def probabilities_of(model):
    def check(workspace):
        data = workspace.images("pictures", SIZES, CLASSES, 4)
        checkpoint = workspace.trained(model, data, "--batch-size", 4, "--limit-batches", 2)
        paths = sorted(data.rglob("*.png"))
        torch_side = TorchSide(path_of(workspace, checkpoint))
        expected = torch.log_softmax(torch_side.logits(paths).double(), 1)
        spread = (expected.amax(0) - expected.amin(0)).max().item()
        assert spread > LEAST_SPREAD, f"the answers differ by {spread:.1e} only, so this tells nothing"
        lines = workspace.zoo(
            "predict", checkpoint, *paths, "--store", workspace.store, "--top", len(CLASSES), "--json").splitlines()
        answer = {entry["image"]: entry["predictions"] for entry in map(json.loads, lines)}
        worst = 0.0
        for row, path in zip(expected, paths):
            found = {guess["class"]: guess["probability"] for guess in answer[str(path)]}
            for name, logarithm in zip(torch_side.class_names, row.tolist()):
                worst = max(worst, abs(math.log(found[name]) - logarithm))
        allowed = TOLERANCE * max(1, expected.abs().max().item())
        assert worst <= allowed, f"a logarithm of a probability differs by {worst:.1e}, more than {allowed:.0e}"
        return f"{len(paths)} images that differ by {spread:.0e}, largest error {worst:.0e}, allowed {allowed:.0e}"
    check.__name__ = f"probabilities_of_{model}"
    check.__doc__ = f"{model} predicts what torchvision's {model} predicts with the same weights"
    return check

# One model of each convolutional family that torchvision has; those with very many parameters are tried when INTEROP_ALL is set.
FILES = [
    "resnet18", "resnext50_32x4d", "squeezenet1_1", "densenet121", "mnasnet0_5", "googlenet", "inception_v3",
    "shufflenet_v2_x0_5", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "efficientnet_v2_s", "regnet_x_400mf",
    "regnet_y_400mf", "convnext_tiny", "vit_b_32",
]
if os.environ.get("INTEROP_ALL"):
    FILES += ["alexnet", "vgg11_bn", "wide_resnet50_2"]


def published_form(name, state):
    """A state dict with the quirks of the file that torchvision publishes."""
    if name.startswith("vit"):
        return {key.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): tensor for key, tensor in state.items()}
    if not name.startswith("densenet"):
        return state
    old = {}
    for key, tensor in state.items():
        if key.endswith("num_batches_tracked"):
            continue
        for kind in ("norm", "conv"):
            for number in "12":
                if "denselayer" in key:
                    key = key.replace(f".{kind}{number}.", f".{kind}.{number}.")
        old[key] = tensor
    return old


def logits_of_file(name):
    def check(workspace):
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
            if name.startswith("vit"):
                options = {"image_size": 96}
            model = torchvision.models.get_model(name, weights=None, **options)
        # A network as it starts answers nearly the same for every image: its norms get the statistics of some images first.
        model.eval()
        with torch.no_grad():
            norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
            # With its statistics alone, Inception's 1x1 maps at the end make torch's own float32 logits differ by 1e-4 from float64's.
            momentum = 0.95 if name == "inception_v3" else 1
            for norm in norms:
                norm.train()
                norm.momentum = momentum
            if norms:
                model(torch.randn(32, 3, 96, 96))
            if name.startswith("vit"):  # its head starts with zeros
                model.heads.head.weight.normal_(std=0.1)
                model.encoder.pos_embedding.normal_(std=0.3)
        images = torch.randn(3, 3, 96, 96)
        with torch.no_grad():
            expected = model.eval()(images)
        folder = workspace.folder
        path = folder / f"{name}.pth"
        torch.save(published_form(name, model.state_dict()), path)
        torch.save({"images": images}, folder / "images.pth")
        workspace.zoo("predict", path, "--tensor", folder / "images.pth", "--output", folder / "logits.npz")
        path.unlink()
        found = torch.from_numpy(numpy.load(folder / "logits.npz")["logits"])
        largest = expected.abs().max().item()
        spread = (expected.amax(0) - expected.amin(0)).max().item() / largest
        assert spread > 2e-3, f"the logits of the images differ by {spread:.0e} of the largest only, so this tells nothing"
        worst = (found - expected).abs().max().item() / largest
        assert worst <= 1e-4, f"a logit differs by {worst:.1e} of the largest"
        return f"images differ by {spread:.0e}, largest error {worst:.0e} of the largest logit, allowed 1e-4"
    check.__name__ = f"logits_of_{name}_file"
    check.__doc__ = f"a file of torchvision's {name} gives torchvision's logits without being told what it is"
    return check


def mnasnet_loads_strictly(workspace):
    """torchvision's MNASNet, which asks for the version of its state dict, loads what zoo converted, and answers the same"""
    torch.manual_seed(0)
    published = torchvision.models.mnasnet0_5()
    # A network as it starts answers nearly the same for every image.
    with torch.no_grad():
        for module in published.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_var.uniform_(0.2, 0.5)
    published.eval()
    images = torch.rand(3, 3, 96, 96)
    folder = workspace.folder
    torch.save(published.state_dict(), folder / "mnasnet.pth")
    torch.save({"images": images}, folder / "images.pth")
    # There and back through a format that says nothing of versions by itself.
    workspace.zoo("convert", folder / "mnasnet.pth", folder / "mnasnet.safetensors")
    safetensors.torch.save_file(published.state_dict(), folder / "bare.safetensors")
    for source in ("mnasnet.safetensors", "bare.safetensors"):
        target = folder / f"{source}.pth"
        workspace.zoo("convert", folder / source, target)
        state = torch.load(target, weights_only=True)
        assert state._metadata[""] == {"version": 2}, f"the root's version is {state._metadata.get('')}"
        again = torchvision.models.mnasnet0_5()
        again.load_state_dict(state)
        with torch.no_grad():
            expected, found = published(images), again.eval()(images)
        assert torch.equal(expected, found), "the logits differ after a conversion"
    workspace.zoo(
        "predict", folder / "bare.safetensors", "--model", "mnasnet0_5", "--tensor", folder / "images.pth",
        "--output", folder / "logits.npz")
    logits = torch.from_numpy(numpy.load(folder / "logits.npz")["logits"])
    worst = (logits - expected).abs().max().item() / expected.abs().max().item()
    assert worst <= 1e-4, f"a logit differs by {worst:.1e} of the largest"
    return f"largest error {worst:.0e} of the largest logit, allowed 1e-4"


# A model of each family of transformers, and the size of its images: the smallest where windows have to be padded and shifted, and where
# there is but one size, that.
TRANSFORMERS = [("vit_b_32", 224), ("swin_t", 72), ("swin_v2_t", 72), ("maxvit_t", 224)]


def transformer(model, size):
    def check(workspace):
        torch.manual_seed(0)
        published = torchvision.models.get_model(model, weights=None, num_classes=10).eval()
        # As it starts, a network hardly looks at positions, or has a head of zeros.
        with torch.no_grad():
            for name, parameter in published.named_parameters():
                is_position = any(part in name for part in ("position_bias_table", "pos_embedding", "cpb_mlp", "logit_scale"))
                parameter.add_(torch.randn_like(parameter) * (0.3 if is_position else 0.05 if parameter.ndim < 2 else 0.03))
            for name, buffer in published.named_buffers():
                if name.endswith("running_var"):
                    buffer.uniform_(0.05, 0.3)
        images = torch.randn(2, 3, size, size)
        with torch.no_grad():
            expected = published(images)
        folder = workspace.folder
        state = {name: tensor.clone().contiguous() for name, tensor in published.state_dict().items()}
        safetensors.torch.save_file(state, folder / "transformer.safetensors")
        torch.save({"images": images}, folder / "images.pth")
        workspace.zoo(
            "predict", folder / "transformer.safetensors", "--model", model, "--tensor", folder / "images.pth",
            "--output", folder / "logits.npz")
        found = torch.from_numpy(numpy.load(folder / "logits.npz")["logits"])
        largest = expected.abs().max().item()
        spread = (expected[0] - expected[1]).abs().max().item() / largest
        assert spread > 1e-3, f"the answers differ by {spread:.1e} of the largest only, so this tells nothing"
        worst = (found - expected).abs().max().item() / largest
        assert worst <= 1e-4, f"a logit differs by {worst:.1e} of the largest"
        return f"images of {size} that differ by {spread:.0e}, largest error {worst:.0e} of the largest logit, allowed 1e-4"
    check.__name__ = f"logits_of_{model}"
    check.__doc__ = f"{model} gives the logits that torchvision's {model} gives with the same weights"
    return check


def module_versions(workspace):
    """the versions of modules that zoo writes are those that PyTorch writes"""
    compared = 0
    for line in json.loads(workspace.zoo("list", "--json")):
        if not line["published_weights"]:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state = torchvision.models.get_model(line["name"], weights=None, num_classes=2).state_dict()
        if sum(tensor.numel() for tensor in state.values()) > 70_000_000:
            continue  # names are the same whatever the width
        versions = {module: entry["version"] for module, entry in state._metadata.items()}
        bare, target = workspace.folder / "bare.pth", workspace.folder / "versions.pth"
        torch.save(dict(state), bare)
        workspace.zoo("convert", bare, target)
        found = {module: entry["version"] for module, entry in torch.load(target)._metadata.items()}
        for module, version in versions.items():
            bears = any(name.startswith(f"{module}." if module else "") for name in state)
            assert found.get(module) == version or not bears and module not in found, (
                f"{line['name']}: {module} has version {found.get(module)}, expected {version}")
        compared += 1
        bare.unlink()
    assert compared > 20
    return f"{compared} models"


CHECKS = [
    *[probabilities_of(model) for model in MODELS], *[logits_of_file(name) for name in FILES],
    *[transformer(*case) for case in TRANSFORMERS], mnasnet_loads_strictly, module_versions]
