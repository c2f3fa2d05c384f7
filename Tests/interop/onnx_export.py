"""What zoo exports as ONNX passes the checker, and onnxruntime computes from it what zoo computes."""

import hashlib
import json

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file, save_file

from workspace import Skipped

# Of the largest logit.
TOLERANCE = 1e-4

# Models of more parameters are tested with --large alone.
LARGE = 150e6

MODELS_OF_WAYS = ["alexnet_bn", "resnet18"]

# What older operators compose, and newer ones have.
OPSETS = [13, 16, 18, 20, 22]
MODELS_OF_OPSETS = ["mobilenet_v3_small", "shufflenet_v2_x0_5", "efficientnet_b0", "convnext_tiny", "squeezenet1_1"]


def weights(workspace, model):
    """A file of random weights for a model, with statistics as a training leaves them, and the model's description."""
    described = workspace.zoo_json("show", model)
    path = workspace.folder / f"{model}.onnx-weights.safetensors"
    if path.exists():
        return path, described
    random = np.random.default_rng(int(hashlib.sha256(model.encode()).hexdigest()[:8], 16))
    tensors = {}
    # In their deep stacks of SiLU, norms of about 1 let numbers grow until float32 says nothing: torch's own logits are off by half then.
    gains = (0.3, 0.6) if model.startswith("efficientnet_v2") else (0.6, 1.2)
    for tensor in described["tensors"]:
        name, shape = tensor["name"], tensor["shape"]
        if tensor["dtype"] != "float32":
            tensors[name] = np.zeros(shape, tensor["dtype"])
        elif name.endswith("layer_scale"):
            tensors[name] = random.uniform(0.2, 0.8, shape).astype(np.float32)
        elif name.endswith("running_var"):
            tensors[name] = random.uniform(0.5, 1.5, shape).astype(np.float32)
        elif len(shape) >= 2:
            fan_in = np.prod(shape[1:])
            tensors[name] = (random.standard_normal(shape, np.float32) * np.sqrt(1.6 / fan_in)).astype(np.float32)
        elif name.endswith("weight"):
            tensors[name] = random.uniform(*gains, shape).astype(np.float32)
        else:
            tensors[name] = (random.standard_normal(shape) * 0.1).astype(np.float32)
    save_file(tensors, path)
    return path, described


def images(described, count, size=None):
    channels, height, width = described["input"]
    random = np.random.default_rng(3)
    return random.standard_normal((count, channels, size or height, size or width), np.float32)


def meant(workspace, model):
    """A file of bare weights does not say these."""
    if not hasattr(workspace, "classes"):
        workspace.classes = {entry["name"]: entry["num_classes"] for entry in workspace.zoo_json("list")}
    return "--model", model, "--classes", workspace.classes[model]


def logits_of_zoo(workspace, model, path, pixels):
    np.save(workspace.folder / "pixels.npy", pixels)
    result = workspace.folder / "logits.safetensors"
    workspace.zoo(
        "predict", path, *meant(workspace, model), "--tensor", workspace.folder / "pixels.npy", "--output", result)
    return load_file(result)["logits"]


def export(workspace, model, path, *options):
    target = workspace.folder / f"{model}.onnx"
    workspace.zoo("export", path, *meant(workspace, model), "--onnx", target, *options)
    onnx.checker.check_model(str(target), full_check=True)
    return target


def run(target, pixels):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: pixels})[0]


def difference(found, expected):
    """Of the largest logit, which must tell something."""
    assert found.shape == expected.shape, f"onnxruntime gives {found.shape}, zoo {expected.shape}"
    assert np.isfinite(expected).all(), "zoo's logits are not finite"
    largest = np.abs(expected).max()
    assert expected.std() > 1e-3 * largest, "all logits are alike, so this tells nothing"
    error = np.abs(found - expected).max() / largest
    assert error <= TOLERANCE, f"logits differ by {error:.1e} of the largest"
    return error


def compared(workspace, model):
    """The error of one model, whose weights are all in the file under their names."""
    path, described = weights(workspace, model)
    pixels = images(described, 1)
    target = export(workspace, model, path)
    try:
        error = difference(run(target, pixels), logits_of_zoo(workspace, model, path, pixels))
    except Exception as problem:
        raise AssertionError(f"{model}: {problem}") from problem
    held = {tensor.name for tensor in onnx.load(target, load_external_data=False).graph.initializer}
    missing = {tensor["name"] for tensor in described["tensors"]} - held
    unexplained = {name for name in missing if not name.endswith("num_batches_tracked") and "aux" not in name.lower()}
    assert not unexplained, f"{model}: {sorted(unexplained)} are not in the file under their names"
    path.unlink()
    for file in workspace.folder.glob(f"{model}*.onnx*"):
        file.unlink()
    return error


def models(workspace, large):
    listed = workspace.zoo_json("list")
    return [entry["name"] for entry in listed if (entry["parameters"] > LARGE) == large]


def every_one(workspace, names):
    """All models are tried before the first that fails is told."""
    errors, failures = {}, []
    for model in names:
        try:
            errors[model] = compared(workspace, model)
        except AssertionError as problem:
            failures.append(str(problem))
    assert not failures, f"{len(failures)} of {len(names)} models fail: " + "; ".join(failures)
    worst = max(errors, key=errors.get)
    return f"{len(names)} models, largest error {errors[worst]:.0e} of the largest logit ({worst})"


def every_model(workspace):
    """Every model of the registry gives the same logits in onnxruntime"""
    return every_one(workspace, models(workspace, large=False))


def large_models(workspace):
    """The largest models give the same logits in onnxruntime"""
    names = models(workspace, large=True)
    if not workspace.tests_large:
        raise Skipped(f"NOT TESTED, for they take minutes and many GiB: {', '.join(names)}; --large tests them")
    return every_one(workspace, names)


def every_opset(workspace):
    """What newer operators have is composed of older ones, with the same logits"""
    worst = 0
    known = {entry["name"] for entry in workspace.zoo_json("list")}
    for model in [model for model in MODELS_OF_OPSETS if model in known]:
        path, described = weights(workspace, model)
        pixels = images(described, 2)
        expected = logits_of_zoo(workspace, model, path, pixels)
        for opset in OPSETS:
            worst = max(worst, difference(run(export(workspace, model, path, "--opset", opset), pixels), expected))
    return f"largest error {worst:.0e} of the largest logit"


def every_way(workspace):
    """Folded or not, of fixed or open batch, of old and new operators, of other sizes: the same logits"""
    worst, count = 0, 0
    for model in MODELS_OF_WAYS:
        path, described = weights(workspace, model)
        for number, size in [(1, None), (3, None), (2, 200)]:
            pixels = images(described, number, size)
            expected = logits_of_zoo(workspace, model, path, pixels)
            for options in [(), ("--fold",), ("--opset", 13), ("--opset", 22, "--fold"), ("--batch", number)]:
                sized = () if size is None else ("--input-size", size)
                target = export(workspace, model, path, *options, *sized)
                worst = max(worst, difference(run(target, pixels), expected))
                opset = onnx.load(target).opset_import[0].version
                assert opset == (options[1] if options[:1] == ("--opset",) else 17), f"the file is of opset {opset}"
                count += 1
            target = export(workspace, model, path, *sized, "--softmax", "--input-name", "images", "--output-name", "p")
            session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
            found = session.run(["p"], {"images": pixels})[0]
            powers = np.exp(expected - expected.max(1, keepdims=True), dtype=np.float64)
            assert np.abs(found - powers / powers.sum(1, keepdims=True)).max() < 1e-4, "probabilities differ"
        folded = onnx.load(export(workspace, model, path, "--fold")).graph
        assert not any(node.op_type == "BatchNormalization" for node in folded.node), "a norm is not folded"
    return f"{count} files, largest error {worst:.0e} of the largest logit"


def fixed_batch(workspace):
    """A file of fixed batch says so, one of open batch names it, and both say what the model is"""
    path, _ = weights(workspace, "resnet18")
    for option, expected in [(("--batch", 4), 4), ((), "batch")]:
        model = onnx.load(export(workspace, "resnet18", path, *option))
        for value in [*model.graph.input, *model.graph.output]:
            first = value.type.tensor_type.shape.dim[0]
            assert (first.dim_value or first.dim_param) == expected, f"{value.name} has a batch of {first}"
        properties = {entry.key: entry.value for entry in model.metadata_props}
        assert properties["model"] == "resnet18"
        assert json.loads(properties["arguments"])["num_classes"] == 1000
        assert "normalize" in properties["preprocessing"]


CHECKS = [every_model, large_models, every_opset, every_way, fixed_batch]
