"""Figures: what is drawn is what was handed in."""

import io

import keras
import numpy as np
import pytest

from binomial_keras.evaluation import Estimate, plot_estimates, plot_images, plot_raster
from binomial_keras.layers import LIF


def drawn(figure):
    """The figure's axes, after it has been drawn."""
    figure.savefig(io.BytesIO(), format="png")
    return figure.axes


def shown(axis):
    return np.asarray(axis.images[0].get_array())


def test_images_stand_in_their_rows_with_their_titles():
    x = np.random.default_rng(0).random((3, 4, 5, 1))
    figure = plot_images({"original": x, "attacked": 1 - x[:2]}, {"attacked": ["p", "q"]})
    axes = np.reshape(drawn(figure), (2, 3))
    for column in range(3):
        np.testing.assert_array_equal(shown(axes[0, column]), x[column, ..., 0])
    for column, text in enumerate("pq"):
        np.testing.assert_array_equal(shown(axes[1, column]), 1 - x[column, ..., 0])
        assert axes[1, column].get_title() == text
    assert not axes[1, 2].images and not axes[1, 2].axison
    assert [line[0].get_ylabel() for line in axes] == ["original", "attacked"]
    # The whole range of pixels has the same grey in all images.
    assert axes[0, 0].images[0].get_clim() == (0, 1)


def test_a_list_of_titles_is_for_the_first_row_and_colours_are_kept():
    x = np.random.default_rng(1).random((2, 4, 4, 3))
    axes = drawn(plot_images({"": x}, titles=["a 3", "a 5"]))
    assert [axis.get_title() for axis in axes] == ["a 3", "a 5"]
    assert shown(axes[1]).shape == (4, 4, 3)


@pytest.mark.parametrize("rows", [{}, {"x": np.zeros((0, 4, 4))}])
def test_no_image_is_refused(rows):
    with pytest.raises(ValueError, match="`rows`. Expected at least one row"):
        plot_images(rows)


def test_images_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"Received: shape=\(1, 4, 4, 2\)"):
        plot_images({"x": np.zeros((1, 4, 4, 2))})


def test_raster_has_a_row_per_neuron_and_a_column_per_pass():
    spikes = LIF(threshold=0.7)(keras.ops.ones((1, 4, 2, 2, 3)))[0]  # every second step
    expected = np.array([0, 1, 0, 1])
    axis = drawn(plot_raster({"steady": spikes}, xlabel="time step"))[0]
    np.testing.assert_array_equal(shown(axis), np.tile(expected, (12, 1)))
    assert axis.get_title() == "steady\n50.0% spike"
    assert axis.get_xlabel() == "time step"
    # Pass 1 is centred on 1, neuron 1 is at the top.
    assert axis.images[0].get_extent() == [0.5, 4.5, 12.5, 0.5]


def test_spikes_without_neurons_are_refused():
    with pytest.raises(ValueError, match=r"trains\['x'\]`. Expected spikes"):
        plot_raster({"x": np.zeros(5)})


def test_estimates_are_points_with_their_intervals_in_percent():
    first, second = (Estimate.of_mean(v) for v in ([1, 1, 0, 1, 0, 1], [0.0, 0.0, 0.0]))
    figure = plot_estimates({"A": {"PGD": first, "Square": second}, "D": {"Square": first}})
    (axis,) = drawn(figure)
    assert [label.get_text() for label in axis.get_yticklabels()] == ["PGD", "Square"]
    a, d = axis.containers
    np.testing.assert_allclose(a[0].get_xdata(), [100 * first.value, 0])
    (bars,) = a[2]
    reaches = [segment[:, 0] for segment in bars.get_segments()]
    expected = [[100 * e.low, 100 * e.high] for e in (first, second)]
    np.testing.assert_allclose(reaches, expected)
    # Both series of "Square" lie around its line, the first above the second.
    assert a[0].get_ydata()[1] < 1 < d[0].get_ydata()[0]
    assert axis.yaxis_inverted()
    legend = figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["A", "D"]


def test_one_series_needs_no_legend():
    figure = plot_estimates({"clean": Estimate.of_mean([1, 0])})
    assert not figure.legends
    with pytest.raises(ValueError, match="at least one estimate"):
        plot_estimates({})


def test_a_notebook_shows_the_figure_without_pyplot():
    data = plot_raster({"x": np.eye(3)})._repr_png_()
    assert data.startswith(b"\x89PNG")
