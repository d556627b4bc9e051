"""Walking over the layers of a model."""

import keras


def walk(layer):
    """Every layer inside `layer`, itself included, nested ones too, each once, in order."""
    seen, found = set(), []

    def visit(item):
        if isinstance(item, keras.layers.Layer):
            if id(item) in seen:
                return
            seen.add(id(item))
            found.append(item)
            for child in item._flatten_layers(include_self=False, recursive=False):
                visit(child)

    visit(layer)
    return found
