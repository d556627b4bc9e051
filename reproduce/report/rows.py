"""From records to the numbers of a row: pure functions, nothing is run or loaded here."""

import dataclasses

import numpy as np

from reproduce.experiments.experiment import ATTACK_ORDER
from reproduce.experiments.rows import attack_cells, clean_cell
from reproduce.lookup import record_of


@dataclasses.dataclass(frozen=True)
class Measured:
    """An accuracy with its spread. All numbers are percentages.

    Attributes:
        value: mean over training seeds, draws and images.
        low, high: 95 % interval over images (draws of an image are no independent images).
        over_draws: standard deviation of the accuracy over draws, None for one draw.
        over_seeds: standard deviation over training seeds, None for one seed.
        images, draws, seeds: how many.
        records: ids of the records behind the number.
    """

    value: float
    low: float
    high: float
    over_draws: float | None
    over_seeds: float | None
    images: int
    draws: int
    seeds: int
    records: tuple


@dataclasses.dataclass(frozen=True)
class Attacked:
    """What one attack did to one row.

    Attributes:
        accuracy: a `Measured`, of fresh draws of the attacked images.
        per_image: array (2, images): accuracy and SSIM of every image, in percent.
        clean: accuracy of the same images unattacked, percent.
        ssim: mean similarity, percent, over all images, those left unchanged included.
        ssim_low, ssim_high: its 95 % interval.
        unchanged: share of images that the attack returned as they were, percent.
        l2, linf: mean size of the change.
        forwards, backwards: images passed forward and backward, per attacked image.
        seconds: of the attack, per attacked image.
    """

    accuracy: Measured
    per_image: np.ndarray
    clean: float
    ssim: float
    ssim_low: float
    ssim_high: float
    unchanged: float
    l2: float
    linf: float
    forwards: float
    backwards: float
    seconds: float


def measured(per_seed, records):
    """`Measured` from one (draws, images) array of hits for each training seed.

    Seeds may have different blocks of images when a run is unfinished; the images that all of
    them have are used. Draws are pooled: every seed's draws are draws of its own network.
    """
    from binomial_keras.evaluation import accuracy_interval

    images = min(hits.shape[1] for hits in per_seed)
    hits = [one[:, :images] for one in per_seed]
    pooled = np.concatenate(hits)
    low, high = accuracy_interval(pooled)
    draws = hits[0].shape[0]
    by_draw = [one.mean(axis=1).std(ddof=1) for one in hits if one.shape[0] > 1]
    by_seed = [one.mean() for one in hits]
    return Measured(
        value=100 * float(pooled.mean()),
        low=100 * low,
        high=100 * high,
        over_draws=100 * float(np.mean(by_draw)) if by_draw else None,
        over_seeds=100 * float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else None,
        images=images,
        draws=draws,
        seeds=len(hits),
        records=tuple(records),
    )


def clean_of(store, plan, row, seeds=None):
    """Clean accuracy of a row as `Measured`, or None when it was not run.

    `seeds` names the training seeds that count, None for all of the plan.
    """
    wanted = range(plan.seeds) if seeds is None else seeds
    found = [clean_hits(store, plan, row, seed) for seed in wanted]
    found = [(hits, record["id"]) for hits, record in found if record is not None]
    return measured(*zip(*found)) if found else None


def clean_hits(store, plan, row, seed):
    """(bool (draws, images), the record) of one training seed; (None, None) without a record."""
    cell, index = clean_cell(plan, row, seed)
    record = record_of(cell, plan, store)
    return (None, None) if record is None else (store.arrays(record)["correct"][index], record)


def attack_parts(store, plan, row, attack, seed):
    """[(arrays, record)] of the blocks of one attack on one training seed that were run."""
    found = [record_of(cell, plan, store) for cell in attack_cells(plan, row, attack, seed)]
    return [(store.arrays(record), record) for record in found if record is not None]


def attack_of(store, plan, row, attack, seeds=None):
    """Result of an attack on a row as `Attacked`, or None when no block of it was run.

    `seeds` as in `clean_of`.
    """
    from binomial_keras.evaluation import bootstrap_interval

    per_seed, records, stored = [], [], []
    for seed in range(plan.seeds) if seeds is None else seeds:
        parts = attack_parts(store, plan, row, attack, seed)
        if parts:
            per_seed.append(np.concatenate([one["correct"] for one, _ in parts], axis=1))
            records += [record for _, record in parts]
            stored += [one for one, _ in parts]
    if not records:
        return None

    def pooled(name):
        return np.concatenate([np.atleast_1d(one[name]) for one in stored], axis=-1)

    def per_image(name):
        total = sum(record["cost"][name] for record in records)
        return total / sum(record["result"]["images"] for record in records)

    similarity = 100 * pooled("ssim").astype(float)
    low, high = bootstrap_interval(similarity)
    return Attacked(
        accuracy=measured(per_seed, [record["id"] for record in records]),
        per_image=np.stack([100 * np.concatenate([one.mean(0) for one in per_seed]), similarity]),
        clean=100 * float(pooled("clean_correct").mean()),
        ssim=float(similarity.mean()),
        ssim_low=low,
        ssim_high=high,
        unchanged=100 * float(pooled("unchanged").mean()),
        l2=float(pooled("l2").mean()),
        linf=float(pooled("linf").mean()),
        forwards=per_image("forwards"),
        backwards=per_image("backwards"),
        seconds=per_image("seconds"),
    )


def attacks_of(store, plan, row):
    """Dict of `Attacked` (or None) by attack, in the order of the paper's Fig. 4."""
    order = ("DeepFool", "FGM", "Square", "C&W", "Pixel")
    assert set(order) == set(ATTACK_ORDER)
    return {attack: attack_of(store, plan, row, attack) for attack in order}


def alpha_of(clean, attacks):
    """Alpha score (Eq. 12) of a row, None while one of its numbers is missing or an SSIM is 0."""
    from binomial_keras.evaluation import alpha_score

    if clean is None or any(one is None or one.ssim <= 0 for one in attacks.values()):
        return None
    return alpha_score(
        clean.value,
        {name: one.accuracy.value for name, one in attacks.items()},
        {name: one.ssim for name, one in attacks.items()},
    )


def alpha_interval(clean, attacks, resamples=2000):
    """95 % bootstrap interval of the alpha score over the attacked images, or None.

    An image that is drawn is drawn for all attacks. The clean accuracy, which is measured on
    many more images, is held fixed.
    """
    if alpha_of(clean, attacks) is None:
        return None
    images = min(one.per_image.shape[1] for one in attacks.values())
    draws = np.random.default_rng(0).integers(0, images, (resamples, images))
    score = np.zeros(resamples)
    for one in attacks.values():
        accuracy, similarity = (values[draws].mean(axis=1) for values in one.per_image[:, :images])
        score += accuracy / np.maximum(similarity, 1e-9)
    low, high = np.quantile(clean.value * score, [0.025, 0.975])
    return float(low), float(high)
