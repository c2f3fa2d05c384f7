"""Models of zoo's built with real Keras: keras_models.py FOLDER ZOO. PyTorch's weights go through `zoo convert` into Keras and
back, and Keras' own weights into PyTorch, to the same outputs. Exits with a message when something differs."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import torch
import torchvision

folder, zoo_binary = Path(sys.argv[1]), sys.argv[2]
layers = keras.layers
TOLERANCE = 1e-4


def zoo(*arguments):
    process = subprocess.run([zoo_binary, *map(str, arguments)], capture_output=True, text=True)
    if process.returncode:
        sys.exit(f"zoo {' '.join(map(str, arguments))}: {process.stderr.strip()}")
    return process.stdout + process.stderr


def pool(image, size, stride):
    return layers.MaxPooling2D(size, strides=stride)(image)


def alexnet(classes):
    image = keras.Input((224, 224, 3))
    x = layers.ZeroPadding2D(2)(image)
    x = pool(layers.Conv2D(64, 11, strides=4, activation="relu")(x), 3, 2)
    x = pool(layers.Conv2D(192, 5, padding="same", activation="relu")(x), 3, 2)
    for channels in (384, 256, 256):
        x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
    x = layers.Flatten()(pool(x, 3, 2))
    for width in (4096, 4096):
        x = layers.Dense(width, activation="relu")(layers.Dropout(0.5)(x))
    return keras.Model(image, layers.Dense(classes)(x))


def norm(x):
    return layers.BatchNormalization(epsilon=1e-5, momentum=0.9)(x)


def vgg11_bn(classes):
    image = x = keras.Input((224, 224, 3))
    for channels in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"):
        x = pool(x, 2, 2) if channels == "M" else layers.ReLU()(norm(layers.Conv2D(channels, 3, padding="same")(x)))
    x = layers.Flatten()(x)
    for width in (4096, 4096):
        x = layers.Dropout(0.5)(layers.Dense(width, activation="relu")(x))
    return keras.Model(image, layers.Dense(classes)(x))


def convolution(x, channels, size, stride=1):
    padded = layers.ZeroPadding2D(size // 2)(x) if size > 1 else x
    return layers.Conv2D(channels, size, strides=stride, use_bias=False)(padded)


def resnet18(classes):
    image = keras.Input((224, 224, 3))
    x = layers.ReLU()(norm(convolution(image, 64, 7, 2)))
    x = pool(layers.ZeroPadding2D(1)(x), 3, 2)
    for channels in (64, 128, 256, 512):
        for block in range(2):
            stride = 2 if block == 0 and channels > 64 else 1
            y = layers.ReLU()(norm(convolution(x, channels, 3, stride)))
            y = norm(convolution(y, channels, 3))
            if stride > 1:
                x = norm(convolution(x, channels, 1, stride))
            # Keras lists layers of one depth in the order of the inputs that they lead to: as PyTorch has them, then.
            x = layers.ReLU()(layers.Add()([y, x]))
    return keras.Model(image, layers.Dense(classes)(layers.GlobalAveragePooling2D()(x)))


def shaken(net):
    """Statistics as a training leaves them, so that a wrong order shows."""
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.1)
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 2)
    return net.eval()


def predicted(net, images):
    return net.predict(images.permute(0, 2, 3, 1).numpy(), verbose=0)


def same(found, expected, what):
    difference = float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))
    if not difference <= TOLERANCE:
        sys.exit(f"{what}: outputs differ by {difference}")
    return difference


MODELS = {"alexnet": alexnet, "vgg11_bn": vgg11_bn, "resnet18": resnet18}
torch.manual_seed(5)
images = torch.randn(2, 3, 224, 224)
worst, count = 0.0, 0
for name, make in MODELS.items():
    classes = 7
    peer = shaken(getattr(torchvision.models, name)(num_classes=classes))
    torch.save(peer.state_dict(), folder / "peer.pth")
    with torch.no_grad():
        expected = peer(images).numpy()
    for ending in (".weights.h5", ".h5"):
        # PyTorch to Keras.
        # The old form goes by the order of all layers together, which is another for Keras where a net has branches.
        form = "keras-legacy" if ending == ".h5" and name != "resnet18" else "keras-weights"
        source = folder / ("to.h5" if form == "keras-legacy" else "to.weights.h5")
        zoo("convert", folder / "peer.pth", source, "--to", form)
        net = make(classes)
        net.load_weights(source)
        worst = max(worst, same(predicted(net, images), expected, f"{name} in Keras from {ending}"))
        # And what Keras itself saves of it to PyTorch, whose names and bits are then those of the beginning.
        net.save_weights(folder / "own.weights.h5") if ending == ".weights.h5" else net.save(folder / "own.h5")
        text = zoo("convert", folder / f"own{ending}", folder / "back.pth", "--lossy", "--verify")
        if f"those of {name}, {classes} classes" not in text:
            sys.exit(f"{name}: zoo convert says {text}")
        back = torch.load(folder / "back.pth", weights_only=True)
        back = back.get("net", back)
        for key, tensor in peer.state_dict().items():
            if key not in back or (not torch.equal(back[key], tensor) and not key.endswith("num_batches_tracked")):
                sys.exit(f"{name}: {key} comes back changed from {ending}")
        fresh = getattr(torchvision.models, name)(num_classes=classes).eval()
        fresh.load_state_dict(back)
        with torch.no_grad():
            worst = max(worst, same(fresh(images).numpy(), expected, f"{name} back from {ending}"))
        found = json.loads(zoo("verify", folder / f"own{ending}", "--json"))
        if found.get("model") != f"{name}, {classes} classes":
            sys.exit(f"{name}: zoo verify says {found.get('model')}")
        count += 1
    # Weights that Keras drew itself, computed with in zoo.
    net = make(classes)
    net.save(folder / "drawn.keras")
    np.savez(folder / "images.npz", images.numpy())
    zoo("predict", folder / "drawn.keras", "--tensor", folder / "images.npz", "--output", folder / "logits.npz")
    logits = next(iter(np.load(folder / "logits.npz").values()))
    worst = max(worst, same(logits, predicted(net, images), f"{name} of Keras in zoo"))
    for path in folder.iterdir():
        path.unlink()
print(f"{count} files of {len(MODELS)} models there and back, outputs within {worst:.1e}")
