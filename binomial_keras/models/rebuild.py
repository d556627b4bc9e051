"""A model built again, with some layers configured otherwise."""

import keras


def rebuild(model, changes):
    """A new model with the same weights, whose layers have other configurations.

    The weights are copied, not shared; the given model is left as it is; the new one is
    compiled if the given one is, as Keras' `clone_model` does it, with a new optimiser.

    Args:
        model: a functional or sequential `keras.Model`.
        changes: function of a layer to a dict of what changes in its configuration.

    Raises:
        ValueError: for a subclassed model, whose layers cannot be replaced.
    """
    check_rebuildable(model)

    def clone(layer):
        return type(layer).from_config({**layer.get_config(), **changes(layer)})

    built = keras.models.clone_model(model, clone_function=clone, recursive=True)
    built.set_weights(model.get_weights())
    return built


def check_rebuildable(model):
    """Raise unless the layers of a model can be replaced: a functional or sequential one."""
    if not isinstance(model, keras.Sequential) and not (
        isinstance(model, keras.models.Model) and hasattr(model, "operations")
    ):
        raise ValueError(
            "Invalid value received for argument `model`. Expected a functional or sequential "
            f"keras.Model, whose layers can be rebuilt. Received: {type(model).__name__}"
        )
