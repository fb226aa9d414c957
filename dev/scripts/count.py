"""count.py LAYER LOG: counts the tests in a runner's output and prints 'layer passed failed' lines.

Reads cargo test (a line for each crate), Node's test runner (either of its reporters) and unittest or
pytest, by their closing lines only.
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


def main():
    layer, log = sys.argv[1:]
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = [re.sub(r"\x1b\[[0-9;]*m", "", line.rstrip("\n")) for line in file]
    counts = cargo(lines)
    if not counts:
        counts = {layer: other(lines)}
    for name, (passed, failed) in sorted(counts.items()):
        if passed or failed or len(counts) == 1:
            print(f"{name}\t{passed}\t{failed}")


main()
