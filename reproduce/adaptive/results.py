"""The scores of an adaptive plan, put together from its records."""

import dataclasses

import numpy as np

from reproduce.adaptive.cell import NO_ATTACK
from reproduce.lookup import record_of


@dataclasses.dataclass(frozen=True, eq=False)
class AttackResult:
    """One attack within one ball, over all blocks.

    Args:
        score: `RobustScore` in fresh draws.
        selection: float `(images,)`, share of right draws among those of the selection.
        unchanged: bool `(images,)`.
        records: ids of the records.
        seconds, forwards, backwards: what it took in all.
    """

    score: object
    selection: np.ndarray
    unchanged: np.ndarray
    records: tuple
    seconds: float
    forwards: int
    backwards: int


@dataclasses.dataclass(frozen=True, eq=False)
class WorstResult:
    """The per-image worst case within one ball.

    Args:
        score: `RobustScore`, chosen in the draws of the selection, counted in others.
        counts: dict of attack names to the number of images it was the worst for.
        records: ids of the records behind it.
        attacks, planned: how many attacks have records, and how many there should be.
    """

    score: object
    counts: dict
    records: tuple
    attacks: int
    planned: int


def attack_result(plan, store, attack, eps):
    """`AttackResult`, or None while a block is missing."""
    cells = plan.cells_of(attack, eps)
    records = [record_of(cell, plan, store) for cell in cells]
    if not cells or any(record is None for record in records):
        return None
    key = ("attack", tuple(record["id"] for record in records))
    return store.made(key, lambda: _attack_result(records, store))


def _attack_result(records, store):
    parts = [store.arrays(record) for record in records]

    def joined(name):
        return np.concatenate([part[name] for part in parts])

    return AttackResult(
        score=_score(parts),
        selection=joined("selection_share"),
        unchanged=joined("unchanged"),
        records=tuple(record["id"] for record in records),
        seconds=sum(record["cost"]["seconds"] for record in records),
        forwards=sum(record["cost"]["forwards"] for record in records),
        backwards=sum(record["cost"]["backwards"] for record in records),
    )


def _score(parts):
    from binomial_keras.evaluation import RobustScore

    axis = {"hits": 0, "vote_hits": 1, "image_hashes": 0}
    whole = {
        name: np.concatenate([part[name] for part in parts], axis[name])
        if name in axis else parts[0][name]
        for name in RobustScore.from_arrays(parts[0]).to_arrays()
    }
    return RobustScore.from_arrays(whole)


def worst_result(plan, store, eps):
    """`WorstResult` over the attacks that have records; None without the originals."""
    names = [NO_ATTACK, *plan.attacks[str(eps)]]
    found = {name: attack_result(plan, store, name, 0.0 if name == NO_ATTACK else eps)
             for name in names}
    found = {name: one for name, one in found.items() if one is not None}
    if NO_ATTACK not in found or len(found) == 1:
        return None
    records = tuple((name, one.records) for name, one in found.items())
    return store.made(("worst", records, len(names)), lambda: _worst_result(found, len(names)))


def _worst_result(found, names):
    results = list(found.values())
    source = np.argmin([one.selection for one in results], axis=0)
    counts = {name: int((source == k).sum()) for k, name in enumerate(found)}
    return WorstResult(
        score=_chosen([one.score for one in results], source),
        counts=counts,
        records=tuple(record for one in results for record in one.records),
        attacks=len(found) - 1,
        planned=names - 1,
    )


def _chosen(scores, source):
    """The score of image i taken from the attack `source[i]`."""
    images = np.arange(len(source))
    first = scores[0]
    return dataclasses.replace(
        first,
        hits=np.array([one.hits for one in scores])[source, images],
        vote_hits={
            N: np.array([one.vote_hits[N] for one in scores])[source, images]
            for N in first.vote_hits
        },
    )
