"""A model's outputs in fresh draws of its noise."""

import keras


def seed_states(model):
    """The state variables of all seed generators of a model, in a fixed order."""
    others = {id(v) for v in model.weights}
    others |= {id(v) for metric in getattr(model, "metrics", ()) for v in metric.variables}
    return [v for v in model.non_trainable_variables if id(v) not in others]


def call_in_draws(model, x, draws):
    """The outputs at inference, `(images, draws, outputs)`, from one batch of all the draws."""
    if draws > 1:
        x = keras.ops.repeat(x, draws, axis=0)
    # Under mixed precision a model computes in float16; attacks work in float32.
    outputs = keras.ops.cast(model(x, training=False), "float32")
    return keras.ops.reshape(outputs, (-1, draws, *keras.ops.shape(outputs)[1:]))


def mean_over_draws(outputs):
    """`(images, outputs)`, of what `call_in_draws` gives."""
    return outputs[:, 0] if outputs.shape[1] == 1 else keras.ops.mean(outputs, axis=1)
