"""Writes what a campaign over answers of the reranker needs, and comparisons that are kept from it.

An item is a card with the two lines that the reranker ranks first among four: its answer and the runner-up, of which one is good. Lists whose good line is in neither place are
left out, since nobody could say which of two flawed lines is better. Of 20 items the sponsor knows the good line: the gold, in which the longer line, the first line
and the reranker's own choice are the good one in half. Answers of a run (`--answers`: lines with `card`, `lines`, `scores`) become items first.

The raters are programs: each has its answers drawn here, by its policy, and gives them to whoever asks. Held-out comparisons are made alike from cards of the other half of
the grammar, and none of them is asked. The same arguments give the same files.

Usage: campaign.py FOLDER [--answers ANSWERS.jsonl] [--seed SEED]
"""

import argparse
import hashlib
import json
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data import generator
from describe import KINDS, draw_list, draw_lists
from export import HERE, write
from export_rerank import from_onnx
from train_rerank import as_lists, held_out

MODEL = HERE.parent / "reranker" / "model.onnx"
GOLD = 20
TASKS = 180
HELD_OUT_LISTS = 1500
HELD_OUT_SEED = 4321
# How the raters of a campaign answer. The second is the chance to be right.
POLICIES = (
    ("careful", 0.90), ("careful", 0.85), ("careful", 0.85), ("careful", 0.85), ("careful", 0.80), ("careful", 0.75),
    ("random", 0.5), ("random", 0.5), ("always left", 0.5), ("colluding", 0.5), ("colluding", 0.5), ("colluding", 0.5),
)
CHOICES = ("first choice", "second choice")


@dataclass(frozen=True)
class Comparison:
    """A card, the line that the reranker chooses, its second choice, and which of the two is good: 0 or 1."""

    card: str
    lines: tuple
    good: int

    @property
    def longer(self):
        """Which of the lines is longer; None if neither is."""
        lengths = [len(line) for line in self.lines]
        return None if lengths[0] == lengths[1] else int(lengths[1] > lengths[0])

    def preference(self):
        return {"prompt": self.card, "chosen": self.lines[self.good], "rejected": self.lines[1 - self.good]}


def compared(card, lines, good, scores):
    """The comparison of the two lines with the highest scores; None if neither is the good one, or one is empty."""
    first, second = (int(place) for place in np.argsort(-np.asarray(scores), kind="stable")[:2])
    if good not in (first, second) or not (lines[first] and lines[second]):
        return None
    return Comparison(card, (lines[first], lines[second]), int(good == second))


def comparisons(network, drawn):
    scores = network.scores(as_lists(drawn))
    found = (compared(card, lines, good, row) for row, (card, lines, good, _) in zip(scores, drawn))
    return [comparison for comparison in found if comparison]


def from_run(path):
    """Comparisons from answers that were bought. The cards are held-out ones, of which the good line is known."""
    known = {card: (lines, good) for card, lines, good, _ in held_out()}
    found = []
    for text in path.read_text(encoding="utf-8").splitlines():
        answer = json.loads(text)
        lines, good = known[answer["card"]]
        if lines != answer["lines"]:
            raise ValueError(f"other lines were asked about than those of the card: {answer['card']!r}")
        found.append(compared(answer["card"], lines, good, answer["scores"]))
    return [comparison for comparison in found if comparison]


def draw_pool(network, seed, asked):
    """Tasks, `asked` first, and gold. No two items have the same two lines."""
    rng = generator(seed)
    tasks, gold, seen = [], {(longer, first): [] for longer in (True, False) for first in (True, False)}, set()
    waiting = list(asked)
    while len(tasks) < TASKS or any(len(cell) < GOLD // len(gold) for cell in gold.values()):
        if not waiting:
            waiting = comparisons(network, [draw_list(rng, KINDS, False) for _ in range(64)])
            continue
        item = waiting.pop(0)
        if frozenset(item.lines) in seen:
            continue
        seen.add(frozenset(item.lines))
        if len(tasks) < TASKS:
            tasks.append(item)
        elif item.longer is not None:
            # What a habit looks for is the good line in as many as it is not.
            cell = gold[item.longer == item.good, item.good == 0]
            if len(cell) < GOLD // len(gold):
                cell.append(item)
    return tasks, [item for cell in gold.values() for item in cell]


def line(item, known, a):
    """An item as `weighhouse campaign create` reads it; `a` is which of the lines comes first."""
    entry = {"prompt": item.card, "a": item.lines[a], "b": item.lines[1 - a], "model_a": CHOICES[a], "model_b": CHOICES[1 - a]}
    return entry | ({"better": "a" if a == item.good else "b"} if known else {})


def as_lines(tasks, gold, rng):
    """Tasks have their lines in random order; the good line of gold is the first in every other one."""
    return [line(item, True, item.good ^ index % 2) for index, item in enumerate(gold)] + [line(item, False, int(rng.integers(2))) for item in tasks]


def answers(kind, accuracy, items, rng):
    """Which line of each item a rater prefers, 0 or 1. Colluders take the one with the smaller hash, so they agree on everything and know nothing."""
    if kind == "colluding":
        return [min((0, 1), key=lambda place: hashlib.sha256(item.lines[place].encode()).digest()) for item in items]
    return [item.good if rng.random() < accuracy else 1 - item.good for item in items]


def program(kind, items, chosen):
    """A program that `weighhouse rater work --policy` asks: it gets an item as JSON on a line and says left or right."""
    if kind == "always left":
        return "#!/bin/sh\n# Always presses left.\necho left\n"
    cases = []
    for item, choice in zip(items, chosen):
        # As they stand in JSON, which has the left answer before the right one.
        liked, other = (json.dumps(item.lines[place], ensure_ascii=False) for place in (choice, 1 - choice))
        for side, (left, right) in {"left": (liked, other), "right": (other, liked)}.items():
            left, right = shlex.quote(f'"left":{left}'), shlex.quote(f'"right":{right}')
            cases.append(f"*{left}*{right}*) echo {side} ;;\n")
    return f"#!/bin/sh\n# A {kind} rater, whose answers campaign.py drew.\nread -r asked\ncase $asked in\n{''.join(cases)}*) exit 1 ;;\nesac\n"


def write_raters(folder, items, gold, seed):
    """Writes each rater's program; says what it is, and how much gold it has right."""
    folder.mkdir()
    written = []
    for number, (kind, accuracy) in enumerate(POLICIES, 1):
        chosen = answers(kind, accuracy, items, generator(1000 * seed + number))
        path = folder / f"{number:02}.sh"
        write(path, program(kind, items, chosen))
        path.chmod(0o755)
        # Which answer is on the left is drawn by the chain.
        right = None if kind == "always left" else sum(choice == item.good for item, choice in zip(items, chosen) if item in gold)
        written.append({"policy": f"{kind} {accuracy:.2f}" if kind == "careful" else kind, "program": str(path.relative_to(folder.parent)), "goldRight": right})
    return written


def as_jsonl(entries):
    return "".join(f"{json.dumps(entry, ensure_ascii=False)}\n" for entry in entries)


def make(folder, answers_of_run=None, seed=1):
    """Writes the folder of a campaign."""
    network = from_onnx(MODEL)
    asked = from_run(answers_of_run) if answers_of_run else []
    tasks, gold = draw_pool(network, seed, asked)
    items = gold + tasks
    prompts = {item.card for item in items}
    kept = [item for item in comparisons(network, draw_lists(generator(HELD_OUT_SEED), HELD_OUT_LISTS, KINDS, True)) if item.card not in prompts]

    for part in ("items", "dataset"):
        (folder / part).mkdir(parents=True)
    write(folder / "items" / "items.jsonl", as_jsonl(as_lines(tasks, gold, generator(seed))))
    write(folder / "held-out.jsonl", as_jsonl(item.preference() for item in kept))
    raters = write_raters(folder / "raters", items, gold, seed)
    for name, target in (("preferences.md", "README.md"), ("preferences.yaml", "weighhouse.yaml")):
        write(folder / "dataset" / target, (HERE / "cards" / name).read_text(encoding="utf-8"))
    facts = {"gold": len(gold), "tasks": len(tasks), "ofThisRun": len(asked), "heldOut": len(kept), "raters": raters}
    write(folder / "campaign.json", json.dumps(facts, indent=2) + "\n")
    print(f"{len(items)} items, {len(gold)} of them gold and {len(asked)} from answers of a run; {len(raters)} raters; {len(kept)} held-out comparisons")


def main():
    parser = argparse.ArgumentParser(description="Writes the items, raters and held-out comparisons of a campaign over answers of the reranker.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--answers", type=Path, help="answers of a run, which become items first")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    make(given.folder, given.answers, given.seed)


if __name__ == "__main__":
    main()
