"""What is compared."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Speed:
    """A model in synthetic steps: images and labels lie ready in memory on both sides."""

    model: str
    mode: str  # train or infer
    batch: int
    steps: int  # in one process, after its warm-up
    at_least: float | None = None  # the ratio to reach
    size: int = 224  # height and width of the images

    @property
    def name(self):
        return f"{self.model}-{self.mode}-b{self.batch}"


SPEED = [
    Speed("alexnet", "train", 32, 12, 1.4),
    Speed("alexnet", "train", 128, 5, 1.4),
    Speed("alexnet", "infer", 1, 150, 1.4),
    Speed("alexnet", "infer", 32, 25, 1.4),
    Speed("alexnet", "infer", 128, 8, 1.4),
    Speed("alexnet_bn", "train", 32, 12, 1.8),
]

# One model of each family, in training and in inference; with the input that each was made for.
FAMILIES = {
    "alexnet": 224, "vgg16": 224, "resnet50": 224, "resnext50_32x4d": 224, "densenet121": 224, "googlenet": 224,
    "inception_v3": 299, "squeezenet1_1": 224, "mobilenet_v2": 224, "mobilenet_v3_large": 224, "mnasnet1_0": 224,
    "shufflenet_v2_x1_0": 224, "efficientnet_b0": 224, "regnet_y_1_6gf": 224, "convnext_tiny": 224,
}
FAMILY_SPEED = [Speed(model, mode, 16, 4 if mode == "train" else 8, size=size)
                for model, size in FAMILIES.items() for mode in ("train", "infer")]

# Those of all families in one table; 'families-train' and 'families-infer' are its halves.
FAMILIES_TRAIN, FAMILIES_INFER = "families-train", "families-infer"

# Measured from the start of the process to the end of the first step, on a folder of JPEG images.
FIRST_STEP = "first-step"

# Saving, opening and reading a checkpoint, beside a plain sequential write.
SAVE = "save"

# Steps of several batches with an average of weights and a log, beside plain steps.
EXTRAS = "extras"

# Loading, saving and converting checkpoints, beside the peers' own libraries.
FILES = "files"

# Reading JPEG files, beside PyTorch's DataLoader.
DATA = "data"

NAMES = [case.name for case in SPEED] + [FIRST_STEP, SAVE, EXTRAS, FILES, DATA, FAMILIES_TRAIN, FAMILIES_INFER]
