"""Passes through a model that attacks ask for, forward and backward to the images, compiled."""

import importlib

import keras

from .random_draws import mean_over_draws


def compile_forward(model, reduce=None, draws=1):
    """`x, *arrays -> reduce(draws of the outputs, *arrays)` at inference, compiled.

    Every call takes fresh draws.

    Args:
        model: a Keras model.
        reduce: function of the outputs `(images, draws, outputs)` and of further arrays whose
            first axis counts images, to a tensor `(images, ...)` or a tuple of such; `None` for
            the mean over the draws.
        draws: how many independent draws of every image pass through the model in one batch.
            Only for models whose images have noise of their own (see `Draws`).

    Returns:
        Function of a float32 array `(images, ...)` and the further arrays to what `reduce`
        gives, as arrays.
    """
    return _implementation("compile_forward")(model, reduce or mean_over_draws, draws)


def compile_vjps(model, cotangents, reduce=None, draws=1):
    """Gradients of m linear functionals of the outputs, from one forward pass and one draw.

    `x -> (sum_k c[j, i, k] * d f(x)[i, k] / dx[i])` for every image i and j = 1..m, with
    f = reduce(draws of the model's outputs) and `c = cotangents(f(x), *arrays)` held constant.
    One forward and m backward passes (each of `draws` copies of the images).

    Args:
        model: a Keras model, called at inference. Every call takes fresh draws.
        cotangents: function of `f(x)` `(images, outputs)` and of further arrays whose first axis
            counts images, to a tensor `(m, images, outputs)` with a fixed m. Written with
            `keras.ops`.
        reduce, draws: as for `compile_forward`; `reduce` gives one tensor `(images, outputs)`.

    Returns:
        Function of a float32 array `(images, ...)` and the further arrays, to the arrays
        `f(x)` `(images, outputs)` and the gradients `(images, m, ...)`.
    """
    return _implementation("compile_vjps")(model, cotangents, reduce or mean_over_draws, draws)


def compile_objective(model, objective, draws=1):
    """The value of an objective per image, and its gradient with respect to the image.

    Args:
        model: a Keras model, called at inference. Every call takes fresh draws.
        objective: function of the outputs `(images, draws, outputs)` and of further arrays whose
            first axis counts images, to a tuple of tensors `(images, ...)`. The gradient is that
            of the first, `(images,)`; an image's value depends on no other image.
        draws: as for `compile_forward`.

    Returns:
        Function of a float32 array `(images, ...)` and the further arrays, to the tuple of
        arrays that `objective` gives, followed by the gradient, shaped like the images.
    """
    return _implementation("compile_objective")(model, objective, draws)


def _implementation(name):
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax", "torch"):
        raise NotImplementedError(
            "Gradients with respect to the input need the TensorFlow, JAX or PyTorch backend. "
            f"Received: backend={backend}"
        )
    return getattr(importlib.import_module(f".on_{backend}", __package__), name)
