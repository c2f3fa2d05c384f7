"""Writes the reference data of DatasetsTests: small images, and what Pillow and torchvision make of them.

Run with Pillow, torch, torchvision and numpy installed:  python make_goldens.py
It writes images/*, and expected.json: digests (FNV-1a, 64 bits) of the exact bytes, so that little is stored.
Where exactness is not promised (CMYK) the expected pixels are stored as images/*.expected.png.
"""

import json
import pathlib
import struct
import zlib

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision import transforms as T
from torchvision.transforms import functional as F

HERE = pathlib.Path(__file__).parent
IMAGES = HERE / "images"
MODES = {
    "nearest": T.InterpolationMode.NEAREST,
    "bilinear": T.InterpolationMode.BILINEAR,
    "bicubic": T.InterpolationMode.BICUBIC,
}


def digest(data: bytes) -> str:
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def photo(height: int, width: int, seed: int) -> np.ndarray:
    """Something like a photograph: gradients, waves, hard edges and noise, in [height, width, 3] bytes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    image = np.stack([x / width * 120, y / height * 160, (x + y) / (width + height) * 200], axis=-1)
    for _ in range(6):
        a, b, phase = rng.uniform(-0.4, 0.4, 2).tolist() + [rng.uniform(0, 6)]
        image += (np.sin(a * x + b * y + phase) * 30)[..., None] * rng.uniform(0, 1, 3)
    for _ in range(5):
        top, left = int(rng.integers(0, height)), int(rng.integers(0, width))
        image[top : top + height // 4, left : left + width // 4] += rng.uniform(-120, 120, 3)
    image += rng.normal(0, 6, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(path, samples: np.ndarray, color_type: int, depth: int, interlaced: bool = False, extra: bytes = b""):
    """A PNG of forms that Pillow does not write: [height, width, channels] of 8 or 16 bits, Adam7 if wanted."""
    height, width = samples.shape[:2]
    samples = samples.astype(">u2" if depth == 16 else "u1")
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b""
    for top, left, down, right in passes:
        for row in samples[top::down, left::right]:
            if row.size:
                rows += b"\0" + row.tobytes()
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, int(interlaced))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", zlib.compress(rows, 9))
        + png_chunk(b"IEND", b"")
    )


def write_images():
    pixels = photo(45, 61, 1)
    rgb = Image.fromarray(pixels)
    gray = rgb.convert("L")
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        rgb.save(IMAGES / f"photo-{name}.jpg", quality=90, subsampling=subsampling)
    rgb.save(IMAGES / "photo-progressive.jpg", quality=85, progressive=True)
    rgb.save(IMAGES / "photo-low-quality.jpg", quality=12)
    rgb.save(IMAGES / "photo-restart.jpg", quality=85, restart_marker_blocks=3)
    rgb.save(IMAGES / "photo-rgb-coded.jpg", quality=85, keep_rgb=True)
    Image.fromarray(photo(1, 1, 2)).save(IMAGES / "one-pixel.jpg", quality=90)
    gray.save(IMAGES / "gray.jpg", quality=85)
    gray.save(IMAGES / "gray-progressive.jpg", quality=85, progressive=True)
    rgb.convert("CMYK").save(IMAGES / "cmyk.jpg", quality=90)

    rgb.save(IMAGES / "rgb.png")
    gray.save(IMAGES / "gray.png")
    rgb.convert("1").save(IMAGES / "gray-1-bit.png")
    write_bits(IMAGES / "gray-2-bit.png", np.array(gray) >> 6, 2)
    write_bits(IMAGES / "gray-4-bit.png", np.array(gray) >> 4, 4)
    palette = rgb.quantize(40)
    palette.save(IMAGES / "palette.png")
    palette.save(IMAGES / "palette-alpha.png", transparency=bytes((7 * i) % 256 for i in range(40)))
    rgb.quantize(5).save(IMAGES / "palette-4-bit.png", bits=4)
    alpha = Image.fromarray(photo(45, 61, 3)[..., 0])
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    rgba.save(IMAGES / "rgba.png")
    Image.merge("LA", (gray, alpha)).save(IMAGES / "gray-alpha.png")
    wide = photo(9, 14, 4).astype(np.uint16) * 257 + 100
    write_png(IMAGES / "rgb-16-bit.png", wide, 2, 16)
    write_png(IMAGES / "rgba-16-bit.png", np.concatenate([wide, wide[..., :1]], -1), 6, 16)
    write_png(IMAGES / "gray-alpha-16-bit.png", wide[..., :2], 4, 16)
    ramp = (np.arange(9 * 14, dtype=np.uint32) * 5).astype(np.uint16).reshape(9, 14, 1)
    write_png(IMAGES / "gray-16-bit.png", ramp, 0, 16)
    write_png(IMAGES / "rgb-interlaced.png", photo(13, 11, 5), 2, 8, interlaced=True)
    write_png(IMAGES / "rgb-transparent-colour.png", photo(13, 11, 5), 2, 8, extra=png_chunk(b"tRNS", b"\0\1\0\2\0\3"))
    write_png(IMAGES / "gray-transparent-value.png", photo(13, 11, 5)[..., :1], 0, 8, extra=png_chunk(b"tRNS", b"\0\7"))


def write_bits(path, samples: np.ndarray, depth: int):
    """Gray of 2 or 4 bits, packed from the left."""
    height, width = samples.shape
    rows = b""
    for row in samples:
        bits = "".join(format(int(value), f"0{depth}b") for value in row)
        bits += "0" * (-len(bits) % 8)
        rows += b"\0" + bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows, 9))
        + png_chunk(b"IEND", b"")
    )


def decoding_cases():
    cases = []
    for path in sorted(IMAGES.iterdir()):
        if path.name.endswith(".expected.png"):
            continue
        rgb = Image.open(path).convert("RGB")
        case = {"file": path.name, "width": rgb.width, "height": rgb.height}
        if path.name == "cmyk.jpg":
            rgb.save(IMAGES / "cmyk.jpg.expected.png")
        else:
            case["rgb"] = digest(rgb.tobytes())
            # What RGB becomes in mode L; 16-bit gray has its own rule and is not converted twice.
            if "gray" not in path.name:
                case["luma"] = digest(rgb.convert("L").tobytes())
        cases.append(case)
    return cases


def resizing_cases():
    """Crop a box, resize it, cut a window out: what every geometric transform comes down to."""
    rng = np.random.default_rng(11)
    sizes = [(224, 224), (45, 61), (45, 30), (20, 61), (7, 5), (1, 1), (90, 20), (20, 122), (44, 60), (46, 62), (10, 59)]
    plans = [("rgb.png", (0, 0, 45, 61), size) for size in sizes] + [("gray.png", (0, 0, 45, 61), size) for size in sizes]
    for _ in range(30):
        height, width = int(rng.integers(1, 46)), int(rng.integers(1, 62))
        top, left = int(rng.integers(0, 46 - height)), int(rng.integers(0, 62 - width))
        file = "rgb.png" if rng.random() < 0.7 else "gray.png"
        plans.append((file, (top, left, height, width), (int(rng.integers(1, 80)), int(rng.integers(1, 80)))))
    cases = []
    for file, (top, left, height, width), size in plans:
        image = Image.open(IMAGES / file)
        for name, mode in MODES.items():
            result = F.resized_crop(image, top, left, height, width, list(size), mode)
            cases.append(
                {"file": file, "box": [top, left, height, width], "size": list(size), "interpolation": name,
                 "pixels": digest(result.tobytes())}
            )
    return cases


def pipeline_cases():
    """Whole pipelines without random steps, down to the float32 bytes."""
    imagenet = T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    half = T.Normalize([0.5] * 3, [0.5] * 3)
    pipelines = {
        "evaluation-256-224": T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), imagenet]),
        "evaluation-40-33": T.Compose([T.Resize(40), T.CenterCrop(33), T.ToTensor(), imagenet]),
        "evaluation-20-50": T.Compose([T.Resize(20), T.CenterCrop((50, 23)), T.ToTensor(), half]),
        "squash-31": T.Compose([T.Resize((31, 31)), T.ToTensor(), half]),
        "squash-31-mirrored": T.Compose([T.Resize((31, 31)), T.RandomHorizontalFlip(1), T.ToTensor(), half]),
        "mirrored-before": T.Compose([T.RandomHorizontalFlip(1), T.Resize(23), T.CenterCrop(20), T.ToTensor(), half]),
        "to-tensor": T.Compose([T.CenterCrop((45, 61)), T.ToTensor()]),
    }
    cases = []
    for file in ("rgb.png", "gray.png", "photo-420.jpg"):
        for name, pipeline in pipelines.items():
            tensor = pipeline(Image.open(IMAGES / file).convert("RGB"))
            cases.append({"file": file, "pipeline": name, "floats": digest(tensor.contiguous().numpy().tobytes())})
    gray = T.Compose([T.Resize((31, 31)), T.ToTensor(), T.Normalize([0.286], [0.353])])
    for file in ("rgb.png", "gray.png"):
        tensor = gray(Image.open(IMAGES / file).convert("L"))
        cases.append({"file": file, "pipeline": "gray-31", "floats": digest(tensor.numpy().tobytes())})
    return cases


def central_boxes():
    """RandomResizedCrop where no random box fits: the box in the middle, [top, left, height, width]."""
    torch.manual_seed(0)
    cases = []
    for height, width in ((3, 400), (400, 3), (7, 1000), (1000, 7), (1, 50), (50, 1)):
        image = torch.zeros(3, height, width)
        box = T.RandomResizedCrop.get_params(image, [0.99, 1.0], [3 / 4, 4 / 3])
        cases.append({"height": height, "width": width, "box": [int(value) for value in box]})
    return cases


def resized_sizes():
    """The sizes that Resize of the shorter side gives, [height, width]."""
    cases = []
    for height, width in ((375, 500), (500, 375), (333, 500), (1, 1000), (77, 77), (480, 641), (1023, 767)):
        for side in (256, 224, 20):
            result = T.Resize(side)(Image.new("L", (width, height)))
            cases.append({"height": height, "width": width, "side": side, "result": [result.height, result.width]})
    return cases


def main():
    IMAGES.mkdir(exist_ok=True)
    for path in IMAGES.iterdir():
        path.unlink()
    write_images()
    expected = {
        "made_by": {"pillow": PIL.__version__, "torch": torch.__version__, "torchvision": torchvision.__version__},
        "decoding": decoding_cases(),
        "resizing": resizing_cases(),
        "pipelines": pipeline_cases(),
        "central_boxes": central_boxes(),
        "resized_sizes": resized_sizes(),
    }
    lines = []
    for key, value in expected.items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row) for row in value)
            lines.append(f'"{key}": [\n  {rows}\n]')
        else:
            lines.append(f'"{key}": {json.dumps(value)}')
    (HERE / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
