"""Likelihood-ratio training."""

import os
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ..layers.noise import Noise
from ..layers.random_words import next_key
from .copies import centred, check_copies, draw, over_images, parts, rows_at_once
from .noisy_chain import NoisyChain, NoisyStep
from .sample_losses import LOSSES, check_loss, values_per_row


class GLR(keras.Model):
    """Trains a network by likelihood ratios: no derivative of an activation or a loss is used.

    While it trains, every Dense and Conv2D layer gets noise on its potential, the last one too:
    `v = x W + b + z`, output `phi(v)`, z independent with density f and scale sigma
    (`training.Noise`). Neither phi nor the loss L, a number per row, need be continuous. Since
    the density of v is `f(v - x W - b)`,

        d/dW E[L] = E[x^T s(z) L],   d/db E[L] = E[s(z) L],   s(z) = -(ln f)'(z).

    Every layer uses the same L; nothing is propagated backwards. Each image is seen in K =
    `copies` noise copies, and the gradient is the mean over images and copies. Two optional
    reductions of the variance leave it unbiased:

    * `baseline="leave_one_out"`: L less the mean loss of the other copies of the same image;
    * `antithetic=True`: copies in pairs with noise z and -z. With a baseline, the mean is over
      the other pairs.

    Where the copies of an image do not fit into one chunk, the baseline is that of the chunk.

    The trained network stays what it is, deterministic: `call`, `predict`, `evaluate` and the
    metrics of `fit` are those of the network without noise; `"loss"` in training is the mean
    noisy loss, in evaluation the loss without noise. Penalties of the network's layers are
    added to both. `save("name.keras")` saves the network, as an ordinary Keras model.

    Cost: the images' products with the first kernel are shared by all copies. Memory: a few
    arrays of `chunk` rows.

    Args:
        network: built functional or sequential `keras.Model`, one layer after the other. Dense
            and Conv2D are trained; other layers have no weights and no noise of their own. A
            softmax at the end is kept out of the noisy pass; the losses take logits.
        noise: `"gaussian"`, `"laplace"` or `"logistic"`.
        scale: sigma > 0, for all layers.
        copies: K, integer >= 1; >= 2 with a baseline, even with pairs, >= 4 with both.
        loss: `"cross_entropy"`, `"zero_one"` (`1[argmax != label]`), both with integer labels,
            or a function (labels, logits) -> `(rows,)`.
        baseline: `None` or `"leave_one_out"`.
        antithetic: whether copies come in pairs.
        chunk: the most rows (images x copies) in memory at once; `None` chooses by the widths.
        seed: integer or `None`, of the noise. `binomial_keras.reseed` sets it.

    Raises:
        ValueError: an argument out of range; a network that is not such a chain; while training,
            a loss that returns the wrong shape.

    Example:

    >>> network = binomial_keras.models.glr_mlp((8, 8, 1))
    >>> trainer = GLR(network, copies=100, baseline="leave_one_out")
    >>> trainer.compile(keras.optimizers.Adagrad(0.01), metrics=["accuracy"])
    >>> trainer.fit(*binomial_keras.data.load("digits", "train"), epochs=5)

    References:
        Xiao, Peng, Hong, Ke, Yang, arXiv 1902.00358 (2019); Peng, Xiao, Heidergott, Hong, Lam,
        INFORMS Journal on Computing (2022). The authors use no variance reduction; the pairs
        are those of arXiv 2305.08960.
    """

    def __init__(
        self,
        network: keras.Model,
        noise: str = "laplace",
        scale: float = 1.0,
        copies: int = 100,
        loss: str | Callable = "cross_entropy",
        baseline: str | None = None,
        antithetic: bool = False,
        chunk: int | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.noise = Noise(noise, scale)
        self.copies = check_copies(copies, baseline, antithetic)
        self.sample_loss = check_loss(loss)
        self.baseline, self.antithetic = baseline, bool(antithetic)
        self.chain = NoisyChain(network)
        self.rows = rows_at_once(chunk, sum(self.chain.sizes()))
        self.network = network
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """The network's output, without noise."""
        return self.network(inputs, training=False)

    def compile(self, optimizer: Any = "rmsprop", **arguments: Any) -> None:
        """As `keras.Model.compile`, without a loss: that is an argument of the constructor."""
        if arguments.get("loss") is not None:
            raise ValueError(
                "Invalid value received for argument `loss`. Expected none: the loss of GLR is "
                f"an argument of its constructor. Received: loss={arguments['loss']!r}"
            )
        super().compile(optimizer=optimizer, **arguments)

    def save(self, filepath: str | os.PathLike, **arguments: Any) -> None:
        """Saves the trained network: an ordinary, deterministic Keras model."""
        self.network.save(filepath, **arguments)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss, and in training a function of the weights whose gradient is the estimate."""
        if training:
            loss, estimates = self.estimate(x, y, sample_weight)
            for variable, estimate in estimates:
                # Worth exactly zero; its derivative with respect to the variable is `estimate`.
                term = ops.sum(ops.stop_gradient(estimate) * variable)
                loss = loss + (term - ops.stop_gradient(term))
        else:
            loss = self._loss_without_noise(x, y, sample_weight)
        for penalty in self.losses:
            loss = loss + ops.sum(penalty)
        return loss

    def estimate(self, x: Any, y: Any, sample_weight: Any = None) -> tuple[Any, list]:
        """One estimate of the gradient, from `copies` new noise copies of every image.

        Args:
            x, y: images and labels, as in `fit`.
            sample_weight: `None` or `(images,)`, factors of the losses.

        Returns:
            The mean noisy loss, and a list of (variable, gradient of the mean loss) for the
            kernels and biases that are trained.
        """
        x = self._before_noise(x)
        y, count = _labels(y), _count(x)
        weights = ops.ones((count,)) if sample_weight is None else _flat(sample_weight)
        key = next_key(self.seed_generator)
        variables = [v for step in self.chain.noisy for v in step.variables]
        total = (ops.zeros(()), *(ops.zeros(v.shape) for v in variables))
        groups = parts(self.copies, self.rows, self.baseline, self.antithetic)
        for group, copies in enumerate(groups):

            def body(first, images, total, group=group, copies=copies):
                chosen = [_slice(array, first, images) for array in (x, y, weights)]
                # No two chunks share their noise; neither do layers.
                number = (group * count + first) * len(self.chain.noisy)
                found = self._chunk(*chosen, images, copies, key, number)
                return tuple(a + b for a, b in zip(total, found))

            total = over_images(count, max(1, self.rows // copies), body, total)
        scale = 1.0 / (ops.cast(count, "float32") * self.copies)
        loss, *sums = (one * scale for one in total)
        return loss, [pair for pair in zip(variables, sums) if pair[0].trainable]

    def _before_noise(self, x):
        """What comes before the first noisy layer is the same in all copies."""
        x = ops.cast(x, "float32")
        for step in self.chain.steps:
            if isinstance(step, NoisyStep):
                break
            x = step(x)
        return x

    def _chunk(self, x, y, weights, images, copies, key, number):
        """Sums over the rows of a chunk: loss, and gradient of every kernel and bias."""
        rows, noisy, kept = images * copies, 0, []
        for step in self.chain.steps:
            if not isinstance(step, NoisyStep):
                x = step(x) if noisy else x
                continue
            features = step.features(x)
            u = step.potential(features)
            shape = tuple(u.shape[1:])
            u = ops.reshape(u, (images, -1, *shape))
            z = draw(self.noise, images, copies, shape, self.antithetic, key, number + noisy)
            kept.append((step, features, z))
            x = step.activation(ops.reshape(u + z, (rows, *shape)))
            noisy += 1
        function = LOSSES.get(self.sample_loss, self.sample_loss)
        losses = values_per_row(function, ops.repeat(y, copies, axis=0), x, rows)
        losses = ops.reshape(losses, (images, copies)) * weights[:, None]
        factors = centred(losses, self.baseline, self.antithetic)
        found = [ops.sum(losses)]
        for place, (step, features, z) in enumerate(kept):
            found += self._products(step, features, z, factors, shared=place == 0)
        return found

    def _products(self, step, features, z, factors, shared):
        """Sums over rows of `x^T s(z) L` and `s(z) L` for one layer."""
        factors = ops.reshape(factors, (*ops.shape(factors), *(1,) * (len(z.shape) - 2)))
        # The first layer's features are the same in all copies: their factors are summed first.
        weighed = self.noise.weighted_score(z, factors, summed=shared)
        weighed = ops.reshape(weighed, (-1, step.units))
        features = ops.reshape(features, (-1, features.shape[-1]))
        kernel, *bias = step.variables
        found = [ops.reshape(ops.matmul(ops.transpose(features), weighed), kernel.shape)]
        return found + [ops.sum(weighed, axis=0) for _ in bias]

    def _loss_without_noise(self, x, y, sample_weight):
        x = self._before_noise(x)
        started = False
        for step in self.chain.steps:
            if isinstance(step, NoisyStep):
                x, started = step.activation(step.potential(step.features(x))), True
            elif started:
                x = step(x)
        function = LOSSES.get(self.sample_loss, self.sample_loss)
        losses = values_per_row(function, _labels(y), x, _count(x))
        return ops.mean(losses if sample_weight is None else losses * _flat(sample_weight))


def _labels(y):
    y = ops.convert_to_tensor(y)
    return y[:, 0] if len(y.shape) == 2 and y.shape[1] == 1 else y


def _flat(weights):
    return ops.cast(ops.reshape(weights, (-1,)), "float32")


def _count(x):
    return ops.shape(x)[0]


def _slice(array, first, count):
    starts = (first, *(0,) * (len(array.shape) - 1))
    return ops.slice(array, starts, (count, *array.shape[1:]))
