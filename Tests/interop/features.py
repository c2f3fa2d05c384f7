"""Inner values and Grad-CAM maps: what zoo writes against hooks on torchvision's modules."""

import json

import numpy
import torch

from checkpoints import path_of
from torch_side import TorchSide

SIZES = [(300, 260), (224, 224), (256, 400)]
CLASSES = ["blue", "green", "red"]
# Layers by model, the last of them with height and width: a ReLU that is used twice means its last value.
LAYERS = {
    "resnet18": ["conv1", "maxpool", "layer1.0", "layer2.0.bn2", "layer3", "avgpool", "layer4"],
    "squeezenet1_1": ["features.3.squeeze", "features.4", "features.12"],
    "densenet121": ["features.denseblock1.denselayer2.conv2", "features.transition1.pool", "features.norm5"],
}
# Of the largest value. Both sides compute in float32 and sum in their own order.
TOLERANCE = 2e-5
# Maps are scaled by their largest number, and weighted by means of derivatives that nearly cancel.
MAP_TOLERANCE = 1e-3


def inner_values_of(model):
    def check(workspace):
        data = workspace.images("pictures", SIZES, CLASSES, 4)
        checkpoint = workspace.trained(model, data, "--batch-size", 4, "--limit-batches", 2)
        paths = sorted(data.rglob("*.png"))
        torch_side = TorchSide(path_of(workspace, checkpoint))
        kept = {}
        modules = dict(torch_side.net.named_modules())

        def keep(name):
            def hook(module, inputs, output):
                if output.requires_grad:
                    output.retain_grad()
                kept[name] = output
                # What comes after gets a copy, since ReLUs work in place.
                return output.clone()
            modules[name].register_forward_hook(hook)

        layers = LAYERS[model]
        for layer in layers:
            keep(layer)
        torch_side.logits(paths)
        expected = {name: value.numpy() for name, value in kept.items()}
        target = workspace.folder / f"{model}.npz"
        workspace.zoo(
            "predict", checkpoint, *paths, "--store", workspace.store, "--features", ",".join(layers), "--output",
            target, "--batch-size", 2)
        found = numpy.load(target)
        names = found["images"].view(f"S{found['images'].shape[1]}")[:, 0]
        assert [name.decode() for name in names] == [str(path) for path in paths], f"images are {names}"
        worst = 0.0
        for layer in layers:
            assert found[layer].shape == expected[layer].shape, f"{layer} is {found[layer].shape}"
            worst = max(worst, abs(found[layer] - expected[layer]).max() / abs(expected[layer]).max())
        assert worst <= TOLERANCE, f"a value differs by {worst:.1e} of the largest, more than {TOLERANCE:.0e}"

        layer, path = layers[-1], paths[0]
        answer = json.loads(workspace.zoo(
            "explain", checkpoint, path, "--store", workspace.store, "--layer", layer, "--class", CLASSES[1], "--output",
            workspace.folder / "map.png", "--json"))
        images = torch_side.images([path]).requires_grad_()
        torch_side.net(images)[0, torch_side.class_names.index(CLASSES[1])].backward()
        value, gradient = kept[layer][0], kept[layer].grad[0]
        heat = (gradient.mean(dim=(1, 2), keepdim=True) * value).sum(0).relu().detach()
        if heat.max() > 0:
            heat = heat / heat.max()
        error = (heat.flatten() - torch.tensor(answer["heat"])).abs().max().item()
        assert list(heat.shape) == answer["size"], f"the map is {answer['size']}"
        assert error <= MAP_TOLERANCE, f"the map differs by {error:.1e}, more than {MAP_TOLERANCE:.0e}"
        return f"{len(layers)} layers, largest error {worst:.0e} of the largest value; map {error:.0e}"
    check.__name__ = f"inner_values_of_{model}"
    check.__doc__ = f"{model} has the inner values and the Grad-CAM map of torchvision's with the same weights"
    return check


CHECKS = [inner_values_of(model) for model in LAYERS]
