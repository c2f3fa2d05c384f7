"""Holds zoo's files of Keras against Keras itself: keras_side.py FOLDER ZOO. Exits with a message when something differs."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import torch
from safetensors.torch import load_file, save_file

folder, zoo = Path(sys.argv[1]), sys.argv[2]
layers = keras.layers


def convert(source, target, *options):
    process = subprocess.run([zoo, "convert", str(source), str(target), *options], capture_output=True, text=True)
    if process.returncode:
        sys.exit(f"zoo convert {source} {target}: {process.stderr.strip()}")


def torch_net():
    """Convolutions and linear layers without a Flatten of more than one pixel, whose order no file tells."""
    torch.manual_seed(3)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 5, stride=2), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(8, 12, 3), torch.nn.BatchNorm2d(12), torch.nn.ReLU(), torch.nn.Conv2d(12, 6, 1, bias=False),
        torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(6, 20), torch.nn.ReLU(),
        torch.nn.Linear(20, 10)).eval()
    with torch.no_grad():
        for module in net:
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_()
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
    return net


def keras_net():
    return keras.Sequential(
        [keras.Input((32, 32, 3)), layers.Conv2D(8, 5, strides=2), layers.BatchNormalization(epsilon=1e-5),
         layers.ReLU(), layers.MaxPooling2D(2), layers.Conv2D(12, 3), layers.BatchNormalization(epsilon=1e-5),
         layers.ReLU(), layers.Conv2D(6, 1, use_bias=False), layers.GlobalAveragePooling2D(),
         layers.Dense(20, activation="relu"), layers.Dense(10)])


def outputs(net, images):
    return net.predict(images.permute(0, 2, 3, 1).numpy(), verbose=0)


torch_side = torch_net()
images = torch.randn(5, 3, 32, 32)
with torch.no_grad():
    expected = torch_side(images).numpy()
# The order of the layers is lost in safetensors, which sorts; .pth keeps it.
torch.save(torch_side.state_dict(), folder / "keras.pth")
worst = 0.0
for form, name in (("keras-weights", "ours.weights.h5"), ("keras-legacy", "ours.h5")):
    convert(folder / "keras.pth", folder / name, "--to", form)
    net = keras_net()
    net.load_weights(folder / name)
    worst = max(worst, float(np.abs(outputs(net, images) - expected).max()))
    convert(folder / name, folder / "back.safetensors")
    back = load_file(folder / "back.safetensors")
    for key, tensor in torch_side.state_dict().items():
        if not torch.equal(back[key], tensor):
            sys.exit(f"{form}: {key} comes back changed")
# An architecture of ours, whose graph tells what no file does: the order of inputs behind a Flatten.
ours = torch.nn.Sequential()
for name, module in (("conv1", torch.nn.Conv2d(1, 6, 5)), ("relu1", torch.nn.ReLU()), ("pool1", torch.nn.MaxPool2d(2)),
                     ("conv2", torch.nn.Conv2d(6, 16, 5)), ("relu2", torch.nn.ReLU()), ("pool2", torch.nn.MaxPool2d(2)),
                     ("flatten", torch.nn.Flatten()), ("fc1", torch.nn.Linear(400, 120)), ("relu3", torch.nn.ReLU()),
                     ("fc2", torch.nn.Linear(120, 84)), ("relu4", torch.nn.ReLU()), ("fc3", torch.nn.Linear(84, 10))):
    ours.add_module(name, module)
digits = torch.randn(5, 1, 32, 32)
torch.save(ours.state_dict(), folder / "lenet.pth")
with torch.no_grad():
    logits = ours(digits).numpy()
for form, name in (("keras-weights", "lenet.weights.h5"), ("keras-legacy", "lenet.h5")):
    convert(folder / "lenet.pth", folder / name, "--to", form)
    lenet = keras.Sequential(
        [keras.Input((32, 32, 1)), layers.Conv2D(6, 5, activation="relu"), layers.MaxPooling2D(2),
         layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(2), layers.Flatten(),
         layers.Dense(120, activation="relu"), layers.Dense(84, activation="relu"), layers.Dense(10)])
    lenet.load_weights(folder / name)
    worst = max(worst, float(np.abs(outputs(lenet, digits) - logits).max()))
# And the other way round: zoo computes with what Keras saved.
np.savez(folder / "digits.npz", digits.numpy())
for name in ("digits.weights.h5", "digits.keras", "digits.h5"):
    lenet.save_weights(folder / name) if name.endswith(".weights.h5") else lenet.save(folder / name)
    command = [zoo, "predict", str(folder / name), "--model", "lenet5", "--tensor", str(folder / "digits.npz"),
               "--output", str(folder / "logits.npz")]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        sys.exit(f"zoo predict {name}: {process.stderr.strip()}")
    found = next(iter(np.load(folder / "logits.npz").values()))
    worst = max(worst, float(np.abs(found - outputs(lenet, digits)).max()))
if worst > 1e-4:
    sys.exit(f"Keras with weights of zoo differs by {worst} from PyTorch")
# The other way round: the tensors that Keras saved are those that zoo finds, in Keras' words and order of axes.
net = keras_net()
net.set_weights([np.random.default_rng(n).standard_normal(w.shape).astype("f4") for n, w in enumerate(net.get_weights())])
net.save_weights(folder / "theirs.weights.h5")
net.save(folder / "theirs.keras")
net.save(folder / "theirs.h5")
count = 0
for name in ("theirs.weights.h5", "theirs.keras", "theirs.h5"):
    convert(folder / name, folder / "theirs.safetensors", "--lossy")
    found = load_file(folder / "theirs.safetensors")
    for variable in net.variables:
        key = ".".join(variable.path.split("/")[-2:])
        value = torch.from_numpy(np.array(variable.value.detach() if hasattr(variable.value, "detach") else variable))
        candidates = [tensor for tensor_name, tensor in found.items() if tensor.shape == value.shape]
        if not any(torch.equal(tensor, value) for tensor in candidates):
            sys.exit(f"{name}: no tensor is {key}")
        count += 1
print(f"outputs within {worst:.1e}, {count} variables found")
