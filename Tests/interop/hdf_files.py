"""HDF5 files of stock h5py: zoo finds the tensors and values in them that h5py finds, in every layout that h5py writes."""

import hashlib
import json

import h5py
import numpy as np

TYPES = "<f4 >f4 <f8 >f8 <f2 >f2 |i1 <i2 >i2 <i4 >i4 <i8 >i8 |u1 <u2 >u2 <u4 >u4 <u8 >u8 |b1 <c8 >c8 <c16 >c16".split()
LAYOUTS = [
    {}, {"chunks": True}, {"chunks": True, "compression": "gzip"},
    {"chunks": True, "compression": "gzip", "compression_opts": 9, "shuffle": True},
    {"chunks": True, "shuffle": True, "fletcher32": True}, {"chunks": True, "fletcher32": True},
    {"chunks": True, "compression": "gzip", "shuffle": True, "fletcher32": True},
]


def little_endian(array):
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)


def fill(file, random):
    """Datasets of every type in every layout; returns {name: array}."""
    arrays = {}

    def add(path, array, **layout):
        if array.ndim == 0 or array.size == 0:
            layout = {}
        if layout.get("chunks") is True and array.size:
            layout["chunks"] = tuple(int(random.integers(1, extent + 1)) for extent in array.shape)
        file.create_dataset(path, data=array, **layout)
        arrays[path.replace("/", ".")] = array

    for number, kind in enumerate(TYPES):
        for index, layout in enumerate(LAYOUTS):
            rank = int(random.integers(0, 5))
            shape = tuple(int(random.integers(1, 12)) for _ in range(rank))
            count = int(np.prod(shape, dtype=int))
            data = random.integers(0, 256, count * np.dtype(kind).itemsize, dtype=np.uint8)
            array = (data & 1 if kind == "|b1" else data).view(kind).reshape(shape)
            add(f"types/{number}/layer{index}", array, **dict(layout))
    add("empty", np.zeros((3, 0, 2), "<f4"))
    add("wide", random.standard_normal((300, 70)).astype("<f4"), chunks=(64, 70), compression="gzip", shuffle=True)
    # A chunk that was never written, and a fill value.
    part = file.create_dataset("part", (10, 10), "<i4", chunks=(4, 4), fillvalue=7)
    part[0:3, 0:3] = 1
    arrays["part"] = part[()]
    # The layout in which small data stands in the header.
    space = h5py.h5s.create_simple((5,))
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    small = h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32BE, space, properties)
    small.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(5, dtype=">f4"))
    arrays["compact"] = np.arange(5, dtype=">f4")
    # A type with a name, a second name for a dataset, and a symbolic link.
    file["kinds/float"] = np.dtype("<f4")
    file.create_dataset("typed", data=np.arange(4, dtype="<f4"), dtype=file["kinds/float"])
    arrays["typed"] = np.arange(4, dtype="<f4")
    file["tied"] = file["wide"]
    file["links/soft"] = h5py.SoftLink("../wide")
    file["links/hard"] = h5py.SoftLink("/types/0/layer0")
    arrays["tied"] = arrays["wide"]
    arrays["links.hard"] = arrays["types.0.layer0"]
    for number in range(60):
        add(f"many/tensor{number}", np.full((number % 3,), number, "<i4"))
    file.attrs["text"] = "variable länge"
    file.attrs["fixed"] = np.bytes_("fixed")
    file.attrs["texts"] = ["a", "", "ccc"]
    file.attrs["numbers"] = np.arange(6, dtype=">i2").reshape(2, 3)
    file.attrs["large"] = np.uint64(2**64 - 1)
    file.attrs["none"] = h5py.Empty("<f4")
    file["many"].attrs["flag"] = True
    for number in range(40):
        file["many"].attrs[f"attribute{number}"] = number / 4
    file["names"] = np.array([b"x", b"yy"])
    file["words"] = ["one", "zwei"]
    return arrays


def compare(workspace, path, arrays):
    answer = json.loads(workspace.zoo("inspect", path, "--json", "--hash", "--stats"))
    found = {tensor["name"]: tensor for tensor in answer["tensors"]}
    missing, extra = set(arrays) - set(found), set(found) - set(arrays)
    assert not missing and not extra, f"{path.name}: missing {sorted(missing)[:5]}, unexpected {sorted(extra)[:5]}"
    for name, array in arrays.items():
        tensor = found[name]
        expected = (array.dtype.newbyteorder("=").name, list(array.shape),
                    hashlib.sha256(little_endian(array).tobytes()).hexdigest())
        assert (tensor["dtype"], tensor["shape"], tensor["sha256"]) == expected, (path.name, name, tensor, expected)
    return answer


def hdf5_of_h5py(workspace):
    """zoo reads what h5py writes: every type, layout and version of the file"""
    count = 0
    for version in ("earliest", "v108", "v110", "latest"):
        for seed in range(3):
            path = workspace.folder / f"{version}{seed}.h5"
            with h5py.File(path, "w", libver=version, track_order=seed == 2) as file:
                arrays = fill(file, np.random.default_rng(seed))
            # A symbolic link upwards is not followed: h5py has no such path, and neither have we.
            answer = compare(workspace, path, arrays)
            values = answer["values"]
            assert answer["format"] == "hdf5", answer["format"]
            assert values["text"] == "variable länge" and values["fixed"] == "fixed", values
            assert values["texts"] == ["a", "", "ccc"] and values["numbers"] == [[0, 1, 2], [3, 4, 5]], values
            assert values["large"] == str(2**64 - 1) and values["none"] is None, values
            assert values["many"]["flag"] is True and values["many"]["attribute39"] == 39 / 4, values["many"]
            assert len(values["many"]) == 41, len(values["many"])
            assert values["names"] == ["x", "yy"] and values["words"] == ["one", "zwei"], values
            count += len(arrays)
    return f"{count} tensors"


CHECKS = [hdf5_of_h5py]
