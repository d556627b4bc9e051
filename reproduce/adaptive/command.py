"""`run adaptive`."""

from reproduce.adaptive.plan import EXPERIMENT, save
from reproduce.errors import UsageError
from reproduce.quiet import import_keras


def run_adaptive(options):
    """Attacks every `--model`, and writes the report."""
    from reproduce.adaptive.estimate import estimate
    from reproduce.adaptive.request import make_plans
    from reproduce.commands import report
    from reproduce.crew import check, crew_of
    from reproduce.progress import clock
    from reproduce.records import RecordStore
    from reproduce.runner import run_cells
    from reproduce.schedule import run_on

    if not options.model:
        raise UsageError("run adaptive needs --model FILE.keras, or the name of a zoo model.")
    if options.devices is not None:
        raise UsageError("--devices is about trainings; run adaptive trains nothing.")
    check(options)
    import_keras()
    store = RecordStore(options.out)
    plans, bench = make_plans(options, store)
    store.prepare()
    most = estimate(plans, bench)
    print(
        f"{len(plans)} model(s), at most {most.forwards:,} forward and {most.backwards:,} backward "
        f"passes of an image, about {clock(most.seconds)} in one process at the speed of now "
        f"(budget {options.budget}; images that are surely fooled leave early).",
        flush=True,
    )
    for plan in plans:
        save(store, plan)
    jobs = [(plan, cell) for plan in plans for cell in plan.cells()]
    crew = crew_of(options, bench)
    if crew is None:
        ran, kept = run_cells(jobs, store, bench)
    else:
        ran, kept = run_on(crew, jobs, bench)
    print(f"{ran} cells run, {kept} had a record already, in {options.out}.", flush=True)
    return report(options)


def wanted(options):
    """Whether the command line asks for this. Raises `UsageError` if for more than this."""
    if EXPERIMENT not in options.names:
        if options.model:
            raise UsageError("--model belongs to `run adaptive`.")
        return False
    if set(options.names) != {EXPERIMENT}:
        raise UsageError("adaptive is run alone: `run adaptive --model FILE.keras`.")
    return True
