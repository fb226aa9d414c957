"""Trains `digits`, the 64-64-32-10 network, and writes its weights to the given folder."""

import sys
from pathlib import Path

import numpy as np

from data import CLASSES, generator, load, save_weights
from exact import Network, train

SEED = 1
SIZES = (64, 64, 32, CLASSES)


def main(folder):
    images, labels, training, _ = load()
    rng = generator(SEED)
    network = Network(SIZES, rng)
    targets = np.eye(CLASSES)[labels[training]]
    train(network, images[training], targets, rng, epochs=60, batch=64, rate=2e-3, decay=1e-2)
    save_weights(folder / "digits.npz", network)
    right = (network.logits(images[training]).argmax(axis=1) == labels[training]).mean()
    print(f"digits: {right:.2%} of the training images")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
