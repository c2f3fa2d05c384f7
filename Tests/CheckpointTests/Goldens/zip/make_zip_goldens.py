"""Writes the zip archives of this folder with Python's zipfile, numpy and torch: run `python make_zip_goldens.py` here.

`ZipReadingTests.swift` says what must come of each. None is written by zoo.
"""

import io
import os
import zipfile

import numpy as np
import torch

DATA = bytes(range(256)) * 8


def archive(name, method=zipfile.ZIP_STORED):
    return zipfile.ZipFile(name + ".zip", "w", method)


def info(name):
    return zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))


with archive("stored") as z:
    z.writestr(info("a.txt"), b"hello")
    z.writestr(info("empty"), b"")
    z.writestr(info("folder/"), b"")
    z.writestr(info("folder/é.bin"), DATA)
    z.comment = b"a comment"
with archive("deflated") as z:
    for name, data in (("a.txt", b"hello"), ("zeros", bytes(100_000)), ("empty", b"")):
        z.writestr(info(name), data, zipfile.ZIP_DEFLATED)
with archive("bzip2") as z:
    z.writestr(info("a.txt"), b"hello", zipfile.ZIP_BZIP2)
with archive("lzma") as z:
    z.writestr(info("a.txt"), b"hello", zipfile.ZIP_LZMA)
with archive("nothing"):
    pass
with archive("zip64") as z, z.open(info("a.txt"), "w", force_zip64=True) as entry:
    entry.write(b"hello")


class Unseekable(io.RawIOBase):
    """A pipe: zipfile writes descriptors behind what it cannot go back to."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


with open("descriptor.zip", "wb") as file, zipfile.ZipFile(Unseekable(file), "w") as z:
    z.writestr(info("a.txt"), b"hello")
    z.writestr(info("b.txt"), DATA, zipfile.ZIP_DEFLATED)

torch.save({"a": torch.arange(10.0), "e": torch.zeros(0)}, "torch.zip")
np.savez("numpy.zip.npz", x=np.arange(3.0), y=np.int8(1))
os.rename("numpy.zip.npz", "numpy.zip")

for name in sorted(os.listdir(".")):
    if name.endswith(".zip"):
        print(f"{os.path.getsize(name):8} {name}")
