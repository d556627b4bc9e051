"""Taking a tensor apart where `keras.ops` does not do it well on every backend."""

import keras


def split_before_last(x):
    """`(x[:, :-1], x[:, -1:])` of a tensor whose second dimension is known."""
    if keras.backend.backend() == "torch":
        # Keras' `split` at an index needs the values of a tensor, which a symbolic one has not.
        return x[:, :-1], x[:, -1:]
    # Not by indexing: the backward pass of `split` is a concatenation, that of a strided slice
    # is several times dearer on CPU.
    return keras.ops.split(x, [x.shape[1] - 1], axis=1)
