"""Writes optimizers.json beside this file: what fifty steps of real PyTorch make of two parameters with given gradients, in
float64, and how far PyTorch's own float32 is from that. Lion and LAMB, which PyTorch has not, are computed in float64 by the
algorithms of their papers: Chen et al. 2023 (arXiv 2302.06675), algorithm 2, and You et al. 2020 (arXiv 1904.00962),
algorithm 2 with the identity as phi.

Run with any PyTorch 2.9 or newer: python optimizers.py. Made with torch 2.15.
"""

import base64
import json
import pathlib

import torch

STEPS, SHAPES = 50, [(5, 3), (7, )]
RATES = [0.02 * (1 - step / 60) for step in range(STEPS)]


class Lion(torch.optim.Optimizer):
    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                m = state.get("exp_avg", torch.zeros_like(p))
                c = beta1 * m + (1 - beta1) * p.grad
                p.sub_(group["lr"] * (torch.sign(c) + group["weight_decay"] * p))
                state["exp_avg"] = beta2 * m + (1 - beta2) * p.grad


class LAMB(torch.optim.Optimizer):
    def __init__(self, parameters, lr, betas, eps, weight_decay):
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})
        self.steps = 0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                m = beta1 * state.get("exp_avg", torch.zeros_like(p)) + (1 - beta1) * p.grad
                v = beta2 * state.get("exp_avg_sq", torch.zeros_like(p)) + (1 - beta2) * p.grad ** 2
                state["exp_avg"], state["exp_avg_sq"] = m, v
                r = (m / (1 - beta1 ** self.steps)) / ((v / (1 - beta2 ** self.steps)).sqrt() + group["eps"])
                r = r + group["weight_decay"] * p
                ratio = p.norm() / r.norm() if p.norm() != 0 and r.norm() != 0 else 1
                p.sub_(group["lr"] * ratio * r)


TORCH = torch.optim
CASES = [
    ("sgd", TORCH.SGD, {"weight_decay": 0.05}),
    ("sgd", TORCH.SGD, {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05}),
    ("sgd", TORCH.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.05}),
    ("adam", TORCH.Adam, {"betas": (0.85, 0.99), "weight_decay": 0.05}),
    ("adam", TORCH.Adam, {"amsgrad": True, "betas": (0.8, 0.9)}),
    ("adamw", TORCH.AdamW, {"weight_decay": 0.1}),
    ("adamw", TORCH.AdamW, {"weight_decay": 0.1, "amsgrad": True, "betas": (0.8, 0.9), "eps": 1e-4}),
    ("rmsprop", TORCH.RMSprop, {"weight_decay": 0.05}),
    ("rmsprop", TORCH.RMSprop, {"alpha": 0.9, "eps": 1e-3, "momentum": 0.9}),
    ("rmsprop", TORCH.RMSprop, {"alpha": 0.9, "eps": 1e-3, "centered": True}),
    ("rmsprop", TORCH.RMSprop, {"alpha": 0.9, "eps": 1e-2, "centered": True, "momentum": 0.5, "weight_decay": 0.05}),
    ("adagrad", TORCH.Adagrad, {"weight_decay": 0.05}),
    ("adagrad", TORCH.Adagrad, {"lr_decay": 0.1, "initial_accumulator_value": 0.2, "eps": 1e-6}),
    ("nadam", TORCH.NAdam, {"weight_decay": 0.05}),
    ("nadam", TORCH.NAdam, {"momentum_decay": 0.05, "betas": (0.8, 0.99), "weight_decay": 0.1,
                            "decoupled_weight_decay": True}),
    ("lion", Lion, {"betas": (0.9, 0.99), "weight_decay": 0.1}),
    ("lamb", LAMB, {"betas": (0.9, 0.999), "eps": 1e-6, "weight_decay": 0.05}),
]


def text(tensor, dtype):
    return base64.b64encode(tensor.to(dtype).contiguous().numpy().tobytes()).decode()


def run(make, settings, starts, gradients, dtype):
    parameters = [torch.nn.Parameter(start.to(dtype, copy=True)) for start in starts]
    optimizer = make(parameters, lr=RATES[0], **settings)
    for rate, step in zip(RATES, gradients):
        optimizer.param_groups[0]["lr"] = rate
        for parameter, gradient in zip(parameters, step):
            parameter.grad = gradient.to(dtype)
        optimizer.step()
    results = []
    for parameter in parameters:
        slots = {slot: tensor.double() for slot, tensor in optimizer.state[parameter].items()
                 if torch.is_tensor(tensor) and slot != "step"}
        results.append({"parameter": parameter.detach().double()} | slots)
    return results


def main():
    torch.manual_seed(7)
    starts = [torch.randn(shape) for shape in SHAPES]
    starts[1][3] = 0
    gradients = [[torch.randn(shape) * 10 ** torch.randn(shape).clamp(-2, 1) for shape in SHAPES] for _ in range(STEPS)]
    for step in range(0, STEPS, 3):
        gradients[step][0][0, 0] = 0
    cases = []
    for kind, make, settings in CASES:
        exact = run(make, settings, starts, gradients, torch.float64)
        single = run(make, settings, starts, gradients, torch.float32)
        error = max(((a[name] - b[name]).abs().max() / a[name].abs().max()).item()
                    for a, b in zip(exact, single) for name in a)
        cases.append({"kind": kind, "settings": settings, "float32Error": error, "results": [
            {name: text(tensor, torch.float64) for name, tensor in result.items()} for result in exact]})
        print(f"{kind:8} {settings}: float32 is within {error:.1e}")
    document = {"rates": RATES, "starts": [text(start, torch.float32) for start in starts],
                "gradients": [[text(gradient, torch.float32) for gradient in step] for step in gradients],
                "cases": cases}
    pathlib.Path(__file__).with_name("optimizers.json").write_text(json.dumps(document, indent=1) + "\n")


main()
