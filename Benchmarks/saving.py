"""Measures saving and opening checkpoints: `zoo bench --mode save` takes turns with a plain sequential write."""

import cases


def measure(model, sides, rounds, progress):
    """What `zoo bench` says, in the folder where this was started."""
    result = sides.answer([sides.zoo_binary, "bench", model, "--mode", "save", "--steps", str(rounds), "--json"])
    progress(f"{cases.SAVE}: {model}: {result['save_speed_ratio']:.2f}x a plain write, opened in "
             f"{result['open_ms']['median']:.1f} ms")
    return result
