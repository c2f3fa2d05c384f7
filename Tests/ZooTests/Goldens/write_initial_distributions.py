"""Writes how torchvision's constructors start each parameter, beside this script: a gzip of JSON by model.

Needs torch and torchvision (made with 2.15 and 0.29). While a model is built, the functions of `torch.nn.init` note what they
are asked for, with fans and gains worked out by torch itself; the last call for a parameter counts. Each line is a trainable
parameter in order: `constant value`, `uniform low high`, `normal mean std` or `truncated mean std low high`. What was drawn
is then held against it: bounds, mean and standard deviation within six standard errors.
"""

import gzip
import importlib.util
import json
import math
import pathlib

import torch
import torchvision
from torch.nn import init

FOLDER = pathlib.Path(__file__).parent


def kaiming(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    fan = init._calculate_correct_fan(tensor, mode)
    return init.calculate_gain(nonlinearity, a) / math.sqrt(fan)


def kaiming_uniform(tensor, *args, **kwargs):
    bound = math.sqrt(3) * kaiming(tensor, *args, **kwargs)
    return ("uniform", -bound, bound)


def kaiming_normal(tensor, *args, **kwargs):
    return ("normal", 0.0, kaiming(tensor, *args, **kwargs))


def xavier_uniform(tensor, gain=1.0, generator=None):
    bound = gain * math.sqrt(6 / sum(init._calculate_fan_in_and_fan_out(tensor)))
    return ("uniform", -bound, bound)


MEANINGS = {
    "kaiming_uniform_": kaiming_uniform,
    "kaiming_normal_": kaiming_normal,
    "xavier_uniform_": xavier_uniform,
    "uniform_": lambda tensor, a=0.0, b=1.0, generator=None: ("uniform", a, b),
    "normal_": lambda tensor, mean=0.0, std=1.0, generator=None: ("normal", mean, std),
    "trunc_normal_": lambda tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None: ("truncated", mean, std, a, b),
    "constant_": lambda tensor, val: ("constant", val),
    "ones_": lambda tensor: ("constant", 1),
    "zeros_": lambda tensor: ("constant", 0),
}

# What each parameter was last asked to start as, by its address.
noted = {}


def noting(function, meaning):
    def call(tensor, *args, **kwargs):
        noted[tensor.data_ptr()] = meaning(tensor, *args, **kwargs)
        return function(tensor, *args, **kwargs)

    return call


def moments(kind, *numbers):
    """Mean, standard deviation and bounds."""
    if kind == "uniform":
        low, high = numbers
        return (low + high) / 2, (high - low) / math.sqrt(12), low, high
    mean, std, low, high = (*numbers, -math.inf, math.inf)[:4]
    if kind == "normal":
        return mean, std, low, high
    # Every model cuts off at many standard deviations or symmetrically at two.
    normal = torch.distributions.Normal(0.0, 1.0)
    b = (high - mean) / std
    assert math.isclose(b, (mean - low) / std)
    density, inside = math.exp(-b * b / 2) / math.sqrt(2 * math.pi), float(2 * normal.cdf(torch.tensor(b)) - 1)
    return mean, std * math.sqrt(1 - 2 * b * density / inside), low, high


def distribution(name, parameter):
    if parameter.data_ptr() not in noted:
        # A constant that the constructor wrote without `init`.
        assert name.endswith("layer_scale") and parameter.unique().numel() == 1, name
        return f"constant {parameter.flatten()[0].item():.6g}"
    kind, *numbers = noted[parameter.data_ptr()]
    values = parameter.detach().flatten()[:1_000_000].double()
    if kind == "constant":
        assert (values == numbers[0]).all(), name
    else:
        mean, std, low, high = moments(kind, *numbers)
        count = values.numel()
        assert low - 1e-6 <= values.min() and values.max() <= high + 1e-6, name
        assert abs(values.mean() - mean) <= 6 * std / math.sqrt(count), (name, values.mean(), mean)
        spread = ((values - mean) ** 2).mean().sqrt()
        assert abs(spread - std) <= 6 * std / math.sqrt(2 * count) + 1e-9, (name, spread, std)
    return " ".join([kind] + [repr(float(number)) for number in numbers])


def main():
    spec = importlib.util.spec_from_file_location("write_facts", FOLDER.parent / "Facts" / "write_facts.py")
    facts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(facts)
    for name, meaning in MEANINGS.items():
        setattr(init, name, noting(getattr(init, name), meaning))
    torch.manual_seed(1)
    models = {}
    for name in facts.TORCHVISION:
        noted.clear()
        model = torchvision.models.get_model(name, weights=None)
        models[name] = [distribution(*parameter) for parameter in model.named_parameters()]
    text = json.dumps(models, separators=(",", ":")).encode()
    (FOLDER / "initial_distributions.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == "__main__":
    main()
