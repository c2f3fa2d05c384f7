"""Writes the files of this folder with stock PyTorch: run `python make_goldens.py` here, with torch 2, numpy and nothing else.

`expected.json` says what PyTorch itself finds in each: names, types, shapes, and SHA-256 of the little-endian contiguous
bytes of all tensors. `PyTorchReadingTests.swift` holds zoo's reader against it. None of these files is written by zoo.
"""

import argparse
import collections
import datetime
import hashlib
import io
import json
import pathlib
import pickle
import struct
import sys
import tarfile
import types
import warnings
import zipfile

import numpy as np
import torch
from torch import nn

warnings.filterwarnings("ignore")
torch.manual_seed(1)
EXPECTED = {}


def digest(tensor):
    tensor = tensor.detach().resolve_conj().resolve_neg().contiguous().cpu()
    if tensor.numel() == 0:
        return hashlib.sha256(b"").hexdigest()
    return hashlib.sha256(tensor.reshape(-1).view(torch.uint8).numpy().tobytes()).hexdigest()


def walk(value, path=()):
    """(path, tensor) of every tensor in a tree."""
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, np.ndarray):
        if value.dtype.kind in "biufc":
            native = value.astype(value.dtype.newbyteorder("="))
            yield path, torch.from_numpy(np.ascontiguousarray(native).reshape(value.shape))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from walk(item, (*path, str(index)))


def note(name, value, read=None):
    """Notes what is in a file, as PyTorch reads it back."""
    if read is not None:
        value = read
    EXPECTED[name] = [
        {"path": list(path), "dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape),
         "sha256": digest(tensor)} for path, tensor in walk(value)]


def save(name, value, **options):
    torch.save(value, name + ".pth", **options)
    note(name, value, torch.load(name + ".pth", weights_only=False))


class Net(nn.Module):
    """Parameters, statistics, a buffer that is not saved, and one that is."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU())
        self.scale = nn.Parameter(torch.ones(3, 1, 1))
        self.register_buffer("table", torch.arange(4.0))
        self.register_buffer("scratch", torch.zeros(5), persistent=False)
        self.classifier = nn.Linear(12, 2)

    def forward(self, x):
        return self.classifier((self.features(x) * self.scale).flatten(1))


def train(net, optimizer, steps=2, scheduler=None):
    for _ in range(steps):
        def closure():
            optimizer.zero_grad()
            loss = net(torch.randn(4, 1, 4, 4)).square().mean()
            loss.backward()
            return loss
        optimizer.step(closure)
        if scheduler:
            scheduler.step()


# Every element type.
TYPES = ("bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 float8_e4m3fn float8_e5m2 "
         "complex64 complex128").split()
kinds = {}
for kind in TYPES:
    values = torch.tensor([0, 1, 2, 3, 5, 7]).reshape(2, 3)
    kinds[kind] = (values > 1) if kind == "bool" else values.to(getattr(torch, kind))
save("dtypes", kinds)

# Views: what a tensor is made of is not what it looks like.
base = torch.arange(24.0).reshape(2, 3, 4)
numbers = torch.tensor([1 + 2j, 3 - 4j])
layouts = {
    "plain": base.clone(), "transposed": torch.arange(6.0).reshape(2, 3).T, "columns": torch.arange(12.0).reshape(3, 4)[:, 1:3],
    "every_other": torch.arange(10, dtype=torch.int16)[1::2], "expanded": torch.tensor([7.0]).expand(3, 2),
    "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "channels_last": torch.arange(24.0).reshape(1, 2, 3, 4).to(
        memory_format=torch.channels_last), "shared_a": base[0], "shared_b": base[1], "shared_all": base,
    "conjugate": numbers.conj(), "negative": torch.imag(torch.tensor([1 + 2j, 3 - 4j]).conj()), "permuted": base.permute(2, 0, 1),
    "one": torch.ones(1, 1, 1).expand(1, 1, 1), "overlapping": torch.arange(5.0).as_strided((3, 3), (1, 1)),
}
save("layouts", layouts)

# Anything at all.
save("nested", [1, {"a": 1, "b": 2}, "dsdsds"])
save("list", [torch.ones(2), torch.zeros(1, dtype=torch.int32)])
save("tensor", torch.arange(3.0))
save("parameter", nn.Parameter(torch.arange(3.0)))
values = {
    "namespace": argparse.Namespace(lr=0.1, name="x", nested={"a": [1, 2]}), "float32": np.float32(0.5), "int64": np.int64(-3),
    "numpy": np.arange(6, dtype=np.float32).reshape(2, 3), "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big_endian": np.arange(3, dtype=">i4"), "size": torch.Size([1, 2]), "device": torch.device("cpu"), "dtype": torch.float16,
    "set": {3}, "frozenset": frozenset([4]), "bytes": b"\x00\xff", "bytearray": bytearray(b"ab"), "complex": 1 + 2j,
    "counter": collections.Counter({30: 1, 60: 1}), "defaultdict": collections.defaultdict(int, {"a": 1}), "big": 2**80,
    "negative": -(2**70), "path": pathlib.PurePosixPath("a/b"), "date": datetime.date(2025, 1, 31), "none": None, "true": True,
    "float": 0.1, "infinity": float("inf"), "text": "\u00e9\U0001f600", "tuple": (1, 2, (3, )), "deque": collections.deque([1, 2]),
    "ordered": collections.OrderedDict([("z", 1), ("a", 2)]), "slice": slice(1, 2), "strings": np.array(["a", "b"]),
    "object": types.SimpleNamespace(a=1), "minus": -5, "large": 2**40, "half": np.float16(1.5), "flag": np.bool_(True),
}
save("values", values)
save("protocol0", {"a": torch.ones(2), "text": "line\nbreak \\ \u00e9", "n": [None, True, False, 12, 0.5, 2**70]}, pickle_protocol=2)
save("protocol4", {"a": torch.ones(2), "values": {"b": b"x" * 300, "s": {1, 2}, "f": frozenset([1])}}, pickle_protocol=4)
save("protocol5", {"a": torch.ones(2), "array": np.arange(4.0), "bytearray": bytearray(b"abc")}, pickle_protocol=5)

# Trainings as scripts save them.
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60])
train(net, optimizer, 3, scheduler)
save("sgd", {"epoch": 3, "arch": "net", "model_state_dict": net.state_dict(), "optimizer_state_dict": optimizer.state_dict(),
             "scheduler": scheduler.state_dict(), "best_acc1": torch.tensor(93.5), "val_loss": 0.25,
             "args": argparse.Namespace(lr=0.1), "rng_state": torch.get_rng_state()[:16]})

net = Net()
net.features[0].requires_grad_(False)
optimizer = torch.optim.Adam(nn.DataParallel(net).named_parameters(), lr=1e-3)
train(net, optimizer)
save("adam_names", {"state_dict": nn.DataParallel(net).state_dict(), "optimizer": optimizer.state_dict(), "epoch": 1, "step": 2})

net = Net()
weights = [parameter for parameter in net.parameters() if parameter.ndim > 1 and parameter.shape != (3, 1, 1)]
biases = [parameter for parameter in net.parameters() if parameter.ndim == 1 or parameter.shape == (3, 1, 1)]
optimizer = torch.optim.AdamW([{"params": weights}, {"params": biases, "weight_decay": 0.0}], lr=1e-3)
train(net, optimizer)
save("adamw_groups", {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 0})

# Two parameters of the same shape, one of them frozen: which one has the state?
twins = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
optimizer = torch.optim.SGD(twins[1].parameters(), lr=0.1, momentum=0.9)
twins(torch.ones(1, 2)).sum().backward()
optimizer.step()
save("uncertain", {"net": twins.state_dict(), "optimizer": optimizer.state_dict()})

# Old files have memory addresses as numbers of parameters, and Python's numbers as steps.
net = nn.Linear(2, 2)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=0.1)
net(torch.ones(1, 2)).sum().backward()
optimizer.step()
state = optimizer.state_dict()
addresses = [140201394958768, 140201394958840]
old = {"state": {addresses[index]: {**slots, "step": int(slots["step"])} for index, slots in state["state"].items()},
       "param_groups": [{key: value for key, value in state["param_groups"][0].items()
                         if key in ("lr", "betas", "eps", "weight_decay", "amsgrad")} | {"params": addresses}]}
save("addresses", {"net": net.state_dict(), "optimizer": old, "epoch": 4})

for name in ("SGD", "Adam", "AdamW", "RAdam", "NAdam", "Adamax", "RMSprop", "Adagrad", "Adadelta", "ASGD", "Rprop"):
    net = nn.Linear(2, 2)
    options = {"RMSprop": {"momentum": 0.9, "centered": True}, "SGD": {"momentum": 0.9}, "Adam": {"amsgrad": True}}
    optimizer = getattr(torch.optim, name)(net.parameters(), lr=0.01, **options.get(name, {}))
    for _ in range(2):
        optimizer.zero_grad()
        net(torch.ones(1, 2)).square().sum().backward()
        optimizer.step()
    save("optimizer_" + name.lower(), {"net": net.state_dict(), "optimizer": optimizer.state_dict()})

# Wrappers in the middle of names.
wrapped = collections.OrderedDict(
    (("_orig_mod.module.encoder.module." if index == 0 else "_orig_mod.module.head.") + name, torch.full((2, ), float(index)))
    for index, name in enumerate(("weight", "bias")))
save("wrapped", wrapped)

# Whole models, of classes that nobody who reads them has.
secret = types.ModuleType("secret")
secret.Net = type("Net", (Net, ), {"__module__": "secret"})
sys.modules["secret"] = secret
net = secret.Net()
save("module", net)
note("module", dict(net.state_dict()))
def no_source(*_):
    raise OSError("nobody's source belongs into a test")


# PyTorch would put the source of every class into the file.
torch.serialization.get_source_lines_and_file = no_source
torch.save(net, "module_legacy.pth", _use_new_zipfile_serialization=False)
note("module_legacy", dict(net.state_dict()))
torch.save({"epoch": 2, "model": nn.DataParallel(net)}, "module_parallel.pth")
note("module_parallel", dict(net.state_dict()))

# The stream of pickles before PyTorch 1.6.
def save_legacy(name, value):
    torch.save(value, name + ".pth", _use_new_zipfile_serialization=False)
    note(name, value, torch.load(name + ".pth", weights_only=False))


save_legacy("legacy", {"a": base[0], "b": base[1], "c": torch.arange(3), "d": torch.tensor(1.5), "e": torch.zeros(0), "n": 7})
save_legacy("legacy_dtypes", {kind: kinds[kind] for kind in TYPES if not kind.startswith(("uint1", "uint3", "uint6", "float8"))})


def legacy_view():
    """A storage that is a part of another, as PyTorch before 0.4 saved it."""
    stream = io.BytesIO()
    for value in (0x1950a86a20f9469cfc6c, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {
            "short": 2, "int": 4, "long": 4}}):
        pickle.dump(value, stream, 2)

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return value.id if isinstance(value, Storage) else None

    class Storage:
        def __init__(self, view):
            self.id = ("storage", torch.FloatStorage, "77", "cpu", 6, view)

    class Tensor:
        def __init__(self, *arguments):
            self.arguments = arguments

        def __reduce__(self):
            return torch._utils._rebuild_tensor, self.arguments

    value = collections.OrderedDict([
        ("all", Tensor(Storage(None), 0, (2, 3), (3, 1))), ("part", Tensor(Storage(("78", 2, 3)), 1, (2, ), (1, )))])
    Pickler(stream, 2).dump(value)
    pickle.dump(["77"], stream, 2)
    stream.write(struct.pack("<q", 6) + np.arange(6, dtype="<f4").tobytes())
    with open("legacy_view.pth", "wb") as file:
        file.write(stream.getvalue())
    note("legacy_view", torch.load("legacy_view.pth", weights_only=False))


legacy_view()


def tar():
    """The archive before 0.1.10: members storages, tensors and pickle."""
    storages = io.BytesIO()
    pickle.dump(2, storages, 2)
    for key, kind, data in ((10, torch.FloatStorage, np.arange(6, dtype="<f4")), (11, torch.LongStorage, np.array([7], "<i8"))):
        pickle.dump((key, "cpu", kind), storages, 2)
        storages.write(struct.pack("<q", len(data)) + data.tobytes())
    pickle.dump([(12, 10, 2, 4)], storages, 2)
    tensors = io.BytesIO()
    pickle.dump(3, tensors, 2)
    for key, storage, shape, stride, offset in (
            (20, 10, (2, 3), (3, 1), 0), (21, 12, (2, 2), (1, 2), 0), (22, 11, (1, ), (1, ), 0)):
        pickle.dump((key, storage, torch.FloatTensor), tensors, 2)
        tensors.write(struct.pack("<ii", len(shape), 0) + struct.pack(f"<{len(shape)}q", *shape)
                      + struct.pack(f"<{len(shape)}q", *stride) + struct.pack("<q", offset))

    class Reference:
        def __init__(self, key):
            self.key = key

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return value.key if isinstance(value, Reference) else None

    root = io.BytesIO()
    Pickler(root, 2).dump(collections.OrderedDict([
        ("weight", Reference("20")), ("part", Reference("21")), ("count", Reference("22"))]))
    info = io.BytesIO()
    pickle.dump({"protocol_version": 1000, "little_endian": True}, info, 2)
    with tarfile.open("tar.pth", "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in (("sys_info", info), ("pickle", root), ("tensors", tensors), ("storages", storages)):
            member = tarfile.TarInfo(name)
            member.size = len(data.getvalue())
            archive.addfile(member, io.BytesIO(data.getvalue()))
    note("tar", torch.load("tar.pth", weights_only=False))


tar()


def rezip(source, name, method=zipfile.ZIP_STORED, change=lambda name, data: data):
    """The same records in an archive of Python's zipfile."""
    with zipfile.ZipFile(source + ".pth") as old, zipfile.ZipFile(name + ".pth", "w", method) as new:
        for item in old.infolist():
            data = change(item.filename.split("/", 1)[1], old.read(item))
            if data is not None:
                new.writestr(item.filename, data)
    note(name, torch.load(name + ".pth", weights_only=False))


rezip("layouts", "deflated", zipfile.ZIP_DEFLATED)
rezip("layouts", "old", change=lambda name, data: None if name.startswith(".") or name == "byteorder" else data)


def big_endian(name, data):

    if name == "byteorder":
        return b"big"
    if name.startswith("data/"):
        size = SIZES[int(name[5:])]
        return np.frombuffer(data, f"V{size}").tobytes() if size == 1 else b"".join(
            data[start:start + size][::-1] for start in range(0, len(data), size))
    return data


numeric = {"float32": torch.arange(4.0), "int16": torch.arange(4, dtype=torch.int16), "float64": torch.arange(3.0).double(),
           "complex64": torch.tensor([1 + 2j]), "bool": torch.tensor([True, False]), "strided": torch.arange(6).reshape(2, 3).T}
SIZES = [4, 2, 8, 4, 1, 8]
save("numeric", numeric)
rezip("numeric", "big_endian", change=big_endian)

torch.serialization.set_crc32_options(False)
save("no_checksums", {"a": torch.arange(4.0)})
torch.serialization.set_crc32_options(True)



class Scripted(nn.Module):
    """A program of TorchScript with numbers that a test knows."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 1))
        self.register_buffer("count", torch.tensor([7]))

    def forward(self, x):
        return self.body(x)


scripted = Scripted()
with torch.no_grad():
    scripted.body[0].weight.copy_(torch.tensor([[1.0, 2.0]]))
    scripted.body[0].bias.fill_(3)
torch.jit.save(torch.jit.script(scripted), "script.pth")
torch.save({"q": torch.quantize_per_tensor(torch.arange(4.0), 0.1, 0, torch.qint8), "w": torch.ones(2)}, "quantised.pth")
# Kept as their parts.
torch.save({"a": torch.eye(3).to_sparse(), "b": torch.eye(3).to_sparse_csr(), "w": torch.ones(2)}, "sparse.pth")

with open("expected.json", "w") as file:
    files = [f'"{name}": [' + ",\n".join(map(json.dumps, tensors)) + "]" for name, tensors in EXPECTED.items()]
    file.write("{" + ",\n".join(files) + "}\n")
