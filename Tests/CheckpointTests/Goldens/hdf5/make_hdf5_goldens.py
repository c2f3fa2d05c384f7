"""Writes the HDF5 files of this folder with stock h5py: run `python make_hdf5_goldens.py` here, with h5py 3 and numpy.

`readable_*.h5` hold the same tensors in every layout and version; every other file breaks one rule.
`HDF5FileTests.swift` says what must come of each.
"""

import os
import struct

import h5py
import numpy as np

LAYOUTS = {
    "contiguous": {}, "chunked": {"chunks": (3, 4)}, "deflate": {"chunks": (3, 4), "compression": "gzip"},
    "shuffle": {"chunks": (3, 4), "compression": "gzip", "shuffle": True},
    "fletcher": {"chunks": (3, 4), "fletcher32": True, "shuffle": True, "compression": "gzip"},
    "rows": {"chunks": (2, 10), "compression": "gzip", "shuffle": True}, "single": {"chunks": (7, 10)},
}


def readable(file):
    for name, layout in LAYOUTS.items():
        file.create_dataset(f"layouts/{name}", data=np.arange(70, dtype="<f4").reshape(7, 10), **layout)
    for kind in (">f4", ">f8", ">f2", ">i2", ">i8", ">u4", ">c8"):
        file[f"big/{kind[1:]}"] = np.arange(6).reshape(2, 3).astype(kind)
    part = file.create_dataset("part", (5,), "<i4", chunks=(2,), fillvalue=7)
    part[2:4] = 1
    file["nothing"] = np.zeros((0, 3), "<f4")
    file["texts"] = ["one", "zwei"]
    file.attrs["text"], file.attrs["texts"] = "variable é", ["a", ""]
    file.attrs["table"] = np.arange(4, dtype=">i2").reshape(2, 2)
    for number in range(30):
        file["layouts"].attrs[f"a{number}"] = number
    file["tied"] = file["layouts/shuffle"]
    file["soft"] = h5py.SoftLink("layouts/deflate")
    file["dangling"] = h5py.SoftLink("/nowhere")
    file["up"] = h5py.SoftLink("/")


for version in ("earliest", "v110", "latest"):
    with h5py.File(f"readable_{version}.h5", "w", libver=version) as f:
        readable(f)


def data_of(name):
    with open(name + ".h5", "rb") as file:
        return bytearray(file.read())


def write(name, data):
    with open(name + ".h5", "wb") as file:
        file.write(data)


def forged(name, source, *changes):
    """Copies a file and replaces bytes that stand in it exactly once; there are no checksums in the oldest version."""
    data = data_of(source)
    for old, new in changes:
        assert data.count(old) == 1, (name, data.count(old))
        data = data.replace(old, new)
    write(name, data)


with h5py.File("external_link.h5", "w") as f:
    f["a"] = h5py.ExternalLink("/etc/passwd", "/x")
with h5py.File("external_storage.h5", "w") as f:
    f.create_dataset("a", (16,), "u1", external=[("/etc/passwd", 0, 16)])
with h5py.File("virtual.h5", "w", libver="v110") as f:
    layout = h5py.VirtualLayout((4,), "<f4")
    layout[:] = h5py.VirtualSource("foreign.h5", "a", shape=(4,))
    f.create_virtual_dataset("a", layout)
with h5py.File("lzf.h5", "w") as f:
    f.create_dataset("a", data=np.arange(100, dtype="<f4"), chunks=(10,), compression="lzf")
    f["b"] = np.float32([1, 2])
with h5py.File("soft_circle.h5", "w") as f:
    f["a"], f["b"] = h5py.SoftLink("/b"), h5py.SoftLink("/a")
    f["c"] = np.float32([1])
with h5py.File("group_circle.h5", "w") as f:
    f["a/b/c"] = np.float32([1])
    f["a/b/up"] = f["a"]
with h5py.File("no_bytes.h5", "w") as f:
    f.create_dataset("a", (10**9,), "<f4")
with h5py.File("no_chunks.h5", "w") as f:
    f.create_dataset("a", (10**9,), "<f4", chunks=(1000,))
with h5py.File("half_float.h5", "w") as f:
    f["long"] = np.zeros(2, np.longdouble)
    f["pair"] = np.zeros(2, [("a", "<f4"), ("b", "<i4")])
    f["ok"] = np.float32([1])
with h5py.File("overlapping.h5", "w") as f:
    f["a"], f["b"] = np.arange(600, dtype="<f4"), np.arange(600, dtype="<f4")
    places = [f[key].id.get_offset() for key in "ab"]
forged("overlapping", "overlapping", (struct.pack("<Q", places[1]), struct.pack("<Q", places[0])))
with h5py.File("plain_text.h5", "w") as f:
    f.attrs["long"] = "abcdefgh" * 4
# The length of a text of variable length, far beyond what the heap has: HDF5 1.10 reads beyond a buffer here.
data = data_of("plain_text")
heap = data.find(b"GCOL")
reference = struct.pack("<IQI", 32, heap, 1)
forged("forged_text", "plain_text", (reference, struct.pack("<IQI", 0x7FFFFFFF, heap, 1)))
forged("forged_heap", "plain_text", (reference, struct.pack("<IQI", 32, heap + 8, 1)))
os.remove("plain_text.h5")
# A chunk that unpacks to more than it says, one that claims to be far more than it has, and one flipped bit.
with h5py.File("chunk.h5", "w") as f:
    f.create_dataset("a", data=np.arange(1000, dtype="<f4"), chunks=(1000,), compression="gzip", fletcher32=True)
    place, size = f["a"].id.get_chunk_info(0).byte_offset, f["a"].id.get_chunk_info(0).size
data = data_of("chunk")
data[place + size // 2] ^= 1
write("flipped_chunk", data)
key = struct.pack("<IIQ", size, 0, 0)
forged("far_chunk", "chunk", (key, struct.pack("<IIQ", 2**31, 0, 0)))
forged("misplaced_chunk", "chunk", (key, struct.pack("<IIQ", size, 0, 3)))
dimensions = struct.pack("<II", 1000, 4)
forged("chunk_bomb", "chunk", (dimensions, struct.pack("<II", 2**30, 4)))
forged("short_chunk", "chunk", (dimensions, struct.pack("<II", 1001, 4)))
# A node of an index that is its own child.
tree = data_of("chunk").find(b"TREE\x01")
data = data_of("chunk")
data[tree + 5] = 1
child = data.find(struct.pack("<Q", place), tree)
data[child:child + 8] = struct.pack("<Q", tree)
write("tree_circle", data)
os.remove("chunk.h5")

for name in sorted(os.listdir(".")):
    if name.endswith(".h5"):
        print(f"{os.path.getsize(name):8} {name}")
