"""Checks that every relative link of the Markdown documents leads to a file, and every anchor to a heading."""

import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^\s*```.*?^\s*```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)


def anchors(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in kept}


def main():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split("\n")
    files = [pathlib.Path(name) for name in listed if name and pathlib.Path(name).exists()]
    broken = []
    count = 0
    for file in files:
        for target in LINK.findall(FENCE.sub("", file.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            path, _, anchor = target.partition("#")
            there = (file.parent / path) if path else file
            if not there.exists():
                broken.append(f"{file}: no such file: {target}")
            elif anchor and there.suffix == ".md" and anchor not in anchors(there):
                broken.append(f"{file}: no such heading: {target}")
    print("\n".join(broken), file=sys.stderr)
    print(f"{count} links in {len(files)} documents, {len(broken)} broken")
    return 1 if broken else 0


sys.exit(main())
