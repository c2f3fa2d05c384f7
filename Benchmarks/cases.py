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

NAMES = [case.name for case in SPEED] + [FIRST_STEP, SAVE, EXTRAS, FILES, DATA]
