"""Writes torchvision's model as an ONNX file, by PyTorch's own exporter, for onnxruntime to run."""

import argparse
import warnings

import torch

import torch_models


def main():
    parser = argparse.ArgumentParser(description="Exports a model for the comparison with onnxruntime.")
    parser.add_argument("model")
    parser.add_argument("path")
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--input-size", type=int, required=True)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    net = torch_models.build(arguments.model).eval()
    images = torch.randn(arguments.batch_size, 3, arguments.input_size, arguments.input_size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, (images,), arguments.path, dynamo=False, input_names=["input"], opset_version=17)


if __name__ == "__main__":
    main()
