"""Distils `digits` into `digits-small`, the 64-16-10 network.

The child sees the training images and the parent's softened probabilities, never a label.
"""

import sys
from pathlib import Path

from data import CLASSES, generator, load, load_weights, save_weights
from exact import Network, softmax, train

SEED = 2
SIZES = (64, 16, CLASSES)
TEMPERATURE = 2.0


def main(folder):
    images, _, training, _ = load()
    rng = generator(SEED)
    teacher = Network((64, CLASSES), rng)
    teacher.layers = load_weights(folder / "digits.npz")
    taught = softmax(teacher.logits(images[training]) / TEMPERATURE)
    student = Network(SIZES, rng)
    train(
        student, images[training], taught, rng,
        epochs=120, batch=64, rate=5e-3, decay=1e-2, temperature=TEMPERATURE,
    )
    save_weights(folder / "digits-small.npz", student)
    same = student.logits(images[training]).argmax(axis=1) == taught.argmax(axis=1)
    print(f"digits-small: agrees with digits on {same.mean():.2%} of the training images")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
