"""Every optimizer's state and parameter groups go to PyTorch, are used there, and come back."""

import torch

COMMON = ["--weight-decay", 0.1, "--bias-weight-decay", 0, "--lr-for", "fc3.*=4"]
CASES = {
    "sgd": (torch.optim.SGD, ["--dampening", 0.2]),
    "adam": (torch.optim.Adam, []),
    "adamw": (torch.optim.AdamW, ["--amsgrad"]),
    "rmsprop": (torch.optim.RMSprop, ["--centered", "--momentum", 0.5]),
    "adagrad": (torch.optim.Adagrad, ["--initial-accumulator", 0.1]),
    "nadam": (torch.optim.NAdam, ["--momentum-decay", 0.01]),
}


def optimizers_and_groups(workspace):
    """each optimizer of zoo steps on in PyTorch with its parameter groups, and in zoo after that"""
    data = workspace.images("for-optimizers", [(28, 28)], ["a", "b", "c"], 8)
    options = ["--data", data, "--val", data, "--epochs", 2, "--batch-size", 8, "--threads", 1, "--schedule", "constant",
               "--store", workspace.store]
    for kind, (make, own) in CASES.items():
        run, there, back = f"groups-{kind}", *(workspace.folder / f"groups-{kind}{end}.pth" for end in ("", "-back"))
        workspace.zoo("train", "lenet5", *options, "--optimizer", kind, *own, *COMMON, "--keep-epochs", "--run", run)
        workspace.zoo("convert", f"{run}@1", there, "--verify", "--store", workspace.store)

        checkpoint = torch.load(there, weights_only=True)
        groups = checkpoint["optimizer"]["param_groups"]
        assert len(groups) == 4, f"{kind}: {len(groups)} groups"
        net = {name: torch.nn.Parameter(tensor.clone()) for name, tensor in checkpoint["net"].items()}
        optimizer = make([{"params": [(name, net[name]) for name in group["param_names"]]} for group in groups], lr=1)
        optimizer.load_state_dict(checkpoint["optimizer"])
        for parameter in net.values():
            parameter.grad = torch.full_like(parameter, 0.01)
        optimizer.step()
        torch.save({"net": {name: parameter.detach() for name, parameter in net.items()},
                    "optimizer": optimizer.state_dict(), "epoch": 1}, back)

        workspace.zoo("train", "lenet5", *options, "--from", back, "--run", f"{run}-back")
        workspace.zoo("convert", f"{run}-back@last", back, "--verify", "--store", workspace.store)
        found = torch.load(back, weights_only=True)["optimizer"]["param_groups"]
        for expected, group in zip(groups, found, strict=True):
            for key in ("lr", "weight_decay", "param_names"):
                assert group[key] == expected[key], f"{kind}: {key} {group[key]}, expected {expected[key]}"

        # Through the file and on is never having left.
        workspace.zoo("train", "lenet5", *options, "--from", there, "--run", f"{run}-rest")
        workspace.zoo("diff", f"{run}@2", f"{run}-rest@last", "--store", workspace.store)
    return f"{len(CASES)} optimizers, four groups each"


CHECKS = [optimizers_and_groups]
