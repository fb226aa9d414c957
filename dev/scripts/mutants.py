"""Sums up by pallet what `cargo mutants` found in all of its runs: mutants.py FOLDER ACCEPTED.

FOLDER has wanted.txt, the changes of the sources as they are, and mutants.out of the last run; what it
found joins FOLDER/found.tsv. ACCEPTED lists changes that may stay unnoticed: file, change, reason.
A change counts as noticed if a test failed or hung; one that does not compile does not count. Exit code 1
if fewer than 90 of 100 of those tried were noticed, or if one stayed unnoticed that is not accepted.
"""

import csv
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

GOAL = 0.9
KINDS = {"caught": "noticed", "timeout": "noticed", "missed": "unnoticed", "unviable": "unviable"}
PLACE = re.compile(r"^([^:]+):\d+:\d+: (.*)$")

folder, accepted_file = map(Path, sys.argv[1:])
record = folder / "found.tsv"
found = dict(csv.reader(record.open(), delimiter="\t")) if record.exists() else {}
for kind, outcome in KINDS.items():
    lines = folder / "mutants.out" / f"{kind}.txt"
    found |= {line: outcome for line in lines.read_text().splitlines()} if lines.exists() else {}
with record.open("w") as out:
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(sorted(found.items()))

accepted = {(file, change) for file, change, _ in csv.reader(accepted_file.open(), delimiter="\t")}
counts, survivors = defaultdict(Counter), []
for line in (folder / "wanted.txt").read_text().splitlines():
    if not (match := PLACE.match(line)):
        continue
    outcome, place = found.get(line, "not tried"), match.groups()
    if outcome == "unnoticed":
        outcome = "accepted" if place in accepted else outcome
        survivors += [line] if outcome == "unnoticed" else []
    counts[line.split("/")[1]][outcome] += 1
counts["all"] = sum(counts.values(), Counter())

print(f"{'pallet':<12}{'changes':>9}{'not tried':>11}{'unviable':>10}{'noticed':>9}{'accepted':>10}{'unnoticed':>11}{'score':>8}")
for pallet, by in counts.items():
    tried = by["noticed"] + by["accepted"] + by["unnoticed"]
    score = f"{100 * by['noticed'] / tried:.1f}%" if tried else "-"
    print(f"{pallet:<12}{by.total():>9}{by['not tried']:>11}{by['unviable']:>10}{by['noticed']:>9}{by['accepted']:>10}{by['unnoticed']:>11}{score:>8}")
for line in survivors:
    print(f"unnoticed: {line}")
by = counts["all"]
tried = by["noticed"] + by["accepted"] + by["unnoticed"]
sys.exit(not tried or by["noticed"] < GOAL * tried or bool(survivors))
