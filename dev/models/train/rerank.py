"""The reranker: from bytes to scores, trained exactly as `exact.py` trains the digits.

Three neighbouring bytes have a code, a code falls into one of 2048 buckets, and a text is the sum of its buckets' vectors. A candidate has a second vector, of those
codes alone that its card lacks: that is how it reads a word that training never showed. The card's vector gates the candidate's, and
two layers turn the result into a score. What the first layer reads and what the second gives, of all candidates, is the evidence.
"""

import json

import numpy as np
from scipy.sparse import csr_matrix

from data import generator
from describe import CANDIDATES, CARD_BYTES, LINE_BYTES
from exact import ACTIVATION_BITS, GRADIENT_BITS, WEIGHT_BITS, WEIGHT_LIMIT, dot, snap, softmax

BUCKETS = 2048
WIDTH = 48
GATE = 64
HIDDEN = 128
# What one candidate adds to the evidence.
EVIDENCE = 3 * GATE + HIDDEN
HASH_SEED = 4
SMOOTHING = 0.1
# Powers of two: sums over a text stay near one, and nothing rounds.
CARD_SCALE = 2.0**-3
LINE_SCALE = 2.0**-1

PARAMETERS = ("buckets", "card", "card_bias", "line", "line_bias", "novel", "novel_bias", "first", "first_bias", "second", "second_bias", "score")


def byte_classes():
    """Letters without case, digits, each common sign, the rest of ASCII in one class, other bytes in sixteen; zero is padding."""
    classes = np.full(256, 63, dtype=np.int64)
    classes[0] = 0
    for letter in range(26):
        classes[ord("a") + letter] = classes[ord("A") + letter] = 1 + letter
    for digit in range(10):
        classes[ord("0") + digit] = 27 + digit
    for blank in b" \t\r\n":
        classes[blank] = 37
    for number, sign in enumerate(b".,;:!?%-"):
        classes[sign] = 38 + number
    for byte in range(128, 256):
        classes[byte] = 46 + byte % 16
    return classes


def hash_tables():
    """A number for each byte at each of three places; a code is their sum. Codes of different text hardly ever meet, buckets (codes modulo 2048) often do.

    Padding adds zero, and bucket 0 has the zero vector.
    """
    rng = generator(HASH_SEED)
    tables = rng.integers(0, 2**30, size=(3, 64))
    tables[:, 0] = 0
    return tables[:, byte_classes()]


TABLES = hash_tables()


def as_bytes(text, length):
    """UTF-8, zero-padded. Longer text is refused: what the model does not see, it must not judge."""
    encoded = text.encode()
    if len(encoded) > length or b"\0" in encoded:
        raise ValueError(f"at most {length} bytes without NUL are allowed: {text!r}")
    return np.frombuffer(encoded.ljust(length, b"\0"), dtype=np.uint8)


def codes(texts):
    """The codes of rows of bytes."""
    return TABLES[0][texts[..., :-2]] + TABLES[1][texts[..., 1:-1]] + TABLES[2][texts[..., 2:]]


def counts(found, wanted):
    """How often each bucket occurs among the wanted codes of each row, as a sparse matrix."""
    buckets = found % BUCKETS
    wanted = (wanted & (buckets != 0)).ravel()
    rows = np.repeat(np.arange(len(found)), found.shape[1])[wanted]
    matrix = csr_matrix((np.ones(len(rows)), (rows, buckets.ravel()[wanted])), shape=(len(found), BUCKETS))
    matrix.sum_duplicates()
    return matrix


def sparse_dot(left, right, right_bits):
    """As `exact.dot`, for a left side of sparse whole numbers."""
    if len(left.data) and left.sum(axis=1).max() * float(np.abs(right).max()) * 2.0**right_bits >= 2.0**53:
        raise ArithmeticError("a partial sum might round: fewer bits or smaller values are needed")
    return left @ right


class Lists:
    """Cards, each with up to four candidates, of which one is to be chosen. Missing candidates have weight zero."""

    def __init__(self, items, weights=None):
        """`items` are (card, candidates, index of the one to choose); `weights` say how much each counts in training, at most 1."""
        self.cards = np.stack([as_bytes(card, CARD_BYTES) for card, _, _ in items])
        self.lines = np.zeros((len(items), CANDIDATES, LINE_BYTES), dtype=np.uint8)
        self.present = np.zeros((len(items), CANDIDATES), dtype=bool)
        self.chosen = np.array([chosen for _, _, chosen in items])
        self.weights = np.ones(len(items)) if weights is None else np.array(weights)
        for row, (_, candidates, _) in enumerate(items):
            for column, line in enumerate(candidates):
                self.lines[row, column] = as_bytes(line, LINE_BYTES)
                self.present[row, column] = True
        in_cards, in_lines = codes(self.cards), codes(self.lines)
        novel = np.stack([~np.isin(line, card) for line, card in zip(in_lines, in_cards)]).reshape(-1, in_lines.shape[-1])
        in_lines = in_lines.reshape(-1, in_lines.shape[-1])
        self.card_counts = counts(in_cards, np.full(in_cards.shape, True))
        self.line_counts = counts(in_lines, np.full(in_lines.shape, True))
        self.novel_counts = counts(in_lines, novel)

    def __len__(self):
        return len(self.cards)

    def batch(self, rows):
        lines = (rows[:, None] * CANDIDATES + np.arange(CANDIDATES)).ravel()
        return self.card_counts[rows], self.line_counts[lines], self.novel_counts[lines]


def read_preferences(path):
    """Lists of two from preference JSONL: objects with `prompt` (a card), `chosen` and `rejected` (lines), as `weighhouse campaign export` writes them.

    A pair counts by what its `confidence` is above that of a coin: fully at 1, which is also what it is where none is given, and not at all at a half.
    """
    items, weights = [], []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines()):
        entry = json.loads(text)
        pair = [entry["chosen"], entry["rejected"]]
        # The good one is not always first, as in a real request.
        items.append((entry["prompt"], pair[:: -1 if number % 2 else 1], number % 2))
        weights.append(max(0.0, 2.0 * min(1.0, entry.get("confidence", 1.0)) - 1.0))
    return Lists(items, weights)


class Reranker:
    """`parts` holds the parameters by name; `constants` what centres and scales the outputs: `average` the scores, `centre` and `scale` the evidence."""

    def __init__(self, rng):
        def uniform(rows, columns, limit):
            return snap((2.0 * rng.random((rows, columns)) - 1.0) * limit, WEIGHT_BITS)

        self.parts = {
            "buckets": uniform(BUCKETS, WIDTH, 0.25),
            "card": uniform(WIDTH, GATE, np.sqrt(6.0 / WIDTH)), "card_bias": np.zeros(GATE),
            "line": uniform(WIDTH, GATE, np.sqrt(6.0 / WIDTH)), "line_bias": np.zeros(GATE),
            "novel": uniform(WIDTH, GATE, np.sqrt(6.0 / WIDTH)), "novel_bias": np.zeros(GATE),
            "first": uniform(3 * GATE, HIDDEN, np.sqrt(6.0 / (3 * GATE))), "first_bias": np.zeros(HIDDEN),
            "second": uniform(HIDDEN, HIDDEN, np.sqrt(6.0 / HIDDEN)), "second_bias": np.zeros(HIDDEN),
            "score": uniform(1, HIDDEN, np.sqrt(6.0 / HIDDEN))[0],
        }
        self.parts["buckets"][0] = 0.0
        self.constants = {"average": np.zeros(()), "centre": np.zeros(EVIDENCE), "scale": np.ones(EVIDENCE)}

    def save(self, path):
        np.savez(path, **self.parts, **self.constants)

    @classmethod
    def load(cls, path):
        found = cls(generator(0))
        with np.load(path) as stored:
            found.parts = {name: stored[name] for name in PARAMETERS}
            found.constants = {name: stored[name] for name in found.constants}
        return found

    def forward(self, card_counts, line_counts, novel_counts):
        """Every intermediate value of a batch, snapped."""
        p, act = self.parts, ACTIVATION_BITS
        out = {}
        out["card"] = snap(sparse_dot(card_counts, p["buckets"], WEIGHT_BITS) * CARD_SCALE, act)
        out["novel"] = snap(sparse_dot(novel_counts, p["buckets"], WEIGHT_BITS) * LINE_SCALE, act)
        out["line"] = snap(sparse_dot(line_counts, p["buckets"], WEIGHT_BITS) * LINE_SCALE, act)
        out["card_side"] = snap(dot(out["card"], act, p["card"], WEIGHT_BITS) + p["card_bias"], act)
        out["line_side"] = snap(dot(out["line"], act, p["line"], WEIGHT_BITS) + p["line_bias"], act)
        out["novel_side"] = snap(dot(out["novel"], act, p["novel"], WEIGHT_BITS) + p["novel_bias"], act)
        out["gate"] = np.repeat(out["card_side"], CANDIDATES, axis=0)
        out["joined"] = np.concatenate([snap(out["gate"] * out["line_side"], act), out["line_side"], out["novel_side"]], axis=1)
        out["first"] = np.maximum(snap(dot(out["joined"], act, p["first"], WEIGHT_BITS) + p["first_bias"], act), 0.0)
        out["sums"] = snap(dot(out["first"], act, p["second"], WEIGHT_BITS) + p["second_bias"], act)
        out["second"] = np.maximum(out["sums"], 0.0)
        out["scores"] = snap(dot(out["second"], act, p["score"][:, None], WEIGHT_BITS)[:, 0], act).reshape(-1, CANDIDATES)
        return out

    def gradients(self, card_counts, line_counts, novel_counts, present, chosen, weights):
        """Gradients of the mean cross entropy of the choice among the candidates that are present, each list's times its weight."""
        p, act, grad = self.parts, ACTIVATION_BITS, GRADIENT_BITS
        out = self.forward(card_counts, line_counts, novel_counts)
        size = len(chosen)
        # Far below every score, so that its probability is zero.
        probabilities = softmax(np.where(present, out["scores"], out["scores"].min() - 64.0))
        probabilities = np.where(present, probabilities, 0.0)
        # Smoothed targets keep scores small: without them they grow until every layer says nothing but the score.
        targets = np.where(present, SMOOTHING / present.sum(axis=1, keepdims=True), 0.0)
        targets[np.arange(size), chosen] += 1.0 - SMOOTHING
        probabilities = (probabilities - targets) * weights[:, None]
        delta = snap(probabilities, grad).reshape(-1, 1)
        found = {"score": dot(out["second"].T, act, delta, grad)[:, 0]}
        back = snap(np.where(out["second"] > 0.0, delta * p["score"], 0.0), grad)
        found["second"], found["second_bias"] = dot(out["first"].T, act, back, grad), back.sum(axis=0)
        back = snap(np.where(out["first"] > 0.0, dot(back, grad, p["second"].T, WEIGHT_BITS), 0.0), grad)
        found["first"], found["first_bias"] = dot(out["joined"].T, act, back, grad), back.sum(axis=0)
        back = snap(dot(back, grad, p["first"].T, WEIGHT_BITS), grad)
        line_back = snap(back[:, :GATE] * out["gate"] + back[:, GATE : 2 * GATE], grad)
        novel_back = back[:, 2 * GATE :]
        gate_back = snap(back[:, :GATE] * out["line_side"], grad).reshape(size, CANDIDATES, GATE).sum(axis=1)
        found["line"], found["line_bias"] = dot(out["line"].T, act, line_back, grad), line_back.sum(axis=0)
        found["novel"], found["novel_bias"] = dot(out["novel"].T, act, novel_back, grad), novel_back.sum(axis=0)
        found["card"], found["card_bias"] = dot(out["card"].T, act, gate_back, grad), gate_back.sum(axis=0)
        line_back = snap(dot(line_back, grad, p["line"].T, WEIGHT_BITS) * LINE_SCALE, grad)
        novel_back = snap(dot(novel_back, grad, p["novel"].T, WEIGHT_BITS) * LINE_SCALE, grad)
        gate_back = snap(dot(gate_back, grad, p["card"].T, WEIGHT_BITS) * CARD_SCALE, grad)
        found["buckets"] = (
            sparse_dot(line_counts.T.tocsr(), line_back, grad)
            + sparse_dot(novel_counts.T.tocsr(), novel_back, grad)
            + sparse_dot(card_counts.T.tocsr(), gate_back, grad)
        )
        found["buckets"][0] = 0.0
        return {name: slope / size for name, slope in found.items()}

    def scores(self, lists, rows_at_once=256):
        parts = []
        for start in range(0, len(lists), rows_at_once):
            rows = np.arange(start, min(start + rows_at_once, len(lists)))
            parts.append(self.forward(*lists.batch(rows))["scores"])
        return np.where(lists.present, np.concatenate(parts), -np.inf)

    def standardise(self, lists):
        """Sets the constants so that over these candidates scores average zero, and each element of the evidence has mean zero and a deviation near one.

        Without it a few large elements would decide the fingerprint. The scales are powers of two, so that nothing rounds.
        """
        evidence, scores = [], []
        for start in range(0, len(lists), 256):
            rows = np.arange(start, min(start + 256, len(lists)))
            out, present = self.forward(*lists.batch(rows)), lists.present[rows]
            evidence.append(np.concatenate([out["joined"], out["sums"]], axis=1)[present.ravel()])
            scores.append(out["scores"][present])
        evidence, scores = np.concatenate(evidence), np.concatenate(scores)
        centre = snap(evidence.sum(axis=0) / len(evidence), ACTIVATION_BITS)
        # Few enough bits that squares and their sums are exact.
        spread = snap(evidence - centre, 8)
        if (spread * spread).sum(axis=0).max() * 2.0**16 >= 2.0**53:
            raise ArithmeticError("the sum of squares might round")
        deviation = np.sqrt((spread * spread).sum(axis=0) / len(evidence))
        _, exponent = np.frexp(np.maximum(deviation, 2.0**-6))
        self.constants = {"average": snap(scores.sum() / len(scores), ACTIVATION_BITS), "centre": centre, "scale": np.ldexp(1.0, 1 - exponent)}


def fit(network, lists, rng, *, epochs, batch, rate, decay):
    """Adam with decoupled weight decay and a rate that falls linearly to zero, on lists of two to four candidates."""
    mean = {name: np.zeros_like(value) for name, value in network.parts.items()}
    square = {name: np.zeros_like(value) for name, value in network.parts.items()}
    batch = min(batch, len(lists))
    steps_an_epoch = len(lists) // batch
    total, step = epochs * steps_an_epoch, 0
    mean_power = square_power = 1.0
    for _ in range(epochs):
        order = rng.permutation(len(lists))
        for start in range(0, steps_an_epoch * batch, batch):
            rows = order[start : start + batch]
            slopes = network.gradients(*lists.batch(rows), lists.present[rows], lists.chosen[rows], lists.weights[rows])
            pace = rate * (1.0 - step / total)
            step += 1
            mean_power *= 0.9
            square_power *= 0.999
            for name, value in network.parts.items():
                slope = slopes[name]
                m = mean[name] = mean[name] * 0.9 + slope * 0.1
                v = square[name] = square[name] * 0.999 + slope * slope * 0.001
                move = (m / (1.0 - mean_power)) / (np.sqrt(v / (1.0 - square_power)) + 1e-8)
                shrink = 0.0 if name.endswith("bias") else decay * value
                network.parts[name] = np.clip(snap(value - pace * (move + shrink), WEIGHT_BITS), -WEIGHT_LIMIT, WEIGHT_LIMIT)
    network.standardise(lists)
