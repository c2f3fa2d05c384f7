"""Measures one model of each family beside PyTorch and, in inference, onnxruntime: the sides take turns."""

import statistics
import tempfile

from sides import VARIANTS
from speed import step_ms

# A PyTorch variant that took this many times as long as the other in a case's first round is not the best of its settings
# there: later rounds leave it out, which halves the time of the whole.
FAR_BEHIND = 1.2


def measure(mode, cases, sides, rounds, progress):
    """A row for each case, with the median over all rounds; each round goes through all cases."""
    answers = {case.name: [] for case in cases}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for case in cases:
                result = turn(mode, case, sides, folder, left_out(answers[case.name]))
                answers[case.name].append(result)
                progress(f"{case.name}, round {number + 1} of {rounds}: " + ", ".join(
                    f"{side} {step_ms(answer):.1f} ms" for side, answer in result.items()))
    return {"mode": mode, "rows": [row(case, answers[case.name]) for case in cases]}


def turn(mode, case, sides, folder, skipped):
    """What each side says of a case, measured one after the other."""
    result = {"zoo": sides.zoo(case)} | {v: sides.torch(case, v) for v in VARIANTS if v not in skipped}
    if mode == "infer":
        result["onnxruntime"] = sides.onnxruntime(case, sides.export(case, folder))
    return result


def left_out(results):
    """The variants that were far behind in the first round."""
    if not results:
        return []
    times = {variant: step_ms(results[0][variant]) for variant in VARIANTS}
    return [variant for variant, time in times.items() if time > FAR_BEHIND * min(times.values())]


def row(case, results):
    """The medians of a case: of each side's times, and of the ratios of each round."""
    times = {side: [step_ms(r[side]) for r in results if side in r] for side in results[0]}
    ratios = {"torch": [min(step_ms(r[v]) for v in VARIANTS if v in r) / step_ms(r["zoo"]) for r in results]}
    if "onnxruntime" in results[0]:
        ratios["onnxruntime"] = [step_ms(r["onnxruntime"]) / step_ms(r["zoo"]) for r in results]
    return {
        "model": case.model, "batch": case.batch, "size": case.size,
        "compile_ms": statistics.median(r["zoo"]["compile_ms"] for r in results),
        "step_ms": {side: statistics.median(values) for side, values in times.items()},
        "ratio": {side: dict(min=min(values), median=statistics.median(values), max=max(values))
                  for side, values in ratios.items()},
        "rounds": times,
    }


def geometric_mean(rows, side):
    """Of the median ratios to a side."""
    return statistics.geometric_mean(row["ratio"][side]["median"] for row in rows)
