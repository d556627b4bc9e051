"""Figures that a notebook or a report wants often: images, spike rasters, estimates.

Each returns a `matplotlib.figure.Figure`: `figure.savefig(path)` writes it, a notebook shows it.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plot_images(rows: Mapping[str, Any], titles: Any = None, size: float = 1.1) -> Any:
    """Images in rows, each with its label on the left.

    Args:
        rows: dict of labels to images `(n, height, width, channels)` in [0, 1] with 1 or 3
            channels, or `(n, height, width)`. One channel is shown as ink on paper: 0 is white.
        titles: dict of some of the labels to n texts that stand above the images of that row, or
            a list of n texts for the first row.
        size: width of an image in inches.

    Returns:
        `matplotlib.figure.Figure`.

    Example:

    >>> rows = {"original": x[:4], "with noise": np.clip(x[:4] + 0.1, 0, 1)}
    >>> plot_images(rows, titles=[f"a {label}" for label in y[:4]]).savefig("images.png")
    """
    from .picture import Picture

    rows = {label: _pictures(label, images) for label, images in rows.items()}
    if not rows or any(not len(images) for images in rows.values()):
        raise ValueError(
            "Invalid value received for argument `rows`. Expected at least one row of at least one "
            f"image. Received: { {label: len(images) for label, images in rows.items()} }"
        )
    if titles is not None and not isinstance(titles, dict):
        titles = {next(iter(rows)): titles}
    titles = titles or {}
    columns = max(map(len, rows.values()))
    height = (size + 0.05) * len(rows) + 0.33 * len(titles)
    figure = Picture(size * columns + 0.6, height)
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, (label, images) in zip(axes, rows.items()):
        for axis in line[len(images) :]:
            axis.set_axis_off()
        for axis, image, text in zip(line, images, titles.get(label, [""] * columns)):
            axis.imshow(image, cmap="gray_r", vmin=0, vmax=1)
            axis.set_title(text, fontsize=8)
        for axis in line:
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(label, fontsize=8)
    return figure


def plot_raster(
    trains: Mapping[str, Any], xlabel: str = "pass", ylabel: str = "neuron"
) -> Any:
    """Spike rasters side by side: a row per neuron, a column per pass, black for a spike.

    Args:
        trains: dict of titles to spikes `(T, ...)` in [0, 1], as `LIF` or a type A `BU` give them
            for one image. What follows T is counted as neurons, in row-major order. A value
            between 0 and 1 is grey.
        xlabel, ylabel: what passes and neurons are called.

    Returns:
        `matplotlib.figure.Figure`. Above each raster stands the share of (neuron, pass) pairs
        with a spike.

    Example:

    >>> spikes = binomial_keras.layers.LIF(decay="random", seed=0)(np.full((1, 8, 20), 0.8))
    >>> plot_raster({"random decay": spikes[0]}, xlabel="time step").savefig("raster.png")
    """
    from matplotlib.ticker import MaxNLocator

    from .picture import Picture

    trains = {title: _flat(title, spikes) for title, spikes in trains.items()}
    figure = Picture(2.6 * max(len(trains), 2), 2.9)
    axes = figure.subplots(1, len(trains), sharey=True, squeeze=False)[0]
    for axis, (title, spikes) in zip(axes, trains.items()):
        passes, neurons = spikes.shape
        edges = (0.5, passes + 0.5, neurons + 0.5, 0.5)
        axis.imshow(
            spikes.T, cmap="gray_r", vmin=0, vmax=1, aspect="auto", extent=edges,
            interpolation="nearest",
        )
        axis.set_title(f"{title}\n{spikes.mean():.1%} spike", fontsize=8)
        axis.set_xlabel(xlabel, fontsize=8)
        axis.tick_params(labelsize=7)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel(ylabel, fontsize=8)
    return figure


def plot_estimates(estimates: Mapping[str, Any], xlabel: str = "accuracy (%)") -> Any:
    """Estimates with their intervals, in percent, one below the other.

    Args:
        estimates: dict of names to `Estimate`; or dict of series (networks, say) to such dicts,
            each in a colour of its own. Names appear from top to bottom in the order in which they
            are first met.
        xlabel: what is estimated.

    Returns:
        `matplotlib.figure.Figure`.

    Example:

    >>> score = score_draws(model, x, y, draws=30)
    >>> plot_estimates(score.table()).savefig("scores.png")
    """
    from .picture import Picture

    series = estimates
    if not all(isinstance(value, dict) for value in estimates.values()):
        series = {"": estimates}
    names = list(dict.fromkeys(name for values in series.values() for name in values))
    if not names:
        raise ValueError(
            "Invalid value received for argument `estimates`. Expected at least one estimate. "
            f"Received: estimates={estimates!r}"
        )
    rows = len(names) * len(series)
    height = 0.13 * rows + 0.1 * len(names) + 0.8
    figure = Picture(6.4, height)
    axis = figure.subplots()
    for number, (label, values) in enumerate(series.items()):
        offset = 0.22 * (number - (len(series) - 1) / 2)
        ends = np.array([[100 * e.value, 100 * e.low, 100 * e.high] for e in values.values()])
        middle, low, high = ends.T.reshape(3, -1)
        places = [names.index(name) + offset for name in values]
        # The value of a clipped bootstrap can lie on an end of its interval.
        reach = np.maximum([middle - low, high - middle], 0)
        axis.errorbar(middle, places, xerr=reach, fmt="o", markersize=4, capsize=2, label=label)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.set_xlim(-2, 102)
    axis.set_xlabel(xlabel, fontsize=8)
    axis.tick_params(labelsize=7, axis="x")
    axis.grid(alpha=0.3)
    if len(series) > 1:
        figure.legend(fontsize=8, loc="outside upper center", ncols=min(4, len(series)))
    return figure


def _pictures(label, images):
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[-1] != 3):
        raise ValueError(
            f"Invalid value received for argument `rows[{label!r}]`. Expected images (n, height, "
            f"width) or (n, height, width, 1 or 3). Received: shape={images.shape}"
        )
    return images


def _flat(title, spikes):
    spikes = np.asarray(spikes)
    if spikes.ndim < 2 or 0 in spikes.shape:
        raise ValueError(
            f"Invalid value received for argument `trains[{title!r}]`. Expected spikes (T, "
            f"neurons) of one image. Received: shape={spikes.shape}"
        )
    return spikes.reshape(len(spikes), math.prod(spikes.shape[1:]))
