#!/usr/bin/env python3
"""Records what real PyTorch computes, for the engine's tests.

    make_goldens.py --check    recompute everything and compare with the files beside this script
    make_goldens.py --write    record anew; ends with status 1, so that no automatic run can bless its own output

Needs Python with torch and numpy (recorded with torch 2.15 and numpy 2.4). One thread, oneDNN off, float64: see
reference.py. Values are rounded to float32 once, at the end.

The files
---------
`index.json` is a list of cases; `GROUP.bin` holds the tensors of the cases of a group: little-endian float32,
contiguous, row-major, one after the other. A case has

    name, group          `GROUP.bin` is where its tensors lie
    nodes                the operations in order, see reference.py; attributes are called as in Operation.swift
    training             whether batch norm normalises by the batch (in everything but `eval.output`)
    head                 whether the loss is of `head(flatten(output))`, head being a linear layer without bias
    labels               the class of each image; in a training, of each image of each step
    labelSmoothing       of the loss, the mean cross entropy
    loss                 of the first batch
    correct              how many images of the first batch have their label as the largest logit
    float32Error         how far PyTorch's own float32 result is from this one, the worst over all tensors of the case,
                         relative to the tensor's largest magnitude: a floor for tolerances
    optimizer, settings, learningRates, losses     of trainings
    tensors              name → [offset in elements, extents…]

Tensors of a case (a parameter is called `P`, a node `N`)

    input                [N, C, H, W]; in a training [steps, N, C, H, W]
    P                    each parameter and running statistic, before
    output               what the nodes give
    output.grad          the gradient of the loss by it
    input.grad           the gradient of the loss by the input
    P.grad               the gradient of the loss by each trainable parameter
    after.P              running statistics after the forward pass; in a training, everything after the last step
    eval.output          of whole nets: what the nodes give in evaluation mode, with the parameters before
    state.P.SLOT         of trainings: the optimizer's tensors after the last step
"""

import argparse
import json
import math
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import cases
import reference

HERE = Path(__file__).resolve().parent
CLASSES_OF_HEAD = 4


class Drawer:
    """Random float32 numbers that depend on the case's name alone."""

    def __init__(self, name):
        self.generator = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))

    def normal(self, shape, scale=1.0, shift=0.0):
        values = self.generator.standard_normal(shape) * scale + shift
        return torch.from_numpy(np.asarray(values, dtype=np.float32))

    def levels(self, shape, count):
        return torch.from_numpy(self.generator.integers(0, count, shape).astype(np.float32))

    def labels(self, count, classes):
        return [int(x) for x in self.generator.integers(0, classes, count)]


def draw_attention(node, drawer, scale_shift):
    """What attention learns, with torchvision's index and coordinates of relative positions."""
    name, heads, params = node["name"], node["heads"], {}
    if node["cosine"]:
        params[f"{name}.scale.weight"] = drawer.normal([heads, 1, 1], 0.3, 2.0 + scale_shift)
        params[f"{name}.qkv.bias"] = drawer.normal([3 * heads * node["headFeatures"]], 0.3)
    if node["positionBias"] == "none":
        return params
    p, q = node["group"]
    rows, columns = 2 * p - 1, 2 * q - 1
    if node["positionBias"] == "table":
        params[f"{name}.table.weight"] = drawer.normal([rows * columns, heads])
    else:
        across = [torch.arange(1 - extent, extent, dtype=torch.float32) / (extent - 1) * 8 for extent in (p, q)]
        coordinates = torch.stack(torch.meshgrid(*across, indexing="ij"), -1)[None]
        params[f"{name}.coordinates"] = coordinates.sign() * torch.log2(coordinates.abs() + 1) / 3
    at = torch.stack(torch.meshgrid(torch.arange(p), torch.arange(q), indexing="ij")).flatten(1)
    apart = at[:, :, None] - at[:, None, :] + torch.tensor([p - 1, q - 1])[:, None, None]
    params[f"{name}.index"] = (apart[0] * columns + apart[1]).flatten()
    if node["positionBias"] == "network":
        params[f"{name}.first.weight"] = drawer.normal([node["hidden"], 2])
        params[f"{name}.first.bias"] = drawer.normal([node["hidden"]], 0.3)
        params[f"{name}.second.weight"] = drawer.normal([heads, node["hidden"]], node["hidden"] ** -0.5)
    return params


def draw_parameters(nodes, drawer, gain, scale_shift=0.0):
    """Parameters of a size that keeps activations near 1, and running statistics that are not the default."""
    params = {}
    for node in nodes:
        name = node["name"]
        if node["op"] in ("conv2d", "linear"):
            if node["op"] == "conv2d":
                shape = [node["outChannels"], node["inChannels"] // node["groups"], *node["kernel"]]
            else:
                shape = [node["outFeatures"], node["inFeatures"]]
            params[f"{name}.weight"] = drawer.normal(shape, gain * math.sqrt(2 / math.prod(shape[1:])))
            if node["bias"]:
                params[f"{name}.bias"] = drawer.normal(shape[:1], 0.2)
        elif node["op"] == "layerNorm":
            params[f"{name}.weight"] = drawer.normal([node["features"]], 0.3, 1.0)
            params[f"{name}.bias"] = drawer.normal([node["features"]], 0.3)
        elif node["op"] == "layerScale":
            params[f"{name}.weight"] = drawer.normal([node["features"], 1, 1], 0.3, 1.0)
        elif node["op"] == "classToken":
            params[f"{name}.weight"] = drawer.normal([1, 1, node["features"]])
        elif node["op"] == "positionEmbedding":
            params[f"{name}.weight"] = drawer.normal([1, node["tokens"], node["features"]], 0.5)
        elif node["op"] == "attention":
            params |= draw_attention(node, drawer, scale_shift)
        elif node["op"] == "batchNorm2d":
            c = [node["features"]]
            params[f"{name}.weight"] = drawer.normal(c, 0.3, 1.0)
            params[f"{name}.bias"] = drawer.normal(c, 0.3)
            params[f"{name}.running_mean"] = drawer.normal(c, 0.3)
            params[f"{name}.running_var"] = drawer.normal(c, 0.2).abs() + 0.7
            params[f"{name}.num_batches_tracked"] = torch.tensor(3)
    return params


def draw_image(case, drawer, shape):
    if "levels" in case:
        return drawer.levels(shape, case["levels"])
    return drawer.normal(shape, case.get("scale", 1.0), case.get("shift", 0.0))


def logits_of(case, output, params):
    return F.linear(torch.flatten(output, 1), params["head.weight"]) if case["head"] else output


def fresh(params, dtype):
    """A copy of the parameters, computed with and changed by nobody else."""
    return {k: v.detach().clone() if v.dtype == torch.int64
            else v.detach().clone().to(dtype).requires_grad_(v.requires_grad) for k, v in params.items()}


def gradients(case, image, params, labels, dtype):
    """Loss, logits and all tensors of one forward and backward pass."""
    params = fresh(params, dtype)
    image = image.to(dtype).requires_grad_()
    output = reference.run(case["nodes"], image, params, case["training"])[-1]
    if not output.requires_grad or output is image:
        output = output.clone()
    output.retain_grad()
    logits = logits_of(case, output, params)
    loss = F.cross_entropy(logits, torch.tensor(labels), label_smoothing=case["labelSmoothing"])
    loss.backward()
    tensors = {"output": output, "output.grad": output.grad, "input.grad": image.grad}
    tensors |= {f"{k}.grad": v.grad for k, v in params.items() if reference.is_trainable(k)}
    tensors |= {f"after.{k}": v for k, v in params.items() if "running_" in k and case["training"]}
    return loss.item(), logits, tensors


def train(case, images, params, labels, dtype):
    """Losses, and everything after the last step."""
    params = fresh(params, dtype)
    names = [k for k in params if reference.is_trainable(k)]
    optimizer = reference.optimizer(case["optimizer"], [params[k] for k in names], case["settings"])
    losses = []
    for step, rate in enumerate(case["learningRates"]):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        output = reference.run(case["nodes"], images[step].to(dtype), params, True)[-1]
        n = len(labels) // len(images)
        loss = F.cross_entropy(output, torch.tensor(labels[step * n:(step + 1) * n]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    tensors = {f"after.{k}": v for k, v in params.items()}
    for name in names:
        for slot, value in optimizer.state[params[name]].items():
            if slot != "step" and value is not None:
                tensors[f"state.{name}.{slot}"] = value
    return losses, tensors


def worst_error(exact, approximate):
    """The largest difference over all tensors, each relative to its largest magnitude."""
    def error(name):
        scale = exact[name].abs().max().item()
        return (exact[name] - approximate[name].double()).abs().max().item() / scale if scale else 0.0
    return max(error(name) for name in exact)


def compute(case):
    """The index entry of a case and its tensors."""
    drawer = Drawer(case["name"])
    case = dict(dict(training=True, labelSmoothing=0.0), **case)
    steps = case.get("steps")
    shape = case["image"] if steps is None else [steps, *case["image"]]
    image = draw_image(case, drawer, shape)
    drawn = draw_parameters(case["nodes"], drawer, case.get("gain", 1.0), case.get("scaleShift", 0.0))
    params = reference.widened(drawn)
    with torch.no_grad():
        first = image if steps is None else image[0]
        probe = reference.run(case["nodes"], first.double(), fresh(params, torch.float64), case["training"])[-1]
    if case["head"]:
        features = probe[0].numel()
        size = probe.square().mean().sqrt().item()
        drawn["head.weight"] = drawer.normal([CLASSES_OF_HEAD, features], 1 / (size * math.sqrt(features)))
        params = reference.widened(drawn)
    classes = CLASSES_OF_HEAD if case["head"] else probe.shape[1]
    labels = drawer.labels(case["image"][0] * (steps or 1), classes)
    tensors = {"input": image} | drawn

    if steps is None:
        loss, logits, results = gradients(case, image, params, labels, torch.float64)
        correct = (logits.argmax(1) == torch.tensor(labels)).sum().item()
        entry = dict(loss=loss, correct=correct)
        if not case["head"]:
            with torch.no_grad():
                results["eval.output"] = reference.run(case["nodes"], image.double(), params, False)[-1]
        _, _, rough = gradients(case, image, params, labels, torch.float32)
        rough |= {k: v for k, v in results.items() if k == "eval.output"}
    else:
        rate = case["settings"]["lr"]
        case["learningRates"] = [rate * (1 - 0.15 * i) for i in range(steps)]
        losses, results = train(case, image, params, labels, torch.float64)
        _, rough = train(case, image, params, labels, torch.float32)
        settings = {k: v for k, v in case["settings"].items() if k != "lr"}
        entry = dict(loss=losses[0], losses=losses, learningRates=case["learningRates"],
                     optimizer=case["optimizer"], settings=settings)
    entry = dict(
        name=case["name"], group=case["group"], training=case["training"], head=case["head"], labels=labels,
        labelSmoothing=case["labelSmoothing"], float32Error=float(f"{worst_error(results, rough):.1e}"),
        nodes=case["nodes"], **entry)
    return entry, tensors | results


def build():
    """The index and the bytes of each group."""
    index, blobs = [], {}
    for case in cases.all_cases():
        entry, tensors = compute(case)
        blob = blobs.setdefault(entry["group"], bytearray())
        entry["tensors"] = {}
        for name, tensor in tensors.items():
            values = tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4")
            entry["tensors"][name] = [len(blob) // 4, *tensor.shape]
            blob += values.tobytes()
        index.append(entry)
    names = [entry["name"] for entry in index]
    assert len(set(names)) == len(names), "two cases have one name"
    return index, blobs


def write(index, blobs):
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in index)
    (HERE / "index.json").write_text(f"[\n{lines}\n]\n")
    for group, blob in blobs.items():
        (HERE / f"{group}.bin").write_bytes(blob)
        print(f"{group}.bin: {len(blob):,} bytes")
    print(f"recorded {len(index)} cases; look at the difference, then run --check")


def check(index, blobs):
    """Compares with the recorded files; float64 sums may differ in their last bits between machines."""
    recorded = json.loads((HERE / "index.json").read_text())
    problems = []
    if [e["name"] for e in recorded] != [e["name"] for e in index]:
        problems.append("the recorded cases are not those of cases.py")
    files = {g: np.frombuffer((HERE / f"{g}.bin").read_bytes(), "<f4") for g in blobs}
    values = {g: np.frombuffer(bytes(b), "<f4") for g, b in blobs.items()}
    for old, new in zip(recorded, index):
        if old["tensors"] != new["tensors"] or old["nodes"] != json.loads(json.dumps(new["nodes"])):
            problems.append(f"{new['name']}: its nodes or tensors have changed")
            continue
        if old["labels"] != new["labels"] or not math.isclose(old["loss"], new["loss"], rel_tol=1e-12):
            problems.append(f"{new['name']}: labels or loss have changed")
        for name, (offset, *shape) in new["tensors"].items():
            a = files[new["group"]][offset:offset + math.prod(shape)].astype(np.float64)
            b = values[new["group"]][offset:offset + math.prod(shape)].astype(np.float64)
            limit = 2.0 ** -23 * np.abs(b).max(initial=0)
            if a.shape != b.shape or np.abs(a - b).max(initial=0) > limit:
                problems.append(f"{new['name']}: {name} differs from the recorded one")
    print("\n".join(problems) if problems else f"all {len(index)} cases are as recorded")
    return not problems


def main():
    parser = argparse.ArgumentParser(description="Records what real PyTorch computes, for the engine's tests.")
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true", help="recompute and compare with the recorded files")
    mode.add_argument("--write", action="store_true", help="record anew; ends with status 1")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.backends.mkldnn.enabled = False
    index, blobs = build()
    if arguments.write:
        write(index, blobs)
        sys.exit(1)
    sys.exit(0 if check(index, blobs) else 1)


if __name__ == "__main__":
    main()
