"""Trains a reranker further on preferences: lines of JSON with `prompt` (a card), `chosen` and `rejected` (one-line descriptions of it).

Usage: prefer.py MODEL.onnx PREFERENCES.jsonl OUT.onnx [SEED]. The same files give the same bytes.
"""

import sys
from pathlib import Path

from data import generator
from export_rerank import as_onnx, from_onnx
from rerank import Lists, fit, read_preferences

# Slow enough that a few hundred pairs do not undo what the parent knows.
RECIPE = {"epochs": 6, "batch": 32, "rate": 5e-4, "decay": 1e-2}


def right(network, lists):
    return float((network.scores(lists).argmax(axis=1) == lists.chosen).mean())


def main(model, preferences, out, seed=1):
    network, lists = from_onnx(model), Lists(read_preferences(preferences))
    before = right(network, lists)
    fit(network, lists, generator(seed), **RECIPE)
    out.write_bytes(as_onnx(network))
    print(f"{len(lists)} pairs: {before:.1%} ranked right before, {right(network, lists):.1%} after")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]), *(int(argument) for argument in sys.argv[4:]))
