"""A folder of JPEG images that look like photographs to a decoder: smooth shapes with some noise, 500x375."""

import numpy as np
from PIL import Image

CLASSES, IMAGES_PER_CLASS = 10, 32


def make(root):
    """Writes `root/class_0/000.jpg` and so on; the same every time."""
    random = np.random.default_rng(0)
    for label in range(CLASSES):
        folder = root / f"class_{label}"
        folder.mkdir(parents=True)
        for index in range(IMAGES_PER_CLASS):
            coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8))
            smooth = np.asarray(coarse.resize((500, 375), Image.Resampling.BICUBIC), dtype=np.int16)
            noisy = np.clip(smooth + random.integers(-12, 13, smooth.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(folder / f"{index:03}.jpg", quality=90)
