"""Writes the files of this folder with numpy and ml_dtypes: run `python make_numpy_goldens.py` here.

`NumPyTests.swift` says what must come of each. None is written by zoo.
"""

import io
import os
import struct

import ml_dtypes
import numpy as np

TYPES = "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split()

arrays = {name: np.arange(6).reshape(2, 3).astype(name) for name in TYPES}
arrays["scalar"] = np.float32(2.5)
arrays["empty"] = np.zeros((0, 4), "<f4")
arrays["fortran"] = np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4))
arrays["big"] = np.arange(6, dtype=">f4").reshape(2, 3)
arrays["big_fortran"] = np.asfortranarray(np.arange(6).reshape(2, 3).astype(">i2"))
arrays["big_complex"] = np.array([1 + 2j, 3 - 4j], ">c16")
arrays["bfloat16"] = np.array([1, -2], ml_dtypes.bfloat16)
arrays["a/b.weight é"] = np.arange(3, dtype=np.int64)
np.savez("every_type.npz", **arrays)
np.savez_compressed("compressed.npz", **{name: arrays[name] for name in ("float32", "fortran", "big", "scalar")})
np.savez("none.npz")

np.savez("refused.npz", good=np.float32([1]), objects=np.array([None], object), texts=np.array(["a"]),
         bytes=np.array([b"a"]), times=np.array(5, "datetime64[s]"), parts=np.zeros(2, [("a", "<f4")]),
         raw=np.zeros(2, "V2"), fp8=np.zeros(2, ml_dtypes.float8_e4m3fn), long=np.zeros(1, np.longdouble))

np.save("v1.npy", np.arange(6, dtype="<f4").reshape(2, 3))
np.save("fortran.npy", arrays["fortran"])
np.save("object.npy", np.array([{}], object), allow_pickle=True)


def by_hand(name, header, data, version=1):
    text = header.encode()
    size = struct.pack("<H" if version == 1 else "<I", len(text))
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY" + bytes([version, 0]) + size + text + data)


SIX = np.arange(6, dtype="<f4").tobytes()
by_hand("python2.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }  \n", SIX)
by_hand("v2.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + " " * 5 + "\n", SIX, 2)
by_hand("v3.npy", "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}\n", SIX, 3)
for name in ("python2.npy", "v2.npy", "v3.npy"):
    assert np.load(name, allow_pickle=False).tolist() == [[0, 1, 2], [3, 4, 5]], name

for name in sorted(os.listdir(".")):
    if not name.endswith(".py"):
        print(f"{os.path.getsize(name):8} {name}")
