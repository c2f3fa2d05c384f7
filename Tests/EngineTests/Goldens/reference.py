"""Runs a list of nodes with real PyTorch in float64.

A node is a dictionary: `name` (the module path), `op`, its attributes, and `inputs` (indices of values: 0 is the image,
i + 1 is what node i gives). Its parameters are found in a dictionary by `name.weight` and so on.

Why float64 and not float32: a float32 result of PyTorch depends on the kernels it picks on this processor and carries
rounding errors as large as those of the engine under test. All inputs here are exactly float32 numbers; computing in
float64 and rounding once at the end gives the nearest float32 to the true value on every machine.
"""

import math

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


def grouped(node, x):
    """The tokens of [N, ..., D] by group, [N, groups, tokens, D], and what brings them back."""
    n, d = x.shape[0], x.shape[-1]
    if node["span"] == "all":
        return x.reshape(n, 1, -1, d), lambda y: y.reshape(*x.shape[:-1], -1)
    (h, w), (p, q) = x.shape[1:3], node["group"]
    if node["span"] == "grid":
        y = x.reshape(n, p, h // p, q, w // q, d).permute(0, 2, 4, 1, 3, 5)
        return y.reshape(n, -1, p * q, d), lambda y: (
            y.reshape(n, h // p, w // q, p, q, -1).permute(0, 3, 1, 4, 2, 5).reshape(n, h, w, -1))
    shifts = [0 if size >= extent else shift for size, extent, shift in zip(node["group"], (h, w), node["moved"])]
    y = x.roll([-shift for shift in shifts], (1, 2))
    y = y.reshape(n, h // p, p, w // q, q, d).permute(0, 1, 3, 2, 4, 5).reshape(n, -1, p * q, d)

    def back(y):
        y = y.reshape(n, h // p, w // q, p, q, -1).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, -1)
        return y.roll(shifts, (1, 2))

    return y, back


def attend(node, x, params):
    """Multi-head attention of queries, keys and values that stand side by side along the last axis."""
    name, heads, features = node["name"], node["heads"], node["headFeatures"]
    if node["cosine"]:
        query, _, value = params[f"{name}.qkv.bias"].chunk(3)
        x = x + torch.cat([query, torch.zeros_like(query), value])
    y, back = grouped(node, x)
    n, groups, tokens, _ = y.shape
    q, k, v = y.reshape(n, groups, tokens, 3, heads, features).permute(3, 0, 1, 4, 2, 5)
    if node["cosine"]:
        scale = params[f"{name}.scale.weight"].clamp(max=math.log(100)).exp()
        s = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) * scale
    else:
        s = q @ k.transpose(-2, -1) * node["product"]
    if node["positionBias"] != "none":
        if node["positionBias"] == "table":
            table = params[f"{name}.table.weight"]
        else:
            hidden = F.linear(
                params[f"{name}.coordinates"], params[f"{name}.first.weight"], params[f"{name}.first.bias"])
            table = 16 * torch.sigmoid(F.linear(F.relu(hidden), params[f"{name}.second.weight"]).reshape(-1, heads))
        s = s + table[params[f"{name}.index"]].reshape(tokens, tokens, heads).permute(2, 0, 1)
    if node["span"] == "windows":
        # Tokens that came around an end of the map are no neighbours of those that did not.
        row, column = torch.meshgrid(*[torch.arange(extent) for extent in x.shape[1:3]], indexing="ij")
        shifts = [0 if size >= extent else shift
                  for size, extent, shift in zip(node["group"], x.shape[1:3], node["moved"])]
        part = (2 * (row < shifts[0]) + 1 * (column < shifts[1]))[None, :, :, None]
        part, _ = grouped(node, part)
        s = s - 100.0 * (part != part.transpose(-2, -1))[:, :, None].to(s.dtype)
    y = torch.softmax(s, -1) @ v
    return back(y.transpose(2, 3).reshape(n, groups, tokens, heads * features))


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
        case "classToken":
            tokens = x.reshape(x.shape[0], -1, x.shape[-1])
            return torch.cat([weight.expand(x.shape[0], -1, -1), tokens], 1)
        case "positionEmbedding":
            return x + weight
        case "padTokens":
            below, right = [-extent % size for extent, size in zip(x.shape[1:3], node["multiple"])]
            return F.pad(x, [0, 0, 0, right, 0, below])
        case "cropTokens":
            return x[:, :inputs[1].shape[1], :inputs[1].shape[2]]
        case "mergePatches":
            x = F.pad(x, [0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2])
            return torch.cat([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], -1)
        case "attention":
            return attend(node, x, params)
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
        if tensor.dtype == torch.int64:
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
