"""The checks that are computed on one model."""

import dataclasses
import json

from reproduce.adaptive.cell import Setting
from reproduce.cells import FORMAT, GivenCheckpoint

# Raised when the meaning of a check changes: records of older checks are then not shown.
VERSION = 2
MOST_IMAGES = {"quick": 40, "standard": 100, "full": 100}


@dataclasses.dataclass(frozen=True)
class CheckCell:
    """All computed checks of one model, in one record.

    Args:
        checkpoint: `GivenCheckpoint` of the model.
        images: number of images, the first of the fixed list.
        eps: radius at which steps and draws are varied.
        largest: largest radius of the plan.
        steps: of the suite's PGD.
        rules, losses: tuples, backward rules and losses of the plan's attacks.
        setting: `Setting`.
    """

    checkpoint: GivenCheckpoint
    images: int
    eps: float
    largest: float
    steps: int
    rules: tuple
    losses: tuple
    setting: Setting

    kind = "checks"
    split = "test"

    def identity(self, data_sha256, weights_sha256):
        """What decides the numbers, as JSON-able data."""
        setting = {k: v for k, v in self.setting.to_dict().items() if k not in ("sources", "votes")}
        return {
            "format": FORMAT,
            "kind": self.kind,
            "version": VERSION,
            "data": self.checkpoint.data,
            "data_sha256": data_sha256,
            "model": self.checkpoint.network,
            "weights_sha256": weights_sha256,
            "images": self.images,
            "eps": self.eps,
            "largest": self.largest,
            "steps": self.steps,
            "rules": list(self.rules),
            "losses": list(self.losses),
            "setting": setting,
        }

    def label(self):
        return f"checks of {self.checkpoint.network}, L{self.setting.norm}"


def check_settings(images, eps, attacks, budget, steps):
    """The plan's part about the checks, as JSON-able data.

    Args:
        images: number of images of the plan.
        eps: sorted radii. Steps and draws are varied at the middle one, where neither all
            images fall nor none.
        attacks: `AdaptivePlan.attacks`; what no attack of the plan uses is not checked.
        budget: name of the budget.
        steps: of the PGD of that budget.
    """
    specs = [json.loads(spec) for specs in attacks.values() for spec in specs.values()]
    used = [spec["backward"] for spec in specs]
    losses = [spec["settings"]["loss"] for spec in specs if "loss" in spec["settings"]]
    return {
        "images": min(images, MOST_IMAGES[budget]),
        "eps": eps[(len(eps) - 1) // 2],
        "largest": eps[-1],
        "steps": steps,
        "rules": list(dict.fromkeys(["own", *used])),
        "losses": list(dict.fromkeys(["cross_entropy", *losses])),
    }
