"""Where the file of a checkpoint lies."""


def path_of(workspace, checkpoint):
    """The path of `RUN@last`."""
    run, which = checkpoint.split("@")
    path = next((workspace.store / run).rglob(f"{which}.h5"), None)
    assert path, f"no {which}.h5 under {workspace.store / run}"
    return path
