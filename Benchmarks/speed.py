"""Measures speed cases: zoo and PyTorch take turns, so that what disturbs the machine disturbs both."""

import statistics

from sides import VARIANTS


def measure(case, sides, rounds, progress):
    """Every round of a case, and what they come to."""
    results = []
    for number in range(rounds):
        result = {"zoo": sides.zoo(case)}
        for variant in VARIANTS:
            result[variant] = sides.torch(case, variant)
        result["ratio"] = min(step_ms(result[v]) for v in VARIANTS) / step_ms(result["zoo"])
        results.append(result)
        progress(f"{case.name}: round {number + 1} of {rounds}: {result['ratio']:.2f}x")
    ratios = [result["ratio"] for result in results]
    return {
        "case": case.name,
        "at_least": case.at_least,
        "ratio": dict(min=min(ratios), median=statistics.median(ratios), max=max(ratios)),
        "step_ms": {side: statistics.median(step_ms(r[side]) for r in results) for side in ["zoo", *VARIANTS]},
        "peak_memory_bytes": {side: statistics.median(r[side]["peak_memory_bytes"] for r in results)
                              for side in ["zoo", *VARIANTS]},
        "compile_ms": statistics.median(r["zoo"]["compile_ms"] for r in results),
        "rounds": results,
    }


def step_ms(answer):
    return answer["step_ms"]["median"]
