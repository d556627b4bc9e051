"""Figures from the numbers of a report, as PNG bytes."""

import io

from reproduce.report.drawn import drawn_once

OURS, PUBLISHED = "#1f5fa8", "#c2571a"


def _figure(width, height, rows=1, columns=1, **settings):
    # The figure class itself, not pyplot: no window, no global state, no display needed.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **settings)


def _png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _dots(axis, labels, ours, published, title, unit):
    """Horizontal dot plot: ours with interval, published as a cross; None is left out."""
    for y, (one, given) in enumerate(zip(ours, published)):
        if one is not None:
            value, low, high = one
            axis.plot([low, high], [y, y], color=OURS, linewidth=2, alpha=0.5)
            axis.plot(value, y, "o", color=OURS, markersize=4, label="ours, 95 % interval")
        if given is not None:
            axis.plot(given, y, "x", color=PUBLISHED, markersize=6, label="published")
    axis.set_yticks(range(len(labels)), labels, fontsize=7)
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.set_title(title, fontsize=9)
    axis.set_xlabel(unit, fontsize=8)
    axis.tick_params(axis="x", labelsize=7)
    axis.grid(axis="x", alpha=0.3)


def _legend(axis):
    handles, names = axis.get_legend_handles_labels()
    unique = dict(zip(names, handles))
    if unique:
        axis.legend(unique.values(), unique.keys(), fontsize=7, loc="best")


@drawn_once
def accuracy_figure(lines, title):
    """Clean accuracies of Table 3 or 4, ours beside the published ones."""
    figure, axes = _figure(7, 1.2 + 0.17 * len(lines))
    labels = [f"{line['row']}: {line['train']} → {line['test']}" for line in lines]
    ours = [None if line.get("ours") is None else (line["ours"], line["low"], line["high"])
            for line in lines]
    _dots(axes[0, 0], labels, ours, [line["published"] for line in lines], title, "accuracy (%)")
    _legend(axes[0, 0])
    return _png(figure)


@drawn_once
def line_figure(curves, unit, title):
    """Accuracies (%) with intervals over a quantity.

    Args:
        curves: dict from names to lists of (x, value, low, high).
        unit: what x is.
        title: headline.
    """
    figure, axes = _figure(7, 4.2)
    axis = axes[0, 0]
    for name, points in curves.items():
        if points:
            x, value, low, high = zip(*points)
            axis.plot(x, value, "o-", markersize=3, label=name)
            axis.fill_between(x, low, high, alpha=0.15, linewidth=0)
    axis.set_xlabel(unit)
    axis.set_ylabel("accuracy (%)")
    axis.set_ylim(-2, 102)
    axis.set_title(title, fontsize=9)
    axis.grid(alpha=0.3)
    _legend(axis)
    return _png(figure)


@drawn_once
def scatter_figure(points, horizontal, vertical, title):
    """Points (x, y) of several names, x on a logarithmic axis."""
    figure, axes = _figure(6, 4.2)
    axis = axes[0, 0]
    for name, at in points.items():
        axis.plot(*zip(*at), "o", markersize=4, label=name)
    axis.axhline(1, color="black", linewidth=0.8)
    axis.set_xscale("log")
    axis.set_xlabel(horizontal)
    axis.set_ylabel(vertical)
    axis.set_title(title, fontsize=9)
    axis.grid(alpha=0.3, which="both")
    _legend(axis)
    return _png(figure)


@drawn_once
def glance_figure(blocks):
    """Networks block by block, one below the other: clean, the paper's attack, stronger ones.

    Args:
        blocks: dict from headlines to lists of (network, clean, published, adaptive), each of the
            three a (value, low, high) in % or None.
    """
    shown = {"clean": ("o", "#9a9a9a"), "the paper's attack": ("s", PUBLISHED),
             "stronger attacks, same ball": ("D", OURS)}
    heights = [len(rows) + 1.6 for rows in blocks.values()]
    figure, axes = _figure(8, 0.5 + 0.19 * sum(heights), len(blocks), sharex=True,
                           gridspec_kw={"height_ratios": heights})
    for axis, (title, rows) in zip(axes[:, 0], blocks.items()):
        for y, (_, *accuracies) in enumerate(rows):
            found = [one[0] for one in accuracies[1:] if one is not None]
            axis.plot([min(found), max(found)], [y, y], color=PUBLISHED, linewidth=1, alpha=0.4)
            for (name, (marker, color)), one in zip(shown.items(), accuracies):
                if one is not None:
                    axis.plot(one[1:], [y, y], color=color, linewidth=3, alpha=0.35)
                    axis.plot(one[0], y, marker, color=color, markersize=4, label=name)
        axis.set_yticks(range(len(rows)), [row[0] for row in rows], fontsize=7)
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.set_xlim(-2, 102)
        axis.set_title(title, fontsize=8, loc="left", pad=3)
        axis.tick_params(axis="x", labelsize=7, labelbottom=axis is axes[-1, 0])
        axis.grid(axis="x", alpha=0.3)
    axes[-1, 0].set_xlabel("accuracy (%), bars: 95 % intervals", fontsize=8)
    handles = {name: handle for axis in axes[:, 0]
               for handle, name in zip(*axis.get_legend_handles_labels())}
    figure.legend(handles.values(), handles.keys(), fontsize=7, ncols=3,
                  loc="outside upper center")
    return _png(figure)


@drawn_once
def curve_figure(curves, unit, title):
    """Accuracies with intervals over a quantity; the first curve is the one that counts.

    Args:
        curves: dict from names to lists of (x, `Estimate`).
        unit: what x is.
        title: headline.
    """
    figure, axes = _figure(7.5, 4.2)
    axis = axes[0, 0]
    for number, (name, points) in enumerate(curves.items()):
        x = [one for one, _ in points]
        y = [100 * estimate.value for _, estimate in points]
        # Ten colours, then the same dashed: a suite has more attacks than a cycle has colours.
        color, style = ("black", "-") if number == 0 else _curve_style(number - 1)
        axis.plot(x, y, style, marker="o", markersize=3, linewidth=1 if number else 2.5,
                  color=color, label=name)
        if number == 0 or len(curves) <= 4:
            axis.fill_between(x, [100 * e.low for _, e in points],
                              [100 * e.high for _, e in points], alpha=0.15, linewidth=0)
    axis.set_xlabel(unit)
    axis.set_ylabel("single-pass accuracy (%)")
    axis.set_ylim(-2, 102)
    axis.set_title(title, fontsize=9)
    axis.grid(alpha=0.3)
    if curves:
        axis.legend(fontsize=6, ncols=2 if len(curves) > 6 else 1)
    return _png(figure)


def _curve_style(number):
    return f"C{number % 10}", ("-", "--", ":")[number // 10 % 3]


@drawn_once
def attack_figure(rows, attacks, order):
    """Accuracy and SSIM of every row (`Row`) under every attack (a dict of `Attacked` each)."""
    figure, axes = _figure(13, 1.6 + 0.42 * len(rows), 2, len(order), sharey=True)
    labels = [f"{row.number}: {row.label}" for row in rows]
    for column, attack in enumerate(order):
        found = [one[attack] for one in attacks]
        given = [row.published or {"attacked": {}, "ssim": {}} for row in rows]
        accuracy = [one and (one.accuracy.value, one.accuracy.low, one.accuracy.high)
                    for one in found]
        similarity = [one and (one.ssim, one.ssim_low, one.ssim_high) for one in found]
        _dots(axes[0, column], labels, accuracy, [g["attacked"].get(attack) for g in given],
              attack, "accuracy (%)")
        _dots(axes[1, column], labels, similarity, [g["ssim"].get(attack) for g in given],
              attack, "SSIM (%)")
    _legend(axes[0, 0])
    return _png(figure)


@drawn_once
def alpha_figure(rows, alpha, intervals):
    """Alpha scores, ours beside the published ones: lists with a `Row`, a score, its bounds."""
    figure, axes = _figure(7, 1.2 + 0.25 * len(rows))
    labels = [f"{row.number}: {row.label}" for row in rows]
    ours = [None if value is None else (value, *bounds)
            for value, bounds in zip(alpha, intervals)]
    published = [(row.published or {}).get("alpha") for row in rows]
    _dots(axes[0, 0], labels, ours, published, "alpha score", "alpha")
    _legend(axes[0, 0])
    return _png(figure)


@drawn_once
def picture_figure(rows, order, title):
    """Original and attacked images, one row per network.

    Args:
        rows: list of (label, original, {attack: picture}); `original` is (image, caption) and a
            picture (image, caption), or None where the attack was not run.
        order: names of the attacks, a column each.
        title: above the figure.
    """
    columns = 1 + len(order)
    figure, axes = _figure(1.35 * columns + 0.6, 1.75 * len(rows) + 0.5, len(rows), columns)
    figure.suptitle(title, fontsize=10)
    for number, (label, original, pictures) in enumerate(rows):
        line = axes[number]
        line[0].set_ylabel(label, fontsize=9)
        for axis, name, shown in zip(line, ("original", *order),
                                     (original, *(pictures.get(a) for a in order))):
            _picture(axis, name, shown, first=number == 0)
    return _png(figure)


@drawn_once
def grid_figure(rows, title):
    """Rows of byte pictures: a list of (label, pictures)."""
    columns = max(len(pictures) for _, pictures in rows)
    figure, axes = _figure(1.4 * columns + 0.6, 1.4 * len(rows) + 0.4, len(rows), columns)
    figure.suptitle(title, fontsize=10)
    for line, (label, pictures) in zip(axes, rows):
        for axis, picture in zip(line, [*pictures, *[None] * (columns - len(pictures))]):
            axis.set_axis_off()
            if picture is not None:
                grey = picture.shape[-1] == 1
                axis.imshow(picture[..., 0] if grey else picture, cmap="gray" if grey else None,
                            vmin=0, vmax=255, interpolation="nearest")
        line[0].set_title(label, fontsize=8, loc="left")
    return _png(figure)


def _picture(axis, name, shown, first):
    axis.set_xticks([])
    axis.set_yticks([])
    if first:
        axis.set_title(name, fontsize=9)
    if shown is None:
        axis.text(0.5, 0.5, "not run", ha="center", va="center", fontsize=8,
                  transform=axis.transAxes)
        return
    image, caption = shown
    grey = image.shape[-1] == 1
    axis.imshow(image[..., 0] if grey else image, cmap="gray" if grey else None, vmin=0, vmax=1,
                interpolation="nearest")
    axis.set_xlabel(caption, fontsize=7)
