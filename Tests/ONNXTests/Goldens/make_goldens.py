"""Writes small ONNX models as PyTorch's two exporters and others lay them out, and what onnxruntime computes with them.

    python make_goldens.py      (torch, onnx, onnxscript, onnxruntime; keras with KERAS_BACKEND=torch)
"""

import json
import logging
import os
import warnings
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
SIZE = 20


def pixels(shape):
    """What the tests compute too."""
    count = int(np.prod(shape))
    return (((np.arange(count) * 37) % 101) / 50 - 1).astype(np.float32).reshape(shape)


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, ceil_mode=True), nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2), nn.ReLU6(),
            nn.AvgPool2d(3, stride=2, padding=1))
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(6 * 3 * 3, 8), nn.Tanh(), nn.Linear(8, 5))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class Gated(nn.Module):
    """Squeeze and excitation, and the smooth activations."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.Hardswish())
        self.depthwise = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.BatchNorm2d(8), nn.SiLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(8, 4, 1)
        self.fc2 = nn.Conv2d(4, 8, 1)
        self.hard = nn.Hardsigmoid()
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = self.stem(x)
        y = self.depthwise(x)
        y = y * torch.sigmoid(self.fc2(F.silu(self.fc1(self.pool(y)))))
        y = y * self.hard(self.pool(y))
        return self.head(torch.flatten(self.pool(x + y), 1))


class Normed(nn.Module):
    """A block of ConvNeXt."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 4, stride=4)
        self.dwconv = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.norm = nn.LayerNorm(6, eps=1e-6)
        self.up = nn.Linear(6, 12)
        self.down = nn.Linear(12, 6)
        self.layer_scale = nn.Parameter(torch.rand(6, 1, 1) + 0.2)
        self.last = nn.LayerNorm(6)
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = self.stem(x)
        y = self.dwconv(x).permute(0, 2, 3, 1)
        y = self.down(F.gelu(self.up(self.norm(y)))).permute(0, 3, 1, 2)
        x = x + self.layer_scale * y
        return self.head(self.last(x.mean([2, 3])))


class Shuffled(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2)
        self.branch = nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = self.stem(x)
        first, second = x.chunk(2, dim=1)
        x = torch.cat((first, self.branch(second)), dim=1)
        batch, channels, height, width = x.size()
        x = x.view(batch, 2, channels // 2, height, width).transpose(1, 2).contiguous()
        x = x.view(batch, channels, height, width)
        return self.fc(x.mean([2, 3]))


class Padded(nn.Module):
    """Zeros at some sides and a softmax at the end."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, stride=2)
        self.conv2 = nn.Conv2d(6, 5, 3)

    def forward(self, x):
        x = (x * 0.5 + 0.25) / torch.tensor([0.2, 0.3, 0.4]).view(1, 3, 1, 1)
        x = torch.relu(self.conv(F.pad(x, (0, 1, 0, 1))))
        x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        x = F.pad(x, (0, 0, 0, 0, 1, 1))
        return F.softmax(self.conv2(x).mean([2, 3]), dim=1)


def randomized(model):
    """Statistics and weights as a training leaves them."""
    torch.manual_seed(3)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        elif isinstance(module, nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
    return model.eval()


def torch_models():
    image = torch.randn(2, 3, SIZE, SIZE)
    for name, kind in [("plain", Plain), ("gated", Gated), ("normed", Normed), ("shuffled", Shuffled), ("padded", Padded)]:
        torch.manual_seed(1)
        model = randomized(kind())
        for opset, is_open in [(13, True), (17, False)]:
            path = HERE / f"{name}-script{opset}.onnx"
            # Norms are not folded, so that they are there to be read.
            torch.onnx.export(
                model, (image,), str(path), dynamo=False, opset_version=opset, input_names=["images"],
                do_constant_folding=is_open, training=torch.onnx.TrainingMode.PRESERVE,
                dynamic_axes={"images": {0: "batch"}} if is_open else None)
            yield path
        path = HERE / f"{name}-dynamo.onnx"
        torch.onnx.export(
            model, (image,), str(path), dynamo=True, external_data=False, verbose=False,
            dynamic_shapes=({0: torch.export.Dim("batch")},))
        strip(path)
        yield path


def strip(path):
    """Takes out what names places of the machine: traces of the program."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    del model.graph.value_info[:]
    model.graph.ClearField("metadata_props")
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        value.ClearField("metadata_props")
        value.ClearField("doc_string")
    onnx.save(model, path)


def keras_models():
    try:
        import keras
    except Exception as error:
        print(f"no Keras: {error}")
        return
    keras.utils.set_random_seed(2)
    layers = keras.layers
    image = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(6, 3, strides=2, padding="same", use_bias=False)(image)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(max_value=6.0)(x)
    x = layers.MaxPooling2D(2)(x)
    y = layers.DepthwiseConv2D(3, padding="same")(x)
    y = layers.Activation("silu")(y)
    x = layers.Add()([x, y])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(5, activation="softmax")(x)
    model = keras.Model(image, x)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_mean.assign(np.linspace(-0.3, 0.3, 6))
            layer.moving_variance.assign(np.linspace(0.5, 1.5, 6))
    model(np.zeros((1, SIZE, SIZE, 3), np.float32))
    path = HERE / "keras.onnx"
    model.export(str(path), format="onnx", verbose=False)
    strip(path)
    yield path


def tensorflow_like():
    """As tf2onnx lays a small network of TensorFlow out: images in [N, H, W, C], padding 'same', weights as constants."""
    random = np.random.default_rng(4)
    def tensor(name, *shape, low=None):
        numbers = random.uniform(low, low + 1, shape) if low is not None else random.standard_normal(shape) * 0.4
        return numpy_helper.from_array(numbers.astype(np.float32), name)
    tensors = [
        tensor("conv/kernel:0", 6, 3, 3, 3), tensor("bn/gamma:0", 6, low=0.5), tensor("bn/beta:0", 6),
        tensor("bn/moving_mean:0", 6), tensor("bn/moving_variance:0", 6, low=0.5), tensor("dw/kernel:0", 6, 1, 3, 3),
        tensor("dw/bias:0", 6, 1, 1), tensor("dense/kernel:0", 6, 5), tensor("dense/bias:0", 5),
        numpy_helper.from_array(np.float32(0), "zero"), numpy_helper.from_array(np.float32(6), "six"),
        numpy_helper.from_array(np.float32(3), "three"), numpy_helper.from_array(np.float32(1 / 6), "sixth"),
        numpy_helper.from_array(np.array([2, 3]), "axes")]
    node = helper.make_node
    nodes = [
        node("Transpose", ["image"], ["nchw"], perm=[0, 3, 1, 2]),
        node("Conv", ["nchw", "conv/kernel:0"], ["c"], auto_pad="SAME_UPPER", strides=[2, 2], name="model/conv/Conv2D"),
        node("BatchNormalization", ["c", "bn/gamma:0", "bn/beta:0", "bn/moving_mean:0", "bn/moving_variance:0"], ["b"],
             epsilon=1e-3, name="model/bn/FusedBatchNormV3"),
        # Hard swish from its parts.
        node("Add", ["b", "three"], ["b3"]), node("Clip", ["b3", "zero", "six"], ["b6"]),
        node("Mul", ["b", "b6"], ["bb"]), node("Mul", ["bb", "sixth"], ["h"]),
        node("MaxPool", ["h"], ["p"], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"),
        node("Conv", ["p", "dw/kernel:0"], ["d0"], group=6, auto_pad="SAME_UPPER", name="model/dw/depthwise"),
        node("Add", ["d0", "dw/bias:0"], ["d"]),
        node("Sigmoid", ["d"], ["s"]), node("Mul", ["s", "d"], ["g"]), node("Add", ["p", "g"], ["r"]),
        node("GlobalAveragePool", ["r"], ["a"]), node("Squeeze", ["a", "axes"], ["q"]),
        node("MatMul", ["q", "dense/kernel:0"], ["m"], name="model/dense/MatMul"), node("Add", ["m", "dense/bias:0"], ["l"]),
        node("Softmax", ["l"], ["probabilities"], axis=1)]
    graph = helper.make_graph(
        nodes, "tf", [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", SIZE, SIZE, 3])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 5])], tensors)
    path = HERE / "tensorflow.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), path)
    onnx.checker.check_model(str(path), full_check=True)
    yield path


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    expected = {}
    for path in [*torch_models(), *keras_models(), *tensorflow_like()]:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        value = session.get_inputs()[0]
        image = pixels((2, 3, SIZE, SIZE))
        is_last = value.shape[-1] == 3
        result = session.run(None, {value.name: image.transpose(0, 2, 3, 1) if is_last else image})[0]
        ends_in_softmax = onnx.load(path).graph.node[-1].op_type == "Softmax"
        expected[path.stem] = {
            "softmax": ends_in_softmax, "result": [round(float(number), 7) for number in result.ravel()]}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    print(f"{len(expected)} models, {sum(path.stat().st_size for path in HERE.glob('*.onnx')):,} bytes")


if __name__ == "__main__":
    main()
