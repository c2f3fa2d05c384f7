"""What zoo makes of a run's log is read by the programs that it is for."""

import csv
import io
import json
import xml.etree.ElementTree as tree

from PIL import Image

from workspace import Skipped


def run_of(workspace):
    data = workspace.images("for-events", [(28, 28)], ["a", "b", "c"], 8)
    if not (workspace.store / "events").exists():
        workspace.zoo("train", "lenet5", "--data", data, "--val", data, "--epochs", 3, "--batch-size", 4, "--threads", 1,
                      "--run", "events", "--store", workspace.store)
    log = [json.loads(line) for line in (workspace.store / "events" / "log.jsonl").read_text().splitlines()]
    return [entry for entry in log if entry["event"] == "epoch"], [entry for entry in log if entry["event"] == "step"]


def tensorboard_reads(workspace):
    """TensorBoard reads the event files of a run, every value at its step"""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError as error:
        raise Skipped("there is no tensorboard") from error
    epochs, steps = run_of(workspace)
    boards = workspace.folder / "boards"
    for _ in range(2):  # a later export replaces the first
        workspace.zoo("runs", "export", "events", "--tensorboard", boards, "--store", workspace.store)
    reader = EventAccumulator(str(boards / "events"))
    reader.Reload()
    # How TensorBoard hands out simple values depends on its version.
    tags = set(reader.Tags()["scalars"]) | set(reader.Tags()["tensors"])

    def values(tag):
        assert tag in tags, f"there is no {tag} among {sorted(tags)}"
        if tag in reader.Tags()["scalars"]:
            return [(event.step, event.value) for event in reader.Scalars(tag)]
        return [(event.step, event.tensor_proto.float_val[0]) for event in reader.Tensors(tag)]

    checked = 0
    for entries, names in [(epochs, {"train/loss": "loss", "validation/loss": "val_loss", "validation/top1": "val_top1"}),
                           (steps, {"batch/loss": "batch_loss", "batch/learning_rate": "lr"})]:
        for tag, key in names.items():
            found = values(tag)
            assert [step for step, _ in found] == [entry["step"] for entry in entries], f"{tag}: {found}"
            for (_, value), entry in zip(found, entries):
                assert abs(value - entry[key]) <= 1e-6 * max(1, abs(entry[key])), f"{tag}: {value}, expected {entry[key]}"
                checked += 1
    return f"{checked} values"


def tables_and_pictures(workspace):
    """Python reads the tables and the pictures of a run"""
    epochs, _ = run_of(workspace)
    text = workspace.zoo("runs", "export", "events", "--csv", "-", "--store", workspace.store)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [float(row["val_loss"]) for row in rows] == [entry["val_loss"] for entry in epochs], text
    for name in ("plot.png", "plot.svg"):
        workspace.zoo("plot", "events", "--output", workspace.folder / name, "--store", workspace.store)
    with Image.open(workspace.folder / "plot.png") as picture:
        picture.load()
        size = picture.size
    root = tree.parse(workspace.folder / "plot.svg").getroot()
    assert root.tag.endswith("svg") and (int(root.get("width")), int(root.get("height"))) == size
    return f"{len(rows)} epochs, {size[0]}x{size[1]} pixels"


CHECKS = [tensorboard_reads, tables_and_pictures]
