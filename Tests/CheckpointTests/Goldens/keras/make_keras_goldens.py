"""Writes the Keras files of this folder: run `KERAS_BACKEND=torch python make_keras_goldens.py` here, with Keras 3 and torch.

All hold one small net whose variables count up from 0: `KerasFileTests.swift` knows them. `adam.*` were trained one step.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")
import h5py
import keras
import numpy as np

layers = keras.layers


def net():
    model = keras.Sequential(
        [keras.Input((4, 4, 2)), layers.Conv2D(3, 2, name="zoom"), layers.BatchNormalization(name="norm"),
         layers.DepthwiseConv2D(2, depth_multiplier=2, name="each"), layers.Conv2D(2, 1, use_bias=False, name="again"),
         layers.Flatten(), layers.Dense(5, name="last")], name="small")
    model.set_weights([np.arange(weight.size, dtype="f4").reshape(weight.shape) + number * 1000
                       for number, weight in enumerate(model.get_weights())])
    return model


model = net()
model.save_weights("small.weights.h5")
model.save("small.keras")
model.compile(keras.optimizers.Adam(0.5, beta_1=0.75), loss="mse")
model.fit(np.ones((1, 4, 4, 2), "f4"), np.ones((1, 5), "f4"), verbose=0)
model.save("adam.h5")
model.save("adam.keras")
half = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="half", dtype="bfloat16")])
half.set_weights([np.float32([[1, 2], [3, 4], [5, 6]]), np.float32([-1, 0.5])])
half.save_weights("half.weights.h5")
# As Keras 2 wrote them: names with ':0', the layers in an order of their own, and a list of names in two parts.
with h5py.File("keras2.h5", "w") as file:
    file.attrs["keras_version"], file.attrs["backend"] = np.bytes_("2.2.4"), np.bytes_("tensorflow")
    file.attrs["layer_names0"], file.attrs["layer_names1"] = np.array([b"conv"]), np.array([b"bn", b"dense"])
    for layer, weights in (("bn", ["gamma", "beta"]), ("conv", ["kernel", "bias"]), ("dense", ["kernel"])):
        group = file.create_group(layer)
        group.attrs["weight_names"] = np.array([f"{layer}/{weight}:0".encode() for weight in weights])
        for number, weight in enumerate(weights):
            shape = {"kernel": (1, 1, 2, 3) if layer == "conv" else (2, 2)}.get(weight, (3,))
            group[f"{layer}/{weight}:0"] = np.arange(np.prod(shape), dtype="f4").reshape(shape) + number
with h5py.File("missing.h5", "w") as file:
    file.attrs["layer_names"] = np.array([b"a"])
    file.create_group("a").attrs["weight_names"] = np.array([b"a/kernel:0", b"a/gone:0"])
    file["a/a/kernel:0"] = np.zeros((2, 2), "f4")
# What looks like a file of zoo, and was changed by somebody.
with h5py.File("bad_note.h5", "w") as file:
    file.attrs["layer_names"] = np.array([b"a"])
    file.create_group("a").attrs["weight_names"] = np.array([b"a/kernel"])
    file["a/a/kernel"] = np.zeros((2, 2), "f4")
    text = b'{"format": "zoo-snapshot", "version": 1, "keras": {"a.weight": ["a/a/gone", ["dense"]]}}'
    file["zoo/metadata"] = np.frombuffer(text, "u1")
for name in sorted(os.listdir(".")):
    if not name.endswith(".py"):
        print(f"{os.path.getsize(name):8} {name}")
