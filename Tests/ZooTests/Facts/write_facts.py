"""Writes the facts that the tests of Zoo compare with, beside this script: for each family a gzip of JSON by model.

Needs torch and torchvision (made with 2.15 and 0.29); no weights are downloaded. torchvision's models are taken as they are; the
others are built here from torch's layers. A line of `state` is a state-dict entry in order; a line of `calls` is a leaf
module in the order in which the forward pass calls it, with its attributes and its output without the batch axis. What a model computes
without a module, such as `torch.flatten` or a functional ReLU, is no line; nor are modules that only move elements, and the network
inside an attention's position bias. What only training calls, auxiliary heads, has its own lines. The outputs of a model with
`countsElements` are numbers of elements.

Transformers are built without memory for their parameters (on the device `meta`). Their multiply-accumulates are torch's own count
of the products of matrices, since attention is no module; `smallestInput` is the least square that their forward pass takes, and
`buffers` are the values of the first tensor of each kind.

    write_facts.py [FILE ...]

writes all files, or those named: `write_facts.py vgg cifar_resnet`.
"""

import collections
import gzip
import json
import pathlib
import sys
from unittest import mock

import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

TORCHVISION = (
    ["alexnet"]
    + [f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")]
    + [f"resnet{depth}" for depth in (18, 34, 50, 101, 152)]
    + ["resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2"]
    + ["squeezenet1_0", "squeezenet1_1"]
    + [f"densenet{depth}" for depth in (121, 161, 169, 201)]
    + [f"mnasnet{width}" for width in ("0_5", "0_75", "1_0", "1_3")]
    + ["mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large"]
    + [f"efficientnet_{variant}" for variant in ("b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "v2_s", "v2_m", "v2_l")]
    + [f"regnet_x_{work}" for work in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")]
    + [f"regnet_y_{work}" for work in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf", "128gf")]
    + [f"convnext_{size}" for size in ("tiny", "small", "base", "large")]
    + ["googlenet", "inception_v3"]
    + [f"shufflenet_v2_x{width}" for width in ("0_5", "1_0", "1_5", "2_0")]
)

TRANSFORMERS = (
    [f"vit_{size}" for size in ("b_16", "b_32", "l_16", "l_32", "h_14")]
    + [f"swin_{version}{size}" for version in ("", "v2_") for size in "tsb"]
    + ["maxvit_t"]
)

# The files of models whose own names would put them in another one.
FILES = {f"resnet{depth}": "cifar_resnet" for depth in (20, 32, 44, 56, 110)}
FILES["alexnet_original"] = "alexnet_original"

# The first of them that is in a model's name: there is a lenet in mobilenet and in googlenet.
FAMILIES = (
    ["mobilenet", "efficientnet", "regnet", "convnext", "maxvit", "vit", "swin", "inception", "wrn", "googlenet"]
    + ["shufflenet", "alexnet", "lenet", "vgg", "resnet", "resnext", "squeezenet", "densenet", "mnasnet"]
)

ACTIVATIONS = ("ReLU", "ReLU6", "Sigmoid", "SiLU", "Hardsigmoid", "Hardswish", "GELU", "Tanh")


def pair(value):
    height, width = value if isinstance(value, tuple) else (value, value)
    return f"{height}x{width}"


def signature(module):
    kind = type(module).__name__
    if isinstance(module, nn.Conv2d):
        text = f"{module.in_channels} {module.out_channels} k{pair(module.kernel_size)} s{pair(module.stride)} "
        text += f"p{pair(module.padding)} d{pair(module.dilation)} g{module.groups} bias={int(module.bias is not None)}"
    elif isinstance(module, nn.Linear):
        text = f"{module.in_features} {module.out_features} bias={int(module.bias is not None)}"
    elif isinstance(module, nn.BatchNorm2d):
        text = f"{module.num_features} eps={module.eps} momentum={module.momentum}"
    elif isinstance(module, nn.MaxPool2d):
        text = f"k{pair(module.kernel_size)} s{pair(module.stride)} p{pair(module.padding)} "
        text += f"d{pair(module.dilation)} ceil={int(module.ceil_mode)}"
    elif isinstance(module, nn.AvgPool2d):
        text = f"k{pair(module.kernel_size)} s{pair(module.stride)} p{pair(module.padding)} "
        text += f"ceil={int(module.ceil_mode)} pad={int(module.count_include_pad)}"
    elif isinstance(module, nn.AdaptiveAvgPool2d):
        text = pair(module.output_size)
    elif isinstance(module, nn.LocalResponseNorm):
        text = f"{module.size} alpha={module.alpha} beta={module.beta} k={float(module.k)}"
    elif isinstance(module, nn.Dropout):
        text = str(module.p)
    elif isinstance(module, nn.LayerNorm):
        assert kind in ("LayerNorm", "LayerNorm2d") and module.elementwise_affine and len(module.normalized_shape) == 1
        text = f"{module.normalized_shape[0]} eps={module.eps}"
    elif kind == "StochasticDepth":
        assert module.mode == "row"
        text = str(module.p)
    elif kind == "Permute":
        assert module.dims[0] == 0
        text = " ".join(str(axis - 1) for axis in module.dims[1:])
    else:
        assert kind in ACTIVATIONS or kind == "Flatten", kind
        assert kind != "GELU" or module.approximate == "none"
        text = ""
    return f"{kind} {text}".strip()


MOVERS = ("Flatten", "Permute", "WindowPartition", "WindowDepartition", "SwapAxes")


def facts(model, channels, size, counts_elements=False, unseen=("Flatten",)):
    calls, work = [], 0

    def record(name):
        def hook(module, inputs, output):
            nonlocal work
            if isinstance(module, nn.Conv2d):
                work += output[0].numel() * module.weight[0].numel()
            elif isinstance(module, nn.Linear):
                work += output[0].numel() * module.in_features
            if type(module).__name__ not in unseen and "cpb_mlp" not in name:
                shape = output[0].numel() if counts_elements else "x".join(str(extent) for extent in output.shape[1:])
                calls.append(f"{name} {signature(module)} -> {shape}")

        return hook

    for name, module in model.named_modules():
        if not list(module.children()) and not isinstance(module, nn.Identity):
            module.register_forward_hook(record(name))
    with torch.no_grad():
        model.eval()(torch.zeros(1, channels, size, size, device=next(model.parameters()).device))
    inference, inference_work = calls, work
    auxiliary = []
    if getattr(model, "aux_logits", False):
        calls = []
        with torch.no_grad():
            model.train()(torch.zeros(2, channels, size, size))
        called = {call.split()[0] for call in inference}
        auxiliary = [call for call in calls if call.split()[0] not in called]
    trainable = {name for name, _ in model.named_parameters()}
    state = []
    for name, tensor in model.state_dict().items():
        shape = "x".join(str(extent) for extent in tensor.shape) or "scalar"
        role = "trainable" if name in trainable else "buffer"
        state.append(f"{name} {shape} {str(tensor.dtype).removeprefix('torch.')} {role}")
    return {
        "inputChannels": channels,
        "inputSize": size,
        "parameters": sum(tensor.numel() for tensor in model.parameters()),
        "bufferElements": sum(tensor.numel() for tensor in model.buffers()),
        "multiplyAccumulates": inference_work,
        "state": state,
        "calls": inference,
    } | ({"auxiliaryCalls": auxiliary} if auxiliary else {})


def transforms_input(name, weight):
    """Whether torchvision turns the images of this model when it has these weights, asked without loading them."""
    model = torchvision.models.get_model(name, weights=None)
    if not hasattr(model, "transform_input"):
        return False
    with mock.patch.object(type(weight), "get_state_dict", lambda *args, **kwargs: model.state_dict()):
        return torchvision.models.get_model(name, weights=weight).transform_input


def transformer(name):
    size = 256 if "v2" in name else 224
    with torch.device("meta"):
        model = torchvision.models.get_model(name, weights=None).eval()

        def run(size):
            with torch.no_grad():
                model(torch.zeros(1, 3, size, size))

        with FlopCounterMode(display=False) as counter:
            run(size)

        def takes(size):
            try:
                run(size)
            except (AssertionError, RuntimeError):
                return False
            return True

        smallest = next(size for size in range(1, 257) if takes(size))
        counts_elements = name.startswith("maxvit")
        result = facts(model, 3, size, counts_elements, MOVERS)
    result |= {"multiplyAccumulates": counter.get_total_flops() // 2, "smallestInput": smallest}
    if counts_elements:
        result["countsElements"] = True
    if name in ("swin_t", "swin_v2_t", "maxvit_t"):
        buffers = {}
        for buffer, tensor in torchvision.models.get_model(name, weights=None).named_buffers():
            if "relative" in buffer and buffer.rsplit(".", 1)[-1] not in {known.rsplit(".", 1)[-1] for known in buffers}:
                buffers[buffer] = tensor.flatten().tolist()
        result["buffers"] = buffers
    return result


def smallest(model, claimed):
    """The smallest square image that a model takes: torchvision's figure, or less where that is of training."""

    def takes(size):
        try:
            model(torch.zeros(1, 3, size, size))
        except RuntimeError:
            return False
        return True

    with torch.no_grad():
        assert takes(claimed)
        while claimed > 1 and takes(claimed - 1):
            claimed -= 1
    return claimed


def published(name, model=None):
    weights = []
    for weight in torchvision.models.get_model_weights(name):
        preset, least = weight.transforms(), weight.meta["min_size"][0]
        accuracy = {k: v for k, v in weight.meta["_metrics"]["ImageNet-1K"].items() if v == v}
        weights.append(
            {
                "tag": weight.name.lower(),
                "file": weight.url.rsplit("/", 1)[-1],
                "top1": accuracy.get("acc@1"),
                "top5": accuracy.get("acc@5"),
                "resize": preset.resize_size[0],
                "crop": preset.crop_size[0],
                "mean": preset.mean,
                "std": preset.std,
                "interpolation": preset.interpolation.value,
                "minimumInputSize": smallest(model, least) if model else least,
            }
        )
        if transforms_input(name, weight):
            weights[-1]["transformInput"] = True
    return weights


def torchvision_facts(name):
    model = torchvision.models.get_model(name, weights=None)
    weights = published(name, model.eval())
    # The size of the first weights is what the model was made for.
    return facts(model, 3, weights[0]["crop"]) | {"publishedWeights": weights}


def file_of(name):
    return FILES.get(name) or next(family for family in FAMILIES if family in name)


def alexnet(channels, hidden, classes, norm):
    def conv(i, o, *args, **kwargs):
        return [nn.Conv2d(i, o, *args, **kwargs)] + ([nn.BatchNorm2d(o)] if norm else []) + [nn.ReLU()]

    a, b, c, d, e = channels
    features = conv(3, a, 11, stride=4, padding=2) + [nn.MaxPool2d(3, 2)]
    features += conv(a, b, 5, padding=2) + [nn.MaxPool2d(3, 2)]
    features += conv(b, c, 3, padding=1) + conv(c, d, 3, padding=1) + conv(d, e, 3, padding=1) + [nn.MaxPool2d(3, 2)]
    classifier = [nn.Dropout(0.5), nn.Linear(e * 36, hidden), nn.ReLU(), nn.Dropout(0.5)]
    classifier += [nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, classes)]
    return nn.Sequential(
        collections.OrderedDict(
            features=nn.Sequential(*features),
            avgpool=nn.AdaptiveAvgPool2d((6, 6)),
            flatten=nn.Flatten(),
            classifier=nn.Sequential(*classifier),
        )
    )


def lenet5():
    return nn.Sequential(
        collections.OrderedDict(
            conv1=nn.Conv2d(1, 6, 5), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, 5), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2), flatten=nn.Flatten(),
            fc1=nn.Linear(400, 120), relu3=nn.ReLU(), fc2=nn.Linear(120, 84), relu4=nn.ReLU(), fc3=nn.Linear(84, 10),
        )
    )  # fmt: skip


class BasicBlock(nn.Module):
    """Two 3x3 convolutions; where they subsample, the shortcut does so without parameters (He et al. 2016, option A)."""

    def __init__(self, channels, width):
        super().__init__()
        self.added = width - channels
        self.conv1 = nn.Conv2d(channels, width, 3, stride=2 if self.added else 1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()

    def forward(self, x):
        result = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        if self.added:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.added // 2, self.added // 2))
        return self.relu(result + x)


def cifar_resnet(depth):
    count = (depth - 2) // 6
    layers = collections.OrderedDict(
        conv1=nn.Conv2d(3, 16, 3, padding=1, bias=False), bn1=nn.BatchNorm2d(16), relu=nn.ReLU()
    )  # fmt: skip
    channels = 16
    for stage, width in enumerate((16, 32, 64)):
        blocks = [BasicBlock(channels, width)] + [BasicBlock(width, width) for _ in range(count - 1)]
        layers[f"layer{stage + 1}"] = nn.Sequential(*blocks)
        channels = width
    layers.update(avgpool=nn.AdaptiveAvgPool2d((1, 1)), flatten=nn.Flatten(), linear=nn.Linear(64, 10))
    return nn.Sequential(layers)


class WideBlock(nn.Module):
    """Normalisation and ReLU before each convolution (Zagoruyko & Komodakis 2016)."""

    def __init__(self, channels, width, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.convShortcut = None
        if channels != width:
            self.convShortcut = nn.Conv2d(channels, width, 1, stride=stride, bias=False)

    def forward(self, x):
        activated = self.relu1(self.bn1(x))
        result = self.conv2(self.relu2(self.bn2(self.conv1(activated))))
        return result + (self.convShortcut(activated) if self.convShortcut else x)


def wide_resnet(depth, widening):
    layers = collections.OrderedDict(conv1=nn.Conv2d(3, 16, 3, padding=1, bias=False))
    channels = 16
    for index, (width, stride) in enumerate(((16, 1), (32, 2), (64, 2))):
        blocks = []
        for position in range((depth - 4) // 6):
            blocks.append(WideBlock(channels, width * widening, 1 if position else stride))
            channels = width * widening
        layers[f"block{index + 1}"] = nn.Sequential(collections.OrderedDict(layer=nn.Sequential(*blocks)))
    layers.update(
        bn1=nn.BatchNorm2d(channels), relu=nn.ReLU(), avgpool=nn.AdaptiveAvgPool2d((1, 1)), flatten=nn.Flatten(),
        fc=nn.Linear(channels, 10),
    )  # fmt: skip
    return nn.Sequential(layers)


def alexnet_original():
    """Krizhevsky et al. 2012; alpha is torch's, which is divided by the size."""

    def norm():
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)

    features = [nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2)]
    features += [nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2)]
    features += [nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()]
    features += [nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    classifier = [nn.Dropout(0.5), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 4096)]
    classifier += [nn.ReLU(), nn.Linear(4096, 1000)]
    return nn.Sequential(
        collections.OrderedDict(
            features=nn.Sequential(*features),
            avgpool=nn.AdaptiveAvgPool2d((6, 6)),
            flatten=nn.Flatten(),
            classifier=nn.Sequential(*classifier),
        )
    )


def own_models():
    """The models that torchvision does not have: what builds one, the channels and the size of its images."""
    full, half = (64, 192, 384, 256, 256), (48, 128, 192, 192, 128)
    models = {
        "alexnet_bn": (lambda: alexnet(full, 4096, 1000, True), 3, 224),
        "alexnet_half": (lambda: alexnet(half, 2048, 1000, False), 3, 224),
        "alexnet_half_bn": (lambda: alexnet(half, 2048, 1000, True), 3, 224),
        "alexnet_original": (alexnet_original, 3, 227),
        "lenet5": (lenet5, 1, 32),
        "wrn_28_10": (lambda: wide_resnet(28, 10), 3, 32),
    }
    for depth in (20, 32, 44, 56, 110):
        models[f"resnet{depth}"] = (lambda depth=depth: cifar_resnet(depth), 3, 32)
    return models


def main(wanted):
    families = collections.defaultdict(dict)
    for name, (build, channels, size) in own_models().items():
        families[file_of(name)][name] = lambda build=build, channels=channels, size=size: facts(build(), channels, size)
    for name in TORCHVISION:
        families[file_of(name)][name] = lambda name=name: torchvision_facts(name)
    for name in TRANSFORMERS:
        families[file_of(name)][name] = lambda name=name: transformer(name) | {"publishedWeights": published(name)}
    for family, models in families.items():
        if wanted and family not in wanted:
            continue
        text = json.dumps({name: make() for name, make in models.items()}, separators=(",", ":")).encode()
        # The same facts make the same bytes.
        pathlib.Path(__file__).with_name(f"{family}.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1:])
