"""Tar archives of samples: what Python's webdataset writes, zoo reads, with its labels and its pixels."""

import io

import numpy as np
import webdataset
from PIL import Image


def written_by_webdataset(workspace):
    """archives that Python's webdataset writes are read with their labels, images and keys"""
    folder = workspace.folder / "shards"
    folder.mkdir()
    random = np.random.default_rng(5)
    counts = {}
    with webdataset.ShardWriter(str(folder / "part-%03d.tar"), maxcount=5, verbose=0) as writer:
        for number in range(23):
            pixels = random.integers(0, 256, (9, 11, 3), dtype=np.uint8)
            data = io.BytesIO()
            Image.fromarray(pixels).save(data, ("PNG", "JPEG", "WEBP")[number % 3])
            label = int(random.integers(0, 4))
            counts[str(label)] = counts.get(str(label), 0) + 1
            sample = {"__key__": f"{number:06}", ("png", "jpg", "webp")[number % 3]: data.getvalue()}
            sample |= {"json": {"label": label}} if number % 2 else {"cls": label}
            writer.write(sample)
    found = workspace.zoo_json("data", "verify", folder / "part-{000..004}.tar")["training"]
    assert found["images"] == 23 and not found["corrupt"], found
    assert {name: count for name, count in found["classes"].items() if count} == counts, (found["classes"], counts)
    assert found["formats"] == {"JPEG": 8, "PNG": 8, "WebP": 7}, found["formats"]
    return "23 samples in 5 archives"


CHECKS = [written_by_webdataset]
