"""Schedulers go on in PyTorch where zoo stopped, and in zoo where PyTorch stopped."""

import json

import torch
from torch.optim import lr_scheduler as lr

PER_EPOCH, EPOCHS, FIRST = 6, 8, 3  # 24 images in batches of 4
RATE = 0.04
# By step unless the options say otherwise: the scheduler of PyTorch with the same rates, for so many steps in all.
CASES = {
    "step": (["--schedule", "step", "--step-epochs", 2, "--gamma", 0.5],
             lambda o, n: lr.StepLR(o, 2 * PER_EPOCH, 0.5)),
    "multistep": (["--schedule", "multistep", "--milestones", "1,4", "--gamma", 0.5],
                  lambda o, n: lr.MultiStepLR(o, [PER_EPOCH, 4 * PER_EPOCH], 0.5)),
    "exponential": (["--schedule", "exponential", "--gamma", 0.8, "--schedule-by", "epoch"],
                    lambda o, n: lr.ExponentialLR(o, 0.8)),
    "cosine": (["--schedule", "cosine", "--min-lr", 0.001], lambda o, n: lr.CosineAnnealingLR(o, n, 0.001)),
    "cosine by epoch": (["--schedule", "cosine", "--schedule-by", "epoch"],
                        lambda o, n: lr.CosineAnnealingLR(o, EPOCHS)),
    "cosine-restarts": (["--schedule", "cosine-restarts", "--restart-epochs", 2, "--restart-factor", 2],
                        lambda o, n: lr.CosineAnnealingWarmRestarts(o, 2 * PER_EPOCH, 2)),
    "one-cycle": (["--schedule", "one-cycle"],
                  lambda o, n: lr.OneCycleLR(o, RATE, total_steps=n, cycle_momentum=False)),
    "one-cycle momentum": (["--schedule", "one-cycle", "--cycle-momentum", "--max-momentum", 0.9],
                           lambda o, n: lr.OneCycleLR(o, RATE, total_steps=n, max_momentum=0.9)),
    "sequence": (["--schedule", "linear(from=0.1,to=1):1,constant:2,step(step-epochs=1,gamma=0.5):2,cosine(min-lr=0.001)"],
                 lambda o, n: lr.SequentialLR(
                     o, [lr.LinearLR(o, 0.1, 1, PER_EPOCH), lr.ConstantLR(o, 1.0, 0), lr.StepLR(o, PER_EPOCH, 0.5),
                         lr.CosineAnnealingLR(o, n - 5 * PER_EPOCH, 0.001)],
                     [PER_EPOCH, 3 * PER_EPOCH, 5 * PER_EPOCH])),
    "chain": (["--schedule", "constant(factor=0.1,epochs=4)*exponential(gamma=0.8)*step(step-epochs=2,gamma=0.5)",
               "--schedule-by", "epoch"],
              lambda o, n: lr.ChainedScheduler(
                  [lr.ConstantLR(o, 0.1, 4), lr.ExponentialLR(o, 0.8), lr.StepLR(o, 2, 0.5)], o)),
    "polynomial": (["--schedule", "polynomial", "--power", 0.9], lambda o, n: lr.PolynomialLR(o, n, 0.9)),
    "warm-up": (["--schedule", "cosine", "--warmup-epochs", 2, "--warmup-factor", 0.1],
                lambda o, n: lr.SequentialLR(o, [lr.LinearLR(o, 0.1, total_iters=2 * PER_EPOCH),
                                                 lr.CosineAnnealingLR(o, n - 2 * PER_EPOCH)], [2 * PER_EPOCH])),
    "plateau": (["--schedule", "plateau", "--plateau-patience", 0, "--plateau-threshold", 0.5, "--plateau-factor", 0.5],
                lambda o, n: lr.ReduceLROnPlateau(o, "min", 0.5, 0, 0.5)),
}


def rates(workspace, run):
    """The rate at each epoch's last step, and the validation's loss."""
    log = map(json.loads, (workspace.store / run / "log.jsonl").read_text().splitlines())
    return [(entry["lr"], entry["val_loss"]) for entry in log if entry["event"] == "epoch"]


def schedulers_go_on(workspace):
    """a schedule that zoo began goes on in PyTorch, and one that PyTorch began goes on in zoo"""
    data = workspace.images("for-schedules", [(28, 28)], ["a", "b", "c"], 8)
    base = ["--data", data, "--val", data, "--epochs", EPOCHS, "--batch-size", 4, "--threads", 1, "--keep-epochs",
            "--store", workspace.store]
    for name, (options, make) in CASES.items():
        run = f"schedule-{name.replace(' ', '-')}"
        workspace.zoo("train", "lenet5", *base, "--lr", RATE, *options, "--run", run)
        expected = rates(workspace, run)
        there = workspace.folder / f"{run}.pth"
        workspace.zoo("convert", f"{run}@{FIRST}", there, "--store", workspace.store)
        checkpoint = torch.load(there, weights_only=True)

        # PyTorch goes on: its optimizer and its scheduler, from the file alone.
        parameters = [torch.nn.Parameter(tensor.clone()) for tensor in checkpoint["net"].values()]
        optimizer = torch.optim.SGD(parameters, lr=1)
        scheduler = make(optimizer, EPOCHS * PER_EPOCH)
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
        by_epoch = "epoch" in options or name == "plateau"
        for epoch in range(FIRST, EPOCHS):
            for step in range(PER_EPOCH):
                rate = optimizer.param_groups[0]["lr"]
                optimizer.step()
                last = epoch == EPOCHS - 1 and step == PER_EPOCH - 1
                if not by_epoch and not last:
                    scheduler.step()
            assert abs(rate - expected[epoch][0]) <= 1e-12 * RATE, (
                f"{name}: epoch {epoch + 1} ends with {rate}, zoo's with {expected[epoch][0]}")
            if by_epoch:
                scheduler.step(*([expected[epoch][1]] if name == "plateau" else []))

        # PyTorch's own file, made of the same moment, goes on in zoo.
        optimizer = torch.optim.SGD(parameters, lr=RATE, momentum=0.9, weight_decay=1e-4)
        scheduler = make(optimizer, EPOCHS * PER_EPOCH)
        for epoch in range(FIRST):
            for step in range(PER_EPOCH):
                optimizer.step()
                if not by_epoch:
                    scheduler.step()
            if by_epoch:
                scheduler.step(*([expected[epoch][1]] if name == "plateau" else []))
        for own, theirs in zip(optimizer.param_groups, checkpoint["optimizer"]["param_groups"]):
            for key in ("lr", "initial_lr", "max_lr", "min_lr", "momentum", "max_momentum", "base_momentum"):
                assert key not in own or abs(own[key] - theirs[key]) < 1e-12, f"{name}: {key} {theirs[key]}, not {own[key]}"
        state = dict(checkpoint["optimizer"])
        state["param_groups"] = [{**theirs, **{k: v for k, v in own.items() if k != "params"}}
                                 for own, theirs in zip(optimizer.param_groups, state["param_groups"])]
        back = workspace.folder / f"{run}-back.pth"
        torch.save({"net": checkpoint["net"], "optimizer": state, "scheduler": scheduler.state_dict(),
                    "epoch": FIRST}, back)
        workspace.zoo("train", "lenet5", *base, "--from", back, "--run", f"{run}-back")
        for (own, _), (wanted, _) in zip(rates(workspace, f"{run}-back"), expected[FIRST:], strict=True):
            assert abs(own - wanted) <= 1e-12 * RATE, f"{name}: zoo goes on at {own}, expected {wanted}"
    return f"{len(CASES)} schedules"


CHECKS = [schedulers_go_on]
