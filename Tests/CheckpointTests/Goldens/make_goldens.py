"""Writes the HDF5 files of this folder with stock h5py: run `python make_goldens.py` here, with h5py 3 and numpy.

Each file breaks one rule of reading, or is a native checkpoint as a stranger would write it. `MalformedFileTests.swift`
says what must come of each. All are small; none is written by zoo.
"""

import os

import h5py
import numpy as np

TEXT = np.bytes_
NEW = ("v110", "v110")


def native(name, libver=NEW):
    """A file that says it is a native checkpoint, with an empty /net."""
    file = h5py.File(name + ".h5", "w", libver=libver)
    file.attrs["format"] = TEXT("zoo-checkpoint")
    file.attrs["format_version"] = 1
    file.create_group("net")
    return file


def patched(name, old, new):
    """Replaces one address in a file whose structures have no checksums."""
    with open(name + ".h5", "rb") as file:
        data = file.read()
    old, new = (value.to_bytes(8, "little") for value in (old, new))
    assert data.count(old) == 1, name
    with open(name + ".h5", "wb") as file:
        file.write(data.replace(old, new))


# A stranger's native file: no digests, no order, every element type that numpy has.
with native("by_h5py") as f:
    f.attrs["architecture"] = TEXT("lenet5")
    f.attrs["class_names"] = np.array([b"cat", "chien é".encode()])
    f.attrs["seed"] = np.uint64(2**64 - 1)
    f.attrs["epoch"], f.attrs["step"] = 2, np.int32(40)
    f.attrs["metrics"] = TEXT('{"val_top1": 0.5}')
    for kind in "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split():
        f["net"][kind] = np.arange(6).reshape(2, 3).astype(kind)
    opaque = f["net"].create_dataset("bfloat16", data=np.array([0x3F80, 0xC000], "<u2").view("V2"))
    opaque.attrs["dtype"] = TEXT("bfloat16")
    f["net"]["scalar"] = np.float32(2.5)
    f["net"]["empty"] = np.zeros((0, 4), "<f4")

# A net and no word about the format.
with h5py.File("only_net.h5", "w") as f:
    f["net/weight"] = np.float32([1, 2])

with native("soft_link") as f:
    f["net"]["weight"] = h5py.SoftLink("/net/other")
with native("external_link") as f:
    f["net"]["weight"] = h5py.ExternalLink("/etc/passwd", "/x")
with native("external_storage") as f:
    f["net"].create_dataset("weight", (16,), "u1", external=[("/etc/passwd", 0, 16)])
with native("virtual") as f:
    layout = h5py.VirtualLayout((4,), "<f4")
    layout[:] = h5py.VirtualSource("only_net.h5", "net/weight", shape=(4,))
    f["net"].create_virtual_dataset("weight", layout)
with native("chunked") as f:
    f["net"].create_dataset("weight", data=np.zeros(100, "<f4"), chunks=(10,), compression="gzip")
with native("variable_string") as f:
    f.attrs["architecture"] = "alexnet"
with native("big_endian") as f:
    f["net"]["weight"] = np.arange(4, dtype=">f4")
with native("text_dataset") as f:
    f["net"]["weight"] = np.array([b"text"])
with native("opaque_unknown") as f:
    f["net"]["weight"] = np.zeros(2, "V2")
with native("null_space") as f:
    f["net"]["weight"] = h5py.Empty("<f4")
with native("many_elements_no_bytes") as f:
    f["net"].create_dataset("weight", (10**9,), "<f4")
with native("overflowing_shape") as f:
    space = h5py.h5s.create_simple((2**40, 2**40))
    late = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    late.set_layout(h5py.h5d.CONTIGUOUS)
    try:
        h5py.h5d.create(f["net"].id, b"weight", h5py.h5t.IEEE_F32LE, space, late)
    except Exception as error:  # newer libraries refuse to write it
        print("overflowing_shape:", error)
with native("circle") as f:
    f["net"]["again"] = f["/"]
with native("two_names") as f:
    f["net"]["weight"] = np.zeros(2, "<f4")
    f["net"]["tied"] = f["net"]["weight"]
with native("named_type") as f:
    f["net"]["weight"] = np.dtype("<f4")
with native("deep") as f:
    f.create_group("net/" + "/".join("g" * 40))
with native("unknown_group") as f:
    f["other/weight"] = np.zeros(2, "<f4")
with native("group_in_net") as f:
    f["net/features/weight"] = np.zeros(2, "<f4")
with native("bad_escape") as f:
    f["net"]["50%"] = np.zeros(2, "<f4")
with native("not_utf8") as f:
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    h5py.h5d.create(f["net"].id, b"\xff\xfe", h5py.h5t.IEEE_F32LE, space)
with native("newer_version") as f:
    f.attrs["format_version"] = 2
with native("negative_epoch") as f:
    f.attrs["epoch"] = -1
with native("bad_json") as f:
    f.attrs["metrics"] = TEXT('{"a": 1')
with native("two_dimensional_attribute") as f:
    f.attrs["class_names"] = np.array([[b"a"], [b"b"]])
with native("bad_digest") as f:
    f["net"]["weight"] = np.zeros(2, "<f4")
    f["net/weight"].attrs["digest"] = TEXT("md5:00")
with native("wrong_digest") as f:
    f["net"]["weight"] = np.zeros(2, "<f4")
    f["net/weight"].attrs["digest"] = TEXT("xxh3-128:" + "0" * 32)
with native("wrong_metadata_digest") as f:
    f.attrs["metadata_digest"] = TEXT("xxh3-128:" + "0" * 32)
with native("other_format") as f:
    f.attrs["format"] = TEXT("something-else")
with h5py.File("foreign.h5", "w", libver=NEW) as f:
    f["layers/conv/vars/0"] = np.zeros(2, "<f4")

# Forged addresses: files of the oldest version have no checksums.
for name, forged in (("beyond_the_end", lambda a, b: 10**6), ("shared_bytes", lambda a, b: a)):
    with native(name, "earliest") as f:
        f["net"]["a"] = np.arange(600, dtype="<f4")
        f["net"]["b"] = np.arange(600, dtype="<f4")
        places = [f["net"][key].id.get_offset() for key in "ab"]
    patched(name, places[1], forged(*places))

for name in sorted(os.listdir(".")):
    if name.endswith(".h5"):
        print(f"{os.path.getsize(name):8} {name}")
