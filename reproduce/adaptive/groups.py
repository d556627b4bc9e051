"""Which adaptive evaluations may stand side by side."""

from reproduce.adaptive.plan import AdaptivePlan, same_kind


def comparison_groups(plans):
    """{name: plans} of the models that were attacked on the same images in the same balls.

    Args:
        plans: list of plans of any sort; groups of one model are left out. A group's name says
            its kind (`AdaptivePlan.kind`), images and radii, all that its models share: no other
            group has it, and no further evaluation changes it.
    """
    groups = []
    for plan in plans:
        if isinstance(plan, AdaptivePlan):
            fitting = next((group for group in groups if same_kind(group[0], plan)), None)
            groups.append([plan]) if fitting is None else fitting.append(plan)
    return {_name(group[0]): group for group in groups if len(group) > 1}


def _name(plan):
    radii = "-".join(f"{eps:.4g}" for eps in plan.eps)
    return f"{plan.kind}-{plan.images}-images-eps-{radii}"
