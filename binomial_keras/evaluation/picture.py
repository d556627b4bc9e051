"""The figure that this package's plots return."""

import io

from matplotlib.figure import Figure


class Picture(Figure):
    """A `matplotlib.figure.Figure` that a notebook shows without pyplot.

    No window, no global state, no display needed. `savefig(path)` writes it.

    Args:
        width, height: in inches.
    """

    def __init__(self, width, height):
        super().__init__(figsize=(width, height), layout="constrained")

    def _repr_png_(self):
        # pyplot's notebook backend registers a printer for figures, but only once it has drawn one.
        written = io.BytesIO()
        self.savefig(written, format="png", bbox_inches="tight")
        return written.getvalue()
