"""Safetensors, numpy's arrays and ONNX models: both directions, bit for bit, against the real libraries."""

import hashlib
import json

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from checkpoints import path_of
from workspace import Skipped

TORCH_TYPES = ("bool uint8 int8 float8_e5m2 float8_e4m3fn int16 uint16 float16 bfloat16 int32 uint32 float32 complex64 "
               "float64 int64 uint64").split()
NUMPY_TYPES = "? u1 u2 u4 u8 i1 i2 i4 i8 f2 f4 f8 c8 c16".split()
SHAPES = [(), (0,), (3, 0, 2), (1,), (5, 7), (2, 3, 4, 5), (1, 1, 2), (129, 33)]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def bits(tensor):
    """The little-endian contiguous bytes of a tensor of torch."""
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def array_bits(array):
    """The little-endian contiguous bytes of an array of numpy."""
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def torch_tensors():
    """Random bits of every type and shape."""
    generator = torch.Generator().manual_seed(7)
    tensors = {}
    for name in TORCH_TYPES:
        dtype = getattr(torch, name)
        for number, shape in enumerate(SHAPES):
            count = int(np.prod(shape)) * dtype.itemsize
            data = torch.randint(0, 2 if name == "bool" else 256, (count,), dtype=torch.uint8, generator=generator)
            tensors[f"{name}.{number}"] = data.view(dtype).reshape(shape) if count else torch.empty(shape, dtype=dtype)
    return tensors


def inspected(workspace, path):
    """name -> (dtype, shape, sha256) as zoo sees it."""
    listed = workspace.zoo_json("inspect", path, "--hash")
    return {item["name"]: (item["dtype"], tuple(item["shape"]), item["sha256"]) for item in listed["tensors"]}


def expect_same(found, expected, what):
    assert found.keys() == expected.keys(), f"{what}: names differ: {sorted(found.keys() ^ expected.keys())[:5]}"
    for name, value in expected.items():
        assert found[name] == value, f"{what}: {name} is {found[name]}, expected {value}"


def described(tensors):
    return {name: (str(value.dtype).removeprefix("torch."), tuple(value.shape), sha256(bits(value)))
            for name, value in tensors.items()}


def safetensors_both_ways(workspace):
    """safetensors of the real library reads the same in zoo, and those of zoo in the real library"""
    source = workspace.folder / "peer.safetensors"
    tensors = torch_tensors()
    expected = described(tensors)
    save_file(tensors, source, metadata={"format": "pt", "note": "é\n"})
    expect_same(inspected(workspace, source), expected, "peer.safetensors in zoo")
    target = workspace.folder / "zoo.safetensors"
    workspace.zoo("convert", source, target, "--to", "safetensors")
    expect_same(described(load_file(target)), expected, "zoo.safetensors in the library")
    with safe_open(target, "pt") as file:
        note = file.metadata()
        assert note["note"] == "é\n" and note["format"] == "pt", f"the metadata became {note}"
    index = workspace.folder / "parts.safetensors.index.json"
    workspace.zoo("convert", source, index, "--to", "safetensors-index", "--shard", "20kB")
    weight_map = json.loads(index.read_text())["weight_map"]
    parts = sorted(set(weight_map.values()))
    together = {}
    for part in parts:
        for name, value in load_file(workspace.folder / part).items():
            assert weight_map[name] == part, f"{name} is in {part}, and the index says {weight_map[name]}"
            together[name] = value
    expect_same(described(together), expected, "the parts in the library")
    return f"{len(tensors)} tensors, {len(parts)} parts"


def numpy_both_ways(workspace):
    """arrays of numpy read the same in zoo, and those of zoo in numpy without pickle"""
    random = np.random.default_rng(7)
    arrays = {}
    for code in NUMPY_TYPES:
        for order in "<>":
            dtype = np.dtype(order + code if code not in ("?", "u1", "i1") else code)
            for number, shape in enumerate(SHAPES):
                raw = random.integers(0, 2 if code == "?" else 256, int(np.prod(shape)) * dtype.itemsize, dtype=np.uint8)
                array = raw.view(dtype).reshape(shape)
                arrays[f"{code}{order}{number}/c"] = array
                arrays[f"{code}{order}{number}/é.f"] = np.asfortranarray(array)
    expected = {name: (value.dtype.name, value.shape, sha256(array_bits(value))) for name, value in arrays.items()}
    for save in (np.savez, np.savez_compressed):
        source = workspace.folder / f"{save.__name__}.npz"
        save(source, **arrays)
        expect_same(inspected(workspace, source), expected, source.name)
        for options in ([], ["--compress", 6]):
            target = workspace.folder / "zoo.npz"
            workspace.zoo("convert", source, target, "--to", "npz", *options)
            with np.load(target, allow_pickle=False) as file:
                found = {name: (file[name].dtype.name, file[name].shape, sha256(array_bits(file[name])))
                         for name in file.files if name != "zoo.json"}
            expect_same(found, expected, f"zoo.npz of {source.name} in numpy")
    single = workspace.folder / "single.npy"
    np.save(single, arrays["f4<4/c"])
    workspace.zoo("convert", single, workspace.folder / "zoo.npy", "--to", "npy")
    assert (workspace.folder / "zoo.npy").read_bytes() == single.read_bytes(), "zoo.npy is not what numpy writes"
    return f"{len(arrays)} arrays"


def types_that_numpy_lacks(workspace):
    """bfloat16 and 8-bit floats pass through npz unchanged, and are ml_dtypes' raw bytes there"""
    source = workspace.folder / "floats.safetensors"
    tensors = {name: value for name, value in torch_tensors().items() if name.startswith(("bfloat16", "float8"))}
    save_file(tensors, source)
    workspace.zoo("convert", source, workspace.folder / "floats.npz", "--to", "npz")
    with np.load(workspace.folder / "floats.npz", allow_pickle=False) as file:
        for name, value in tensors.items():
            assert file[name].tobytes() == bits(value) and file[name].dtype.kind == "V", f"{name} differs in numpy"
    workspace.zoo("convert", workspace.folder / "floats.npz", workspace.folder / "back.safetensors", "--to", "safetensors")
    expect_same(described(load_file(workspace.folder / "back.safetensors")), described(tensors), "there and back")


def onnx_models(workspace):
    """initialisers and constants of ONNX models, inside and outside of the file"""
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise Skipped("the package onnx is missing") from None
    random = np.random.default_rng(7)
    arrays, constants = {}, {}
    for code in NUMPY_TYPES:
        for number, shape in enumerate(SHAPES):
            raw = random.integers(0, 2 if code == "?" else 256, int(np.prod(shape)) * np.dtype(code).itemsize, dtype=np.uint8)
            (arrays if number % 2 else constants)[f"{code}.{number}"] = raw.view(code).reshape(shape)
    nodes = [helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value)) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "g", [], [helper.make_tensor_value_info("f4.0", TensorProto.FLOAT, None)],
                              [numpy_helper.from_array(value, name) for name, value in arrays.items()])
    model = helper.make_model(graph, producer_name="peer")
    # Constants of plain numbers, since operator set 12.
    numbers = {"value_float": np.float32(-1.25), "value_int": np.int64(-9), "value_floats": np.float32([1, 2, 3]),
               "value_ints": np.int64([4, -5])}
    model.graph.node.extend(
        helper.make_node("Constant", [], [kind], **{kind: value.tolist()}) for kind, value in numbers.items())
    constants.update(numbers)
    expected = {name: (value.dtype.name, value.shape, sha256(array_bits(value))) for name, value in {**arrays, **constants}.items()}
    path = workspace.folder / "inside.onnx"
    onnx.save(model, path)
    expect_same(inspected(workspace, path), expected, "inside.onnx")
    path = workspace.folder / "outside.onnx"
    onnx.save(model, path, save_as_external_data=True, location="outside.data", size_threshold=64)
    expect_same(inspected(workspace, path), expected, "outside.onnx")
    workspace.zoo("convert", path, workspace.folder / "onnx.npz", "--to", "npz")
    with np.load(workspace.folder / "onnx.npz", allow_pickle=False) as file:
        found = {name: (file[name].dtype.name, file[name].shape, sha256(array_bits(file[name]))) for name in file.files
                 if name != "zoo.json"}
    expect_same(found, expected, "onnx.npz in numpy")
    return f"{len(expected)} tensors"


def training_through_flat_files(workspace):
    """a training of zoo goes through safetensors and npz and comes back the same"""
    data = workspace.images("pictures", [(80, 60)], ["blue", "green", "red"], 4)
    checkpoint = workspace.trained("resnet18", data, "--batch-size", 4, "--limit-batches", 2, "--input-size", 64)
    original = path_of(workspace, checkpoint)
    expected = inspected(workspace, original)
    for name, suffix in (("safetensors", "safetensors"), ("npz", "npz"), ("safetensors-index", "safetensors.index.json")):
        middle, back = workspace.folder / f"training.{suffix}", workspace.folder / "training.h5"
        workspace.zoo("convert", original, middle, "--to", name)
        workspace.zoo("convert", middle, back, "--to", "zoo-checkpoint")
        expect_same(inspected(workspace, back), expected, f"through {name}")
        workspace.zoo("diff", original, back)
    return f"{len(expected)} tensors"


CHECKS = [safetensors_both_ways, numpy_both_ways, types_that_numpy_lacks, onnx_models, training_through_flat_files]
