"""Trains both versions of the reranker and writes their weights to the given folder."""

import sys
from dataclasses import dataclass
from pathlib import Path

from data import generator
from describe import KINDS, draw_lists
from rerank import Lists, Reranker, fit

HELD_OUT = 1000
HELD_OUT_SEED = 1234
# One recipe for both, so that only the data tells them apart.
RECIPE = {"epochs": 8, "batch": 64, "rate": 5e-3, "decay": 2e-2}


@dataclass(frozen=True)
class Version:
    """What a version is trained on."""

    label: str
    lists: int
    kinds: tuple
    data_seed: int
    seed: int


VERSIONS = {
    "reranker": Version("1.0.0", 1500, ("task", "overclaim", "spam", "empty"), 11, 12),
    "reranker-2": Version("2.0.0", 12000, KINDS, 21, 22),
}


def held_out():
    """Cards of which training knows neither the material, nor the name, nor the layout, nor the lines' patterns. All kinds of flaws."""
    return draw_lists(generator(HELD_OUT_SEED), HELD_OUT, KINDS, True)


def as_lists(drawn):
    return Lists([(card, lines, chosen) for card, lines, chosen, _ in drawn])


def main(folder):
    for name, version in VERSIONS.items():
        lists = as_lists(draw_lists(generator(version.data_seed), version.lists, version.kinds, False))
        rng = generator(version.seed)
        network = Reranker(rng)
        fit(network, lists, rng, **RECIPE)
        network.save(folder / f"{name}.npz")
        right = (network.scores(lists).argmax(axis=1) == lists.chosen).mean()
        print(f"{name}: {right:.2%} of {len(lists)} training lists")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
