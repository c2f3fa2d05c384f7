"""Writes initial_values.json: the first elements of parameters, computed again without our code.

Needs Python alone. Philox4x32-10 and FNV-1a are written from their papers; normal quantiles are the standard library's, whose error
is about 1e-16. Uniform numbers are exact as float32, normal ones are not rounded.
"""

import json
import pathlib
import statistics

MASK = 0xFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ k[0], second & MASK, first >> 32 ^ c[3] ^ k[1], first & MASK]
        k = [k[0] + 0x9E3779B9 & MASK, k[1] + 0xBB67AE85 & MASK]
    return c


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value >> 48 ^ value & 0xFFFFFFFFFFFF


def words(seed, name, count):
    stream = fnv1a(name)
    result = []
    for block in range((count + 3) // 4):
        # Purpose 1 is initialisation.
        counter = [block, stream & MASK, 0, 1 << 24 | (stream >> 32) << 8]
        result += philox(counter, [seed & MASK, seed >> 32])
    return result[:count]


def uniform(word, bound):
    return -bound + 2 * bound * (word >> 8) / 2**24


def normal(word, std):
    return std * statistics.NormalDist().inv_cdf((word + 0.5) / 2**32)


def truncated(word, std, low, high):
    cdf = statistics.NormalDist().cdf
    start, end = round(cdf(low / std) * 2**32), round(cdf(high / std) * 2**32)
    return normal(start + (word * (end - start) >> 32), std)


cases = []
for seed in (0, 1, 0x0123456789ABCDEF):
    for name in ("features.0.weight", "fc.bias", "é"):
        for kind, function in (
            ("uniform", lambda word: uniform(word, 0.25)),
            ("normal", lambda word: normal(word, 0.5)),
            ("truncatedNormal", lambda word: truncated(word, 0.5, -0.5, 1)),
        ):
            values = [function(word) for word in words(seed, name, 10)]
            cases.append({"seed": seed, "name": name, "kind": kind, "values": values})
lines = ",\n".join(json.dumps(case) for case in cases)
pathlib.Path(__file__).with_name("initial_values.json").write_text(f"[\n{lines}\n]\n")
