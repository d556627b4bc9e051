"""The passes of `passes.py` on PyTorch."""

import keras
import torch

from .random_draws import call_in_draws


def compile_forward(model, reduce, draws):
    """`passes.compile_forward` on PyTorch."""

    def forward(*arrays):
        x, *arrays = map(keras.ops.convert_to_tensor, arrays)
        with torch.no_grad():
            result = reduce(call_in_draws(model, x, draws), *arrays)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, result)

    return forward


def forward_arrays(function):
    """A function of arrays that returns an array."""
    def forward(*arrays):
        with torch.no_grad():
            return keras.ops.convert_to_numpy(function(*map(keras.ops.convert_to_tensor, arrays)))

    return forward


def compile_vjps(model, cotangents, reduce, draws):
    """`passes.compile_vjps` on PyTorch."""

    def vjps(x, *arrays):
        x = keras.ops.convert_to_tensor(x).requires_grad_(True)
        outputs = reduce(call_in_draws(model, x, draws))
        arrays = map(keras.ops.convert_to_tensor, arrays)
        rows = cotangents(outputs.detach(), *arrays)
        pulled = [_gradient(outputs, x, row, retain_graph=True) for row in rows]
        return tuple(map(keras.ops.convert_to_numpy, (outputs.detach(), torch.stack(pulled, 1))))

    return vjps


def compile_objective(model, objective, draws):
    """`passes.compile_objective` on PyTorch."""

    def value_and_gradient(x, *arrays):
        x = keras.ops.convert_to_tensor(x).requires_grad_(True)
        arrays = map(keras.ops.convert_to_tensor, arrays)
        values = objective(call_in_draws(model, x, draws), *arrays)
        gradient = _gradient(values[0].sum(), x)
        return tuple(keras.ops.convert_to_numpy(v.detach()) for v in (*values, gradient))

    return value_and_gradient


def _gradient(output, x, *cotangent, **options):
    """Zero where `output` does not depend on `x`, as on the other backends."""
    if not output.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(
        output, x, *cotangent, allow_unused=True, materialize_grads=True, **options
    )[0]
