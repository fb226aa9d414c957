"""The digits data set that scikit-learn carries, and the one split that both models use."""

import numpy as np
from sklearn.datasets import load_digits

CLASSES = 10
HELD_OUT_PER_CLASS = 45
SPLIT_SEED = 1


def generator(seed):
    """PCG64 by name: its stream does not change when numpy's default generator does."""
    return np.random.Generator(np.random.PCG64(seed))


def load():
    """Images (rows of 64 whole numbers from 0 to 16), labels, and the indices of the training and held-out images.

    The held-out part is 45 images of each digit. Nothing is fitted to or chosen by it.
    """
    bunch = load_digits()
    images, labels = bunch.data, bunch.target
    rng = generator(SPLIT_SEED)
    held_out = []
    for digit in range(CLASSES):
        members = np.flatnonzero(labels == digit)
        held_out.extend(members[rng.permutation(len(members))[:HELD_OUT_PER_CLASS]])
    held_out = np.array(sorted(held_out))
    training = np.setdiff1d(np.arange(len(labels)), held_out)
    return images, labels, training, held_out


def save_weights(path, network):
    parts = {}
    for number, (weights, bias) in enumerate(network.layers):
        parts[f"weights{number}"] = weights
        parts[f"bias{number}"] = bias
    np.savez(path, **parts)


def load_weights(path):
    """The (weights, bias) pairs of a file that `save_weights` wrote."""
    with np.load(path) as parts:
        return [(parts[f"weights{n}"], parts[f"bias{n}"]) for n in range(len(parts.files) // 2)]
