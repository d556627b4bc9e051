"""What the titles of the report say beyond the name of the experiment."""


def suffix(experiment, plan):
    """What a title adds when the data or the architecture are not the experiment's own."""
    parts = []
    if plan.data != experiment.data:
        parts.append(f"the same rows on {plan.data} (published: {experiment.data})")
    if plan.name.endswith(f"-{plan.architecture}"):
        parts.append(f"architecture {plan.architecture}")
    return f": {', '.join(parts)}" if parts else ""
