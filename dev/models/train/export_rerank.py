"""Writes the two folders of the reranker, as `export.py` does for the digits. Usage: export_rerank.py WEIGHTS_FOLDER MODELS_FOLDER"""

import json
import math
import shutil
import sys
from pathlib import Path
from string import Template

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from data import generator
from describe import CANDIDATES, CARD_BYTES, KINDS, LINE_BYTES
from export import HERE, IR_VERSION, OPSET, percent, tensor, wilson, write
from rerank import BUCKETS, CARD_SCALE, EVIDENCE, GATE, HIDDEN, LINE_SCALE, TABLES, WIDTH, Reranker, codes
from train_rerank import HELD_OUT_SEED, RECIPE, VERSIONS, as_lists, held_out

VECTORS = 8
SMALLEST_MARGIN = 1e-3
# See "Fingerprints" in docs/models.md; dev/models/fingerprints.py measures what these let through.
TAU = {"reranker": 2, "reranker-2": 2}
# The projections carry the scale of the sums before them. Powers of two: nothing rounds.
FOLDED = {"card": CARD_SCALE, "line": LINE_SCALE, "novel": LINE_SCALE}
KIND_TEXT = {
    "task": "wrong task", "material": "wrong material", "language": "wrong language", "limit": "wrong limit", "no limit": "limit missing",
    "overclaim": "overclaim", "size": "wrong size", "spam": "spam", "empty": "empty line",
}


def single(name, array):
    """A float32 copy that is exactly the given array."""
    copy = array.astype(np.float32)
    if not np.array_equal(copy.astype(np.float64), array):
        raise ArithmeticError(f"{name} are not float32 values")
    return copy


def as_onnx(network):
    """The whole of it, from bytes on, in plain operators of the default domain."""
    nodes, parameters = [], []

    def constant(name, array):
        parameters.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(operator, inputs, output, **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def whole(name, *numbers):
        return constant(name, np.array(numbers, dtype=np.int64))

    places = [constant(f"codes{place}", table) for place, table in enumerate(TABLES)]
    axis = {number: whole(f"axis{number}", number) for number in (1, 2, 3)}
    constant("bucket_count", np.array(BUCKETS, dtype=np.int64))
    constant("one", np.array(1.0, dtype=np.float32))
    for name, part in network.parts.items():
        constant(f"{name}_values", single(name, part * FOLDED.get(name, 1.0)))
    for name, value in network.constants.items():
        constant(name, single(name, value))

    def vectors(text, length, along):
        """Codes of a tensor of bytes, and the vector of each code."""
        numbers = node("Cast", [text], f"{text}_bytes", to=TensorProto.INT64)
        parts = []
        for place, table in enumerate(places):
            found = node("Gather", [table, numbers], f"{text}_place{place}", axis=0)
            first, last = whole(f"{text}_first{place}", place), whole(f"{text}_last{place}", length - 2 + place)
            parts.append(node("Slice", [found, first, last, axis[along]], f"{text}_slice{place}"))
        found = node("Add", [node("Add", parts[:2], f"{text}_pair"), parts[2]], f"{text}_codes")
        buckets = node("Mod", [found, "bucket_count"], f"{text}_buckets")
        return found, node("Gather", ["buckets_values", buckets], f"{text}_vectors", axis=0)

    def layer(value, name):
        return node("Add", [node("MatMul", [value, f"{name}_values"], f"{name}_product"), f"{name}_bias_values"], f"{name}_sum")

    card_codes, card_vectors = vectors("card", CARD_BYTES, 1)
    line_codes, line_vectors = vectors("candidates", LINE_BYTES, 2)
    # Each code of a candidate against each of the card; 1 where the card lacks it.
    left = node("Unsqueeze", [line_codes, axis[3]], "candidates_each")
    right = node("Unsqueeze", [card_codes, whole("axes12", 1, 2)], "card_each")
    same = node("Cast", [node("Equal", [left, right], "equal")], "same", to=TensorProto.FLOAT)
    novel = node("Sub", ["one", node("ReduceMax", [same], "found", axes=[3], keepdims=1)], "is_novel")
    node("ReduceSum", [card_vectors, axis[1]], "card_total", keepdims=1)
    node("ReduceSum", [line_vectors, axis[2]], "line_total", keepdims=0)
    node("ReduceSum", [node("Mul", [line_vectors, novel], "novel_vectors"), axis[2]], "novel_total", keepdims=0)

    gate, line, news = (layer(f"{name}_total", name) for name in ("card", "line", "novel"))
    node("Concat", [node("Mul", [gate, line], "gated"), line, news], "joined", axis=2)
    node("Relu", [layer("joined", "first")], "first_hidden")
    sums = layer("first_hidden", "second")
    node("Relu", [sums], "second_hidden")
    node("ReduceSum", [node("Mul", ["second_hidden", "score_values"], "terms"), axis[2]], "totals", keepdims=0)
    node("Sub", ["totals", "average"], "scores")
    node("ArgMax", ["scores"], "choice", axis=1, keepdims=0)
    centred = node("Sub", [node("Concat", ["joined", sums], "raw_evidence", axis=2), "centre"], "centred")
    node("Reshape", [node("Mul", [centred, "scale"], "scaled"), whole("evidence_shape", 1, CANDIDATES * EVIDENCE)], "evidence")
    graph = helper.make_graph(
        nodes,
        "reranker",
        [
            helper.make_tensor_value_info("card", TensorProto.UINT8, [1, CARD_BYTES]),
            helper.make_tensor_value_info("candidates", TensorProto.UINT8, [1, CANDIDATES, LINE_BYTES]),
        ],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, CANDIDATES]),
            helper.make_tensor_value_info("choice", TensorProto.INT64, [1]),
            helper.make_tensor_value_info("evidence", TensorProto.FLOAT, [1, CANDIDATES * EVIDENCE]),
        ],
        parameters,
    )
    model = helper.make_model(graph, producer_name="weighhouse", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def from_onnx(path):
    """The network in a file that `as_onnx` wrote."""
    stored = {part.name: numpy_helper.to_array(part).astype(np.float64) for part in onnx.load(path).graph.initializer}
    network = Reranker(generator(0))
    network.parts = {name: stored[f"{name}_values"] / FOLDED.get(name, 1.0) for name in network.parts}
    network.constants = {name: stored[name] for name in network.constants}
    return network


def exact_product(rows, matrix):
    """A matrix product with correctly rounded sums."""
    return np.array([[math.fsum(row * column) for column in matrix.T] for row in rows])


def reference(network, card, lines, product=np.matmul):
    """Scores and evidence of one list, a row for each candidate, in float64 without snapping."""
    p = network.parts
    card_codes, line_codes = codes(card), codes(lines)
    novel = ~np.isin(line_codes, card_codes)
    # Sums of a few hundred multiples of 2**-18: exact in any order.
    line_vectors = p["buckets"][line_codes % BUCKETS]
    totals = {
        "card": p["buckets"][card_codes % BUCKETS].sum(axis=0)[None, :] * CARD_SCALE,
        "line": line_vectors.sum(axis=1) * LINE_SCALE,
        "novel": (line_vectors * novel[:, :, None]).sum(axis=1) * LINE_SCALE,
    }
    gate, line, news = (product(total, p[name]) + p[f"{name}_bias"] for name, total in totals.items())
    joined = np.concatenate([gate * line, line, news], axis=1)
    first = np.maximum(product(joined, p["first"]) + p["first_bias"], 0.0)
    sums = product(first, p["second"]) + p["second_bias"]
    scores = product(np.maximum(sums, 0.0), p["score"][:, None])[:, 0] - network.constants["average"]
    return scores, (np.concatenate([joined, sums], axis=1) - network.constants["centre"]) * network.constants["scale"]


def all_scores(network, lists):
    return np.array([reference(network, card, lines)[0] for card, lines in zip(lists.cards, lists.lines)])


def margins(scores):
    ordered = np.sort(scores, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def test_vectors(network, lists, scores):
    """One list of each answer, then the closest calls."""
    answers = scores.argmax(axis=1)
    chosen = [int(np.flatnonzero(answers == place)[0]) for place in range(CANDIDATES)]
    for index in np.argsort(margins(scores), kind="stable"):
        if len(chosen) == VECTORS:
            break
        if int(index) not in chosen and margins(scores)[index] >= SMALLEST_MARGIN:
            chosen.append(int(index))
    found = []
    for index in chosen:
        totals, evidence = reference(network, lists.cards[index], lists.lines[index], exact_product)
        found.append({
            "inputs": [
                tensor("card", "UINT8", [1, CARD_BYTES], lists.cards[index].tolist()),
                tensor("candidates", "UINT8", [1, CANDIDATES, LINE_BYTES], lists.lines[index].ravel().tolist()),
            ],
            "outputs": [
                tensor("scores", "FP32", [1, CANDIDATES], [round(float(value), 6) for value in totals]),
                tensor("choice", "INT64", [1], [int(answers[index])]),
                tensor("evidence", "FP32", [1, CANDIDATES * EVIDENCE], [round(float(value), 6) for value in evidence.ravel()]),
            ],
        })
    return found


def by_kind(scores, drawn):
    """For each kind of flaw: in how many held-out pairs the good line scores above the flawed one."""
    found = {}
    for kind in KINDS:
        wins = [row[chosen] > row[place] for row, (_, _, chosen, flaws) in zip(scores, drawn) for place, flaw in enumerate(flaws) if flaw == kind]
        found[kind] = (sum(map(int, wins)), len(wins))
    return found


def config(label, parameters):
    return {
        "architecture": "byte-trigram-reranker",
        "version": label,
        "card_bytes": CARD_BYTES,
        "candidates": CANDIDATES,
        "candidate_bytes": LINE_BYTES,
        "buckets": BUCKETS,
        "layers": {"vector": WIDTH, "gate": GATE, "hidden": [HIDDEN, HIDDEN]},
        "evidence_per_candidate": EVIDENCE,
        "parameters": parameters,
        "onnx": {"file": "model.onnx", "opset": OPSET, "ir_version": IR_VERSION},
    }


def measure(network, lists):
    """Scores of the held-out lists, and what the card says about the network by them."""
    scores = all_scores(network, lists)
    if margins(scores).min() < 1e-9:
        raise ArithmeticError("a held-out list is a tie, so its answer would depend on the engine")
    correct = int((scores.argmax(axis=1) == lists.chosen).sum())
    low, high = wilson(correct, len(lists))
    return scores, {
        "accuracy": f"{correct / len(lists):.4f}",
        "accuracy_percent": percent(correct / len(lists)),
        "right": f"{correct:,}",
        "held_out": f"{len(lists):,}",
        "interval_low": percent(low),
        "interval_high": percent(high),
        "parameters": f"{sum(part.size for part in network.parts.values()):,}",
        "held_out_seed": HELD_OUT_SEED,
        "evidence": CANDIDATES * EVIDENCE,
        "evidence_each": EVIDENCE,
    }


def kind_rows(trained, *measured):
    """Rows of the card's table: for each kind of flaw whether it was in the training, and what each network makes of it."""
    return "\n".join(
        " | ".join([f"| {KIND_TEXT[kind]}", "yes" if kind in trained else "no", *(f"{percent(found[kind][0] / found[kind][1])} of {found[kind][1]}" for found in measured)]) + " |"
        for kind in KINDS
    )


def card_text(name, facts):
    return Template((HERE / "cards" / name).read_text(encoding="utf-8")).substitute(facts)


def write_folder(folder, network, lists, scores, facts):
    """Writes the folder of one version. `facts` fill the templates of card and manifest input."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = as_onnx(network)
    (folder / "model.onnx").write_bytes(model)
    vectors = ",\n".join(json.dumps(vector, separators=(",", ":")) for vector in test_vectors(network, lists, scores))
    write(folder / "test-vectors.json", f'{{"vectors":[\n{vectors}\n]}}\n')
    described = config(facts["label"], sum(part.size for part in network.parts.values()))
    write(folder / "config.json", json.dumps(described, indent=2) + "\n")
    facts = facts | {"model_bytes": f"{len(model):,}"}
    for template, target in (("reranker.md", "README.md"), ("reranker.yaml", "weighhouse.yaml")):
        write(folder / target, card_text(template, facts))
    shutil.copyfile(HERE / "cards" / "LICENSE", folder / "LICENSE")
    print(f"{folder.name}: {facts['accuracy_percent']} of {len(lists)} held-out lists, {len(model)} bytes of ONNX")


def main(weights_folder, models_folder):
    drawn = held_out()
    lists = as_lists(drawn)
    for name, version in VERSIONS.items():
        network = Reranker.load(weights_folder / f"{name}.npz")
        scores, facts = measure(network, lists)
        facts |= {
            "label": version.label,
            "version": version.label.split(".")[0],
            "lists": f"{version.lists:,}",
            "trained_kinds": ", ".join(KIND_TEXT[kind] for kind in version.kinds),
            "kind_head": "| flaw | in training | good line scored above it |\n|---|---|---|",
            "kind_rows": kind_rows(version.kinds, by_kind(scores, drawn)),
            "data_seed": version.data_seed,
            "tau": TAU[name],
            "known": "do not occur in training",
            "front": "",
            "lineage": "",
            "comparisons": "",
        } | {key: f"{value:g}" for key, value in RECIPE.items()}
        facts["training"] = card_text("reranker-training.md", facts)
        write_folder(models_folder / name, network, lists, scores, facts)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
