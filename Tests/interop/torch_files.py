"""PyTorch's files in both directions: what zoo finds in what PyTorch wrote, and what PyTorch makes of what zoo wrote."""

import collections
import hashlib
import random

import h5py
import numpy as np
import torch
from torch import nn

from checkpoints import path_of

DTYPES = [
    getattr(torch, name) for name in
    "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 float8_e4m3fn float8_e5m2 "
    "complex64 complex128".split()]


def digest(tensor):
    tensor = tensor.detach().resolve_conj().resolve_neg().contiguous()
    if tensor.numel() == 0:
        return hashlib.sha256(b"").hexdigest()
    return hashlib.sha256(tensor.reshape(-1).view(torch.uint8).numpy().tobytes()).hexdigest()


def tensors_of(value, path=()):
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors_of(item, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from tensors_of(item, (*path, str(index)))


def described(value):
    return {path: (str(tensor.dtype).removeprefix("torch."), list(tensor.shape), digest(tensor))
            for path, tensor in tensors_of(value)}


def inspected(workspace, path):
    listed = workspace.zoo_json("inspect", path, "--hash")["tensors"]
    return {tuple(item["path"]): (item["dtype"], item["shape"], item["sha256"]) for item in listed}


def some_tensor(generator):
    """A tensor of any type and shape, often a view that is not laid out as it looks."""
    dtype = generator.choice(DTYPES)
    shape = [generator.randrange(0, 5) if generator.random() < .1 else generator.randrange(1, 6)
             for _ in range(generator.randrange(0, 5))]
    count = int(np.prod(shape)) * dtype.itemsize
    data = torch.tensor(generator.choices(range(256), k=count), dtype=torch.uint8)
    tensor = (data % 2).bool() if dtype == torch.bool else data.view(dtype) if count else torch.empty(0, dtype=dtype)
    tensor = tensor.reshape(shape)
    for _ in range(generator.randrange(0, 3)):
        if tensor.dim() == 0:
            return tensor
        match generator.randrange(0, 5):
            case 0:
                tensor = tensor.permute(generator.sample(range(tensor.dim()), tensor.dim()))
            case 1:
                tensor = tensor.narrow(0, tensor.shape[0] // 2, tensor.shape[0] - tensor.shape[0] // 2)
            case 2 if tensor.shape[-1] > 1:
                tensor = tensor[..., ::2]
            case 3:
                tensor = tensor.unsqueeze(0).expand(2, *tensor.shape)
            case 4 if tensor.is_complex():
                tensor = tensor.conj()
    return tensor


def some_value(generator, depth=0):
    kind = generator.randrange(0, 10 if depth < 3 else 6)
    match kind:
        case 0 | 1 | 2:
            return some_tensor(generator)
        case 3:
            return generator.choice([None, True, 1, -5, 2**40, 2**70, 0.5, float("inf"), "text\u00e9", b"\x00\xff", 1 + 2j])
        case 4:
            return generator.choice([torch.Size([1, 2]), torch.device("cpu"), torch.float16, collections.Counter("ab")])
        case 5:
            shared = torch.arange(20.)
            return [shared[:10], shared[5:15], shared]
        case 6 | 7:
            return {f"k{index}": some_value(generator, depth + 1) for index in range(generator.randrange(0, 6))}
        case 8:
            return collections.OrderedDict(
                (f"layer{index}.weight", some_tensor(generator)) for index in range(generator.randrange(1, 8)))
        case _:
            return [some_value(generator, depth + 1) for _ in range(generator.randrange(0, 5))]


def zoo_reads_torch(workspace):
    """zoo finds in 60 random files what PyTorch saved, in the zip format and the older stream"""
    count = 0
    for seed in range(60):
        generator = random.Random(seed)
        value = {f"k{index}": some_value(generator) for index in range(generator.randrange(1, 6))}
        path = workspace.folder / "random.pth"
        is_legacy = seed % 3 == 2
        try:
            torch.save(value, path, _use_new_zipfile_serialization=not is_legacy)
            loaded = torch.load(path, weights_only=True)
        except (RuntimeError, AttributeError, NotImplementedError, KeyError):
            assert is_legacy, f"PyTorch itself cannot save and load seed {seed}"
            continue  # the older stream has no conjugates and no new types
        found, expected = inspected(workspace, path), described(loaded)
        assert found == expected, f"seed {seed}: {[key for key in {*found, *expected} if found.get(key) != expected.get(key)]}"
        count += len(expected)
    return f"{count} tensors"


def torch_reads_zoo(workspace):
    """torch.load(weights_only=True) opens what zoo trained and converted, bit for bit, and its optimizer"""
    data = workspace.images("pictures", [(80, 60)], ["blue", "green", "red"], 4)
    source = path_of(workspace, workspace.trained(
        "resnet18", data, "--batch-size", 4, "--limit-batches", 2, "--input-size", 64))
    target = workspace.folder / "resnet18.pth"
    workspace.zoo("convert", source, target, "--verify")
    checkpoint = torch.load(target, weights_only=True)
    with h5py.File(source, "r") as file:
        for name, dataset in file["net"].items():
            expected = torch.from_numpy(np.asarray(dataset[()]))
            assert torch.equal(checkpoint["net"][name], expected) and checkpoint["net"][name].dtype == expected.dtype, name
        state = {name: {slot: np.asarray(tensor[()]) for slot, tensor in slots.items()}
                 for name, slots in file["optimizer/state"].items()}
        epoch, step = int(file.attrs["epoch"]), int(file.attrs["step"])
    import torch_models
    net = torch_models.build("resnet18", 3)
    net.load_state_dict(checkpoint["net"], strict=True)
    group = checkpoint["optimizer"]["param_groups"][0]
    optimizer = torch.optim.SGD(net.parameters(), lr=1)
    optimizer.load_state_dict(checkpoint["optimizer"])
    assert optimizer.param_groups[0]["lr"] == group["lr"] and optimizer.param_groups[0]["momentum"] == 0.9
    for name, parameter in net.named_parameters():
        for slot, expected in state[name].items():
            assert np.array_equal(optimizer.state[parameter][slot].numpy(), expected), f"{name}.{slot}"
    net(torch.zeros(2, 3, 64, 64)).sum().backward()
    optimizer.step()
    assert (checkpoint["epoch"], checkpoint["step"]) == (epoch, step)
    assert checkpoint["zoo"]["architecture"] == "resnet18"
    # A state dict alone is what a script expects to get of torch.load.
    bare = workspace.folder / "bare.pth"
    workspace.zoo("convert", source, bare, "--weights-only")
    weights = torch.load(bare, weights_only=True)
    if "net" not in weights:
        net.load_state_dict(weights, strict=True)
    return f"{len(checkpoint['net'])} tensors, {len(state)} states"


def every_type(workspace):
    """a state dict of every element type goes to zoo's format and back, bit for bit"""
    generator = random.Random(7)
    state = collections.OrderedDict()
    for dtype in DTYPES:
        data = torch.tensor(generator.choices(range(256), k=12 * dtype.itemsize), dtype=torch.uint8)
        state[str(dtype)] = ((data % 2).bool() if dtype == torch.bool else data.view(dtype)).reshape(3, 4)
    state["scalar"], state["empty"] = torch.tensor(0.5), torch.zeros(0, 3)
    first, middle, last = (workspace.folder / name for name in ("types.pth", "types.h5", "types2.pth"))
    torch.save(state, first)
    workspace.zoo("convert", first, middle, "--verify")
    workspace.zoo("convert", middle, last, "--verify")
    loaded = torch.load(last, weights_only=True)
    assert list(loaded) == list(state), list(loaded)
    assert described(loaded) == described(state)
    for path in (first, last):
        assert inspected(workspace, path) == described(state)
    return f"{len(state)} tensors"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4 * 36, 3)

    def forward(self, x):
        return self.head(self.body(x).flatten(1))


OPTIMIZERS = {
    "sgd": lambda net: torch.optim.SGD(net.parameters(), lr=.05, momentum=.9, weight_decay=1e-4, nesterov=True),
    "adam": lambda net: torch.optim.Adam(net.parameters(), lr=1e-3, amsgrad=True),
    "adamw": lambda net: torch.optim.AdamW(net.named_parameters(), lr=1e-3),
    "groups": lambda net: torch.optim.AdamW(
        [{"params": [p for p in net.parameters() if p.ndim > 1]},
         {"params": [p for p in net.parameters() if p.ndim == 1], "weight_decay": 0}], lr=1e-3),
    "rmsprop": lambda net: torch.optim.RMSprop(net.parameters(), lr=1e-3, momentum=.9, centered=True),
    "nadam": lambda net: torch.optim.NAdam(net.parameters(), lr=1e-3),
    "radam": lambda net: torch.optim.RAdam(net.parameters(), lr=1e-3),
    "adagrad": lambda net: torch.optim.Adagrad(net.parameters(), lr=1e-2),
    "adadelta": lambda net: torch.optim.Adadelta(net.parameters()),
    "adamax": lambda net: torch.optim.Adamax(net.parameters()),
    "asgd": lambda net: torch.optim.ASGD(net.parameters()),
    "rprop": lambda net: torch.optim.Rprop(net.parameters(), lr=1e-3),
}


def steps(net, optimizer, scheduler, first, count):
    """Losses of steps on batches that depend on nothing but their number."""
    losses = []
    for index in range(first, first + count):
        generator = torch.Generator().manual_seed(index)
        inputs = torch.randn(8, 1, 8, 8, generator=generator)
        labels = torch.randint(0, 3, (8, ), generator=generator)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs), labels)
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


def training_goes_on(workspace):
    """a training of PyTorch goes on after PyTorch -> zoo -> PyTorch as if it had never stopped"""
    for name, make in OPTIMIZERS.items():
        torch.manual_seed(3)
        net = Net()
        optimizer = make(net)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
        steps(net, optimizer, scheduler, 0, 4)
        first, middle, last = (workspace.folder / f"{name}{end}" for end in (".pth", ".h5", "2.pth"))
        torch.save({"epoch": 1, "model": net.state_dict(), "optimizer": optimizer.state_dict(),
                    "scheduler": scheduler.state_dict()}, first)
        expected = steps(net, optimizer, scheduler, 4, 4)
        workspace.zoo("convert", first, middle, "--verify")
        workspace.zoo("convert", middle, last, "--verify")
        torch.manual_seed(4)
        again = Net()
        optimizer = make(again)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
        checkpoint = torch.load(last, weights_only=True)
        assert checkpoint["epoch"] == 1
        again.load_state_dict(checkpoint["net"], strict=True)
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        found = steps(again, optimizer, scheduler, 4, 4)
        assert found == expected, f"{name}: losses {found}, without the detour {expected}"
    return f"{len(OPTIMIZERS)} optimizers, equal to the last bit"


CHECKS = [zoo_reads_torch, torch_reads_zoo, every_type, training_goes_on]
