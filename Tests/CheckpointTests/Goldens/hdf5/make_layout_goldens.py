"""Writes HDF5 files of every layout, filter and kind of dataset with stock h5py, and `expected.json`, which says what they hold:
run `python make_layout_goldens.py` here, with h5py 3 and numpy. Then it breaks one rule in a copy of some, with checksums that
are right again. `HDF5LayoutTests.swift` says what must come of each.
"""

import hashlib
import json
import os
import struct

import h5py
import numpy as np

EXPECTED = {}


def written(name, fill, block=b"", **options):
    """Writes a file, and notes each tensor as stock h5py reads it."""
    size = 512 if block else 0
    while size < len(block):
        size *= 2
    with h5py.File(name + ".h5", "w", userblock_size=size, **options) as file:
        fill(file)
    if block:
        with open(name + ".h5", "r+b") as file:
            file.write(block)
    expect(name)


def expect(name):
    """Notes each tensor of a file as stock h5py reads it."""
    tensors = {}

    def note(path, dataset):
        if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
            return
        array = dataset[()]
        kind = getattr(dataset.dtype, "kind", "O")
        if kind in "OVS":
            return
        array = np.ascontiguousarray(array).astype(dataset.dtype.newbyteorder("<"), copy=False)
        tensors[path.replace("/", ".")] = [
            dataset.dtype.newbyteorder("=").name, list(dataset.shape), hashlib.sha256(array.tobytes()).hexdigest()]

    with h5py.File(name + ".h5") as file:
        file.visititems(note)
    EXPECTED[name] = tensors


def ramp(*shape, kind="<i4"):
    return np.arange(int(np.prod(shape))).astype(kind).reshape(shape)


def named(kind):
    return kind.replace("<", "little_").replace(">", "big_").replace("|", "")


def with_properties(file, name, array, limits, change):
    """A dataset with properties that h5py's upper layer does not set."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    change(properties)
    space = h5py.h5s.create_simple(array.shape, limits)
    dataset = h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(array.dtype), space, properties)
    h5py.Dataset(dataset)[...] = array


def growth(file):
    """Every way to find chunks, in files of the newer versions."""
    for name, packed in [("plain", {}), ("packed", {"compression": "gzip", "shuffle": True})]:
        def add(kind, array, chunks, limits, **more):
            return file.create_dataset(f"{name}/{kind}", data=array, chunks=chunks, maxshape=limits, **packed, **more)
        add("single", ramp(4, 5), (4, 5), (4, 5))
        add("fixed", ramp(7, 5), (3, 2), (7, 5))
        add("fixed_larger", ramp(7, 5), (3, 2), (9, 12))
        add("line", ramp(100), (3,), (None,))
        add("rows", ramp(23, 7), (2, 3), (None, 7))
        add("rows_larger", ramp(23, 7), (2, 3), (None, 10))
        add("columns", ramp(7, 23), (3, 2), (7, None))
        add("middle", ramp(3, 9, 5), (2, 2, 2), (4, None, 5))
        add("both", ramp(23, 11), (2, 3), (None, None))
        add("many", ramp(40, 20), (1, 1), (None, None))
        shrunk = add("shrunk", ramp(30), (4,), (None,))
        shrunk.resize((9,))
        grown = add("grown", ramp(9), (4,), (None,), fillvalue=-1)
        grown.resize((30,))
        empty = add("empty", ramp(0), (4,), (None,))
        assert empty.shape == (0,)

    def early(properties):
        properties.set_chunk((3, 2))
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    with_properties(file, "implicit", ramp(7, 5), (7, 5), early)
    with_properties(file, "implicit_larger", ramp(7, 5), (9, 12), early)


def paged(file):
    """Arrays so long that they stand in pages, most of which were never written."""
    for name, count, limits in [("extensible", 140000, (None,)), ("fixed", 3000, (3000,))]:
        dataset = file.create_dataset(name, (count,), "|i1", chunks=(1,), maxshape=limits, fillvalue=2)
        for position in (0, 3, 4, 19, 20, 2047, 2048, 2999, 131071, 131076, 133000, 139999):
            if position < count:
                dataset[position] = position % 100


def oldest(file):
    """Chunks and filters as the oldest version of the file has them."""
    file.create_dataset("both", data=ramp(23, 11), chunks=(8, 5), maxshape=(None, None), compression="lzf", fletcher32=True)
    file.create_dataset("float", data=ramp(30, kind=">f8") / 4, chunks=(20,), scaleoffset=2)
    file["plain"] = ramp(5)
    file["scalar"] = np.float32(2)
    file.create_dataset("compressed", data=ramp(50), chunks=(20,), compression="gzip", shuffle=True)


def filters(file):
    """Every filter that h5py offers, alone and one after the other."""
    random = np.random.default_rng(1)
    small = random.integers(-40, 60, 90)
    for kind in ("|i1", "<i2", ">i2", "<i4", ">i8", "|u1", ">u2", "<u4", "<u8"):
        array = (small & 63 if "u" in kind else small).astype(kind)
        file.create_dataset(f"integers/{named(kind)}", data=array, chunks=(40,), scaleoffset=0)
    for kind in ("<f4", ">f4", "<f8", ">f8"):
        array = (random.standard_normal(90) * 7).astype(kind)
        file.create_dataset(f"floats/{named(kind)}", data=array, chunks=(40,), scaleoffset=3)
        file.create_dataset(f"floats/{named(kind)}filled", data=array, chunks=(40,), scaleoffset=2, fillvalue=1.5)
    word = random.integers(-2**31, 2**31, 90)
    file.create_dataset("whole", data=word.astype(">i4"), chunks=(40,), scaleoffset=0)
    file.create_dataset("full", data=word.astype(">i4"), chunks=(40,), scaleoffset=32)
    file.create_dataset("lossy", data=small.astype("<i4"), chunks=(40,), scaleoffset=5)
    file.create_dataset("same", data=np.full(90, 12345, "<i4"), chunks=(40,), scaleoffset=0, fillvalue=7)
    file.create_dataset("filled", data=np.where(small > 0, small, 7).astype("<i4"), chunks=(40,), scaleoffset=0, fillvalue=7)

    def nbit(properties):
        properties.set_chunk((40,))
        properties.set_filter(5, 0, ())
    with_properties(file, "nbit", small.astype("<i4"), (90,), nbit)
    weights = (random.standard_normal((20, 30)) / 8).astype("<f4")
    text = np.frombuffer(b"the same words again and again, " * 40, "|u1")
    for name, array in [("weights", weights), ("text", text), ("zeros", np.zeros(5000, "<f8"))]:
        chunks = tuple(extent // 2 + 1 for extent in array.shape)
        for shuffle in (False, True):
            for checked in (False, True):
                file.create_dataset(
                    f"lzf/{name}{int(shuffle)}{int(checked)}", data=array, chunks=chunks, compression="lzf",
                    shuffle=shuffle, fletcher32=checked)
    for compression in ("gzip", "lzf"):
        file.create_dataset(
            f"two/{compression}", data=np.tile(small, 4).astype("<i4"), chunks=(100,), scaleoffset=0, shuffle=True,
            compression=compression)

    def twice(properties):
        properties.set_chunk((10, 30))
        properties.set_deflate(4)
        properties.set_filter(h5py.h5z.FILTER_LZF, h5py.h5z.FLAG_OPTIONAL, ())
        properties.set_fletcher32()
    with_properties(file, "two/deflate_lzf", np.round(weights), (20, 30), twice)


def kinds(file):
    """Types of elements that are tensors, and those that are none."""
    file["truth"] = np.array([True, False, True])
    file["half"] = np.arange(5, dtype="<f2")
    file["complex64"] = np.array([1 + 2j, 3 - 4j], "<c8")
    file["complex128"] = np.array([1 + 2j, 3 - 4j], ">c16")
    colours = h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE": 300}, basetype=">i2")
    file.create_dataset("colours", data=np.array([0, 300, 1]), dtype=colours)
    file["scalar"] = np.float32(2.5)
    file["text"] = "a text"
    file["bytes"] = np.bytes_("fixed")
    file["no_bytes"] = h5py.Empty("<f4")
    file["none"] = np.zeros((0, 3), "<f4")
    file.create_dataset("references", data=[file["half"].ref], dtype=h5py.ref_dtype)
    file.create_dataset("lists", (2,), h5py.vlen_dtype("<i4"))[0] = [1, 2, 3]
    file["records"] = np.zeros(2, [("a", "<f4"), ("b", "<i4")])
    file["triples"] = np.zeros(2, [("x", "<f4", (3,))])
    file["opaque"] = np.zeros(2, "V3")
    file.create_dataset("missing", (10,), ">i4", chunks=(4,), fillvalue=-3)
    file.create_dataset("never", (10,), ">f4", fillvalue=0.5)
    file.attrs["reference"] = file["half"].ref
    file.attrs["nothing"] = h5py.Empty("S1")


def szip(file):
    file.create_dataset("a", data=ramp(64), chunks=(32,), compression="szip")
    file["b"] = ramp(3)


for version in ("v110", "latest"):
    written("growth_" + version, growth, libver=version)
written("paged", paged, libver="latest")
written("filters", filters, libver="v110")
written("oldest", oldest)
written("kinds", kinds, track_order=True)
written("kinds_latest", kinds, libver="latest", track_order=True)

# Without a fill value, which h5py cannot ask for: all ones are then a number as any other. With no bits, all are the same.
with h5py.File("never_filled.h5", "w") as file:
    for name in ("some", "same"):
        file.create_dataset(name, data=ramp(40) % 31 + 5, chunks=(40,), scaleoffset=0)
    place = file["same"].id.get_chunk_info(0).byte_offset
with open("never_filled.h5", "r+b") as file:
    data = file.read()
    values = struct.pack("<8I", 2, 0, 40, 0, 4, 1, 0, 1)
    assert data.count(values) == 2 and data[place] == 5
    data = bytearray(data.replace(values, struct.pack("<8I", 2, 0, 40, 0, 4, 1, 0, 0)))
    data[place] = 0
    file.seek(0)
    file.write(data)
expect("never_filled")
written("user_block", oldest, block=b'{"a block": "of the user"}')
written("user_block_large", filters, block=b"MATLAB" + b" " * 3000, libver="latest")
with h5py.File("szip.h5", "w") as file:
    szip(file)
with h5py.File("same_bomb.h5", "w") as file:
    file.create_dataset("a", data=np.full(10**7, 3), chunks=(2 * 10**6,), scaleoffset=0, compression="gzip")


def rotated(value, count):
    return (value << count | value >> 32 - count) & 0xFFFFFFFF


def lookup3(data):
    """Bob Jenkins' hash, with which HDF5 guards its structures."""
    mask = 0xFFFFFFFF
    a = b = c = (0xDEADBEEF + len(data)) & mask
    position = 0
    while len(data) - position > 12:
        x, y, z = struct.unpack_from("<III", data, position)
        a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
        a = (a - c) & mask ^ rotated(c, 4); c = (c + b) & mask
        b = (b - a) & mask ^ rotated(a, 6); a = (a + c) & mask
        c = (c - b) & mask ^ rotated(b, 8); b = (b + a) & mask
        a = (a - c) & mask ^ rotated(c, 16); c = (c + b) & mask
        b = (b - a) & mask ^ rotated(a, 19); a = (a + c) & mask
        c = (c - b) & mask ^ rotated(b, 4); b = (b + a) & mask
        position += 12
    if position == len(data):
        return c
    x, y, z = struct.unpack("<III", bytes(data[position:]).ljust(12, b"\0"))
    a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
    c = ((c ^ b) - rotated(b, 14)) & mask
    a = ((a ^ c) - rotated(c, 11)) & mask
    b = ((b ^ a) - rotated(a, 25)) & mask
    c = ((c ^ b) - rotated(b, 16)) & mask
    a = ((a ^ c) - rotated(c, 4)) & mask
    b = ((b ^ a) - rotated(a, 14)) & mask
    return ((c ^ b) - rotated(b, 24)) & mask


def bytes_of(name):
    with open(name + ".h5", "rb") as file:
        return bytearray(file.read())


def broken(name, source, signature, size, *changes):
    """Copies a file, and changes bytes of the first structure with a signature, whose checksum stands after `size` bytes and
    is made right again; 0 leaves it wrong."""
    data = bytes_of(source)
    start = data.find(signature)
    assert start > 0, name
    if size:
        assert struct.pack("<I", lookup3(data[start:start + size])) == data[start + size:start + size + 4], name
    for offset, old, new in changes:
        assert data[start + offset:start + offset + len(old)] == old, (name, data[start:start + 40])
        data[start + offset:start + offset + len(new)] = new
    if size:
        data[start + size:start + size + 4] = struct.pack("<I", lookup3(data[start:start + size]))
    with open(name + ".h5", "wb") as file:
        file.write(data)


with h5py.File("line.h5", "w", libver="v110") as file:
    file.create_dataset("a", data=ramp(450), chunks=(3,), maxshape=(None,))
with h5py.File("both.h5", "w", libver="v110") as file:
    file.create_dataset("a", data=ramp(10, 10), chunks=(5, 5), maxshape=(None, None))
line, none = bytes_of("line"), b"\xff" * 8
header, block = (struct.pack("<Q", line.find(signature)) for signature in (b"EAHD", b"EADB"))
broken("array_checksum", "line", b"EAIB", 0, (20, b"", b"\x01"))
broken("array_bits", "line", b"EAHD", 68, (7, b"\x20", b"\xff"))
broken("array_entries", "line", b"EAHD", 68, (6, b"\x08", b"\x0c"))
broken("array_least", "line", b"EAHD", 68, (9, b"\x10", b"\x03"))
broken("array_pages", "line", b"EAHD", 68, (11, b"\x0a", b"\x02"))
broken("array_header", "line", b"EADB", 18 + 16 * 8, (6, header, struct.pack("<Q", 8)))
broken("array_far", "line", b"EAIB", 14 + 4 * 8 + 6 * 8 + 25 * 8, (14 + 4 * 8, block, struct.pack("<Q", 1 << 40)))
broken("array_twice", "line", b"EAIB", 14 + 4 * 8 + 6 * 8 + 25 * 8, (14 + 7 * 8, b"", bytes(line[line.find(b"EAIB") + 14 + 6 * 8:][:8])))
broken("tree_kind", "both", b"BTHD", 34, (5, b"\x0a", b"\x0b"))
broken("tree_record", "both", b"BTHD", 34, (10, struct.pack("<H", 24), struct.pack("<H", 25)))
broken("tree_place", "both", b"BTLF", 6 + 4 * 24, (6 + 8, bytes(8), struct.pack("<Q", 1 << 59)))
broken("tree_outside", "both", b"BTLF", 6 + 4 * 24, (6 + 8, bytes(8), struct.pack("<Q", 2)))
broken("tree_count", "both", b"BTHD", 34, (24, struct.pack("<H", 4), struct.pack("<H", 60000)))
os.remove("line.h5")
os.remove("both.h5")
with h5py.File("packed.h5", "w") as file:
    file.create_dataset("a", data=np.zeros(1000, "<f4"), chunks=(1000,), compression="lzf")
    file.create_dataset("b", data=ramp(100), chunks=(100,), scaleoffset=0)
    places = [file[name].id.get_chunk_info(0).byte_offset for name in "ab"]
for name, offset, byte in [("lzf_far", places[0] + 3, 0xFF), ("lzf_long", places[0], 31), ("scale_bits", places[1], 33),
                           ("scale_short", places[1], 31)]:
    data = bytes_of("packed")
    data[offset] = byte
    with open(name + ".h5", "wb") as file:
        file.write(data)
os.remove("packed.h5")

with open("expected.json", "w") as file:
    json.dump(EXPECTED, file, indent=1)
for name in sorted(os.listdir(".")):
    if name.endswith((".h5", ".json")):
        print(f"{os.path.getsize(name):8} {name}")
