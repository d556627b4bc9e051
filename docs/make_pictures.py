"""Draws the pictures of docs/layers.md from the layers themselves: docs/pictures/*.png.

    python docs/make_pictures.py [FOLDER]

Every curve is what a layer returned, every slope what the backend's differentiation returned;
nothing is drawn from a formula.
"""

import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
# A checkout draws its own layers, not those that happen to be installed.
sys.path.insert(0, str(ROOT))

import keras
from matplotlib.figure import Figure

from binomial_keras import data, layers
from tests.layer_checks import numpy, vjp

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")


def _figure(columns, rows=1, width=3.2, height=2.5):
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _curve(layer, x):
    """Output of an elementwise layer and its slope, for the points x."""
    points = x.astype("float32")[:, None]
    if not layer.built:
        layer.build(points.shape)
    output, slope, _ = vjp(layer, points, loss=lambda y: keras.ops.sum(y))
    return output.reshape(len(x), -1)[:, 0], slope[:, 0]


def _plot_curves(made, x, xlabel):
    """Outputs on the left, slopes on the right, of a dict from label to layer."""
    figure, ((left, right),) = _figure(2)
    for (label, layer), colour, style in zip(made.items(), _COLOURS, ("-", "--", "-.", ":")):
        output, slope = _curve(layer, x)
        left.plot(x, output, style, color=colour, label=label)
        right.plot(x, slope, style, color=colour)
    left.set(xlabel=xlabel, title="output")
    right.set(xlabel=xlabel, title="gradient")
    left.legend(frameon=False, fontsize=8)
    return figure, left, right


def bu():
    """Outputs of the four types, and the one gradient that they share."""
    u = np.linspace(-1, 3, 161)
    figure, left, _ = _plot_curves({"D": layers.BU("D")}, u, "membrane potential u")
    for name, T, marker, colour in (("B", 3, "o", _COLOURS[1]), ("C", 1, "x", _COLOURS[2])):
        spikes = numpy(layers.BU(name, T=T, seed=0)(u[::3, None].astype("float32")))
        label = f"{name}, T = {T}" if T > 1 else name
        left.plot(u[::3], spikes[:, 0], marker, color=colour, ms=4, ls="", label=label)
    train = layers.BU("A", T=100, seed=0)(u[::3, None].astype("float32"))
    mean = numpy(layers.Evidence()(train))
    left.plot(u[::3], mean[:, 0], ".", color=_COLOURS[3], ms=4, label="A, mean of 100 passes")
    left.legend(frameon=False, fontsize=7)
    return figure


def evidence():
    """Spikes of single neurons, and what the layer behind them sees."""
    passes, u = 40, np.array([0.2, 0.6, 1.2], "float32")
    spikes = layers.BU("A", T=passes, seed=1)(u[None])
    same = layers.EDense(3, use_bias=False, kernel_initializer=keras.initializers.Identity())
    means, final = numpy(same(spikes))[0], numpy(layers.Evidence()(spikes))[0]
    figure, ((left, right),) = _figure(2)
    for i, colour in enumerate(_COLOURS[:3]):
        fired = np.flatnonzero(numpy(spikes)[0, :, i]) + 1
        left.plot(fired, np.full(len(fired), i), "|", color=colour, ms=14)
        right.plot(np.arange(1, passes + 1), means[:, i], color=colour)
        right.axhline(np.tanh(u[i]), color=colour, ls=":", lw=1)
        right.plot(passes, final[i], "o", color=colour, ms=4)
    left.set(yticks=range(3), yticklabels=[f"u = {v:.1f}" for v in u], xlabel="pass",
             title="spikes of BU", ylim=(-0.6, 2.6))
    right.set(xlabel="pass t", title="evidence m(t); dotted: h(u)", ylim=(0, 1.02))
    return figure


def batch_normalization():
    """Statistics of the passes before and after: pass T is the one that is normalised."""
    u = np.random.default_rng(0).normal(3.0, (1.5, 1.0, 0.5), (2000, 3)).astype("float32")
    layer = layers.BatchNormalization()
    after = numpy(layer(u[..., None], training=True))[..., 0]
    figure, axes = _figure(2)
    for axis, values, title in zip(axes[0], (u, after), ("before", "after, in training")):
        for t in range(3):
            axis.hist(values[:, t], 60, histtype="step", color=_COLOURS[t], label=f"pass {t + 1}")
        axis.set(title=title, xlabel="u", yticks=[])
    axes[0, 0].legend(frameon=False, fontsize=8)
    return figure


def _images(rows, titles):
    """A grid of grey images; `rows` maps a label to a list of them."""
    figure, axes = _figure(len(titles), len(rows), width=1.2, height=1.3)
    for line, (label, images) in zip(axes, rows.items()):
        for axis, image in zip(line, images):
            axis.imshow(image, cmap="gray_r", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(label, fontsize=8)
    for axis, title in zip(axes[0], titles):
        axis.set_title(title, fontsize=8)
    return figure


def _digit():
    x, y = data.load("digits", "test")
    return x[y == 3][:1]


def encoders():
    """One digit as three layers show it in four passes."""
    x = _digit()
    made = {
        "Present": layers.Present(T=4),
        "SpikeEncoder": layers.SpikeEncoder("A", T=4, seed=0),
        "PoissonEncoder": layers.PoissonEncoder(T=4, rate=0.5, seed=0),
    }
    rows = {name: [x[0, :, :, 0], *numpy(layer(x))[0, ..., 0]] for name, layer in made.items()}
    return _images(rows, ("pixels", "pass 1", "pass 2", "pass 3", "pass 4"))


def per_pass():
    """The maximum of spikes is a spike; the maximum of a mean is something else."""
    spikes = layers.SpikeEncoder("A", T=3, seed=0)(_digit())
    pool = keras.layers.MaxPooling2D(2)
    pooled = layers.PerPass(pool)(spikes)
    mean, late = layers.Evidence()(spikes), layers.Evidence()(pooled)
    rows = {
        "spikes": [*numpy(spikes)[0, ..., 0], *(numpy(m)[0, ..., 0] for m in (mean, pool(mean)))],
        "PerPass": [*numpy(pooled)[0, ..., 0], numpy(late)[0, ..., 0]],
    }
    figure = _images(rows, ("pass 1", "pass 2", "pass 3", "mean", "mean, pooled"))
    figure.axes[-1].set_visible(False)
    return figure


def flexible():
    """Where two units pool and where they convolve, and the gate between the two."""
    x = _digit()
    figure, ((image, learned, coins, gate),) = _figure(4, width=2.2, height=2.2)
    shown = (
        (image, x[0, :, :, 0], "input"),
        (learned, _mask(x, threshold="learned"), "mask, learned T"),
        (coins, _mask(x, threshold="random"), "mask, random"),
    )
    for axis, picture, title in shown:
        axis.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[], title=title)
    pooled = np.linspace(0, 1, 201, dtype="float32").reshape(-1, 1, 1, 1)
    for scale, colour in zip((50.0, 10.0, 2.0), _COLOURS):
        layer = layers.FlexibleLayer(1, 1, threshold="uniform", threshold_value=0.5, scale=scale)
        gate.plot(pooled.ravel(), numpy(layer.mask(pooled)).ravel(), color=colour,
                  label=f"s = {scale:g}")
    gate.set(xlabel="P", title="gate, T = 0.5")
    gate.legend(frameon=False, fontsize=7)
    return figure


def _mask(x, **options):
    return numpy(layers.FlexibleLayer(1, 3, seed=3, padding="same", **options).mask(x))[0, :, :, 0]


def splash():
    """The three starts, and a function of other slopes."""
    made = {name: layers.SPLASH(start=name) for name in ("relu", "linear", "leaky")}
    other = layers.SPLASH()
    other.build((None, 1))
    other.set_weights(np.array([[1.0, -0.6, 0.9, -1.6], [-0.3, 0.5, -0.8, 0.0]]))
    made["other slopes"] = other
    return _plot_curves(made, np.linspace(-3.5, 3.5, 701), "x")[0]


def apl():
    """As it starts, and with other slopes."""
    other = layers.APL()
    other.build((None, 1))
    hinges = other.get_weights()[1]
    other.set_weights([np.array([[0.2], [-0.4], [0.3], [0.2], [-0.2]]), hinges])
    made = {"at the start": layers.APL(), "other slopes": other}
    return _plot_curves(made, np.linspace(-3.5, 3.5, 701), "x")[0]


def maxout():
    """Two linear pieces of one input."""
    pieces = keras.layers.Dense(2)
    pieces.build((None, 1))
    pieces.set_weights([np.array([[0.9, -0.5]]), np.array([0.0, 0.4])])
    made = {"max of two": keras.Sequential([keras.Input((1,)), pieces, layers.Maxout(2)])}
    figure, left, _ = _plot_curves(made, np.linspace(-3, 3, 601), "x")
    x = np.linspace(-3, 3, 2, dtype="float32")[:, None]
    left.plot(x, numpy(pieces(x)), color="grey", ls=":", lw=1)
    return figure


def activations():
    """All that SPLASH is compared with."""
    figure, axes = _figure(5, 2, width=1.7, height=1.6)
    x = np.linspace(-3, 3, 301, dtype="float32")[:, None]
    for axis, name in zip(axes.ravel(), layers.ACTIVATIONS):
        layer = layers.activation(name, rank=2)
        # The two pieces of a maxout unit are what the layer before it makes them.
        axis.plot(x, numpy(layer(np.hstack([x, -0.5 * x]) if name == "maxout" else x)),
                  color=_COLOURS[0])
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=7)
    return figure


def lif():
    """One neuron step by step, eight neurons of random decays, and gradients of the step."""
    figure, ((one, many, slopes),) = _figure(3)
    steps, current = 30, np.full((1, 1), 0.62, "float32")
    cell = layers.LIFCell(1, decay_value=0.8)
    state, trace = cell.get_initial_state(1), []
    for _ in range(steps):
        spike, state = cell(current, state)
        trace.append((float(numpy(state[0])[0, 0]), float(numpy(spike)[0, 0])))
    potential, fired = np.array(trace).T
    one.plot(range(1, steps + 1), potential, color=_COLOURS[0])
    one.vlines(np.flatnonzero(fired) + 1, 0.5, 0.6, color=_COLOURS[1])
    one.axhline(0.5, color="grey", ls=":", lw=1)
    one.set(xlabel="step", title="potential v and spikes, k = 0.8")
    layer = layers.LIF(T=steps, decay="random", seed=2)
    trains = numpy(layer(np.full((1, 8), 0.62, "float32")))[0]
    for neuron, spikes in enumerate(trains.T):
        many.plot(np.flatnonzero(spikes) + 1, np.full(int(spikes.sum()), neuron), "|",
                  color=_COLOURS[0])
    many.set(xlabel="step", ylabel="neuron", title="the same current, random k")
    x = np.linspace(-0.5, 1.5, 401)
    for name, colour in zip(("triangular", "rectangular", "arctan", "sigmoid"), _COLOURS):
        _, slope = _curve(layers.LIF(T=1, decay_value=0.0, surrogate=name), x)
        slopes.plot(x, slope, color=colour, label=name)
    slopes.set(xlabel="potential u, theta = 0.5", title="gradient of the step")
    slopes.legend(frameon=False, fontsize=7)
    return figure


def membrane_readout():
    """The potential, read after every step, and the three answers after the last."""
    steps = 20
    current = np.sin(np.arange(steps) / 2.5).astype("float32").reshape(1, steps, 1)
    figure, ((axis,),) = _figure(1, width=4.2)
    t = np.arange(1, steps + 1)
    axis.plot(t, current[0, :, 0], color="grey", ls=":", label="current")
    last = layers.MembraneReadout("last", decay_value=0.7)
    axis.plot(t, [float(numpy(last(current[:, :n]))[0, 0]) for n in t], color=_COLOURS[0],
              label="potential")
    for mode, colour in zip(("last", "mean", "max"), _COLOURS[1:]):
        value = float(numpy(layers.MembraneReadout(mode, decay_value=0.7)(current))[0, 0])
        axis.plot(steps + 1, value, "o", color=colour, label=mode)
    axis.set_xlabel("step")
    axis.legend(frameon=False, fontsize=7)
    return figure


def threshold():
    """The step, and slopes that an attacker puts in its place."""
    made = {
        "zero": layers.Threshold(),
        "cdf, k = 1": layers.Threshold(surrogate=("cdf", 1.0)),
        "sigmoid, k = 1": layers.Threshold(surrogate=("sigmoid", 1.0)),
        "smooth, k = 1": layers.Threshold(surrogate=("smooth", 1.0)),
    }
    return _plot_curves(made, np.linspace(-4, 4, 801), "potential v")[0]


PICTURES = (bu, evidence, batch_normalization, encoders, per_pass, flexible, splash, apl, maxout,
            activations, lif, membrane_readout, threshold)


def main(folder=FOLDER):
    """Draws all pictures into a folder; returns their paths."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for draw in PICTURES:
        paths.append(folder / f"{draw.__name__}.png")
        # Without the version of the library that drew it: the file changes with the picture.
        draw().savefig(paths[-1], dpi=80, metadata={"Software": None})
    return paths


if __name__ == "__main__":
    print(*(path.name for path in main(*sys.argv[1:])))
