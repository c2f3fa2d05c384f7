"""Measures what steps of several batches, an average of weights and a log cost: `zoo bench --mode extras` takes turns with
plain steps on as many images."""

import cases


def measure(model, sides, rounds, progress):
    """What `zoo bench` says."""
    result = sides.answer([
        sides.zoo_binary, "bench", model, "--mode", "extras", "--steps", str(rounds), "--threads", str(sides.threads), "--json"])
    progress(f"{cases.EXTRAS}: {model}: {result['overhead']:+.1%}")
    return result
