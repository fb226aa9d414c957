"""Network training whose every number is the same on every machine.

Floating point sums depend on their order, and the order depends on the processor, the library and the
number of threads. Here each factor of a matrix product is a multiple of a power of two with few enough bits that no
partial sum can round: every order gives the same float64, so the linear algebra library may do as it likes.
Everything else is an elementwise operation that IEEE 754 rounds correctly (+ - * / sqrt), which rules out the
library's own `exp`.
"""

import numpy as np

WEIGHT_BITS = 18
ACTIVATION_BITS = 16
GRADIENT_BITS = 20
# Weights of at most 18 + 2 bits and a sign are float32 values as they stand: the export rounds nothing.
WEIGHT_LIMIT = 4.0


def snap(values, bits):
    """The nearest multiples of 2**-bits, halves to even."""
    scale = float(2**bits)
    return np.rint(values * scale) / scale


def dot(left, left_bits, right, right_bits):
    """A matrix product of multiples of 2**-left_bits and 2**-right_bits without any rounding.

    Raises ArithmeticError where the sums might not fit the 53 bits of a float64.
    """
    inner = left.shape[1]
    bound = float(np.abs(left).max()) * float(np.abs(right).max()) * inner
    if bound * 2.0 ** (left_bits + right_bits) >= 2.0**53:
        raise ArithmeticError("a partial sum might round: fewer bits or smaller values are needed")
    return left @ right


def exp_of_negative(values):
    """exp for values <= 0, from multiplications and additions alone."""
    halvings = 12
    y = np.maximum(values, -40.0) / float(2**halvings)
    power = 1.0 + y * (1.0 + y * (0.5 + y * (1.0 / 6.0)))
    for _ in range(halvings):
        power = power * power
    return power


def softmax(logits):
    """Row-wise softmax; the exponentials are snapped, so that their sum has one value."""
    powers = snap(exp_of_negative(logits - logits.max(axis=1, keepdims=True)), 40)
    return powers / powers.sum(axis=1, keepdims=True)


class Network:
    """Fully connected layers with ReLU between them. `layers` holds (weights, bias) pairs."""

    def __init__(self, sizes, rng):
        self.layers = []
        for fan_in, fan_out in zip(sizes, sizes[1:]):
            limit = np.sqrt(6.0 / fan_in)
            weights = (2.0 * rng.random((fan_in, fan_out)) - 1.0) * limit
            self.layers.append((snap(weights, WEIGHT_BITS), np.zeros(fan_out)))

    def activations(self, images):
        """The input (pixels of 0 to 16, scaled to 0 to 1) and then each layer's output."""
        outputs = [images / 16.0]
        bits = 4
        for number, (weights, bias) in enumerate(self.layers):
            values = snap(dot(outputs[-1], bits, weights, WEIGHT_BITS) + bias, ACTIVATION_BITS)
            bits = ACTIVATION_BITS
            last = number + 1 == len(self.layers)
            outputs.append(values if last else np.maximum(values, 0.0))
        return outputs

    def logits(self, images):
        return self.activations(images)[-1]

    def gradients(self, images, targets, temperature):
        """Gradients of the mean cross entropy to soft targets at a temperature, times the temperature squared."""
        outputs = self.activations(images)
        delta = snap((softmax(outputs[-1] / temperature) - targets) * temperature, GRADIENT_BITS)
        found = []
        for number in reversed(range(len(self.layers))):
            weights, _ = self.layers[number]
            bits = ACTIVATION_BITS if number else 4
            found.append((
                dot(outputs[number].T, bits, delta, GRADIENT_BITS) / len(images),
                delta.sum(axis=0) / len(images),
            ))
            if number:
                back = dot(delta, GRADIENT_BITS, weights.T, WEIGHT_BITS)
                delta = snap(np.where(outputs[number] > 0.0, back, 0.0), GRADIENT_BITS)
        return found[::-1]


def train(network, images, targets, rng, *, epochs, batch, rate, decay, temperature=1.0):
    """Adam with decoupled weight decay and a rate that falls linearly to zero. `targets` are rows of probabilities."""
    mean = [[np.zeros_like(part) for part in layer] for layer in network.layers]
    square = [[np.zeros_like(part) for part in layer] for layer in network.layers]
    steps_an_epoch = len(images) // batch
    total = epochs * steps_an_epoch
    step = 0
    mean_power = square_power = 1.0
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for start in range(0, steps_an_epoch * batch, batch):
            chosen = order[start : start + batch]
            gradients = network.gradients(images[chosen], targets[chosen], temperature)
            pace = rate * (1.0 - step / total)
            step += 1
            mean_power = mean_power * 0.9
            square_power = square_power * 0.999
            for number, layer in enumerate(network.layers):
                updated = []
                for part, value in enumerate(layer):
                    slope = gradients[number][part]
                    m = mean[number][part] = mean[number][part] * 0.9 + slope * 0.1
                    v = square[number][part] = square[number][part] * 0.999 + slope * slope * 0.001
                    move = (m / (1.0 - mean_power)) / (np.sqrt(v / (1.0 - square_power)) + 1e-8)
                    shrink = decay * value if part == 0 else 0.0
                    value = snap(value - pace * (move + shrink), WEIGHT_BITS)
                    updated.append(np.clip(value, -WEIGHT_LIMIT, WEIGHT_LIMIT))
                network.layers[number] = tuple(updated)
