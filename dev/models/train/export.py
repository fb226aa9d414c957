"""Writes the two folders that are published: ONNX, card, configuration, manifest input, test vectors, licence.

Every number in them is measured here. Usage: export.py WEIGHTS_FOLDER MODELS_FOLDER
"""

import hashlib
import json
import math
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from string import Template

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from data import CLASSES, generator, load, load_weights
from exact import softmax

HERE = Path(__file__).resolve().parent
MODELS = ("digits", "digits-small")
PARENT = {"digits-small": "digits"}
# Both are years old: an engine that a buyer has installed reads them.
OPSET = 17
IR_VERSION = 8
VECTORS = 16
# Engines differ by less than 1e-5 (different orders of addition); a closer call than this would not be a fair vector.
SMALLEST_MARGIN = 1e-3


def as_onnx(name, layers):
    """The network as Gemm, Relu and ArgMax. Pixels are scaled inside the first weights: a power of two, so exactly."""
    nodes, parameters = [], []
    value = "image"
    for number, (weights, bias) in enumerate(layers):
        weights = weights / 16.0 if number == 0 else weights
        for part, array in (("weights", weights), ("bias", bias)):
            single = array.astype(np.float32)
            if not np.array_equal(single.astype(np.float64), array):
                raise ArithmeticError(f"{name}: {part} of layer {number} are not float32 values")
            parameters.append(numpy_helper.from_array(single, f"{part}{number}"))
        last = number + 1 == len(layers)
        output = "logits" if last else f"sum{number}"
        nodes.append(helper.make_node("Gemm", [value, f"weights{number}", f"bias{number}"], [output], name=output))
        if not last:
            value = f"hidden{number}"
            nodes.append(helper.make_node("Relu", [output], [value], name=value))
    nodes.append(helper.make_node("ArgMax", ["logits"], ["labels"], name="labels", axis=1, keepdims=0))
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 64])],
        [
            helper.make_tensor_value_info("labels", TensorProto.INT64, ["batch"]),
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES]),
        ],
        parameters,
    )
    model = helper.make_model(
        graph, producer_name="weighhouse", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def reference_logits(layers, image):
    """The logits of one image with correctly rounded sums: what every engine approximates."""
    values = [float(pixel) / 16.0 for pixel in image]
    for number, (weights, bias) in enumerate(layers):
        values = [
            math.fsum([float(b)] + [float(w) * v for w, v in zip(column, values)])
            for column, b in zip(weights.T, bias)
        ]
        if number + 1 < len(layers):
            values = [max(value, 0.0) for value in values]
    return values


def all_logits(layers, images):
    return np.array([reference_logits(layers, image) for image in images])


def margins(logits):
    ordered = np.sort(logits, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def test_vectors(images, logits):
    """One image of each answer, and the closest calls: those are where a wrong engine shows first."""
    answers = logits.argmax(axis=1)
    chosen = [int(np.flatnonzero(answers == digit)[0]) for digit in range(CLASSES)]
    for index in np.argsort(margins(logits), kind="stable"):
        if len(chosen) == VECTORS:
            break
        if int(index) not in chosen and margins(logits)[index] >= SMALLEST_MARGIN:
            chosen.append(int(index))
    return [
        {
            "inputs": [tensor("image", "FP32", [1, 64], [int(pixel) for pixel in images[index]])],
            "outputs": [
                tensor("labels", "INT64", [1], [int(answers[index])]),
                tensor("logits", "FP32", [1, CLASSES], [round(float(value), 6) for value in logits[index]]),
            ],
        }
        for index in chosen
    ]


def tensor(name, datatype, shape, data):
    """A tensor as the Open Inference Protocol writes it."""
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def wilson(right, total):
    """The 95 % interval of a rate that was seen `right` times in `total`."""
    z = 1.959964
    rate = right / total
    centre = (rate + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return centre - half, centre + half


def shifted(images):
    """Each image moved by one pixel in each of the four directions."""
    square = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    moves = ((0, 1), (2, 1), (1, 0), (1, 2))
    return [square[:, row : row + 8, column : column + 8].reshape(-1, 64) for row, column in moves]


def percent(rate):
    return f"{100 * rate:.1f} %"


def measure(layers, images, labels):
    """What the card says about the network, from held-out images."""
    logits = all_logits(layers, images)
    right = int((logits.argmax(axis=1) == labels).sum())
    low, high = wilson(right, len(labels))
    moved = np.mean([(all_logits(layers, part).argmax(axis=1) == labels).mean() for part in shifted(images)])
    noise = generator(3).integers(0, 17, size=(200, 64)).astype(np.float64)
    surest = softmax(all_logits(layers, noise)).max(axis=1)
    return logits, {
        "accuracy": f"{right / len(labels):.4f}",
        "accuracy_percent": percent(right / len(labels)),
        "right": right,
        "held_out": len(labels),
        "interval_low": percent(low),
        "interval_high": percent(high),
        "shifted_percent": percent(moved),
        "noise_percent": percent((surest > 0.9).mean()),
    }


def artifact_root(folder):
    """sha2-256 of the `sha256sum` listing of the folder's files; `weighhouse.yaml` is not one of the files sold."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "weighhouse.yaml")
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def config(layers, distilled_from):
    """What a program needs to know about the network without opening the ONNX file."""
    sizes = [layers[0][0].shape[0]] + [weights.shape[1] for weights, _ in layers]
    described = {
        "architecture": "multilayer-perceptron",
        "layers": sizes,
        "activation": "relu",
        "image_size": 8,
        "pixel_range": [0, 16],
        "num_labels": CLASSES,
        "id2label": {str(digit): str(digit) for digit in range(CLASSES)},
        "onnx": {"file": "model.onnx", "opset": OPSET, "ir_version": IR_VERSION},
    }
    if distilled_from:
        described["distilled_from"] = distilled_from
    return described


def write(path, text):
    path.write_text(text, encoding="utf-8", newline="\n")


def main(weights_folder, models_folder):
    images, labels, training, held_out = load()
    images_held, labels_held = images[held_out], labels[held_out]
    answers, parameters = {}, {}
    for name in MODELS:
        layers = load_weights(weights_folder / f"{name}.npz")
        folder = models_folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

        model = as_onnx(name, layers)
        (folder / "model.onnx").write_bytes(model)
        logits, facts = measure(layers, images_held, labels_held)
        answers[name] = logits.argmax(axis=1)
        parameters[name] = sum(weights.size + bias.size for weights, bias in layers)
        facts |= {
            "training": f"{len(training):,}",
            "parameters": f"{parameters[name]:,}",
            "model_bytes": f"{len(model):,}",
            "tract": version("tract"),
        }
        parent, distilled_from = PARENT.get(name), None
        if parent:
            facts |= {
                "parent_parameters": f"{parameters[parent]:,}",
                "agreement_percent": percent((answers[name] == answers[parent]).mean()),
            }
            # The bytes that taught it: a chain finds the parent by this root.
            distilled_from = {"name": parent, "artifact_root": artifact_root(models_folder / parent)}
        vectors = ",\n".join(json.dumps(vector, separators=(",", ":")) for vector in test_vectors(images_held, logits))
        write(folder / "test-vectors.json", f'{{"vectors":[\n{vectors}\n]}}\n')
        write(folder / "config.json", json.dumps(config(layers, distilled_from), indent=2) + "\n")
        for template, target in ((f"{name}.md", "README.md"), (f"{name}.yaml", "weighhouse.yaml")):
            text = Template((HERE / "cards" / template).read_text(encoding="utf-8")).substitute(facts)
            write(folder / target, text)
        shutil.copyfile(HERE / "cards" / "LICENSE", folder / "LICENSE")
        print(f"{name}: {facts['accuracy_percent']} of {len(held_out)} held-out images, {len(model)} bytes of ONNX")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
