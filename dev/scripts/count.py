"""count.py LAYER LOG: counts the tests in a runner's output and prints 'layer passed failed' lines.
count.py --failed LOG: prints the names of the first 20 that failed, each with what it said first.

Reads cargo test (a line for each crate), Node's test runner (either of its reporters) and unittest or
pytest; counts by their closing lines only.
"""

import re
import sys

CARGO_BINARY = re.compile(r"^\s*(?:Running .*\((?:.*/)?deps/(\w+)-[0-9a-f]+(?:\.exe)?\)|Doc-tests (\w+))$")
CARGO_RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed;")
NODE_COUNT = re.compile(r"^(?:#|\u2139) (pass|fail|cancelled|skipped) (\d+)$")
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ")
UNITTEST_FAILED = re.compile(r"^FAILED \((.*)\)$")
PYTEST_END = re.compile(r"^=*\s*\d+ (?:passed|failed|error).* in [\d.]+s\b")
PYTEST = re.compile(r"(\d+) (passed|failed|errors?)\b")
# A test that failed: cargo's list, Node's two reporters, unittest, pytest.
FAILED = re.compile(
    r"^---- (.+) stdout ----$"
    r"|^\s*\u2716 (?!failing tests:)(.*?)(?: \([\d.]+m?s\))?$"
    r"|^\s*not ok \d+ - (.*)$"
    r"|^(?:FAIL|ERROR): (\w+ \(.*\))$"
    r"|^FAILED (\S+::.*)$"
)
SUITE = re.compile(r"error: '\d+ subtests? failed'")
MESSAGE = re.compile(r"location: |error: |thread '.*panicked at|\w*Error\b")


def cargo(lines):
    counts, current = {}, "?"
    for line in lines:
        if binary := CARGO_BINARY.match(line):
            current = binary[1] or f"{binary[2]} (documentation)"
        elif result := CARGO_RESULT.match(line):
            passed, failed = counts.get(current, (0, 0))
            counts[current] = (passed + int(result[1]), failed + int(result[2]))
    return counts


def other(lines):
    passed = failed = 0
    for line in lines:
        if node := NODE_COUNT.match(line):
            if node[1] == "pass":
                passed += int(node[2])
            elif node[1] in ("fail", "cancelled"):
                failed += int(node[2])
        elif ran := UNITTEST_RAN.match(line):
            passed += int(ran[1])
        elif bad := UNITTEST_FAILED.match(line):
            wrong = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", bad[1]))
            passed, failed = passed - wrong, failed + wrong
        elif PYTEST_END.match(line):
            for number, kind in PYTEST.findall(line):
                if kind == "passed":
                    passed += int(number)
                else:
                    failed += int(number)
    return passed, failed


def failures(lines):
    """(name, what it said first) of each test that failed, once; what it said may be empty."""
    said = {}
    for at, line in enumerate(lines):
        if not (match := FAILED.match(line)):
            continue
        name = next(group for group in match.groups() if group)
        after = [text.strip() for text in lines[at + 1 : at + 12]]
        words = [text for text in after if MESSAGE.match(text)]
        # A message of several lines starts on the one behind.
        words += [after[n + 1] for n, text in enumerate(after[:-1]) if text.endswith(("|-", ":"))]
        said[name] = said.get(name) or " ".join(words)
    # A suite says only that its tests failed.
    return [each for each in said.items() if not SUITE.search(each[1])]


def main():
    layer, log = sys.argv[1:]
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line.rstrip("\n")) for line in file]
    if layer == "--failed":
        for name, message in failures(lines)[:20]:
            print(f"{name}: {message}"[:300] if message else name)
        return
    counts = cargo(lines)
    if not counts:
        counts = {layer: other(lines)}
    for name, (passed, failed) in sorted(counts.items()):
        if passed or failed or len(counts) == 1:
            print(f"{name}\t{passed}\t{failed}")


main()
