"""What a study is: which networks, what is measured on them, and what a paper prints for it."""

import dataclasses

from reproduce.cells import pairs
from reproduce.studies.cells import MeasureCell, NetworkCell, Point


@dataclasses.dataclass(frozen=True)
class Network:
    """One kind of network, trained once per seed.

    Args:
        key: short name, in files and in records.
        label: name in tables.
        builder: name of a function in `binomial_keras.models`; it gets `input_shape`, `classes`,
            `seed` and the arguments.
        arguments: dict of further arguments of the builder.
        recipes: dict from "cpu" and "paper" to names of training recipes.
        noisy: whether its answers differ from draw to draw.
        images: number of training images, class-balanced, chosen by the seed; None for all.
        short: dict of arguments of the builder that short recipes set besides.
        short_images: number of training images of short recipes; None for `images`.
    """

    key: str
    label: str
    builder: str
    arguments: dict
    recipes: dict
    noisy: bool = False
    images: int | None = None
    short: dict = dataclasses.field(default_factory=dict)
    short_images: int | None = None


@dataclasses.dataclass(frozen=True)
class Measure:
    """One accuracy.

    Args:
        key: short name, in records and CSV files.
        label: name in tables.
        kind: a key of `measures.KINDS`: what happens to the images first.
        settings: dict of that kind's settings.
        change: dict of layer arguments that are changed before the network is tested.
        source: key of the network that the attack is made on, None for the tested one.
        at: where it stands on the horizontal axis of a curve.
        group: measures of one group share a record; None for a record of its own.
        images: number of test images at the most, for what is dear; None for those of the study.
    """

    key: str
    label: str
    kind: str
    settings: dict = dataclasses.field(default_factory=dict)
    change: dict = dataclasses.field(default_factory=dict)
    source: str | None = None
    at: float | None = None
    group: str | None = None
    images: int | None = None

    @property
    def record(self):
        """What the cell that holds it is called."""
        return self.group or self.key

    @property
    def point(self):
        """The `Point` of it."""
        return Point(self.kind, pairs(self.settings), pairs(self.change))


CLEAN = Measure("clean", "clean", "clean", at=0.0)


@dataclasses.dataclass(frozen=True)
class Study:
    """A table or figure of a paper as data.

    Args:
        name: what `python -m reproduce run` calls it.
        title: what it reproduces, for people.
        data: name of the data set it is about.
        networks: tuple of `Network`, a row each.
        measures: tuple of `Measure`, a column or a point of a curve each.
        published: dict from (network key, measure key) to (value, standard error or None), in %.
        seeds: number of training seeds when the user does not say.
        images: number of test images likewise, None for all.
        clean_images: number of test images of clean accuracies likewise, None for `images`.
        view: "table", "curves" or "maps".
        axis: what the horizontal axis of the curves is.
        note: what has to be read with the numbers, or "".
        hidden: keys of networks that are trained but have no row, such as the source of transfers.
        width: fraction of the paper's feature maps when the user does not say, for builders with
            an argument `width`; None where they have none.
        short_epochs: epochs of short recipes when the user does not say; None for the recipe's.
    """

    name: str
    title: str
    data: str
    networks: tuple
    measures: tuple
    published: dict = dataclasses.field(default_factory=dict)
    seeds: int = 1
    images: int | None = None
    clean_images: int | None = None
    view: str = "table"
    axis: str = ""
    note: str = ""
    hidden: tuple = ()
    width: float | None = None
    short_epochs: int | None = None

    @property
    def takes_width(self):
        """Whether the builders have an argument `width`."""
        return self.width is not None

    @property
    def rows(self):
        """The networks that have a row."""
        return tuple(one for one in self.networks if one.key not in self.hidden)

    def network(self, key):
        """The network of that key."""
        return next(one for one in self.networks if one.key == key)

    def training(self, plan, network, seed):
        """The cell that trains a network."""
        arguments, images = dict(network.arguments), network.images
        if plan.training["recipe"] == "cpu":
            arguments |= network.short
            images = network.short_images or images
        if self.takes_width:
            arguments["width"] = plan.training["width"]
        return NetworkCell(
            data=plan.data,
            network=network.key,
            builder=network.builder,
            arguments=pairs(arguments),
            seed=seed,
            recipe=network.recipes[plan.training["recipe"]],
            overrides=pairs(plan.training["overrides"]),
            images=images,
        )

    def cell(self, plan, network, measure, seed):
        """The cell of one accuracy of one trained network, and where in it that stands."""
        together = [one for one in self.measures if one.record == measure.record]
        images = plan.images
        if measure.kind == "clean":
            images = plan.clean_images or images
        source = measure.source and self.training(plan, self.network(measure.source), seed)
        cell = MeasureCell(
            checkpoint=self.training(plan, network, seed),
            name=measure.record,
            points=tuple(one.point for one in together),
            source=source,
            images=min(images, measure.images or images),
            draws=plan.draws if network.noisy else 1,
            batch_size=plan.batch_size,
        )
        return cell, together.index(measure)

    def cells(self, plan, numbers=None):
        """Cells in the order of the work: seed by seed, training before measures.

        Args:
            plan: `StudyPlan`.
            numbers: which networks, counted from 1 in the order of the table; None for all.
        """
        rows = [n for number, n in enumerate(self.rows, 1) if not numbers or number in numbers]
        found = []
        for seed in range(plan.seeds):
            needed = {m.source for m in self.measures} - {None}
            wanted = [n for n in self.networks if n not in rows and n.key in needed]
            found += [self.training(plan, n, seed) for n in [*wanted, *rows]]
            found += [self.cell(plan, n, m, seed)[0] for m in self.measures for n in rows]
        return list(dict.fromkeys(found))
