"""The results as Markdown."""

import families


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def milliseconds(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def mebibytes(value):
    return f"{value / 2**20:,.0f}"


def spread(ratio):
    return f"{ratio['median']:.2f}x ({ratio['min']:.2f}–{ratio['max']:.2f})"


def speed_table(results):
    return table(
        ["case", "zoo, ms/step", "PyTorch best, ms", "PyTorch default, ms", "ratio: median (least–most)", "at least"],
        [[r["case"], milliseconds(r["step_ms"]["zoo"]), milliseconds(r["step_ms"]["best"]),
          milliseconds(r["step_ms"]["default"]), spread(r["ratio"]),
          f"{r['at_least']:.1f}x" if r["at_least"] else ""] for r in results])


def memory_table(results):
    return table(
        ["case", "zoo, MiB", "PyTorch best, MiB", "PyTorch default, MiB", "zoo / the smaller"],
        [[r["case"], *(mebibytes(r["peak_memory_bytes"][s]) for s in ("zoo", "best", "default")),
          f"{r['peak_memory_bytes']['zoo'] / min(r['peak_memory_bytes'][s] for s in ('best', 'default')):.2f}"]
         for r in results])


def seconds_table(results):
    return table(
        ["case", "zoo, s", "PyTorch, s", "ratio: median (least–most)", "at least"],
        [[r["case"], f"{r['seconds']['zoo']:.2f}", f"{r['seconds']['torch']:.2f}", spread(r["ratio"]),
          f"{r['at_least']:.1f}x" if r["at_least"] else ""] for r in results])


def saving_table(results):
    return table(
        ["case", "MiB", "plain write + fsync, ms", "save, ms", "speed of saving", "open, ms", "read and check, ms"],
        [[f"{r['model']} with momentum", mebibytes(r["bytes"]),
          *(milliseconds(r[name]["median"]) for name in ("write_ms", "save_ms")), f"{r['save_speed_ratio']:.2f}x (at least 0.8x)",
          f"{r['open_ms']['median']:.1f} (at most 50)", milliseconds(r["read_ms"]["median"])] for r in results])


def extras_table(results):
    return table(
        ["case", "plain steps, ms", "one step with all, ms", "cost"],
        [[f"{r['model']}, {r['accumulate']} batches of {r['batch_size']}", milliseconds(r["plain_ms"]),
          milliseconds(r["extras_ms"]), f"{r['overhead']:+.1%} (below 3 %)"] for r in results])


def files_table(result):
    rows = [[
        row["format"], f"{row['load_ms']:,.0f}", f"{row['peer_load_ms']:,.0f}", f"{row['load_ratio']:.2f}x",
        f"{row['bytes'] / row['load_ms'] / 1e6:.1f}", f"{row['save_ms']:,.0f}", f"{row['peer_save_ms']:,.0f}",
        f"{row['save_ratio']:.2f}x", f"{row['plain_write_ratio']:.2f}x", f"{row['size_ratio']:.3f}",
        f"{row['open_ms']:.1f}"] for row in result["formats"]]
    convert = result["convert"]
    return table(
        ["format", "zoo loads and checks, ms", "its library loads, ms", "ratio", "GB/s", "zoo saves, ms",
         "its library + fsync, ms", "ratio", "against a plain write", "size, of its library's", "open and list, ms"],
        rows) + (
        f"\n.pth to safetensors to HDF5: zoo {convert['ms']:,.0f} ms and {mebibytes(convert['memory_bytes'])} MiB, "
        f"Python {convert['peer_ms']:,.0f} ms and {mebibytes(convert['peer_memory_bytes'])} MiB: "
        f"{convert['ratio']:.2f}x as fast ({convert['imported_ratio']:.2f}x without "
        f"Python's start and imports), {convert['memory_bytes'] / convert['peer_memory_bytes']:.2f} of the memory.\n")


def loading_table(results):
    at_least = {"zoo": "2x", "zoo fast": "4x"}
    names = {"zoo": "the same pixels", "zoo fast": "--fast-decode"}
    result = results[0]
    rate = result["images_per_second"]
    lines = table(
        ["JPEG files to batches", "zoo, images/s", "PyTorch, images/s", "ratio: median (least–most)", "at least"],
        [[names[side], f"{rate[side]:,.0f}", f"{rate['torch']:,.0f}", spread(result["ratio"][side]), at_least[side]]
         for side in names])
    cost = result["training_slowdown"]
    return lines + (
        f"\n{result['workers']} workers on both sides. Training AlexNet from the files takes {cost['median']:.3f} "
        f"({cost['min']:.3f}–{cost['max']:.3f}) of the time from memory.\n")


def families_table(result):
    peers = ["torch"] if result["mode"] == "train" else ["torch", "onnxruntime"]
    names = {"torch": "PyTorch", "onnxruntime": "onnxruntime"}
    lines = []
    for row in result["rows"]:
        times = row["step_ms"]
        peer_ms = {"torch": min(times[v] for v in ("best", "default")), "onnxruntime": times.get("onnxruntime")}
        line = [row["model"], f"{row['size']}", rate(row, times["zoo"])]
        for peer in peers:
            line += [rate(row, peer_ms[peer]), spread(row["ratio"][peer])]
        lines.append(line)
    mean = ["geometric mean", "", ""]
    for peer in peers:
        mean += ["", f"{families.geometric_mean(result['rows'], peer):.2f}x"]
    header = ["model", "pixels", "zoo"] + [text for peer in peers for text in (names[peer], "ratio")]
    return table(header, lines + [mean])


def rate(row, milliseconds):
    """Images a second."""
    return f"{row['batch'] / milliseconds * 1e3:,.1f}"


def markdown(document):
    """The whole report."""
    parts = ["# zoo against PyTorch, side by side\n"]
    parts.append("\n".join(f"- {name}: {value}" for name, value in document["machine"].items()) + "\n")
    parts.append(
        "Each side runs in a process of its own, in turns; a process gives the median of its steps after a warm-up, and "
        "a round the ratio of the\nfaster PyTorch to zoo (larger is better for zoo). The best PyTorch is channels_last "
        "with the fused optimizer and a tuned allocator.\n")
    if document["speed"]:
        parts += ["## Speed\n", speed_table(document["speed"])]
        parts += ["## Peak resident memory of the process\n", memory_table(document["speed"])]
    for result in document["families"]:
        what = {"train": "Training", "infer": "Inference"}[result["mode"]]
        batch = result["rows"][0]["batch"]
        parts += [f"## {what}, one model of each family\n",
                  f"Batches of {batch}, images a second, ratios as median (least–most) of the rounds.\n",
                  families_table(result)]
    if document["data"]:
        parts += ["## Reading images\n", loading_table(document["data"])]
    if document["saving"]:
        parts += ["## Checkpoints\n", saving_table(document["saving"])]
    if document["extras"]:
        parts += ["## Accumulation, average of weights and log\n", extras_table(document["extras"])]
    if document["files"]:
        parts += ["## Files, beside their own libraries\n", *(files_table(result) for result in document["files"])]
    if document["seconds"]:
        parts += ["## Waiting\n", seconds_table(document["seconds"])]
    return "\n".join(parts)
