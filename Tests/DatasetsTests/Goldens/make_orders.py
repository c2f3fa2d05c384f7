"""Writes orders.json: how timm numbers class folders, and in which order it reads their images.

Run with timm and torchvision installed:  python make_orders.py
"""

import json
import pathlib
import tempfile

import timm
from timm.data.readers.reader_image_folder import find_images_and_targets
from torchvision.datasets.folder import find_classes

HERE = pathlib.Path(__file__).parent
SETS = [
    ["1", "2", "10", "100", "9"],
    ["class 10", "Class 9", "class 1a", "class 1", "CLASS 2"],
    ["b", "B2", "a10b2", "a10b10", "a9", "a", "Z", "_x", "10a", "a-1", "a 1", "a.1"],
    ["0x1", "00000000000000000000000002", "99999999999999999999999999", "3", "x٣", "x2", "x10", "été 2", "été 10"],
]
FILES = ["img10.jpg", "img9.jpg", "IMG1.png", "a.jpg", "10.jpeg", "9.jpg"]


def order(names):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in names:
            (root / name).mkdir()
            for file in FILES:
                (root / name / file).touch()
        samples, classes = find_images_and_targets(folder)
        return {
            "names": names,
            "code_point": find_classes(folder)[0],
            "natural": sorted(classes, key=classes.get),
            "samples": [f"{pathlib.Path(path).relative_to(root)} {label}" for path, label in samples],
        }


result = {"timm": timm.__version__, "files": FILES, "sets": [order(names) for names in SETS]}
(HERE / "orders.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
