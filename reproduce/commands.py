"""The commands, after their arguments have been parsed."""

import argparse
import difflib
import sys

from reproduce.adaptive.command import run_adaptive
from reproduce.adaptive.command import wanted as adaptive_wanted
from reproduce.errors import UsageError
from reproduce.experiments import ATTACK_ORDER, EXPERIMENTS, find
from reproduce.publish.command import publish
from reproduce.quiet import import_keras
from reproduce.records import RecordStore
from reproduce.studies import ALIASES, STUDIES
from reproduce.studies.command import run_studies
from reproduce.studies.command import wanted as studies_wanted

__all__ = ["demo", "execute", "listing", "parser_defaults", "publish", "report", "run"]


def run(options):
    """`run NAME...`: runs what has no record yet, then writes the report."""
    options.names = [_known(name) for name in options.names]
    if adaptive_wanted(options):
        return run_adaptive(options)
    if studies_wanted(options):
        return run_studies(options)
    experiments = [find(name) for name in dict.fromkeys(options.names)]
    execute(experiments, options)
    return report(options)


def _known(name):
    """The experiment of that name, or the one that holds it. Raises `UsageError` for another."""
    name = ALIASES.get(name, name)
    known = (*EXPERIMENTS, *STUDIES, "adaptive")
    if name not in known:
        near = difflib.get_close_matches(name, known, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "`list` has them all."
        raise UsageError(f"There is no experiment called {name!r}; {hint}")
    return name


def execute(experiments, options):
    """Runs the cells of experiments with the given options; returns (store, plans)."""
    from reproduce.bench import Bench
    from reproduce.checkpoints import GivenCheckpoints
    from reproduce.crew import check, crew_of
    from reproduce.devices import check_devices
    from reproduce.options import attack_name, make_plan, wanted_rows
    from reproduce.plan import save_plan
    from reproduce.runner import ordered, run_cells
    from reproduce.schedule import run_on

    check(options)
    import_keras()
    check_devices(options.devices)
    if options.attacks is not None:
        options.attacks = tuple(attack_name(name) for name in options.attacks)
    given = GivenCheckpoints(options.checkpoints) if options.checkpoints else None
    rows = {e.name: wanted_rows(e, options.rows, options.T) for e in experiments}
    store = RecordStore(options.out)
    plans = [make_plan(experiment, options, given) for experiment in experiments]
    jobs, absent = [], set()
    for experiment, plan in zip(experiments, plans):
        wanted = experiment.cells(plan, rows[experiment.name], options.attacks or ATTACK_ORDER)
        jobs += [(plan, cell) for cell in wanted]
        absent.update(f"{plan.data}-{key}" for key in
                      experiment.missing(plan, rows[experiment.name]))
    if absent and not jobs:
        raise UsageError(f"{options.checkpoints} holds none of {', '.join(sorted(absent))}.")
    store.prepare()
    plans = [save_plan(store, plan) for plan in plans]
    if absent:
        print(f"Not given, left out: {', '.join(sorted(absent))}.", file=sys.stderr)
    hashes = {plan.data: plan.data_sha256.get("train") for plan in plans}
    verbose = "auto" if sys.stdout.isatty() else 2
    bench = Bench(store, hashes, given, verbose, devices=options.devices,
                  retrain=options.retrain)
    crew = crew_of(options, bench)
    if crew is None:
        ran, kept = run_cells(ordered(jobs), store, bench)
    else:
        ran, kept = run_on(crew, ordered(jobs), bench)
    print(f"{ran} cells run, {kept} had a record already, in {options.out}.", flush=True)
    return store, plans


def demo(options):
    """`demo`: trains, attacks and writes one page."""
    from reproduce.demo import SETTINGS

    defaults = parser_defaults("demo")
    # A demo is for looking at: it has its networks at hand, whatever results are there already.
    vars(defaults).update(SETTINGS, retrain=True)
    vars(defaults).update({k: v for k, v in vars(options).items() if v is not None})
    store, plans = execute([EXPERIMENTS["demo"]], defaults)
    from reproduce.report.page import write_page
    from reproduce.report.section import section
    from reproduce.report.terminal import short_table

    sections = [section(plan, store) for plan in plans]
    page = write_page(sections, store, store.out / "demo.html", "Demo on 8x8 digits")
    print(short_table(store, plans[0]))
    print(f"The page with the table and the pictures: {page}")
    return 0


def parser_defaults(*names):
    """All options of `run` at their defaults."""
    from reproduce.cli import parser

    return argparse.Namespace(**vars(parser().parse_args(["run", *names])))


def report(options):
    """`report`: tables, figures and the page, from the records alone."""
    from reproduce.plan import load_plans
    from reproduce.report import write_report

    store = RecordStore(options.out)
    plans = load_plans(store)
    if not plans:
        raise UsageError(f"{options.out} holds no records of `run` or `demo`.")
    import_keras()
    store.prepare()
    folder = write_report(store, plans, getattr(options, "into", None) or ())
    print(f"Tables, figures and the page: {folder / 'index.html'}")
    return 0


def listing(options):
    """`list`: every experiment, what it reproduces, what it costs, and how much of it was run."""
    ran = _ran(options.out) if options.out else {}
    lines = [(e.name, f"{e.title} ({e.data})", _cost(e)) for e in EXPERIMENTS.values()]
    lines += [
        (s.name, f"{s.title} ({s.data})",
         f"{_count(len(s.networks), 'network')} x {_count(s.seeds, 'seed')}, "
         f"{_count(len(s.measures), 'measure')} each")
        for s in STUDIES.values()
    ]
    lines.append((
        "adaptive", "any .keras classifier under attacks that average over its noise (--model)",
        "depends on --budget, --draws, --images and --eps; printed before it starts",
    ))
    width = max(len(name) for name, _, _ in lines)
    for name, title, cost in lines:
        told = (title, cost, *ran.get(name, ()))
        print(f"{name:{width}s}  " + f"\n{'':{width}s}  ".join(told))
    return 0


def _ran(out):
    """{name: lines that say how many cells of its plans have records in the folder}."""
    from reproduce.coverage import count
    from reproduce.plan import load_plans

    store, found = RecordStore(out), {}
    for plan in load_plans(store):
        done, planned = count(plan, store)
        name = getattr(plan, "study", None) or plan.experiment
        found.setdefault(name, []).append(f"{done} of {planned} cells have records: {plan.name}")
    return found


def _count(number, thing):
    return f"{number} {thing}" + "s" * (number != 1)


def _cost(experiment):
    networks = {row.network for row in experiment.rows}
    tested = {(row.network, row.test) for row in experiment.rows}
    cost = f"{len(networks)} trainings, {len(tested)} tested networks"
    if experiment.attacked:
        cost += f", 5 attacks on {experiment.images} images each"
    return cost
