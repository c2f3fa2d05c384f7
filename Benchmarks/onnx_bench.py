"""onnxruntime's side: one ONNX model, one process, synthetic input; prints JSON as torch_bench.py does."""

import argparse
import json
import resource
import statistics
import time

import numpy
import onnxruntime


def main():
    parser = argparse.ArgumentParser(description="onnxruntime's side of the comparison.")
    parser.add_argument("path")
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--input-size", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--warmup", type=int, default=3)
    arguments = parser.parse_args()

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(arguments.path, options, providers=["CPUExecutionProvider"])
    size = arguments.input_size
    images = numpy.random.default_rng(0).standard_normal((arguments.batch_size, 3, size, size), dtype=numpy.float32)
    for _ in range(arguments.warmup):
        session.run(None, {"input": images})
    times = []
    for _ in range(arguments.steps):
        start = time.perf_counter()
        session.run(None, {"input": images})
        times.append((time.perf_counter() - start) * 1e3)
    median = statistics.median(times)
    print(json.dumps(dict(
        images_per_second=arguments.batch_size / median * 1e3,
        step_ms=dict(min=min(times), median=median, max=max(times)),
        peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)))


if __name__ == "__main__":
    main()
