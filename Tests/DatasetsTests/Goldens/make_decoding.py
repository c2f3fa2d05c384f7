"""Writes decoding/* and decoding.json: WebP files and JPEGs in four inks, and what Pillow decodes them to.

Run after make_goldens.py with Pillow and numpy installed:  python make_decoding.py
"""

import json
import pathlib

import numpy as np
import PIL
from PIL import Image, features

from make_goldens import IMAGES, digest, photo

HERE = pathlib.Path(__file__).parent
FILES = HERE / "decoding"


def adobe_marker(data: bytes) -> int:
    """Where the Adobe marker (APP14) starts; its transform is the last of its 14 bytes."""
    start = data.index(b"\xff\xee\x00\x0eAdobe")
    return start


def write_inks():
    rgb = Image.open(IMAGES / "rgb.png").convert("RGB")
    cmyk = rgb.convert("CMYK")
    # Some black, which Pillow's conversion leaves out.
    cyan, magenta, yellow, _ = (np.array(band).astype(int) for band in cmyk.split())
    inks = np.stack([cyan // 2, magenta, yellow // 3, (cyan + magenta) // 4], axis=-1)
    cmyk = Image.fromarray(inks.astype(np.uint8), "CMYK")
    cmyk.save(FILES / "cmyk-black.jpg", quality=92)
    cmyk.save(FILES / "cmyk-progressive.jpg", quality=80, progressive=True)
    data = (FILES / "cmyk-black.jpg").read_bytes()
    start = adobe_marker(data)
    # The same numbers, said to be luma, chroma and black.
    (FILES / "ycck.jpg").write_bytes(data[: start + 15] + b"\x02" + data[start + 16 :])
    (FILES / "cmyk-no-marker.jpg").write_bytes(data[:start] + data[start + 16 :])


def write_webp():
    rgb = Image.open(IMAGES / "rgb.png").convert("RGB")
    alpha = Image.fromarray(photo(45, 61, 3)[..., 0]).point(lambda value: 0 if value < 100 else value)
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    rgb.save(FILES / "lossy.webp", quality=80)
    rgb.save(FILES / "lossy-low.webp", quality=5)
    rgb.save(FILES / "lossless.webp", lossless=True)
    rgb.convert("L").save(FILES / "gray.webp", quality=70)
    rgba.save(FILES / "lossy-alpha.webp", quality=60)
    rgba.save(FILES / "lossless-alpha.webp", lossless=True, exact=True)
    Image.fromarray(photo(1, 1, 2)).save(FILES / "one-pixel.webp", quality=90)
    frames = [rgb, rgb.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    frames[0].save(FILES / "animation.webp", save_all=True, append_images=frames[1:], duration=100, quality=70)


def main():
    FILES.mkdir(exist_ok=True)
    for path in FILES.iterdir():
        path.unlink()
    write_inks()
    write_webp()
    cases = []
    for path in sorted(FILES.iterdir()):
        rgb = Image.open(path).convert("RGB")
        cases.append({"file": path.name, "width": rgb.width, "height": rgb.height, "rgb": digest(rgb.tobytes())})
    made_by = {"pillow": PIL.__version__, "webp": features.version("webp"), "jpeg": features.version("libjpeg_turbo")}
    rows = ",\n  ".join(json.dumps(case) for case in cases)
    (HERE / "decoding.json").write_text(f'{{\n"made_by": {json.dumps(made_by)},\n"decoding": [\n  {rows}\n]\n}}\n')


if __name__ == "__main__":
    main()
