"""From command-line arguments to the plans of experiments, with every check on the way."""

import json

from reproduce import images
from reproduce.errors import UsageError
from reproduce.experiments import ATTACK_ORDER
from reproduce.experiments.networks import architecture_of
from reproduce.plan import Plan

WIDTHS = {"digits": (16, 32), "cifar10": (64, 128, 256)}
DEFAULT_WIDTHS = (16, 32, 64)


def parse_settings(texts):
    """`["Pixel.max_iter=2", "recipe.momentum=0.8"]` as {"Pixel": {...}, "recipe": {...}}."""
    found = {}
    for text in texts or ():
        target, equals, value = text.partition("=")
        owner, dot, key = target.rpartition(".")
        if not (equals and dot and key):
            raise UsageError(
                f"--set expects NAME.SETTING=VALUE, such as Pixel.max_iter=2, not {text!r}."
            )
        owner = "recipe" if owner == "recipe" else attack_name(owner)
        try:
            value = json.loads(value)
        except ValueError:
            pass  # not JSON: a word, such as an optimiser's name, stands for itself
        found.setdefault(owner, {})[key] = value
    return found


def attack_name(text):
    """The attack meant by `text`, whatever its case; "cw" is C&W."""
    for name in ATTACK_ORDER:
        if text.lower() in (name.lower(), name.lower().replace("&", "")):
            return name
    known = ", ".join(ATTACK_ORDER)
    raise UsageError(f"There is no attack called {text!r}; there are: {known}.")


def wanted_rows(experiment, numbers, T):
    """Numbers of the rows to run, None for all of them."""
    known = [row.number for row in experiment.rows]
    for number in numbers or ():
        if number not in known:
            raise UsageError(
                f"{experiment.name} has no row {number!r}; its rows are {', '.join(known)}."
            )
    rows = [row for row in experiment.rows if not numbers or row.number in numbers]
    if T is not None:
        rows = [row for row in rows if row.test[1] == T]
    if not rows:
        raise UsageError(f"No row of {experiment.name} that was asked for is tested with T = {T}.")
    return None if len(rows) == len(known) else {row.number for row in rows}


def make_plan(experiment, options, given=None):
    """The plan of an experiment from parsed arguments.

    Args:
        experiment: an `Experiment`.
        options: the namespace of `cli`.
        given: `GivenCheckpoints` or None.

    Raises:
        UsageError: something asked for is impossible; the text says what.
    """
    name = options.data or experiment.data
    total = _test_images(name)
    settings = parse_settings(options.set)
    attacked = images_of("--images", options.images, total, name, experiment.images)
    clean = options.clean_images or (None if experiment.attacked else options.images)
    clean = images_of("--clean-images", clean, total, name, total)
    seeds = options.seeds or experiment.seeds
    draws = options.draws or experiment.draws
    training = _training(name, options, settings)
    checkpoints = None
    if given is not None:
        networks = list(dict.fromkeys(row.network for row in experiment.rows))
        checkpoints = given.describe(name, networks, seeds)
    hashes = {"test": images.data_sha256(name, "test")}
    if given is None:
        hashes["train"] = images.data_sha256(name, "train")
    return Plan(
        experiment=experiment.name,
        data=name,
        seeds=seeds,
        training=training,
        clean={"images": clean, "draws": draws, "batch_size": options.batch_size},
        attacks=_attacks(name, options, settings, attacked, draws) if experiment.attacked else {},
        data_sha256=hashes,
        checkpoints=checkpoints,
    )


def _test_images(name):
    from binomial_keras import data

    if name not in data.names():
        raise UsageError(
            f"There is no data set called {name!r}; there are: {', '.join(data.names())}."
        )
    return data.describe(name)["test"]


def images_of(option, wanted, total, name, default):
    """Number of test images: what an option wants, or the default, None for all."""
    if wanted is not None and wanted > total:
        raise UsageError(f"{option} {wanted} is more than the {total} test images of {name}.")
    return min(default or total, total) if wanted is None else wanted


def _training(name, options, settings):
    from binomial_keras import training

    overrides = dict(settings.get("recipe", {}))
    if options.epochs is not None:
        overrides["epochs"] = options.epochs
    try:
        training.recipe(options.recipe, **overrides)
    except (TypeError, ValueError) as error:
        raise UsageError(_sentence(error)) from None
    widths = list(options.widths or WIDTHS.get(name, DEFAULT_WIDTHS))
    return {"recipe": options.recipe, "overrides": overrides, "widths": widths,
            "gradient": options.gradient,
            "architecture": options.architecture or architecture_of(name)}


def _attacks(name, options, settings, count, draws):
    from binomial_keras.evaluation import published_suite

    suite = published_suite(name)
    chosen = {}
    for attack in options.attacks or ATTACK_ORDER:
        known, changed = dict(suite[attack].settings), settings.get(attack, {})
        for key in changed:
            if key not in known:
                raise UsageError(
                    f"{attack} has no setting {key!r}; there are: {', '.join(sorted(known))}."
                )
        chosen[attack] = {
            "settings": {**known, **changed},
            "images": count,
            "draws": draws,
            "shard": options.shard,
            "batch_size": options.batch_size,
        }
    return chosen


def _sentence(error):
    return " ".join(str(error).split())
