"""HDF5 files of stock h5py with everything left to chance: layouts, limits of growth, filters, versions, user blocks, holes."""

import h5py
import numpy as np

from hdf_files import compare

INTEGERS = "|i1 <i2 >i2 <i4 >i4 <i8 >i8 |u1 <u2 >u2 <u4 >u4 <u8 >u8".split()
FLOATS = "<f4 >f4 <f8 >f8".split()
OTHERS = "<f2 >f2 |b1 <c8 >c16".split()


def data(random, kind, shape):
    """Elements that some filters pack well, and others not at all."""
    count, style = int(np.prod(shape, dtype=int)), random.integers(4)
    if style == 0:
        return np.full(shape, random.integers(100)).astype(kind)
    if style == 1:
        return (random.integers(0, 50, count) + random.integers(50)).astype(kind).reshape(shape)
    if kind in FLOATS:
        return (random.standard_normal(count) * 10.0 ** random.integers(-3, 4)).astype(kind).reshape(shape)
    raw = random.integers(0, 256, count * np.dtype(kind).itemsize, dtype=np.uint8)
    return (raw & 1 if kind == "|b1" else raw).view(kind).reshape(shape)


def options(random, kind, shape):
    """What `create_dataset` takes."""
    chosen = {}
    chunks = tuple(int(random.integers(1, extent + 3)) for extent in shape)
    if random.random() < 0.5:
        growth = [random.choice(["no", "some", "without end"], p=[0.4, 0.2, 0.4]) for _ in shape]
        chosen["maxshape"] = tuple(
            {"no": extent, "some": extent + int(random.integers(20)), "without end": None}[word]
            for extent, word in zip(shape, growth))
    limits = chosen.get("maxshape", shape)
    chosen["chunks"] = tuple(min(chunk, limit or chunk) or 1 for chunk, limit in zip(chunks, limits))
    if random.random() < 0.4:
        if kind in INTEGERS:
            chosen["scaleoffset"] = int(random.integers(0, np.dtype(kind).itemsize * 8 + 1)) if random.random() < 0.3 else 0
        elif kind in FLOATS:
            chosen["scaleoffset"] = int(random.integers(0, 5))
    pack = random.choice(["", "gzip", "lzf"])
    if pack:
        chosen["compression"] = str(pack)
    chosen["shuffle"] = bool(random.random() < 0.5)
    chosen["fletcher32"] = bool(random.random() < 0.3) and "scaleoffset" not in chosen
    if random.random() < 0.3 and kind in INTEGERS + FLOATS:
        chosen["fillvalue"] = np.array(random.integers(1, 100)).astype(kind)[()]
    return chosen


def early(file, name, array, limits, chunks):
    """A dataset whose chunks have their places from the beginning, which h5py's upper layer does not make."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk(chunks)
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple(array.shape, limits)
    made = h5py.Dataset(h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(array.dtype), space, properties))
    made[...] = array


def fill(file, random):
    """Datasets with random properties."""
    for number in range(60):
        kind = str(random.choice(INTEGERS + FLOATS + OTHERS))
        rank = int(random.integers(1, 4))
        shape = tuple(int(random.integers(1, 14 if rank > 1 else 60)) for _ in range(rank))
        name = f"d{number}"
        chosen = options(random, kind, shape)
        if random.random() < 0.1:
            early(file, name, data(random, kind, shape), tuple(extent + 3 for extent in shape), chosen["chunks"])
            continue
        made = file.create_dataset(name, shape, kind, **chosen)
        if random.random() < 0.7:
            made[...] = data(random, kind, shape)
        else:
            # Only a part: chunks that were never written.
            part = tuple(slice(int(random.integers(0, extent)), None) for extent in shape)
            made[part] = data(random, kind, made[part].shape)
        if "maxshape" in chosen and random.random() < 0.5:
            # It grows and shrinks: chunks come and go.
            for _ in range(2):
                made.resize(tuple(
                    int(random.integers(1, (limit if limit is not None else extent + 9) + 1))
                    for extent, limit in zip(made.shape, chosen["maxshape"])))
                if random.random() < 0.5:
                    made[...] = data(random, kind, made.shape)


def far(file, random):
    """Datasets with so many chunks that the index has all its kinds of blocks; most chunks were never written."""
    for name, layout in [
        ("line", {"maxshape": (None,)}), ("packed", {"maxshape": (None,), "compression": "gzip"}), ("fixed", {}),
        ("fixed_packed", {"compression": "lzf"}), ("two", {"maxshape": (None, None), "shape": (60000, 5), "chunks": (1, 1)}),
        ("column", {"maxshape": (7, None), "shape": (7, 40000), "chunks": (1, 1)}),
    ]:
        shape = layout.pop("shape", (300000,))
        made = file.create_dataset(name, shape, "|i1", chunks=layout.pop("chunks", (1,)), fillvalue=3, **layout)
        for _ in range(40):
            made[tuple(int(random.integers(extent)) for extent in shape)] = int(random.integers(-128, 128))
        made[tuple(extent - 1 for extent in shape)] = 77
        # Side by side, and over the borders of blocks.
        start = tuple(int(random.integers(extent // 2)) for extent in shape)
        piece = tuple(slice(first, first + (1500 if first == start[np.argmax(shape)] else 1)) for first in start)
        made[piece] = 5


def hdf5_of_chance(workspace):
    """zoo reads what h5py writes with properties left to chance"""
    count = 0
    for seed in range(24):
        random = np.random.default_rng(seed)
        version = ["earliest", "v108", "v110", "latest"][seed % 4]
        path = workspace.folder / f"chance{seed}.h5"
        block = int(random.choice([0, 512, 1024, 8192]))
        with h5py.File(path, "w", libver=version, userblock_size=block, track_order=bool(seed % 3 == 0)) as file:
            (fill if seed % 6 < 5 else far)(file, random)
        # Read again: what was written with too few bits is then as it is in the file.
        with h5py.File(path) as file:
            arrays = {name: file[name][()] for name in file}
        if block:
            with open(path, "r+b") as file:
                file.write(b"{\"a user's own\": \"notes\"}" if seed % 2 else b"anything at all")
        compare(workspace, path, arrays)
        count += len(arrays)
        path.unlink()
    return f"{count} tensors"


CHECKS = [hdf5_of_chance]
