"""Writes evaluation.json beside this file: what scikit-learn and torchmetrics say of random predictions.

Run with: pip install torch scikit-learn torchmetrics; python evaluation.py. Made with torch 2.15, scikit-learn 1.9 and
torchmetrics 1.9.
"""

import json
import pathlib

import numpy as np
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, recall_score, top_k_accuracy_score
from torchmetrics.functional.classification import multiclass_calibration_error

N, CLASSES = 120, 7


def main():
    torch.manual_seed(11)
    logits = torch.randn(N, CLASSES) * 2
    labels = torch.randint(CLASSES - 1, (N,))  # the last class has no image
    logits[torch.arange(N), labels] += 2
    probabilities = logits.double().softmax(1)
    predicted = logits.argmax(1).numpy()
    kinds = np.arange(CLASSES)
    confidence = probabilities.max(1).values.numpy()
    bins = np.ceil(confidence * 15).astype(int) - 1
    golden = {
        "classes": CLASSES,
        "logits": logits.flatten().tolist(),
        "labels": labels.tolist(),
        "top1": accuracy_score(labels, predicted),
        "top5": top_k_accuracy_score(labels, probabilities.numpy(), k=5, labels=kinds),
        "loss": log_loss(labels, probabilities.numpy(), labels=kinds),
        "recall": recall_score(labels, predicted, labels=kinds, average=None, zero_division=0.0).tolist(),
        "confusion": confusion_matrix(labels, predicted, labels=kinds).tolist(),
        "ece": multiclass_calibration_error(probabilities, labels, CLASSES, n_bins=15, norm="l1").item(),
        "mce": multiclass_calibration_error(probabilities, labels, CLASSES, n_bins=15, norm="max").item(),
        "bins": [int((bins == index).sum()) for index in range(15)],
    }
    path = pathlib.Path(__file__).with_name("evaluation.json")
    path.write_text(json.dumps(golden) + "\n")


main()
