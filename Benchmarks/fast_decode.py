"""What `--fast-decode` changes: pixels against full decoding, of large images made of noise as photographs have it.

zoo's pixels of both ways are Pillow's (Tests/DatasetsTests/Goldens/make_options.py), so Pillow alone is asked here. The images
stay in FOLDER/a, for the speed:  zoo data bench FOLDER --augment crop --workers 1 [--fast-decode]

Run with Pillow and numpy installed:  python fast_decode.py FOLDER
"""

import math
import pathlib
import sys

import numpy as np
from PIL import Image

HEIGHT, WIDTH, COUNT = 1500, 2000, 12


def noise(random, scale):
    shape = (3, HEIGHT // scale, WIDTH // scale)
    planes = [Image.fromarray(plane).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
              for plane in random.standard_normal(shape).astype(np.float32)]
    return np.stack([np.asarray(plane) for plane in planes], -1)


def photo(random):
    """Amplitudes that fall with the frequency, and discs with sharp edges."""
    total = 128 + sum(noise(random, scale) * size for scale, size in ((400, 60), (128, 30), (32, 14), (8, 6), (3, 4), (1, 2)))
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    for _ in range(12):
        top, left, radius = random.integers(0, HEIGHT), random.integers(0, WIDTH), random.integers(40, 300)
        total[(y - top) ** 2 + (x - left) ** 2 < radius**2] += random.integers(-60, 60, 3)
    return Image.fromarray(np.clip(total, 0, 255).astype(np.uint8))


def full(path, box, size):
    left, top, width, height = box
    part = Image.open(path).convert("RGB").crop((left, top, left + width, top + height))
    return np.asarray(part.resize(size[::-1], Image.Resampling.BILINEAR)).astype(int)


def fast(path, box, size):
    left, top, width, height = box
    scale = max(s for s in (1, 2, 4, 8) if width >= size[1] * s and height >= size[0] * s)
    image = Image.open(path)
    if scale > 1:
        image.draft(None, (WIDTH // scale, HEIGHT // scale))
    outer = (left // scale, top // scale, math.ceil((left + width) / scale), math.ceil((top + height) / scale))
    inner = tuple(np.float32(value) / np.float32(scale) for value in (left, top, left + width, top + height))
    inner = tuple(float(value - outer[i % 2]) for i, value in enumerate(inner))
    part = image.convert("RGB").crop(outer)
    return np.asarray(part.resize(size[::-1], Image.Resampling.BILINEAR, box=inner)).astype(int)


def random_box(random):
    """torchvision's RandomResizedCrop, clipped to the image."""
    area = WIDTH * HEIGHT * random.uniform(0.08, 1)
    ratio = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
    width, height = min(WIDTH, round(math.sqrt(area * ratio))), min(HEIGHT, round(math.sqrt(area / ratio)))
    return int(random.integers(0, WIDTH - width + 1)), int(random.integers(0, HEIGHT - height + 1)), width, height


def main():
    folder = pathlib.Path(sys.argv[1]) / "a"
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(4)
    differences = {"shorter side 256": [], "random crops to 224": []}
    for number in range(COUNT):
        path = folder / f"{number:02}.jpg"
        photo(random).save(path, quality=90, subsampling=2)
        cases = [("shorter side 256", (0, 0, WIDTH, HEIGHT), (256, 256 * WIDTH // HEIGHT))]
        cases += [("random crops to 224", random_box(random), (224, 224)) for _ in range(3)]
        for name, box, size in cases:
            differences[name].append(abs(fast(path, box, size) - full(path, box, size)))
    for name, all_of in differences.items():
        mean = np.mean([difference.mean() for difference in all_of])
        print(f"{name}: mean {mean:.2f}, largest {max(difference.max() for difference in all_of)} of 255")


if __name__ == "__main__":
    main()
