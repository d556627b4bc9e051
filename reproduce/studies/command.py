"""`run` for studies."""

from reproduce import images
from reproduce.errors import UsageError
from reproduce.quiet import import_keras
from reproduce.studies import STUDIES
from reproduce.studies.plan import StudyPlan

# Options of `run` that mean nothing to a study, and what they are when they are not given.
_FOREIGN = {"T": None, "attacks": None, "checkpoints": None, "widths": None,
            "architecture": None, "model": None, "source": None, "eps": None, "twin": False}


def wanted(options):
    """Whether the command line asks for studies. Raises `UsageError` if for more than that."""
    asked = [name for name in options.names if name in STUDIES]
    if not asked:
        return False
    others = [name for name in options.names if name not in STUDIES]
    if others:
        raise UsageError(f"Run the studies ({', '.join(asked)}) apart from {', '.join(others)}.")
    for option, default in _FOREIGN.items():
        if getattr(options, option) != default:
            raise UsageError(f"--{option.replace('_', '-')} means nothing to {asked[0]}.")
    return True


def run_studies(options):
    """Trains and measures what has no record yet, then writes the report."""
    import sys

    from reproduce.bench import Bench
    from reproduce.commands import report
    from reproduce.crew import check, crew_of
    from reproduce.devices import check_devices
    from reproduce.plan import save_plan
    from reproduce.records import RecordStore
    from reproduce.runner import run_cells
    from reproduce.schedule import run_on

    check(options)
    import_keras()
    check_devices(options.devices)
    store = RecordStore(options.out)
    studies = [STUDIES[name] for name in dict.fromkeys(options.names)]
    plans = [make_plan(study, options) for study in studies]
    numbers = [_rows(study, options.rows) for study in studies]
    store.prepare()
    for plan in plans:
        save_plan(store, plan)
    cells = [(p, cell) for study, p, n in zip(studies, plans, numbers)
             for cell in study.cells(p, n)]
    # A network that two studies need is one cell, at its first place.
    jobs = list({cell: (plan, cell) for plan, cell in cells}.values())
    hashes = {plan.data: plan.data_sha256["train"] for plan in plans}
    verbose = "auto" if sys.stdout.isatty() else 2
    bench = Bench(store, hashes, None, verbose, devices=options.devices,
                  retrain=options.retrain)
    crew = crew_of(options, bench)
    if crew is None:
        ran, kept = run_cells(jobs, store, bench)
    else:
        ran, kept = run_on(crew, jobs, bench)
    print(f"{ran} cells run, {kept} had a record already, in {options.out}.", flush=True)
    return report(options)


def _rows(study, texts):
    """The numbers of the networks that were asked for, None for all. Raises `UsageError`."""
    for text in texts or ():
        if not (text.isdecimal() and 1 <= int(text) <= len(study.rows)):
            known = ", ".join(f"{n} ({one.label})" for n, one in enumerate(study.rows, 1))
            raise UsageError(f"{study.name} has no row {text!r}; its rows are {known}.")
    return {int(text) for text in texts} if texts else None


def make_plan(study, options):
    """The plan of a study from parsed arguments. Raises `UsageError` for what is impossible."""
    from binomial_keras import data, training
    from reproduce.options import images_of, parse_settings

    name = options.data or study.data
    if name not in data.names():
        raise UsageError(
            f"There is no data set called {name!r}; there are: {', '.join(data.names())}."
        )
    total = data.describe(name)["test"]
    count = images_of("--images", options.images, total, name, study.images)
    clean = images_of("--clean-images", options.clean_images, total, name,
                      study.clean_images or count)
    if options.width is not None and not study.takes_width:
        raise UsageError(f"--width means nothing to {study.name}.")
    settings = parse_settings(options.set)
    if set(settings) - {"recipe"}:
        raise UsageError(f"--set of {study.name} can change recipe.SETTING alone.")
    overrides = dict(settings.get("recipe", {}))
    if options.epochs is not None:
        overrides["epochs"] = options.epochs
    elif options.recipe == "cpu" and study.short_epochs is not None:
        overrides.setdefault("epochs", study.short_epochs)
    for network in study.networks:
        if options.recipe not in network.recipes:
            known = ", ".join(network.recipes)
            raise UsageError(f"--recipe {options.recipe}: {study.name} has {known}.")
        try:
            training.recipe(network.recipes[options.recipe], **overrides)
        except (TypeError, ValueError) as error:
            raise UsageError(" ".join(str(error).split())) from None
    return StudyPlan(
        study=study.name,
        data=name,
        seeds=options.seeds or study.seeds,
        training={"recipe": options.recipe, "overrides": overrides,
                  "width": options.width or study.width},
        images=count,
        draws=options.draws or 20,
        batch_size=options.batch_size,
        data_sha256={split: images.data_sha256(name, split) for split in ("train", "test")},
        clean_images=clean,
    )
