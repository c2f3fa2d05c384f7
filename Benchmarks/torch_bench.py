"""PyTorch's side: one model, one process, synthetic input; prints the same JSON as `zoo bench --json`.

What makes it as fast as it goes here is chosen by `--variant`:

    default   contiguous NCHW, the optimizer as it comes
    best      channels_last and the fused optimizer; compare.py adds the allocator's settings for the process

Both run in inference mode where nothing is learned, set no gradient to zero that is about to be overwritten, and touch
the loss once a step, as a training script does to show it.
"""

import argparse
import json
import resource
import statistics
import time

import torch
from torch import nn

import torch_models


def training_step(name, net, images, labels, fused):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4, fused=fused or None)
    criterion = nn.CrossEntropyLoss()
    net.train()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = torch_models.total_loss(name, criterion, net(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


def inference_step(net, images):
    net.eval()

    def step():
        with torch.inference_mode():
            return net(images)
    return step


def main():
    parser = argparse.ArgumentParser(description="PyTorch's side of the comparison.")
    parser.add_argument("model")
    parser.add_argument("--mode", choices=["train", "infer"], required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--input-size", type=int, default=224)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--variant", choices=["default", "best"], required=True)
    arguments = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(arguments.threads)
    best = arguments.variant == "best"
    net = torch_models.build(arguments.model)
    images = torch.randn(arguments.batch_size, 3, arguments.input_size, arguments.input_size)
    labels = torch.randint(0, 1000, (arguments.batch_size,))
    if best:
        net = net.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    training = arguments.mode == "train"
    step = training_step(arguments.model, net, images, labels, best) if training else inference_step(net, images)

    for _ in range(arguments.warmup):
        step()
    times = []
    for _ in range(arguments.steps):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    median = statistics.median(times)
    print(json.dumps(dict(
        images_per_second=arguments.batch_size / median * 1e3,
        step_ms=dict(min=min(times), median=median, max=max(times)),
        peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        parameters=sum(p.numel() for p in net.parameters()))))


if __name__ == "__main__":
    main()
