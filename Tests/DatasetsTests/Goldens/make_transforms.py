"""Writes transforms.json: what torchvision's transforms make of PIL images, given their parameters.

Run after make_goldens.py with Pillow, torch, torchvision and numpy installed:  python make_transforms.py
A case is a chain of operations on one of images/*, and the FNV-1a digest of the resulting bytes.
"""

import json
import pathlib

import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode, autoaugment
from torchvision.transforms import functional as F

HERE = pathlib.Path(__file__).parent
MODES = {
    "nearest": InterpolationMode.NEAREST,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
}
NAMES = {
    "identity": "Identity", "shearX": "ShearX", "shearY": "ShearY", "translateX": "TranslateX",
    "translateY": "TranslateY", "rotate": "Rotate", "brightness": "Brightness", "color": "Color",
    "contrast": "Contrast", "sharpness": "Sharpness", "posterize": "Posterize", "solarize": "Solarize",
    "autoContrast": "AutoContrast", "equalize": "Equalize",
}


def digest(data: bytes) -> str:
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def fill_of(image, step):
    fill = step.get("fill", 0)
    return fill if isinstance(fill, int) else tuple(fill)


def apply(image, step):
    kind = step["op"]
    if kind == "crop":
        top, left, height, width = step["box"]
        return F.crop(image, top, left, height, width)
    if kind == "pad":
        return F.pad(image, step["margins"], fill_of(image, step), step["mode"])
    if kind == "rotate":
        return F.rotate(image, step["degrees"], MODES[step["interpolation"]], step.get("expand", False),
                        fill=fill_of(image, step))
    if kind == "affine":
        return F.affine(image, step["degrees"], step["translation"], step["scale"], step["shear"],
                        MODES[step["interpolation"]], fill_of(image, step))
    if kind == "auto":
        return autoaugment._apply_op(image, NAMES[step["name"]], step["magnitude"], MODES[step["interpolation"]],
                                     fill_of(image, step))
    simple = {
        "verticalFlip": lambda: F.vflip(image),
        "grayscale": lambda: F.to_grayscale(image, len(image.getbands())),
        "brightness": lambda: F.adjust_brightness(image, step["factor"]),
        "contrast": lambda: F.adjust_contrast(image, step["factor"]),
        "saturation": lambda: F.adjust_saturation(image, step["factor"]),
        "hue": lambda: F.adjust_hue(image, step["factor"]),
        "sharpness": lambda: F.adjust_sharpness(image, step["factor"]),
        "posterize": lambda: F.posterize(image, step["bits"]),
        "solarize": lambda: F.solarize(image, step["factor"]),
        "autoContrast": lambda: F.autocontrast(image),
        "equalize": lambda: F.equalize(image),
    }
    return simple[kind]()


def chains():
    """Every chain is tried on a colour and on a gray image, both as RGB."""
    for margins in ([3, 5, 7, 2], [0, 0, 0, 9], [70, 100, 65, 50]):
        for mode in ("constant", "edge", "reflect", "symmetric"):
            yield [{"op": "pad", "margins": margins, "mode": mode, "fill": 77}]
    yield [{"op": "pad", "margins": [1, 2, 3, 4], "mode": "constant", "fill": [10, 200, 30]}]
    for mode in ("edge", "reflect", "symmetric"):
        yield [{"op": "crop", "box": [4, 5, 1, 2]}, {"op": "pad", "margins": [3, 4, 5, 6], "mode": mode}]
    yield [{"op": "pad", "margins": [4, 4, 4, 4], "mode": "reflect"}, {"op": "crop", "box": [7, 1, 32, 32]}]
    yield [{"op": "verticalFlip"}]
    yield [{"op": "grayscale"}]

    for interpolation in MODES:
        for degrees in (0, 90, 180, 270, -90, 12.5, -33.75, 179.999, 400.25, 1e-7):
            for expand in (False, True):
                yield [{"op": "rotate", "degrees": degrees, "interpolation": interpolation, "expand": expand}]
        for degrees in (90, -90, 45):
            yield [{"op": "crop", "box": [1, 2, 31, 31]},
                   {"op": "rotate", "degrees": degrees, "interpolation": interpolation, "fill": [255, 0, 100]}]
        yield [{"op": "crop", "box": [1, 2, 1, 1]},
               {"op": "rotate", "degrees": 30, "interpolation": interpolation, "fill": 9}]
        for degrees, translation, scale, shear in (
            (0, (0, 0), 1, (0, 0)), (0, (7, -3), 1, (0, 0)), (20, (0, 0), 1, (0, 0)), (-20, (5, 6), 0.7, (10, 0)),
            (3.25, (-4, 2), 1.9, (-12, 25)), (0, (0, 0), 0.5, (0, 0)), (0, (0, 0), 0.001, (0, 0)),
            (45, (0, 0), 0.0005, (30, 0)), (0, (1000, 0), 1, (0, 0)),
        ):
            yield [{"op": "affine", "degrees": degrees, "translation": translation, "scale": scale, "shear": shear,
                    "interpolation": interpolation, "fill": 40}]

    for kind in ("brightness", "contrast", "saturation", "sharpness"):
        for factor in (0, 0.0101, 0.3, 0.6180339887, 1, 1.25, 1.9900000095367432, 7.5):
            yield [{"op": kind, "factor": factor}]
    for factor in (-0.5, -0.31, -0.001, 0, 0.004, 0.1, 0.2718281828, 0.5):
        yield [{"op": "hue", "factor": factor}]
    for bits in range(1, 9):
        yield [{"op": "posterize", "bits": bits}]
    for factor in (0, 1, 127.5, 128, 255, 256):
        yield [{"op": "solarize", "factor": factor}]
    yield [{"op": "autoContrast"}]
    yield [{"op": "equalize"}]
    # Few values, one value, few pixels.
    for kind in ("autoContrast", "equalize"):
        yield [{"op": "posterize", "bits": 1}, {"op": kind}]
        yield [{"op": "contrast", "factor": 0}, {"op": kind}]
        yield [{"op": "contrast", "factor": 0.2}, {"op": kind}]
        yield [{"op": "crop", "box": [3, 3, 5, 7]}, {"op": kind}]
    for height, width in ((1, 1), (2, 9), (9, 2), (3, 3)):
        yield [{"op": "crop", "box": [10, 20, height, width]}, {"op": "sharpness", "factor": 1.8}]
    # Jitter in several orders.
    jitter = {"brightness": 1.31, "contrast": 0.72, "saturation": 1.44, "hue": -0.07}
    for order in ("brightness contrast saturation hue", "hue saturation contrast brightness",
                  "contrast hue brightness saturation"):
        yield [{"op": kind, "factor": jitter[kind]} for kind in order.split()]


def auto_cases(image_size):
    """The strengths of all bins, exactly, and the results of some."""
    wide = autoaugment.TrivialAugmentWide()._augmentation_space(31)
    rand = autoaugment.RandAugment()._augmentation_space(31, image_size)
    tables = {}
    for kind, space in (("wide", wide), ("rand", rand)):
        tables[kind] = {
            name: [float(value) for value in space[original][0]] if space[original][0].ndim else []
            for name, original in NAMES.items()
        }
    cases = []
    for name, original in NAMES.items():
        magnitudes = [tables["wide"][name][index] for index in (4, 17, 30)] if tables["wide"][name] else [0.0]
        if wide[original][1]:
            magnitudes += [-value for value in magnitudes]
        for interpolation in ("nearest", "bilinear"):
            for magnitude in magnitudes:
                cases.append([{"op": "auto", "name": name, "magnitude": magnitude, "interpolation": interpolation}])
    return tables, cases


def erasing_cases():
    """Rectangles of a normalised tensor overwritten, down to the float32 bytes."""
    cases = []
    tensor = F.normalize(F.to_tensor(Image.open(HERE / "images/rgb.png").convert("RGB")), [0.5] * 3, [0.5] * 3)
    for box in ([0, 0, 44, 60], [10, 20, 7, 9], [44, 60, 1, 1], [5, 5, 0, 3]):
        for value in ([0.0], [0.25, -1.5, 3.0]):
            top, left, height, width = box
            erased = F.erase(tensor, top, left, height, width, torch.tensor(value)[:, None, None])
            cases.append({"box": box, "value": value, "floats": digest(erased.numpy().tobytes())})
    return cases


def main():
    images = {name: Image.open(HERE / "images" / name).convert("RGB") for name in ("rgb.png", "gray.png")}
    height, width = images["rgb.png"].height, images["rgb.png"].width
    tables, auto = auto_cases((height, width))
    cases = []
    for chain in [*chains(), *auto]:
        for file, image in images.items():
            result = image
            for step in chain:
                result = apply(result, step)
            cases.append({"file": file, "chain": chain, "size": [result.height, result.width],
                          "pixels": digest(result.tobytes())})
    rows = ",\n  ".join(json.dumps(case) for case in cases)
    made_by = {"pillow": PIL.__version__, "torch": torch.__version__, "torchvision": torchvision.__version__}
    (HERE / "transforms.json").write_text(
        "{\n" + f'"made_by": {json.dumps(made_by)},\n"size": {[height, width]},\n"wide": {json.dumps(tables["wide"])},\n'
        f'"rand": {json.dumps(tables["rand"])},\n"erasing": {json.dumps(erasing_cases())},\n"chains": [\n  {rows}\n]\n'
        + "}\n"
    )


if __name__ == "__main__":
    main()
