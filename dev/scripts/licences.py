"""Checks the dependencies in use against deny.toml: licences, sources and banned crates.

The file is cargo-deny's, so `cargo deny check bans licenses sources` reads it too. This reads the
SPDX expressions with a real SPDX parser and needs no compiled tool.
"""

import json
import subprocess
import sys

import tomli
from license_expression import get_spdx_licensing

SPDX = get_spdx_licensing()


def satisfied(node, allowed):
    """Whether every AND branch, and one of every OR branch, is allowed."""
    name = type(node).__name__
    if name == "AND":
        return all(satisfied(arg, allowed) for arg in node.args)
    if name == "OR":
        return any(satisfied(arg, allowed) for arg in node.args)
    return str(node) in allowed


def parse(expression):
    # Cargo's old separator means OR.
    return SPDX.parse(expression.replace("/", " OR "), validate=True)


def main():
    with open("deny.toml", "rb") as file:
        policy = tomli.load(file)
    allowed = {str(parse(expression)) for expression in policy["licenses"]["allow"]}
    clarified = {c["crate"]: c["expression"] for c in policy["licenses"].get("clarify", [])}
    banned = {entry["crate"]: entry["reason"] for entry in policy["bans"]["deny"]}
    target = policy["graph"]["targets"][0]["triple"]
    metadata = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={target}"],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
    )
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    members = set(metadata["workspace_members"])
    problems = []
    checked = 0
    for package in metadata["packages"]:
        if package["id"] not in used:
            continue
        checked += 1
        label = f"{package['name']} {package['version']}"
        expression = clarified.get(f"{package['name']}@{package['version']}") or package["license"]
        if package["name"] in banned:
            problems.append(f"{label} is banned: {banned[package['name']]}")
        if package["id"] not in members and not (package["source"] or "").startswith("registry+"):
            problems.append(f"{label} does not come from a registry: {package['source']}")
        if not expression:
            problems.append(f"{label} names no licence: read its files, then clarify it in deny.toml")
            continue
        try:
            allowed_here = satisfied(parse(expression), allowed)
        except Exception as error:  # the parser's own kinds of error share no useful base
            problems.append(f"{label}: cannot read the licence '{expression}': {error}")
            continue
        if not allowed_here:
            problems.append(f"{label} is under '{expression}', which deny.toml does not allow")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{checked} dependencies checked, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
