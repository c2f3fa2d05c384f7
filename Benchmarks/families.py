"""Measures one model of each family beside PyTorch and, in inference, onnxruntime: the sides take turns."""

import statistics
import tempfile

from sides import VARIANTS
from speed import step_ms


def measure(mode, cases, sides, rounds, progress):
    """A row for each case, and the geometric means of the ratios."""
    rows = []
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            model = sides.export(case, folder) if mode == "infer" else None
            results = []
            for _ in range(rounds):
                result = {"zoo": sides.zoo(case)} | {v: sides.torch(case, v) for v in VARIANTS}
                if model:
                    result["onnxruntime"] = sides.onnxruntime(case, model)
                results.append(result)
        times = {side: [step_ms(r[side]) for r in results] for side in results[0]}
        row = {
            "model": case.model, "batch": case.batch, "size": case.size,
            "compile_ms": statistics.median(r["zoo"]["compile_ms"] for r in results),
            "step_ms": {side: statistics.median(values) for side, values in times.items()},
            "torch_ratio": statistics.median(
                min(step_ms(r[v]) for v in VARIANTS) / step_ms(r["zoo"]) for r in results),
            "onnxruntime_ratio": statistics.median(
                step_ms(r["onnxruntime"]) / step_ms(r["zoo"]) for r in results) if model else None,
        }
        rows.append(row)
        progress(f"{case.name}: {row['torch_ratio']:.2f}x PyTorch"
                 + (f", {row['onnxruntime_ratio']:.2f}x onnxruntime" if model else ""))
    return {"mode": mode, "rows": rows}


def geometric_mean(values):
    return statistics.geometric_mean(values) if values else None
