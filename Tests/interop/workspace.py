"""What the checks share: the binary, a folder for files, and images that are the same every time."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image


class Skipped(Exception):
    """A check that cannot be made here; the reason is shown at the end."""


class Workspace:
    """A folder that goes away afterwards."""

    def __init__(self, folder, tests_large=False):
        self.folder = Path(folder)
        # Whether models are tested too that take minutes and much memory.
        self.tests_large = tests_large
        self.store = self.folder / "models"
        self.zoo_binary = os.environ["ZOO"]

    def zoo(self, *arguments):
        """Runs a command and returns what it prints; fails with its message when it does."""
        process = subprocess.run([self.zoo_binary, *map(str, arguments)], capture_output=True, text=True)
        assert process.returncode == 0, (
            f"zoo {' '.join(map(str, arguments))} ended with {process.returncode}: {process.stderr.strip()}")
        return process.stdout

    def zoo_json(self, *arguments):
        return json.loads(self.zoo(*arguments, "--json"))

    def zoo_losses(self, model, *options):
        """The mean loss of each epoch that a training goes through."""
        run = options[options.index("--run") + 1]
        self.zoo("train", model, *options)
        log = (self.store / run / "log.jsonl").read_text().splitlines()
        return [entry["loss"] for entry in map(json.loads, log) if entry["event"] == "epoch"]

    def images(self, name, sizes, classes, per_class, suffix=".png"):
        """A folder of classes with images of several sizes, made once."""
        root = self.folder / name
        if root.exists():
            return root
        random = np.random.default_rng(len(name) + per_class)
        for label, class_name in enumerate(classes):
            folder = root / class_name
            folder.mkdir(parents=True)
            for index in range(per_class):
                width, height = sizes[(label * per_class + index) % len(sizes)]
                coarse = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8))
                picture = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.int16)
                # A tint for each class, so that there is something to learn.
                tint = np.array([label * 37 % 80, label * 61 % 80, label * 97 % 80], np.int16)
                noisy = np.clip(picture + tint + random.integers(-9, 10, picture.shape), 0, 255)
                Image.fromarray(noisy.astype(np.uint8)).save(folder / f"{index:03}{suffix}", quality=92)
        return root

    def trained(self, model, data, *options):
        """The path of the last checkpoint of a short training."""
        run = f"{model}-{data.name}"
        if not (self.store / run).exists():
            self.zoo("train", model, "--data", data, "--run", run, "--store", self.store, "--epochs", 1, "--seed", 5,
                     *options)
        return f"{run}@last"
