"""Sums over all windows of a map, as two small products of matrices."""

from keras import ops


def window_sum(x, size):
    """Sums over the windows of `size` x `size` around every position; zeros beyond the edge.

    The same as a convolution, padding "same", with a kernel of ones, which frameworks do slowly
    where there is one channel. For an even size the window reaches one position farther down and
    right.

    Args:
        x: tensor of shape `(batch, height, width)`.
        size: integer >= 1.

    Returns:
        A tensor of the shape of `x`.
    """
    height, width = ops.shape(x)[1:]
    x = ops.einsum("ih,bhw->biw", _band(height, size, x.dtype), x)
    return ops.einsum("biw,jw->bij", x, _band(width, size, x.dtype))


def _band(length, size, dtype):
    """1 where column j is in the window of row i, (length, length)."""
    places = ops.arange(length)
    offset = places[None] - places[:, None] + (size - 1) // 2
    return ops.cast(ops.logical_and(offset >= 0, offset < size), dtype)
