"""Runs a list of nodes with real PyTorch in float64.

A node is a dictionary: `name` (the module path), `op`, its attributes, and `inputs` (indices of values: 0 is the image,
i + 1 is what node i gives). Its parameters are found in a dictionary by `name.weight` and so on.

Why float64 and not float32: a float32 result of PyTorch depends on the kernels it picks on this processor and carries
rounding errors as large as those of the engine under test. All inputs here are exactly float32 numbers; computing in
float64 and rounding once at the end gives the nearest float32 to the true value on every machine.
"""

import torch
import torch.nn.functional as F


ACTIVATIONS = {
    "relu": F.relu,
    "relu6": F.relu6,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "hard_sigmoid": F.hardsigmoid,
    "hard_swish": F.hardswish,
    "gelu": F.gelu,
    "tanh": torch.tanh,
}


def run_node(node, inputs, params, training):
    """What a node gives for `inputs`; batch norm in training updates its running statistics in `params`."""
    name, op = node["name"], node["op"]
    x = inputs[0]
    weight, bias = params.get(f"{name}.weight"), params.get(f"{name}.bias")
    match op:
        case "conv2d":
            return F.conv2d(x, weight, bias, node["stride"], node["padding"], node["dilation"], node["groups"])
        case "zeroPad2d":
            return F.pad(x, node["sides"])
        case "linear":
            return F.linear(x, weight, bias)
        case "batchNorm2d":
            if training:
                params[f"{name}.num_batches_tracked"] += 1
            return F.batch_norm(
                x, params[f"{name}.running_mean"], params[f"{name}.running_var"], weight, bias, training,
                node["momentum"], node["epsilon"])
        case "localResponseNorm":
            return F.local_response_norm(x, node["size"], node["alpha"], node["beta"], node["k"])
        case "layerNorm":
            return F.layer_norm(x, [node["features"]], weight, bias, node["epsilon"])
        case "activation":
            return ACTIVATIONS[node["function"]](x)
        case "relu":
            return F.relu(x)
        case "maxPool2d":
            return F.max_pool2d(
                x, node["kernel"], node["stride"], node["padding"], node["dilation"], node["ceilMode"])
        case "avgPool2d":
            return F.avg_pool2d(
                x, node["kernel"], node["stride"], node["padding"], node["ceilMode"], node["countIncludePad"])
        case "adaptiveAvgPool2d":
            return F.adaptive_avg_pool2d(x, node["output"])
        case "dropout":
            return F.dropout(x, node["probability"], training)
        case "flatten":
            return torch.flatten(x, 1)
        case "permute":
            return x.permute(0, *[axis + 1 for axis in node["order"]])
        case "narrow":
            return x.narrow(node["axis"] + 1, node["start"], node["count"])
        case "channelShuffle":
            return F.channel_shuffle(x, node["groups"])
        case "padChannels":
            return F.pad(x, [0, 0, 0, 0, node["before"], node["after"]])
        case "channelAffine":
            return x * x.new_tensor(node["scale"])[:, None, None] + x.new_tensor(node["shift"])[:, None, None]
        case "layerScale":
            return x * weight
        case "add":
            return inputs[0] + inputs[1]
        case "multiply":
            return inputs[0] * inputs[1]
        case "concat":
            return torch.cat(inputs, 1)
    raise ValueError(f"no operation is called {op}")


def run(nodes, image, params, training):
    """Every value of the net: the image, then what each node gives."""
    values = [image]
    for node in nodes:
        values.append(run_node(node, [values[i] for i in node["inputs"]], params, training))
    return values


def widened(tensors):
    """Float32 tensors as float64 leaves; trainable ones ask for gradients."""
    result = {}
    for name, tensor in tensors.items():
        if name.endswith("num_batches_tracked"):
            result[name] = tensor.clone()
        else:
            result[name] = tensor.to(torch.float64).requires_grad_(is_trainable(name))
    return result


def is_trainable(name):
    """Whether a parameter of this name gets gradients."""
    return name.rsplit(".", 1)[-1] in ("weight", "bias")


def optimizer(kind, parameters, settings):
    """PyTorch's optimizer, one tensor at a time: the plainest of its implementations."""
    factory = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
    return factory(parameters, foreach=False, **settings)
