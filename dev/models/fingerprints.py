"""How far fingerprints of dishonest and of merely different work lie from the honest one. Run: dev/models/train/run.sh fingerprints

Prints tables for docs/models.md. `fingerprint` is the definition in Python; the gateway has the same one in Rust.
"""

import hashlib
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import tract
from onnx import numpy_helper

MODELS = Path(__file__).resolve().parent
sys.path.insert(0, str(MODELS / "train"))

import data  # noqa: E402
import train_rerank  # noqa: E402

BITS = 256
DOMAIN = b"weighhouse/fingerprint/v1"
TAUS = (2, 4, 8, 12, 16, 20)
LISTS = 500

# The layer whose input has the width of its output: its output, its input, and the scale between them.
SQUARE = {"digits": ("sum0", "image", 1 / 16), "reranker": ("second_sum", "first_hidden", 1.0), "reranker-2": ("second_sum", "first_hidden", 1.0)}
# The two versions of the reranker are compared once: distance has no direction.
OTHER_NETWORK = {"digits": "digits-small", "reranker": "reranker-2"}
EVIDENCE = {"digits": "logits", "digits-small": "logits", "reranker": "evidence", "reranker-2": "evidence"}


def projection(length):
    """Rows of +1 and -1, one for each element of the evidence, with one column for each bit."""
    blocks = []
    for block in range(-(-length // 256)):
        signs = np.empty((256, BITS))
        for bit in range(BITS):
            digest = hashlib.sha256(DOMAIN + bit.to_bytes(4, "little") + block.to_bytes(4, "little")).digest()
            ones = np.unpackbits(np.frombuffer(digest, dtype=np.uint8), bitorder="little")
            signs[:, bit] = np.where(ones == 1, 1.0, -1.0)
        blocks.append(signs)
    return np.concatenate(blocks)[:length]


def fingerprints(evidence):
    """The 32 bytes of each row of evidence."""
    evidence = np.asarray(evidence, dtype=np.float32).astype(np.float64)
    sums = np.zeros((len(evidence), BITS))
    # In the order of the elements: the order is part of the definition.
    for column, signs in zip(evidence.T, projection(evidence.shape[1])):
        sums += column[:, None] * signs
    return np.packbits(sums >= 0.0, axis=1, bitorder="little")


def fingerprint(tensor):
    """The fingerprint of one evidence tensor, read row by row."""
    return fingerprints(np.asarray(tensor, dtype=np.float32).reshape(1, -1))[0].tobytes()


def distances(left, right):
    return np.unpackbits(left ^ right, axis=1).sum(axis=1)


def load(name):
    return onnx.load(MODELS / name / "model.onnx")


def inputs(name):
    """Held-out inputs, one request each."""
    if name.startswith("digits"):
        images, _, _, held_out = data.load()
        return [{"image": image[None].astype(np.float32)} for image in images[held_out]]
    lists = train_rerank.as_lists(train_rerank.held_out()[:LISTS])
    return [{"card": card[None], "candidates": lines[None]} for card, lines in zip(lists.cards, lists.lines)]


def with_onnxruntime(name, requests):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODELS / name / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run([EVIDENCE[name]], request)[0] for request in requests])


def with_tract(name, requests):
    place = [output.name for output in load(name).graph.output].index(EVIDENCE[name])
    model = tract.onnx().load(str(MODELS / name / "model.onnx")).into_model().into_runnable()
    return np.concatenate([model.run(list(request.values()))[place].to_numpy() for request in requests])


class Numpy:
    """The operators of the models in numpy, so that precision, order and layers can be changed one at a time."""

    def __init__(self, name, *, kind=np.float32, keep=np.float32, reverse=False, weights=lambda value: value, skip=None):
        """Sums are taken in `kind`, results kept in `keep`; `reverse` adds from the other end; `skip` is an entry of SQUARE."""
        self.kind, self.keep, self.reverse, self.skip = kind, keep, reverse, skip
        graph = load(name).graph
        self.nodes, self.evidence = graph.node, EVIDENCE[name]
        self.constants = {}
        for stored in graph.initializer:
            value = numpy_helper.to_array(stored)
            if value.dtype == np.float32:
                value = self.kept(weights(value) if value.ndim == 2 else value)
            self.constants[stored.name] = value

    def kept(self, value):
        return value.astype(self.keep).astype(self.kind) if value.dtype.kind == "f" else value

    def product(self, left, right):
        return left[..., ::-1] @ right[::-1] if self.reverse else left @ right

    def total(self, value, axis, keep):
        if self.reverse:
            value = np.flip(value, axis)
        return value.sum(axis=axis, keepdims=keep)

    def apply(self, node, values):
        at = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        one = values[0]
        match node.op_type:
            case "Add": return one + values[1]
            case "ArgMax": return one.argmax(axis=at["axis"])
            case "Cast": return one.astype(self.kind if at["to"] == onnx.TensorProto.FLOAT else np.int64)
            case "Concat": return np.concatenate(values, axis=at["axis"])
            case "Equal": return one == values[1]
            case "Gather": return one[values[1]]
            case "Gemm": return self.product(one, values[1]) + values[2]
            case "MatMul": return self.product(one, values[1])
            case "Mod": return one % values[1]
            case "Mul": return one * values[1]
            case "ReduceMax": return one.max(axis=tuple(at["axes"]), keepdims=bool(at["keepdims"]))
            case "ReduceSum": return self.total(one, int(values[1][0]), bool(at["keepdims"]))
            case "Relu": return np.maximum(one, 0)
            case "Reshape": return one.reshape(values[1])
            case "Slice": return one.take(range(int(values[1][0]), int(values[2][0])), axis=int(values[3][0]))
            case "Sub": return one - values[1]
            case "Unsqueeze": return np.expand_dims(one, tuple(int(axis) for axis in values[1]))
        raise NotImplementedError(node.op_type)

    def run(self, request):
        known = self.constants | {name: self.kept(value) for name, value in request.items()}
        for node in self.nodes:
            (output,) = node.output
            if self.skip and output == self.skip[0]:
                known[output] = self.kept(known[self.skip[1]] * self.skip[2])
            else:
                known[output] = self.kept(self.apply(node, [known[value] for value in node.input]))
        return known[self.evidence]

    def __call__(self, requests):
        return np.concatenate([self.run(request) for request in requests]).astype(np.float32)


def quantised(bits, group=None):
    """Weights as whole numbers of so many bits, with one scale a column, or one for every `group` rows of a column."""

    def change(value):
        rows = group or len(value)
        parts = []
        for start in range(0, len(value), rows):
            part = value[start : start + rows]
            scale = np.abs(part).max(axis=0, keepdims=True) / (2 ** (bits - 1) - 1)
            scale[scale == 0.0] = 1.0
            parts.append(np.rint(part / scale) * scale)
        return np.concatenate(parts)

    return change


def variants(name, requests):
    """What is compared with the honest evidence: a name and its evidence. Honest work comes first."""
    yield "tract", with_tract(name, requests)
    yield "numpy, other order of sums", Numpy(name, reverse=True)(requests)
    yield "numpy, float64", Numpy(name, kind=np.float64, keep=np.float64)(requests)
    yield "numpy, fp16", Numpy(name, keep=np.float16)(requests)
    yield "numpy, bf16", Numpy(name, keep=ml_dtypes.bfloat16)(requests)
    for bits in (8, 6, 4):
        yield f"int{bits} weights", Numpy(name, weights=quantised(bits))(requests)
    yield "int4 weights, groups of 32", Numpy(name, weights=quantised(4, 32))(requests)
    yield "one layer skipped", Numpy(name, skip=SQUARE[name])(requests)
    if name in OTHER_NETWORK:
        yield f"{OTHER_NETWORK[name]} instead", with_onnxruntime(OTHER_NETWORK[name], requests)
    yield "another input", np.roll(with_onnxruntime(name, requests), 1, axis=0)


def main():
    pairs = 0
    for name in SQUARE:
        requests = inputs(name)
        honest = fingerprints(with_onnxruntime(name, requests))
        print(f"\n`{name}`, {len(requests)} held-out inputs:\n")
        print("| compared with onnxruntime | min / median / max | " + " | ".join(f"tau {tau}" for tau in TAUS) + " |")
        print("|---|---|" + "---|" * len(TAUS))
        for label, evidence in variants(name, requests):
            found = distances(honest, fingerprints(evidence))
            shares = " | ".join(f"{100 * (found <= tau).mean():.1f} %" for tau in TAUS)
            print(f"| {label} | {found.min()} / {np.median(found):.0f} / {found.max()} | {shares} |")
            pairs += len(found)
    print(f"\n{pairs:,} pairs in all.")


if __name__ == "__main__":
    main()
