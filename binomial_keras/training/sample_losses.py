"""Losses with one value per row, which need not be continuous."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def cross_entropy(labels: Any, logits: Any) -> Any:
    """`-ln softmax(logits)[label]` of every row."""
    return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def zero_one(labels: Any, logits: Any) -> Any:
    """`1[argmax(logits) != label]` of every row. Of equal logits the first is the largest."""
    wrong = ops.argmax(logits, axis=-1) != ops.cast(labels, "int32")
    return ops.cast(wrong, "float32")


LOSSES = {"cross_entropy": cross_entropy, "zero_one": zero_one}


def check_loss(loss: str | Callable) -> str | Callable:
    """The argument `loss` if it is a name of those above or a function."""
    if loss in LOSSES or callable(loss):
        return loss
    raise ValueError(
        f"Invalid value received for argument `loss`. Expected one of {tuple(LOSSES)} or a "
        f"function (labels, outputs) -> one value per row. Received: loss={loss!r}"
    )


def values_per_row(loss: Any, labels: Any, outputs: Any, rows: Any) -> Any:
    """The values of a loss, after a look at their shape.

    Args:
        loss: function (labels, outputs) -> values.
        labels, outputs: tensors whose first axis counts rows.
        rows: their number, a tensor where it is not known yet.
    """
    values = ops.convert_to_tensor(loss(labels, outputs))
    expected = (rows if isinstance(rows, int) else None,)
    if tuple(values.shape) != expected:
        raise ValueError(
            "Invalid value received for argument `loss`. Expected a function that returns one "
            f"value per row, of shape {expected}, for outputs of shape {tuple(outputs.shape)}. "
            f"Received: values of shape {tuple(values.shape)}. A loss of Keras needs "
            "reduction=None."
        )
    return ops.cast(values, "float32")
