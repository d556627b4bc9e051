"""Fig. S1: activation maps, a row per layer."""

from reproduce.report.figures import grid_figure
from reproduce.studies.results import point_of


def maps_pictures(study, plan, store):
    """{name: PNG}: for every network the image and the first channels of its layers."""
    found = {}
    for network in study.rows:
        one = point_of(study, plan, store, network, study.measures[0], 0)
        if one is None:
            continue
        _, record = one
        arrays = store.arrays(record)
        rows = [("image", [arrays["pictures"][0][0]])]
        for layer in record["result"]["maps"]:
            maps = arrays[f"maps_{layer}"]
            rows.append((layer, [maps[..., k : k + 1] for k in range(maps.shape[-1])]))
        found[f"{plan.name}-{network.key}"] = grid_figure(rows, network.label)
    return found
