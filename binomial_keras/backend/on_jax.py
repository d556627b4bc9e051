"""The passes of `passes.py` on JAX."""

import jax
import keras

from .random_draws import call_in_draws, seed_states


def _carry_draws(model, draws, function):
    """Compile `function(call, *arrays) -> (result, states)` and store the generators' states.

    A traced function must not write to variables: the states leave it as values.
    """
    variables, states = model.variables, seed_states(model)

    @jax.jit
    def compiled(values, *arrays):
        def call(x):
            with keras.StatelessScope(state_mapping=list(zip(variables, values))) as scope:
                outputs = call_in_draws(model, x, draws)
            return outputs, [scope.get_current_value(state) for state in states]

        return function(call, *arrays)

    def run(*arrays):
        result, after = compiled([variable.value for variable in variables], *arrays)
        for state, value in zip(states, after):
            state.assign(value)
        return jax.tree_util.tree_map(keras.ops.convert_to_numpy, result)

    return run


def compile_forward(model, reduce, draws):
    """`passes.compile_forward` on JAX."""

    def forward(call, x, *arrays):
        outputs, after = call(x)
        return reduce(outputs, *arrays), after

    return _carry_draws(model, draws, forward)


def compile_vjps(model, cotangents, reduce, draws):
    """`passes.compile_vjps` on JAX."""

    def vjps(call, x, *arrays):
        def reduced(x):
            outputs, after = call(x)
            return reduce(outputs), after

        outputs, pull, after = jax.vjp(reduced, x, has_aux=True)
        rows = cotangents(outputs, *arrays)
        return (outputs, jax.vmap(lambda row: pull(row)[0], out_axes=1)(rows)), after

    return _carry_draws(model, draws, vjps)


def compile_objective(model, objective, draws):
    """`passes.compile_objective` on JAX."""

    def value_and_gradient(call, x, *arrays):
        def total(x):
            outputs, after = call(x)
            values = objective(outputs, *arrays)
            return values[0].sum(), (values, after)

        gradient, (values, after) = jax.grad(total, has_aux=True)(x)
        return (*values, gradient), after

    return _carry_draws(model, draws, value_and_gradient)
