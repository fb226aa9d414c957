"""The published model folders keep what their cards promise. Run: dev/models/train/run.sh test"""

import hashlib
import json
import math
import os
import re
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

sys.path.insert(0, str(MODELS))

import campaign  # noqa: E402
import data  # noqa: E402
import describe  # noqa: E402
import export_rerank  # noqa: E402
import fingerprints  # noqa: E402
import prefer  # noqa: E402
import rerank  # noqa: E402
import train_rerank  # noqa: E402

NAMES = ("digits", "digits-small")
RERANKERS = ("reranker", "reranker-2")
FILES = {"LICENSE", "README.md", "config.json", "model.onnx", "test-vectors.json", "weighhouse.yaml"}
# Engines add in different orders; a network with other weights differs by far more.
LOGIT_TOLERANCE = 1e-4

# The names that ONNX and the Open Inference Protocol give to one datatype.
DATATYPES = {onnx.TensorProto.FLOAT: "FP32", onnx.TensorProto.INT64: "INT64", onnx.TensorProto.UINT8: "UINT8"}
PLAIN = {"Add", "ArgMax", "Cast", "Concat", "Equal", "Gather", "MatMul", "Mod", "Mul", "ReduceMax", "ReduceSum", "Relu", "Reshape", "Slice", "Sub", "Unsqueeze"}

each_model = pytest.mark.parametrize("name", NAMES)
each_reranker = pytest.mark.parametrize("name", RERANKERS)
each_folder = pytest.mark.parametrize("name", NAMES + RERANKERS)


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


@each_folder
def test_described_interface_is_the_interface_of_the_network(name):
    graph = onnx.load(MODELS / name / "model.onnx").graph
    interface = described(name)["interface"]
    for tensors, values in ((interface["inputs"], graph.input), (interface["outputs"], graph.output)):
        found = []
        for value in values:
            kind = value.type.tensor_type
            found.append((value.name, DATATYPES[kind.elem_type], [dim.dim_value or -1 for dim in kind.shape.dim]))
        assert [(tensor["name"], tensor["datatype"], tensor["shape"]) for tensor in tensors] == found


@each_folder
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


@each_folder
def test_folder_holds_only_what_is_published(name):
    assert {path.name for path in (MODELS / name).iterdir()} == FILES


def test_folders_are_small():
    assert sum(len(content) for name in NAMES for content in committed(MODELS / name).values()) < 200_000
    for name in RERANKERS:
        assert sum(map(len, committed(MODELS / name).values())) < 800_000


@pytest.fixture(scope="module")
def held_out():
    """Held-out cards with their candidates, and the same as tensors."""
    drawn = train_rerank.held_out()
    return drawn, train_rerank.as_lists(drawn)


def request(card, lines):
    return {"card": np.asarray(card, dtype=np.uint8)[None], "candidates": np.asarray(lines, dtype=np.uint8)[None]}


def opened(name):
    """A function from a request to scores, choice and evidence, by onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODELS / name / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return lambda tensors: session.run(["scores", "choice", "evidence"], tensors)


def opened_tract(name):
    """The same by tract."""
    model = tract.onnx().load(str(MODELS / name / "model.onnx")).into_model().into_runnable()
    return lambda tensors: [output.to_numpy() for output in model.run(list(tensors.values()))]


each_opener = pytest.mark.parametrize("opener", [opened, opened_tract])


def rerank_vectors(name):
    """Pairs of a request and the outputs by name."""
    kinds = {"UINT8": np.uint8, "INT64": np.int64, "FP32": np.float64}

    def read(tensors):
        return {t["name"]: np.array(t["data"], dtype=kinds[t["datatype"]]).reshape(t["shape"]) for t in tensors}

    listed = json.loads((MODELS / name / "test-vectors.json").read_text(encoding="utf-8"))["vectors"]
    return [(read(vector["inputs"]), read(vector["outputs"])) for vector in listed]


def choices(answer, lists):
    return np.array([answer(request(card, lines))[1][0] for card, lines in zip(lists.cards, lists.lines)])


def text_of(tensor):
    return bytes(tensor).rstrip(b"\0").decode()


@each_reranker
@each_opener
def test_reranker_gives_the_test_vectors(opener, name):
    answer = opener(name)
    for tensors, outputs in rerank_vectors(name):
        scores, choice, evidence = answer(tensors)
        assert choice.tolist() == outputs["choice"].tolist()
        assert np.abs(scores - outputs["scores"]).max() < LOGIT_TOLERANCE
        assert np.abs(evidence - outputs["evidence"]).max() < LOGIT_TOLERANCE
        assert fingerprints.distances(fingerprints.fingerprints(evidence), fingerprints.fingerprints(outputs["evidence"]))[0] == 0


@each_reranker
def test_reranker_vectors_hold_every_choice_of_held_out_cards(name, held_out):
    found = rerank_vectors(name)
    assert {int(outputs["choice"][0]) for _, outputs in found} == set(range(4))
    cards = {card for card, _, _, _ in held_out[0]}
    assert all(text_of(tensors["card"][0]) in cards for tensors, _ in found)


def test_held_out_cards_share_no_material_or_name_with_training(held_out):
    for group, (seen, kept) in describe.MATERIALS.items():
        assert not set(seen) & set(kept), group
    assert not set(describe.NAMES[0]) & set(describe.NAMES[1])
    # A held-out name can only be one of the second list, and each card carries its name.
    assert all(any(name in card for name in describe.NAMES[1]) for card, _, _, _ in held_out[0])


@each_reranker
def test_two_engines_choose_alike_within_tau(name, held_out):
    _, lists = held_out
    answer, other = opened(name), opened_tract(name)
    tau = described(name)["attestation"]["fingerprint"]["tau"]
    pairs = [(answer(request(*pair)), other(request(*pair))) for pair in zip(lists.cards[:200], lists.lines[:200])]
    assert all(one[1] == two[1] for one, two in pairs)
    prints = [fingerprints.fingerprints(np.concatenate([pair[side][2] for pair in pairs])) for side in (0, 1)]
    assert fingerprints.distances(*prints).max() <= tau


@each_reranker
def test_reranker_accuracy_is_what_the_card_says(name, held_out):
    _, lists = held_out
    accuracy = round(float((choices(opened(name), lists) == lists.chosen).mean()), 4)
    (result,) = card(name)["model-index"][0]["results"]
    assert result["metrics"][0]["value"] == accuracy


def test_second_version_chooses_better_by_far():
    first, second = (described(name)["evaluation"][0]["value"] for name in RERANKERS)
    assert first > 0.5
    assert second > 0.85
    assert second - first > 0.15


def test_two_versions_differ_in_scores_and_fingerprints(held_out):
    _, lists = held_out
    answers = [[opened(name)(request(*pair)) for pair in zip(lists.cards[:100], lists.lines[:100])] for name in RERANKERS]
    gaps = [np.abs(one[0] - two[0]).max() for one, two in zip(*answers)]
    assert min(gaps) > 0.1
    prints = [fingerprints.fingerprints(np.concatenate([answer[2] for answer in found])) for found in answers]
    assert fingerprints.distances(*prints).min() > 64


@each_reranker
def test_scores_follow_from_the_evidence(name):
    constants = export_rerank.from_onnx(MODELS / name / "model.onnx")
    for _, outputs in rerank_vectors(name):
        raw = outputs["evidence"].reshape(4, -1) / constants.constants["scale"] + constants.constants["centre"]
        scores = np.maximum(raw[:, -rerank.HIDDEN :], 0.0) @ constants.parts["score"] - constants.constants["average"]
        assert np.abs(scores - outputs["scores"][0]).max() < 1e-3


@each_reranker
def test_int4_and_a_skipped_layer_are_refused(name):
    requests = fingerprints.inputs(name)[:100]
    tau = described(name)["attestation"]["fingerprint"]["tau"]
    honest = fingerprints.fingerprints(fingerprints.with_onnxruntime(name, requests))
    for changed in ({"weights": fingerprints.quantised(4)}, {"skip": fingerprints.SQUARE[name]}):
        found = fingerprints.fingerprints(fingerprints.Numpy(name, **changed)(requests))
        assert fingerprints.distances(honest, found).min() > tau


@each_reranker
def test_reranker_uses_only_plain_operators(name):
    model = onnx.load(MODELS / name / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 17)]
    assert {(node.domain, node.op_type) for node in model.graph.node} == {("", operator) for operator in PLAIN}
    assert not model.functions
    named = (MODELS / name / "README.md").read_text(encoding="utf-8")
    assert all(operator in named for operator in PLAIN)


@each_reranker
def test_reranker_card_names_what_a_reader_looks_for(name):
    front = card(name)
    assert (front["license"], front["pipeline_tag"], front["language"]) == ("apache-2.0", "text-ranking", "en")
    assert front["model-index"][0]["name"] == described(name)["name"] == "reranker"
    assert described(name)["attestation"]["class"] == "tolerant"


def test_versions_are_one_and_two():
    assert [described(name)["version"] for name in RERANKERS] == ["1.0.0", "2.0.0"]


@each_reranker
def test_example_of_the_card_runs(name, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", (MODELS / name / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(MODELS / name)
    known = {}
    exec(code, known)
    assert known["scores"].shape == (1, 4)
    assert known["choice"].tolist() == [0]


# The same numbers stand in the tests of the Rust fingerprint.
@pytest.mark.parametrize("values, known", [
    ([1.0, -2.0, 3.0], "f9dff317e7db42eecfffcbee1f1ee7b41763eacc368b764f74e5f6b84c6bb997"),
    ([((37 * j) % 101 - 50) / 8 for j in range(300)], "023dd6ec1a080b329d6119ca925b6bd8deaf23e598c44699655d99a13e6e9ce9"),
    ([0.0], "ff" * 32),
])
def test_fingerprint_is_the_known_one(values, known):
    assert fingerprints.fingerprint(np.array(values, dtype=np.float32)).hex() == known


def test_text_too_long_is_refused():
    with pytest.raises(ValueError):
        rerank.as_bytes("x" * 97, describe.LINE_BYTES)
    # Bytes count, not letters.
    with pytest.raises(ValueError):
        rerank.as_bytes("\u00e9" * 49, describe.LINE_BYTES)


def preferences(path, seed, count, confidence=1.0):
    """Pairs in which the lesser line states a wrong size, which version 1 has never been taught."""
    rng = data.generator(seed)
    with path.open("w", encoding="utf-8") as file:
        written = 0
        while written < count:
            facts = describe.draw_facts(rng, False)
            shown = describe.write_card(rng, facts, False)
            good, bad = describe.write_good(rng, facts, False), describe.write_flawed(rng, facts, "size", False)
            if len(shown) <= describe.CARD_BYTES and describe.fits(good) and describe.fits(bad):
                file.write(json.dumps({"prompt": shown, "chosen": good, "rejected": bad, "confidence": confidence}) + "\n")
                written += 1
    return rerank.read_preferences(path)


def first_version():
    return export_rerank.from_onnx(MODELS / "reranker" / "model.onnx")


def test_preferences_teach_the_reranker(tmp_path):
    taught, asked = preferences(tmp_path / "taught.jsonl", 31, 400), preferences(tmp_path / "asked.jsonl", 32, 300)
    before, after = first_version(), prefer.trained(first_version(), taught)
    assert prefer.right(after, asked).mean() > prefer.right(before, asked).mean() + 0.1


def test_preferences_of_no_confidence_teach_nothing(tmp_path):
    rows = np.arange(20)
    for confidence, weight in ((0.5, 0.0), (0.75, 0.5), (1.0, 1.0)):
        lists = preferences(tmp_path / "taught.jsonl", 31, 20, confidence)
        assert lists.weights.tolist() == [weight] * 20
        slopes = first_version().gradients(*lists.batch(rows), lists.present, lists.chosen, lists.weights)
        assert any(slope.any() for slope in slopes.values()) == (weight > 0.0)


@pytest.fixture(scope="module")
def bought(tmp_path_factory):
    """Two answers as a demo buys them: the first and the seventh test vector of version 1."""
    path = tmp_path_factory.mktemp("bought") / "answers.jsonl"
    entries = []
    for tensors, outputs in (rerank_vectors("reranker")[index] for index in (0, 6)):
        lines = [text_of(line) for line in tensors["candidates"][0]]
        entries.append({"card": text_of(tensors["card"][0]), "lines": lines, "scores": outputs["scores"][0].tolist()})
    path.write_text(campaign.as_jsonl(entries), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def campaign_folder(tmp_path_factory, bought):
    folder = tmp_path_factory.mktemp("campaign") / "folder"
    campaign.make(folder, bought)
    return folder


def entries(path):
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


def pool(folder):
    return entries(folder / "items" / "items.jsonl")


def test_gold_of_a_campaign_rewards_no_habit(campaign_folder):
    gold = [item for item in pool(campaign_folder) if "better" in item]
    assert len(gold) == 20
    better = [(item[item["better"]], item["b" if item["better"] == "a" else "a"], item[f"model_{item['better']}"]) for item in gold]
    assert sum(item["better"] == "a" for item in gold) == 10
    assert sum(len(good) > len(bad) for good, bad, _ in better) == 10
    assert sum(model == "first choice" for _, _, model in better) == 10


def test_items_of_a_campaign_are_those_that_the_command_line_takes(campaign_folder):
    items = pool(campaign_folder)
    assert all(set(item) - {"better"} == {"prompt", "a", "b", "model_a", "model_b"} for item in items)
    assert sum("better" not in item for item in items) == 180
    # A rater's program knows an item by its two answers.
    assert len({frozenset((item["a"], item["b"])) for item in items}) == len(items) == 200
    assert all(item["a"] and item["b"] and item["a"] != item["b"] for item in items)


def test_answers_of_a_run_are_asked_about_as_tasks(campaign_folder, bought):
    tasks = {item["prompt"]: {item["a"], item["b"]} for item in pool(campaign_folder) if "better" not in item}
    for answer in entries(bought):
        ranked = sorted(range(4), key=lambda place: -answer["scores"][place])
        assert tasks[answer["card"]] == {answer["lines"][place] for place in ranked[:2]}


def test_held_out_comparisons_are_not_asked_in_the_campaign(campaign_folder):
    kept = entries(campaign_folder / "held-out.jsonl")
    assert len(kept) > 1000
    assert not {item["prompt"] for item in kept} & {item["prompt"] for item in pool(campaign_folder)}
    assert all(any(name in item["prompt"] for name in describe.NAMES[1]) for item in kept)


def test_campaign_is_the_same_when_it_is_made_again(campaign_folder, bought, tmp_path):
    campaign.make(tmp_path / "again", bought)
    assert committed(tmp_path / "again") == committed(campaign_folder)


def asked_of(program, item, left):
    """What a rater's program says to an item with this answer on the left: the preferred answer, or nothing if it fails."""
    right = "b" if left == "a" else "a"
    question = json.dumps({"item": 3, "left": item[left], "prompt": item["prompt"], "right": item[right]}, separators=(",", ":"))
    done = subprocess.run([program], input=f"{question}\n", capture_output=True, text=True, check=False)
    return {"left": left, "right": right}[done.stdout.strip()] if done.returncode == 0 else None


def test_programs_of_raters_answer_by_their_policies(campaign_folder):
    gold = [item for item in pool(campaign_folder) if "better" in item]
    said = {}
    for rater in json.loads((campaign_folder / "campaign.json").read_text(encoding="utf-8"))["raters"]:
        program = campaign_folder / rater["program"]
        answers = [asked_of(program, item, "a") for item in gold]
        said.setdefault(rater["policy"], []).append(answers)
        if rater["policy"] == "always left":
            assert answers == ["a"] * 20
            continue
        assert answers == [asked_of(program, item, "b") for item in gold], "the side must not matter"
        assert sum(answer == item["better"] for answer, item in zip(answers, gold)) == rater["goldRight"]
        assert asked_of(program, {"prompt": "p", "a": "never asked", "b": "neither"}, "a") is None
    colluders, (one, other) = said["colluding"], said["random"]
    assert len(colluders) == 3 and colluders[0] == colluders[1] == colluders[2]
    assert one != other
    assert len(said["careful 0.85"]) == 3


def care(correct, gold):
    wrong = gold - correct
    return max(0.0, (correct - wrong - math.sqrt((correct + 1) * (wrong + 1) / (gold + 3))) / (gold + 2))


def exported(path, items, gold, raters):
    """What `weighhouse campaign export` would write if these raters answered: the majority by their care, which is that of docs/feedback.md."""
    answers = [campaign.answers(*policy, items, data.generator(number)) for number, policy in enumerate(raters)]
    cares = [care(sum(choice == item.good for choice, item in zip(answer, items) if item in gold), len(gold)) for answer in answers]
    lines = []
    for number, item in enumerate(items):
        weights = [sum(weight for weight, answer in zip(cares, answers) if answer[number] == place) for place in (0, 1)]
        chosen = item.good if item in gold else int(weights[1] > weights[0])
        confidence = 1.0 if item in gold else weights[chosen] / sum(weights)
        provenance = {"campaign": 3, "item": number, "genesis": f"0x{'5a' * 32}", "block": 99, "source": "gold" if item in gold else "raters"}
        lines.append({"prompt": item.card, "chosen": item.lines[chosen], "rejected": item.lines[1 - chosen], "confidence": confidence, "provenance": provenance})
    path.write_text(campaign.as_jsonl(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def loop(tmp_path_factory, campaign_folder):
    """A campaign of twelve raters who are right in 85 %, and the version that was trained on what they said."""
    folder = tmp_path_factory.mktemp("loop")
    tasks, gold = campaign.draw_pool(first_version(), 1, [])
    path = exported(folder / "preferences.jsonl", gold + tasks, gold, [("careful", 0.85)] * 12)
    figures = prefer.make(path, folder / "one", campaign_folder / "held-out.jsonl", (7, 1))
    return folder, figures


def test_version_trained_on_a_campaign_wins_on_comparisons_that_were_kept_from_it(loop):
    _, figures = loop
    assert figures["comparisons"] > 1000
    assert figures["low"] > 0.5
    assert figures["winRate"] == round(figures["wins"] / (figures["wins"] + figures["losses"]), 4)
    assert figures["newRight"] - figures["oldRight"] == figures["wins"] - figures["losses"] > 0
    assert figures["newOfFour"] > figures["oldOfFour"]


def test_version_trained_on_the_opposite_loses(loop, campaign_folder):
    folder, _ = loop
    turned = [entry | {"chosen": entry["rejected"], "rejected": entry["chosen"]} for entry in entries(folder / "preferences.jsonl")]
    path = folder / "turned.jsonl"
    path.write_text(campaign.as_jsonl(turned), encoding="utf-8")
    worse = prefer.trained(first_version(), rerank.read_preferences(path))
    assert prefer.compare(first_version(), worse, rerank.read_preferences(campaign_folder / "held-out.jsonl"))["high"] < 0.5


def test_folder_of_a_trained_version_can_be_published(loop):
    folder, figures = loop
    name = str(folder / "one")
    assert {path.name for path in (folder / "one").iterdir()} == FILES
    entry = described(name)
    assert entry["lineage"] == [{"listing": 7, "version": 1, "relation": "trainedOn", "royalty": 200_000_000}]
    assert entry["version"] == "1.1.0"
    first = described("reranker")
    assert {key: entry[key] for key in ("interface", "attestation", "licence")} == {key: first[key] for key in ("interface", "attestation", "licence")}
    assert entry["evaluation"][0]["value"] == card(name)["model-index"][0]["results"][0]["metrics"][0]["value"] == figures["newOfFour"]
    assert card(name)["datasets"] == ["weighhouse/reranker-preferences"]
    text = (folder / "one" / "README.md").read_text(encoding="utf-8")
    assert f"({figures['wins']} of {figures['wins'] + figures['losses']};" in text
    assert "listing 7 there, version 1" in text and "0x5a5a" in text
    assert "$" not in text


@each_opener
def test_trained_version_gives_its_test_vectors(opener, loop):
    name = str(loop[0] / "one")
    answer = opener(name)
    for tensors, outputs in rerank_vectors(name):
        scores, choice, evidence = answer(tensors)
        assert choice.tolist() == outputs["choice"].tolist()
        assert np.abs(scores - outputs["scores"]).max() < LOGIT_TOLERANCE
        near = fingerprints.distances(fingerprints.fingerprints(evidence), fingerprints.fingerprints(outputs["evidence"]))[0]
        assert near <= described(name)["attestation"]["fingerprint"]["tau"]
    model = onnx.load(Path(name) / "model.onnx")
    assert {(node.domain, node.op_type) for node in model.graph.node} == {("", operator) for operator in PLAIN}


def test_same_preferences_give_the_same_folder(loop, campaign_folder):
    folder, figures = loop
    assert prefer.make(folder / "preferences.jsonl", folder / "two", campaign_folder / "held-out.jsonl", (7, 1)) == figures
    assert committed(folder / "two") == committed(folder / "one")


def test_version_is_not_measured_by_what_it_was_taught(loop):
    folder, _ = loop
    with pytest.raises(ValueError, match="the campaign asked about"):
        prefer.make(folder / "preferences.jsonl", folder / "three", folder / "preferences.jsonl", (7, 1))


@pytest.mark.skipif("WEIGHHOUSE_DATASETS_PYTHON" not in os.environ, reason="the library is not installed: run.sh test does it where it can")
def test_preferences_are_loaded_by_the_datasets_library(loop):
    folder, figures = loop
    done = subprocess.run([os.environ["WEIGHHOUSE_DATASETS_PYTHON"], TRAIN / "load_preferences.py", folder / "preferences.jsonl"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{figures['pairs']} rows with prompt, chosen, rejected, confidence, provenance" in done.stdout


@each_reranker
def test_model_file_holds_the_whole_network(name):
    path = MODELS / name / "model.onnx"
    assert export_rerank.as_onnx(export_rerank.from_onnx(path)) == path.read_bytes()


# Another processor's kernels add in another order; the bytes must not notice.
@pytest.mark.parametrize("kernels", ["", "Prescott"])
def test_training_gives_the_committed_bytes(tmp_path, kernels):
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    if kernels:
        environment["OPENBLAS_CORETYPE"] = kernels
    weights, models = tmp_path / "weights", tmp_path / "models"
    weights.mkdir()
    steps = (
        ["train.py", weights], ["distil.py", weights], ["export.py", weights, models],
        ["train_rerank.py", weights], ["export_rerank.py", weights, models],
    )
    for step in steps:
        subprocess.run([sys.executable, *step], cwd=TRAIN, env=environment, check=True)
    for name in NAMES + RERANKERS:
        assert committed(models / name) == committed(MODELS / name)
