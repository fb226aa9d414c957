"""The published model folders keep what their cards promise. Run: dev/models/train/run.sh test"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import tract
import yaml

MODELS = Path(__file__).resolve().parent
TRAIN = MODELS / "train"
sys.path.insert(0, str(TRAIN))

import data  # noqa: E402

NAMES = ("digits", "digits-small")
FILES = {"LICENSE", "README.md", "config.json", "model.onnx", "test-vectors.json", "weighhouse.yaml"}
# Engines add in different orders; a network with other weights differs by far more.
LOGIT_TOLERANCE = 1e-4

# The names that ONNX and the Open Inference Protocol give to one datatype.
DATATYPES = {onnx.TensorProto.FLOAT: "FP32", onnx.TensorProto.INT64: "INT64"}

each_model = pytest.mark.parametrize("name", NAMES)


def run(name, images):
    """Labels and logits as onnxruntime gives them."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = str(MODELS / name / "model.onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(["labels", "logits"], {"image": np.asarray(images, dtype=np.float32)})


def run_tract(name, images):
    """Labels and logits as tract gives them, the engine that the manifest names."""
    model = tract.onnx().load(str(MODELS / name / "model.onnx")).into_model()
    outputs = model.into_runnable().run([np.asarray(images, dtype=np.float32)])
    return [output.to_numpy() for output in outputs]


each_engine = pytest.mark.parametrize("engine", [run, run_tract])


def card(name):
    text = (MODELS / name / "README.md").read_text(encoding="utf-8")
    start, front, _ = text.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(front)


def described(name):
    return yaml.safe_load((MODELS / name / "weighhouse.yaml").read_text(encoding="utf-8"))


def vectors(name):
    """Images, labels and logits of the folder's test vectors."""
    listed = json.loads((MODELS / name / "test-vectors.json").read_text(encoding="utf-8"))["vectors"]
    images, labels, logits = [], [], []
    for vector in listed:
        (image,) = vector["inputs"]
        outputs = {output["name"]: output for output in vector["outputs"]}
        images.append(np.array(image["data"]).reshape(image["shape"]))
        labels.append(np.array(outputs["labels"]["data"]).reshape(outputs["labels"]["shape"]))
        logits.append(np.array(outputs["logits"]["data"]).reshape(outputs["logits"]["shape"]))
    return np.concatenate(images), np.concatenate(labels), np.concatenate(logits)


def follows_vectors(engine, model, vectors_of):
    images, labels, logits = vectors(vectors_of)
    found_labels, found_logits = engine(model, images)
    return np.array_equal(found_labels, labels), np.abs(found_logits - logits).max() < LOGIT_TOLERANCE


def committed(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@each_model
@each_engine
def test_engine_gives_the_test_vectors(engine, name):
    assert follows_vectors(engine, name, name) == (True, True)


@each_engine
def test_test_vectors_tell_the_two_models_apart(engine):
    assert follows_vectors(engine, "digits-small", "digits") == (False, False)


@each_model
def test_two_engines_give_the_same_labels(name):
    images, _, _, held_out = data.load()
    labels, logits = run(name, images[held_out])
    other_labels, other_logits = run_tract(name, images[held_out])
    assert np.array_equal(labels, other_labels)
    assert np.abs(logits - other_logits).max() < LOGIT_TOLERANCE


@each_model
def test_test_vectors_cover_every_digit(name):
    images, labels, _ = vectors(name)
    assert len(images) == 16
    assert set(labels) == set(range(10))


@each_model
def test_test_vectors_hold_only_images_kept_from_training(name):
    images, _, training, held_out = data.load()
    kept = {image.tobytes() for image in images[held_out]}
    seen = {image.tobytes() for image in images[training]}
    for image in vectors(name)[0].astype(np.float64):
        assert image.tobytes() in kept
        assert image.tobytes() not in seen


@each_model
def test_accuracy_is_what_the_card_says(name):
    images, labels, _, held_out = data.load()
    found, _ = run(name, images[held_out])
    (result,) = card(name)["model-index"][0]["results"]
    (metric,) = result["metrics"]
    assert metric["type"] == "accuracy"
    assert metric["value"] == round(float((found == labels[held_out]).mean()), 4)


@each_model
def test_a_batch_is_answered_as_its_images_are(name):
    images, labels, logits = vectors(name)
    for image, label, scores in zip(images, labels, logits):
        found_label, found_scores = run(name, image[None, :])
        assert found_label.tolist() == [label]
        assert np.abs(found_scores[0] - scores).max() < LOGIT_TOLERANCE


@each_model
def test_only_plain_operators_are_used(name):
    model = onnx.load(MODELS / name / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]
    assert {(node.domain, node.op_type) for node in model.graph.node} == {("", "Gemm"), ("", "Relu"), ("", "ArgMax")}
    assert not model.functions


@each_model
def test_card_names_what_a_reader_looks_for(name):
    front = card(name)
    assert front["license"] == "apache-2.0"
    assert front["pipeline_tag"] == "image-classification"
    assert front["model-index"][0]["name"] == name
    assert front.get("base_model") == ("weighhouse/digits" if name == "digits-small" else None)


@each_model
def test_described_interface_is_the_interface_of_the_network(name):
    graph = onnx.load(MODELS / name / "model.onnx").graph
    interface = described(name)["interface"]
    for tensors, values in ((interface["inputs"], graph.input), (interface["outputs"], graph.output)):
        found = []
        for value in values:
            kind = value.type.tensor_type
            found.append((value.name, DATATYPES[kind.elem_type], [dim.dim_value or -1 for dim in kind.shape.dim]))
        assert [(tensor["name"], tensor["datatype"], tensor["shape"]) for tensor in tensors] == found


@each_model
def test_described_accuracy_is_that_of_the_card(name):
    (entry,) = described(name)["evaluation"]
    assert entry["value"] == card(name)["model-index"][0]["results"][0]["metrics"][0]["value"]


def test_child_owes_its_parent_a_tenth():
    (parent,) = described("digits-small")["lineage"]
    assert parent == {"source": card("digits-small")["base_model"], "relation": "distilled", "royalty": 100_000_000}
    assert "lineage" not in described("digits")


def test_child_names_the_bytes_of_its_parent():
    names = sorted(FILES - {"weighhouse.yaml"})
    listing = subprocess.run(["sha256sum", *names], cwd=MODELS / "digits", check=True, capture_output=True).stdout
    named = json.loads((MODELS / "digits-small" / "config.json").read_text(encoding="utf-8"))["distilled_from"]
    assert named == {"name": "digits", "artifact_root": hashlib.sha256(listing).hexdigest()}


@each_model
def test_folder_holds_only_what_is_published(name):
    assert {path.name for path in (MODELS / name).iterdir()} == FILES


def test_folders_are_small():
    assert sum(len(content) for name in NAMES for content in committed(MODELS / name).values()) < 200_000


# Another processor's kernels add in another order; the bytes must not notice.
@pytest.mark.parametrize("kernels", ["", "Prescott"])
def test_training_gives_the_committed_bytes(tmp_path, kernels):
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    if kernels:
        environment["OPENBLAS_CORETYPE"] = kernels
    weights, models = tmp_path / "weights", tmp_path / "models"
    weights.mkdir()
    for step in (["train.py", weights], ["distil.py", weights], ["export.py", weights, models]):
        subprocess.run([sys.executable, *step], cwd=TRAIN, env=environment, check=True)
    for name in NAMES:
        assert committed(models / name) == committed(MODELS / name)
