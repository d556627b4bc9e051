"""The plan of an experiment: the settings that decide which cells belong to it.

The last `run` of an experiment leaves its plan beside the records, so that `report` can tell
which records are the experiment's without being told again. A later run of only some attacks
keeps what the plan says of the others.
"""

import dataclasses
import json

from reproduce.adaptive.plan import EXPERIMENT, AdaptivePlan
from reproduce.cells import FIRST_ARCHITECTURE
from reproduce.errors import UsageError
from reproduce.experiments.networks import architecture_of
from reproduce.records import pretty, write_atomically
from reproduce.studies.plan import StudyPlan


@dataclasses.dataclass(frozen=True)
class Plan:
    """Settings of one experiment.

    Args:
        experiment: its name, for example "table3".
        data: name of the data set.
        seeds: number of training seeds (0 .. seeds - 1).
        training: dict with "recipe", "overrides", "widths", "gradient" and "architecture".
        clean: dict with "images", "draws" and "batch_size".
        attacks: dict by attack name of dicts with "settings", "images", "draws", "shard" and
            "batch_size".
        data_sha256: dict by split ("train", "test") of the hashes of the data.
        checkpoints: None when the networks are trained here; otherwise a dict from
            "A2-s0"-like keys to {"file", "weights_sha256"} of the networks that were given.
    """

    experiment: str
    data: str
    seeds: int
    training: dict
    clean: dict
    attacks: dict
    data_sha256: dict
    checkpoints: dict | None = None

    @property
    def architecture(self):
        """Key of the networks' architecture in `experiments.networks.ARCHITECTURES`."""
        return self.training.get("architecture", FIRST_ARCHITECTURE)

    @property
    def name(self):
        """Of the plan's file and of those in the report; each architecture has its own."""
        usual = self.architecture == architecture_of(self.data)
        return f"{self.experiment}-{self.data}" + ("" if usual else f"-{self.architecture}")


def load_plans(store):
    """All plans of an output directory, sorted by name.

    Raises:
        UsageError: a plan or the records are of another version.
    """
    store.check_version()
    return [_read(path) for path in sorted(store.plans.glob("*.json"))]


def _read(path):
    try:
        described = json.loads(path.read_text())
        if "study" in described:
            return StudyPlan(**described)
        kind = AdaptivePlan if described["experiment"] == EXPERIMENT else Plan
        return kind(**described)
    except (OSError, ValueError, TypeError, KeyError):
        raise UsageError(f"{path} is not a plan that this version can read.") from None


def save_plan(store, plan):
    """Writes `plan`, keeping what an earlier plan says of other attacks and checkpoints."""
    path = store.plans / f"{plan.name}.json"
    if path.exists() and isinstance(plan, Plan):
        plan = _merge(_read(path), plan)
    write_atomically(path, pretty(dataclasses.asdict(plan)).encode())
    return plan


def _merge(old, new):
    checkpoints = new.checkpoints
    if old.checkpoints and checkpoints is not None:
        checkpoints = {**old.checkpoints, **checkpoints}
    return dataclasses.replace(
        new,
        attacks={**old.attacks, **new.attacks},
        data_sha256={**old.data_sha256, **new.data_sha256},
        checkpoints=checkpoints,
    )
