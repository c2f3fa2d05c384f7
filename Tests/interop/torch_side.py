"""A zoo checkpoint opened with stock h5py and run by real PyTorch."""

import json
import sys
from pathlib import Path

import h5py
import numpy as np
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

sys.path.append(str(Path(__file__).resolve().parents[2] / "Benchmarks"))
import torch_models  # noqa: E402

torch.set_num_threads(2)


class TorchSide:
    """The network and the preprocessing of a checkpoint, on PyTorch's side."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            self.architecture = text(file.attrs["architecture"])
            self.class_names = [text(name) for name in file.attrs["class_names"]]
            preprocessing = json.loads(text(file.attrs["preprocessing"]))
            state = {name: torch.from_numpy(np.asarray(data[()])) for name, data in file["net"].items()}
        self.net = torch_models.build(self.architecture, len(self.class_names)).eval()
        self.net.load_state_dict(state, strict=True)
        self.mode = preprocessing["mode"]
        self.transform = transforms.Compose([transform(step) for step in preprocessing["transforms"]])

    def logits(self, paths, batch_size=32):
        """[N, classes] of image files."""
        images = self.images(paths)
        with torch.inference_mode():
            return torch.cat([self.net(images[i:i + batch_size]) for i in range(0, len(images), batch_size)])

    def images(self, paths):
        """[N, C, H, W], prepared."""
        return torch.stack([self.transform(Image.open(path).convert(self.mode)) for path in paths])


def text(attribute):
    """A string attribute; h5py gives those of fixed length as UTF-8 bytes."""
    return attribute.decode() if isinstance(attribute, bytes) else attribute


def transform(step):
    """torchvision's transform for a stored step."""
    interpolation = InterpolationMode(step.get("interpolation", "bilinear"))
    match step["name"]:
        case "resize":
            return transforms.Resize(step.get("shorter_side") or step["size"], interpolation)
        case "center_crop":
            return transforms.CenterCrop(step["size"])
        case "to_tensor":
            return transforms.ToTensor()
        case "normalize":
            return transforms.Normalize(step["mean"], step["std"])
    raise ValueError(f"no evaluation step is called {step['name']}")
