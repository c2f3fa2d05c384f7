"""Writes shards/: tar archives as Python makes them, and samples.json, sampling.json: what the peers read and draw.

Run with webdataset, torch and Pillow installed:  python make_shards.py
"""

import io
import json
import pathlib
import tarfile

import torch
import webdataset
from PIL import Image
from torch.utils.data.distributed import DistributedSampler

HERE = pathlib.Path(__file__).parent
SHARDS = HERE / "shards"


def picture(number, form):
    image = Image.new("RGB", (3, 2), (number * 20 % 256, 100, 200))
    data = io.BytesIO()
    image.save(data, form)
    return data.getvalue()


def write_shards():
    SHARDS.mkdir(exist_ok=True)
    with webdataset.TarWriter(str(SHARDS / "web-000.tar"), mtime=0) as writer:
        for number in range(4):
            writer.write({"__key__": f"a/{number:03}", "jpg": picture(number, "JPEG"), "cls": number % 3})
    with webdataset.TarWriter(str(SHARDS / "web-001.tar"), mtime=0) as writer:
        for number in range(4, 7):
            meta = {"label": number % 3, "caption": "été"}
            writer.write({"__key__": f"b.c/{number:03}", "png": picture(number, "PNG"), "json": meta})
    for name, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
        with tarfile.open(SHARDS / f"{name}.tar", "w", format=form) as archive:
            folder = tarfile.TarInfo("x")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
            deep = "x/" + "long" * 20 + "/" + "name" * 20 + ("é" if name != "ustar" else "")
            for key in ("x/1", deep):
                for kind, data in (("WebP", picture(1, "WEBP")), ("cls", b" cat \n"), ("txt", b"?")):
                    info = tarfile.TarInfo(f"{key}.{kind}")
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))


def read(*names):
    """The keys, images and labels that webdataset reads, in order."""
    dataset = webdataset.WebDataset([str(SHARDS / name) for name in names], shardshuffle=False)
    samples = []
    for sample in dataset:
        kind = next(kind for kind in ("jpg", "png", "webp") if kind in sample)
        label = sample["cls"] if "cls" in sample else json.loads(sample["json"])["label"]
        label = label.decode().strip() if isinstance(label, bytes) else str(label)
        pixels = Image.open(io.BytesIO(sample[kind])).convert("RGB").tobytes()
        samples.append({"key": f"{sample['__key__']}.{kind}", "label": label, "size": len(sample[kind]), "pixels": list(pixels[:3])})
    return samples


def shares():
    result = []
    for total in (1, 2, 7, 10, 12):
        for world in (1, 2, 3, 5, 16):
            for drop in (False, True):
                if drop and total < world:
                    continue
                samplers = [
                    DistributedSampler(range(total), num_replicas=world, rank=rank, shuffle=False, drop_last=drop)
                    for rank in range(world)]
                result.append({"total": total, "world": world, "drop": drop, "samples": [list(s) for s in samplers]})
    return result


if __name__ == "__main__":
    write_shards()
    samples = {name: read(*name.split()) for name in ("web-000.tar web-001.tar", "ustar.tar", "gnu.tar", "pax.tar")}
    versions = {"webdataset": webdataset.__version__, "torch": torch.__version__}
    (HERE / "samples.json").write_text(json.dumps({"versions": versions, "samples": samples}, indent=1) + "\n")
    (HERE / "sampling.json").write_text(json.dumps({"versions": versions, "shares": shares()}) + "\n")
