"""Holds a native checkpoint of zoo against stock h5py, and writes one that zoo must read.

    native_h5.py FILE [--zoo BINARY]

FILE is a checkpoint written by zoo. It is opened with h5py alone, and checked:
  - the root says what it is: format, format_version;
  - every group and dataset has its place, and comes in the order in which it was made;
  - every dataset is contiguous, and from 64 KiB on begins at a multiple of 4096;
  - every dataset has the digest of its bytes, and the root that of everything else.

With --zoo, `zoo inspect FILE --json --hash` must give the same names, types, shapes and hashes of values. Then the same
checkpoint is written by h5py alone, at FILE.by_h5py.h5, and zoo must find the same in it; it is removed afterwards.

Needs h5py and numpy. With the package xxhash digests are checked and written; without it the output says that they were
skipped. Prints one line for each check. Exit code 0: all is well; 1: something differs, named on standard error.
"""

import argparse
import hashlib
import json
import os
import struct
import subprocess
import sys

import h5py
import numpy as np

try:
    import xxhash
except ImportError:
    xxhash = None

OPAQUE = {"bfloat16", "float8_e4m3fn", "float8_e5m2"}
DIGESTS = ("digest", "metadata_digest")


class Difference(Exception):
    pass


def expect(found, expected, what):
    if found != expected:
        raise Difference(f"{what}: found {found!r}, expected {expected!r}")


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def unescaped(link):
    """The name for the name of a link: %XX stands for a byte, a lone % for the empty name."""
    if link == "%":
        return ""
    parts = link.split("%")
    return parts[0] + "".join(chr(int(part[:2], 16)) + part[2:] for part in parts[1:])


def entries(group, path=()):
    """(path, object) of the group and everything below, in order of creation."""
    yield path, group
    names = []
    group.id.links.iterate(names.append, idx_type=h5py.h5.INDEX_CRT_ORDER)
    for name in names:
        child, place = group[name.decode()], path + (name.decode(),)
        if isinstance(child, h5py.Group):
            yield from entries(child, place)
        else:
            yield place, child


def dtype_of(dataset):
    """zoo's name for a dataset's element type."""
    if dataset.dtype.kind == "V":
        name = text(dataset.attrs["dtype"])
        expect(name in OPAQUE, True, f"{dataset.name}: opaque type {name} is known")
        return name
    return dataset.dtype.name


def values_of(dataset):
    """The elements' bytes, little-endian and contiguous, read by h5py."""
    return np.ascontiguousarray(dataset[()]).tobytes()


def xxh3(data):
    return "xxh3-128:" + xxhash.xxh3_128_hexdigest(data)


def attribute_bytes(value):
    """One attribute as the metadata digest sees it (Sources/Checkpoint/Digests/MetadataDigest.swift)."""
    if isinstance(value, h5py.Empty):
        return b"n"
    array = np.asarray(value)
    kind = array.dtype.kind
    letter = {"b": "b", "i": "i", "u": "u", "f": "d", "S": "s"}[kind]
    if kind == "u" and array.dtype.itemsize < 8:
        letter = "i"

    def one(item):
        if kind == "S":
            return struct.pack("<Q", len(item)) + item
        return {
            "b": lambda: struct.pack("<?", item),
            "i": lambda: struct.pack("<q", item),
            "u": lambda: struct.pack("<Q", item),
            "d": lambda: struct.pack("<d", item),
        }[letter]()

    if array.ndim == 0:
        return letter.encode() + one(array[()])
    return letter.upper().encode() + struct.pack("<Q", len(array)) + b"".join(one(item) for item in array)


def metadata_digest(file):
    stream = b""
    for path, item in entries(file):
        stream += ("/" + "/".join(path)).encode() + b"\0"
        if isinstance(item, h5py.Dataset):
            stream += dtype_of(item).encode() + b"\0" + struct.pack("<Q", item.ndim)
            stream += b"".join(struct.pack("<Q", extent) for extent in item.shape)
            stream += bytes(item.attrs["digest"]) + b"\0"
        for name in sorted((name for name in item.attrs if name not in DIGESTS), key=str.encode):
            stream += name.encode() + b"\0" + attribute_bytes(item.attrs[name])
    return xxh3(stream)


def check(path):
    """Checks a file; gives {path: (dtype, shape, sha256)}."""
    tensors = {}
    with h5py.File(path, "r") as file:
        expect(text(file.attrs["format"]), "zoo-checkpoint", "attribute format")
        expect(int(file.attrs["format_version"]), 1, "attribute format_version")
        expect(set(file) <= {"net", "optimizer", "schedule"}, True, f"groups {list(file)} are those of the format")
        digests = 0
        for place, item in entries(file):
            if isinstance(item, h5py.Group):
                continue
            data = values_of(item)
            expect(item.chunks, None, f"{item.name}: chunks")
            offset = item.id.get_offset()
            if len(data) >= 64 << 10:
                expect(offset % 4096, 0, f"{item.name}: offset {offset} modulo 4096")
            if xxhash:
                expect(text(item.attrs["digest"]), xxh3(data), f"{item.name}: digest")
                digests += 1
            names = tuple(unescaped(link) for link in place)
            tensors[names] = (dtype_of(item), item.shape, hashlib.sha256(data).hexdigest())
        print(f"ok       {path}: {len(tensors)} tensors read by h5py")
        if xxhash:
            expect(text(file.attrs["metadata_digest"]), metadata_digest(file), "metadata digest")
            print(f"ok       {path}: {digests} digests of tensors and the one of everything else")
        else:
            print(f"SKIPPED  {path}: digests were not checked, the package xxhash is missing")
    return tensors


def compare(zoo, path, tensors):
    """Holds what zoo finds in a file against what h5py found."""
    answer = subprocess.run([zoo, "inspect", path, "--json", "--hash"], capture_output=True, text=True)
    if answer.returncode != 0:
        raise Difference(f"zoo inspect {path} fails: {answer.stderr.strip()}")
    listed = json.loads(answer.stdout)
    found = {
        tuple(item["path"]): (item["dtype"], tuple(item["shape"]), item["sha256"]) for item in listed["tensors"]
    }
    expect(listed["format"], "zoo-checkpoint", "format by zoo")
    expect(list(found), list(tensors), "paths by zoo, in order")
    for place, expected in tensors.items():
        expect(found[place], expected, f"{'/'.join(place)} by zoo")
    print(f"ok       {path}: zoo finds the same {len(found)} tensors")


def copy(source, target):
    """Writes the same checkpoint with h5py alone."""
    with h5py.File(source, "r") as old, h5py.File(target, "w", libver=("v110", "v110"), track_order=True) as new:
        for place, item in entries(old):
            name = "/" + "/".join(place)
            if isinstance(item, h5py.Group):
                made = new if not place else new.create_group(name, track_order=True)
            else:
                made = new.create_dataset(name, data=item[()], dtype=item.dtype)
            for key, value in item.attrs.items():
                if xxhash or key not in DIGESTS:
                    made.attrs[key] = value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--zoo", metavar="BINARY")
    options = parser.parse_args()
    tensors = check(options.file)
    if not options.zoo:
        return
    compare(options.zoo, options.file, tensors)
    target = options.file + ".by_h5py.h5"
    try:
        copy(options.file, target)
        compare(options.zoo, target, tensors)
    finally:
        if os.path.exists(target):
            os.remove(target)


if __name__ == "__main__":
    try:
        main()
    except Difference as difference:
        sys.exit(f"differs: {difference}")
