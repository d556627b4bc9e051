"""Which adaptive evaluations may stand side by side."""

from reproduce.adaptive.plan import AdaptivePlan, same_kind


def comparison_groups(plans):
    """{name: plans} of the models that were attacked on the same images in the same balls.

    Args:
        plans: list of plans of any sort; groups of one model are left out. The largest group of
            a kind, in doubt the one with the first name, is called after the kind
            (`AdaptivePlan.kind`); a smaller one has its images and radii in its name as well.
    """
    groups = []
    for plan in plans:
        if isinstance(plan, AdaptivePlan):
            fitting = next((group for group in groups if same_kind(group[0], plan)), None)
            groups.append([plan]) if fitting is None else fitting.append(plan)
    named = {}
    for group in sorted(groups, key=lambda group: (-len(group), group[0].name)):
        first = group[0]
        name = first.kind
        if name in named:
            name += f"-{first.images}-images-eps-{'-'.join(f'{eps:.4g}' for eps in first.eps)}"
        if len(group) > 1:
            named[name] = group
    return named
