"""Trains the reranker further on preferences and writes the folder of a new version, to be published with the dataset as its parent.

The preferences are lines as `weighhouse campaign export` writes them: `prompt` (a card), `chosen` and `rejected` (one-line descriptions of it), `confidence`, `provenance`. A
pair counts by its confidence above that of a coin. What the new version is worth is measured on comparisons that were kept from the campaign: it is right in one if it scores the good line above the
other, and it wins over the old version if it is right and the old one is not. The win rate is wins by wins and losses, so comparisons in which both are right, or both wrong,
say nothing; how often each is right says what they make of all of them. The comparisons hold the two lines that the old version ranks first, so they are those that are hard for it;
how often each chooses the good one of four lines is measured on all held-out lists.

The same files give the same bytes.

Usage: prefer.py PREFERENCES.jsonl FOLDER --held-out HELD_OUT.jsonl --dataset LISTING@VERSION [--royalty PERCENT] [--figures FILE]
"""

import argparse
import json
from pathlib import Path

import numpy as np

from data import generator
from export import HERE, percent, wilson, write
from export_rerank import TAU, by_kind, card_text, from_onnx, kind_rows, measure, write_folder
from rerank import fit, read_preferences
from train_rerank import VERSIONS, as_lists, held_out

PARENT = "reranker"
LABEL = "1.1.0"
SEED = 1
# Slow enough that a few hundred pairs do not undo what the parent knows.
RECIPE = {"epochs": 20, "batch": 16, "rate": 1e-3, "decay": 1e-2}


def right(network, lists):
    """In which pairs the good line scores above the other one."""
    scores = np.where(lists.present, network.scores(lists), np.nan)
    good = scores[np.arange(len(lists)), lists.chosen]
    return good > np.nanmax(np.where(np.arange(scores.shape[1]) == lists.chosen[:, None], np.nan, scores), axis=1)


def compare(old, new, lists):
    """How two versions do on the same pairs, and how often the second one wins over the first."""
    before, after = right(old, lists), right(new, lists)
    wins, losses = int((after & ~before).sum()), int((before & ~after).sum())
    low, high = wilson(wins, max(1, wins + losses))
    return {
        "comparisons": len(lists), "oldRight": int(before.sum()), "newRight": int(after.sum()), "wins": wins, "losses": losses,
        "winRate": round(wins / max(1, wins + losses), 4), "low": round(low, 4), "high": round(high, 4),
    }


def trained(network, lists):
    """Trains it further, in place."""
    fit(network, lists, generator(SEED), **RECIPE)
    return network


def cards(path):
    return {json.loads(text)["prompt"] for text in path.read_text(encoding="utf-8").splitlines()}


def origin(path):
    """Which campaign of which chain the preferences come from."""
    found = {(entry["campaign"], entry["genesis"]) for entry in (json.loads(text)["provenance"] for text in path.read_text(encoding="utf-8").splitlines())}
    if len(found) != 1:
        raise ValueError(f"{path} holds preferences of {len(found)} campaigns, and one is needed")
    return found.pop()


def make(preferences, folder, kept, dataset, royalty=20):
    """Writes the folder of the new version. `kept` holds the comparisons to measure it by; `dataset` is the preferences' listing and version, and `royalty` its part in percent.

    Answers how it does beside the old one.
    """
    asked = cards(preferences)
    if asked & cards(kept):
        raise ValueError(f"{kept} holds cards that the campaign asked about")
    listing, version = dataset
    campaign, genesis = origin(preferences)
    model = HERE.parent / PARENT / "model.onnx"
    old, lists = from_onnx(model), read_preferences(preferences)
    new = trained(from_onnx(model), lists)
    compared = compare(old, new, read_preferences(kept))

    # The few cards that buyers had asked about before may be among those of the campaign.
    drawn = [entry for entry in held_out() if entry[0] not in asked]
    of_four = as_lists(drawn)
    old_scores, old_facts = measure(old, of_four)
    scores, facts = measure(new, of_four)
    parent = VERSIONS[PARENT]
    decisive = compared["wins"] + compared["losses"]
    facts |= {
        "label": LABEL, "version": LABEL, "old": parent.label, "old_percent": old_facts["accuracy_percent"], "tau": TAU[PARENT],
        "pairs": f"{len(lists):,}", "campaign": campaign, "genesis": genesis, "listing": listing, "dataset_version": version,
        "royalty": royalty * 10_000_000,
        "known": f"do not occur in the training of version {parent.label}, and no card is one of the campaign",
        "kind_head": f"| flaw | in the training of version {parent.label} | good line scored above it | by version {parent.label} |\n|---|---|---|---|",
        "kind_rows": kind_rows(parent.kinds, by_kind(scores, drawn), by_kind(old_scores, drawn)),
        "compared": f"{compared['comparisons']:,}", "wins": compared["wins"], "decisive": decisive,
        "old_right": percent(compared["oldRight"] / compared["comparisons"]), "new_right": percent(compared["newRight"] / compared["comparisons"]),
        "win_rate": percent(compared["winRate"]), "low": percent(compared["low"]), "high": percent(compared["high"]),
    } | {key: f"{value:g}" for key, value in RECIPE.items()}
    facts |= {name: card_text(f"preferred/{name}", facts) for name in ("front", "lineage", "training", "comparisons")}
    write_folder(folder, new, of_four, scores, facts)
    print(
        f"{len(lists)} pairs; of {compared['comparisons']} held-out comparisons version {parent.label} has {facts['old_right']} right and {LABEL} {facts['new_right']}; "
        f"{LABEL} wins {compared['wins']} of {decisive} in which one is right: {facts['win_rate']} (95 %: {facts['low']} to {facts['high']})"
    )
    return compared | {"pairs": len(lists), "oldOfFour": float(old_facts["accuracy"]), "newOfFour": float(facts["accuracy"])}


def target(text):
    """A version of a listing as the command line writes it: 7@1."""
    listing, version = text.split("@")
    return int(listing), int(version)


def main():
    parser = argparse.ArgumentParser(description="Trains the reranker further on preferences and writes the folder of a new version.")
    parser.add_argument("preferences", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held-out", type=Path, required=True, help="comparisons that were kept from the campaign")
    parser.add_argument("--dataset", type=target, required=True, metavar="LISTING@VERSION", help="under which the preferences are published")
    parser.add_argument("--royalty", type=int, default=20, metavar="PERCENT", help="of each sale, for the dataset")
    parser.add_argument("--figures", type=Path, help="write how it does beside the old version to this file")
    given = parser.parse_args()
    figures = make(given.preferences, given.folder, given.held_out, given.dataset, given.royalty)
    if given.figures:
        write(given.figures, json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
