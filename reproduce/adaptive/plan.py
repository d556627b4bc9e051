"""The plan of an adaptive evaluation: one model, one norm, several balls."""

import dataclasses
import json

from reproduce.adaptive.cell import NO_ATTACK, AdaptiveCell, Setting
from reproduce.adaptive.check_cell import CheckCell
from reproduce.cells import GivenCheckpoint, canonical
from reproduce.records import pretty, write_atomically

EXPERIMENT = "adaptive"
# Ends the name of a model that is another one's weights without noise (neuron type D).
TWIN = "-as-D"
_SAME = ("weights_sha256", "data_sha256", "images", "shard")


@dataclasses.dataclass(frozen=True)
class AdaptivePlan:
    """Settings of one adaptive evaluation.

    Args:
        model: name of the model.
        weights_sha256: hash of its weights.
        data: name of the data.
        data_sha256: dict with the hash of the test images ("test").
        images: number of images attacked, the first of the fixed list.
        shard: images per record.
        eps: list of radii.
        setting: `Setting.to_dict()`.
        attacks: dict from the text of every eps to a dict of attack names to specs.
        checks: what `check_settings` returns, or None for no checks of the model.
    """

    model: str
    weights_sha256: str
    data: str
    data_sha256: dict
    images: int
    shard: int
    eps: list
    setting: dict
    attacks: dict
    checks: dict | None = None
    experiment: str = EXPERIMENT

    @property
    def name(self):
        """Of the plan's file and of those in the report."""
        return f"{EXPERIMENT}-{self.model}-{self.kind}"

    @property
    def kind(self):
        """What models must have in common to be compared: data, norm and budget."""
        budget = self.setting["budget"]
        larger = "" if budget == "quick" else f"-{budget}"
        return f"{self.data}-l{self.setting['norm']}{larger}"

    @property
    def is_twin(self):
        """Whether the model is another one's weights without noise."""
        return self.model.endswith(TWIN)

    @property
    def checkpoint(self):
        return GivenCheckpoint(self.data, self.model, 0, self.weights_sha256)

    def cells(self):
        """All cells: the originals, attack by attack over balls and blocks, then the checks."""
        found = self.cells_of(NO_ATTACK, 0.0)
        for attack in dict.fromkeys(name for specs in self.attacks.values() for name in specs):
            for eps in self.eps:
                found += self.cells_of(attack, eps)
        return found + [cell for cell in (self.check_cell(),) if cell is not None]

    def check_cell(self):
        """The `CheckCell`, or None."""
        if self.checks is None:
            return None
        fields = {**self.checks, "rules": tuple(self.checks["rules"]),
                  "losses": tuple(self.checks["losses"])}
        return CheckCell(checkpoint=self.checkpoint, setting=self._setting(), **fields)

    def cells_of(self, attack, eps):
        """The cells of one attack within one ball, block by block."""
        spec = "" if attack == NO_ATTACK else self.attacks[str(eps)].get(attack)
        if spec is None:
            return []
        setting = self._setting()
        return [
            AdaptiveCell(self.checkpoint, attack, spec, eps, start,
                         min(start + self.shard, self.images), setting)
            for start in range(0, self.images, self.shard)
        ]

    def _setting(self):
        fields = dict(self.setting)
        fields["votes"] = tuple(fields["votes"])
        fields["sources"] = tuple(
            GivenCheckpoint(self.data, name, 0, weights)
            for name, weights in sorted(fields["sources"].items())
        )
        return Setting(**fields)


def save(store, plan):
    """Writes a plan; it keeps balls, attacks and sources of an earlier one that is else equal."""
    path = store.plans / f"{plan.name}.json"
    try:
        old = AdaptivePlan(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        old = None
    if old is not None and _comparable(old) == _comparable(plan):
        attacks = {
            eps: {**old.attacks.get(eps, {}), **plan.attacks.get(eps, {})}
            for eps in {**old.attacks, **plan.attacks}
        }
        eps = sorted({*old.eps, *plan.eps})
        sources = {**old.setting["sources"], **plan.setting["sources"]}
        plan = dataclasses.replace(
            plan, eps=eps, attacks=attacks, setting={**plan.setting, "sources": sources}
        )
    write_atomically(path, pretty(dataclasses.asdict(plan)).encode())


def _comparable(plan):
    """What two plans share whose attacks belong into one table."""
    setting = {key: value for key, value in plan.setting.items() if key != "sources"}
    return [setting, *(getattr(plan, name) for name in _SAME)]


def same_kind(one, other):
    """Whether two plans differ in nothing but their model."""
    return all(
        canonical(getattr(one, name)) == canonical(getattr(other, name))
        for name in ("data_sha256", "images", "eps")
    ) and one.kind == other.kind
