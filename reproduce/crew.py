"""Who runs the cells: this process, worker processes on this machine, or a Ray cluster."""

from reproduce.errors import UsageError


def crew_of(options, bench):
    """The crew that the arguments ask for, or None for this process itself.

    Raises:
        UsageError: Ray is not installed, or no cluster answers.
    """
    if options.ray is not None:
        from reproduce.ray_cluster import RayCluster

        return RayCluster(options.ray, options.threads, bench)
    if options.workers is not None:
        from reproduce.pool import Pool

        return Pool(options.workers, options.threads, bench)
    return None


def check(options):
    """Refuses what does not go together, before anything is loaded."""
    if options.ray is not None and options.workers is not None:
        raise UsageError(
            "--workers and --ray exclude each other: a Ray cluster brings its own workers."
        )
    crew = "--workers" if options.workers is not None else "--ray"
    if options.devices is not None and (options.workers is not None or options.ray is not None):
        raise UsageError(
            f"--devices and {crew} exclude each other: one process uses all the devices."
        )
    if options.ray is not None:
        from reproduce.ray_cluster import import_ray

        import_ray()
