"""Writes options/*.jpg, *.png, *.webp and options.json: what Pillow makes of images that EXIF turns, and of JPEGs that it
decodes at a part of their size (`Image.draft`) before it resizes.

Run with Pillow and numpy installed:  python make_options.py
"""

import json
import math
import pathlib

import numpy as np
from PIL import Image, ImageOps, PngImagePlugin

from make_goldens import digest, photo

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "options"
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def exif(orientation, order="<"):
    data = Image.Exif()
    data.endian = order
    data[271] = "a maker's name, which lies behind the directory"
    data[274] = orientation
    return data


def write_images():
    FOLDER.mkdir(exist_ok=True)
    small = Image.fromarray(photo(12, 17, 7))
    for orientation in range(1, 9):
        small.save(FOLDER / f"turn-{orientation}.jpg", quality=90, exif=exif(orientation, "<>"[orientation % 2]))
    small.convert("L").save(FOLDER / "turn-gray.jpg", exif=exif(6))
    small.save(FOLDER / "turn-wrong.jpg", exif=exif(9))
    small.save(FOLDER / "turn.png", exif=exif(5))
    small.save(FOLDER / "turn.webp", lossless=True, exif=exif(8))
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="3"/></x:xmpmeta>'
    small.save(FOLDER / "turn-xmp.jpg", xmp=packet)
    small.save(FOLDER / "turn-xmp.webp", lossless=True, xmp=packet.replace(b'="3"', b">6"))
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", packet.decode())
    small.save(FOLDER / "turn-xmp.png", pnginfo=text)
    # Metadata of PNG where they do not belong, which Pillow finds all the same.
    # Pillow takes one mark away; a second one stays.
    small.save(FOLDER / "turn-prefixed.png", exif=b"Exif\0\0" + exif(7).tobytes())
    profile = exif(6).tobytes()
    raw = f"\nexif\n{len(profile):8}\n" + "".join(
        profile[start : start + 36].hex() + "\n" for start in range(0, len(profile), 36))
    for name, is_packed in (("raw", False), ("raw-packed", True)):
        text = PngImagePlugin.PngInfo()
        text.add_text("Raw profile type exif", raw, zip=is_packed)
        small.save(FOLDER / f"turn-{name}.png", pnginfo=text)
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", raw)
    small.save(FOLDER / "turn-raw-and-exif.png", pnginfo=text, exif=exif(3))
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", packet.decode(), lang="en", tkey="XMP", zip=True)
    small.save(FOLDER / "turn-xmp-packed.png", pnginfo=text)
    for name, options in (("420", {"subsampling": 2}), ("444", {"subsampling": 0}), ("progressive", {"progressive": True})):
        Image.fromarray(photo(101, 131, 3)).save(FOLDER / f"large-{name}.jpg", quality=80, **options)
    Image.fromarray(photo(64, 96, 4)).convert("L").save(FOLDER / "large-gray.jpg", quality=80)


def turned(path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    return {"file": path.name, "height": image.height, "width": image.width, "rgb": digest(image.tobytes())}


def reduced(path, box, size, name):
    """Of `box` (left, top, width, height in full pixels), decoded at 1/scale, `size` (height, width)."""
    left, top, width, height = box
    scale = max(s for s in (1, 2, 4, 8) if width >= size[1] * s and height >= size[0] * s)
    image = Image.open(path)
    full = image.size
    if scale > 1:
        image.draft(None, (full[0] // scale, full[1] // scale))
        assert image.size == tuple(math.ceil(side / scale) for side in full), (image.size, full, scale)
    image = image.convert("RGB")
    outer = (left // scale, top // scale, math.ceil((left + width) / scale), math.ceil((top + height) / scale))
    inner = tuple(np.float32(value) / np.float32(scale) for value in (left, top, left + width, top + height))
    inner = tuple(float(value - outer[i % 2]) for i, value in enumerate(inner))
    result = image.crop(outer).resize(size[::-1], FILTERS[name], box=inner)
    return {
        "file": path.name, "box": list(box), "size": list(size), "interpolation": name, "scale": scale,
        "rgb": digest(result.tobytes())}


if __name__ == "__main__":
    write_images()
    results = []
    for path in sorted(FOLDER.glob("large-*.jpg")):
        width, height = Image.open(path).size
        for size in ((40, 30), (20, 20), (12, 15), (8, 8)):
            for name in FILTERS:
                results.append(reduced(path, (0, 0, width, height), size, name))
        for box in ((3, 5, 61, 45), (17, 2, 44, 59), (width - 41, height - 50, 41, 50)):
            for size in ((20, 18), (11, 10), (5, 5)):
                results.append(reduced(path, box, size, "bilinear"))
    values = {"turned": [turned(path) for path in sorted(FOLDER.glob("turn*"))], "reduced": results}
    (HERE / "options.json").write_text(json.dumps(values, indent=None).replace("}, ", "},\n") + "\n")
