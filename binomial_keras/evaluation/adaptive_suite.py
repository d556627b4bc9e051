"""The attacks that a stochastic classifier has to survive, with three sizes of budget."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras

from ..layers import BU
from ..models.traversal import walk
from ..models.with_backward import OWN, backward_rules
from .adaptive_attack import AdaptiveAttack
from .inputs import check_count
from .suite_estimators import TWIN, SuiteEstimators


@dataclasses.dataclass(frozen=True)
class _Budget:
    """What an image gets; steps and queries are means over the suite's draws.

    `restarts` holds for PGD, APGD and transfers, `rule_restarts` for each other backward rule.
    `nes_queries` are single draws: the mean over directions is a mean over the noise as well.
    """

    tries: int
    steps: int
    restarts: int
    rule_restarts: int
    apgd_steps: int
    targets: int
    transfer_steps: int
    nes_queries: int
    nes_pairs: int
    square_iterations: int


BUDGETS = {
    "quick": _Budget(10, 20, 1, 1, 20, 3, 50, 2020, 50, 200),
    "standard": _Budget(100, 100, 2, 1, 100, 9, 100, 20200, 100, 1000),
    "full": _Budget(1000, 200, 5, 2, 100, 9, 100, 100500, 100, 5000),
}


def adaptive_suite(
    model: keras.Model,
    eps: float,
    norm: str | float = "inf",
    budget: str = "standard",
    draws: int = 20,
    sources: Mapping[str, keras.Model] | None = None,
    batch_size: int = 256,
    clip_values: tuple[float, float] = (0.0, 1.0),
    estimators: Any = None,
) -> "dict[str, AdaptiveAttack]":
    """The attacks that a stochastic classifier has to survive, cheap ones first.

    * `"random noise"`: the floor.
    * `"FGSM"`; `"transfer from NAME"`: momentum PGD on the deterministic twin (`"twin"`, where
      the model has binomial units with noise) and on every one of `sources`.
    * `"PGD"`, with momentum, on the loss averaged over the draws; `"APGD-CE"`, `"APGD-DLR"`.
    * `"PGD RULE"` for every other gradient that the layers of the model offer
      (`models.backward_rules`).
    * Stochastic models only: `"FGSM, 1 draw"`; `"PGD, 1 draw"` with `draws` times the steps, at
      the cost of `"PGD"`; `"APGD vote"` on the classifier that averages the softmax of the draws.
    * Deterministic models only: `"APGD targeted"`.
    * `"NES"` and `"Square"` ask for no gradient. Square takes the margin averaged over the
      draws, has squares per image and does not stop early.

    With two classes DLR is replaced by the margin and there is no targeted attack; with three,
    the targeted one takes the margin.

    A number is the per-image worst case over the suite: `worst_case`.

    Args:
        model: a `keras.Model` that ends in logits or a softmax layer.
        eps: radius of the ball, > 0, in pixel units.
        norm: `"inf"` or 2.
        budget: `"quick"`, `"standard"` or `"full"`.

            |          | noise | PGD steps x restarts | APGD | NES queries | Square |
            |----------|-------|----------------------|------|-------------|--------|
            | quick    |    10 |             20 x 1   |   20 |       2,000 |    200 |
            | standard |   100 |            100 x 2   |  100 |      20,000 |  1,000 |
            | full     | 1,000 |            200 x 5   |  100 |     100,000 |  5,000 |

        draws: integer >= 1, K; 20 or more for a stochastic model.
        sources: dict of names to `keras.Model`s to transfer from, such as a ReLU network trained
            on the same data.
        batch_size, clip_values: see `ARTClassifier`.
        estimators: `estimators` of an attack of an earlier suite for the same model, sources,
            batch size and clip values, so that a suite for another `eps` compiles nothing anew.

    Returns:
        Dict of `AdaptiveAttack` by name, in the order in which to run them.

    Example:

    >>> suite = adaptive_suite(model, eps=0.1, budget="quick", sources={"ReLU": relu})
    >>> sum(attack.cost(500)["forwards"] for attack in suite.values())
    """
    if budget not in BUDGETS:
        raise ValueError(
            f"Invalid value received for argument `budget`. Expected one of {tuple(BUDGETS)}. "
            f"Received: budget={budget!r}"
        )
    check_count("draws", draws)
    sources = _checked_sources(sources)
    noisy_units = any(isinstance(u, BU) and u.neuron != "D" for u in walk(model))
    if noisy_units:
        sources = {TWIN: None, **sources}
    if estimators is None:
        estimators = SuiteEstimators(model, sources, batch_size, clip_values)
    estimators.check(model, sources, batch_size, clip_values)
    stochastic = estimators.of(1, "loss", OWN, False).stochastic
    parts = _Parts(estimators, BUDGETS[budget], norm, eps, draws if stochastic else 1, stochastic)
    # Wrong arguments are told of now, not after an hour of attacks.
    parts.add("random noise", "RandomNoise", tries=parts.budget.tries).art_attack()
    parts.single_steps()
    parts.transfers(sources)
    parts.ascents()
    parts.rules(backward_rules(model))
    parts.blind()
    return parts.attacks


class _Parts:
    """Collects the attacks of a suite."""

    def __init__(self, estimators, budget, norm, eps, draws, stochastic):
        self.estimators, self.budget = estimators, budget
        self.common = dict(norm=_checked_norm(norm), eps=eps)
        self.draws, self.stochastic = draws, stochastic
        self.classes = estimators.model.output_shape[-1]
        self.attacks = {}

    def add(self, name, attack, estimator=(), **settings):
        arguments = {"draws": self.draws, **dict(estimator)}
        self.attacks[name] = AdaptiveAttack(
            name, attack, {**self.common, **settings}, self.estimators, **arguments
        )
        return self.attacks[name]

    def single_steps(self):
        one = dict(
            steps=1, step_size=self.common["eps"], random_start=False, momentum=0.0, restarts=1
        )
        if self.stochastic:
            self.add("FGSM, 1 draw", "EOTPGD", dict(draws=1), **one)
        self.add("FGSM", "EOTPGD", **one)

    def transfers(self, sources):
        settings = dict(steps=self.budget.transfer_steps, restarts=self.budget.restarts)
        for name in sources:
            self.add(f"transfer from {name}", "Transfer", dict(source=name), **settings)

    def ascents(self):
        settings = dict(steps=self.budget.apgd_steps, restarts=self.budget.restarts)
        dlr = "dlr" if self.classes > 2 else "margin"
        self.add("PGD", "EOTPGD", steps=self.budget.steps, restarts=self.budget.restarts)
        self.add("APGD-CE", "APGD", loss="cross_entropy", **settings)
        self.add("APGD-DLR", "APGD", loss=dlr, **settings)
        if self.stochastic:
            self.add("APGD vote", "APGD", dict(average="vote"), loss=dlr, **settings)
            self.add(
                "PGD, 1 draw",
                "EOTPGD",
                dict(draws=1),
                steps=self.budget.steps * self.draws,
                step_size=self.common["eps"] / 10,
                restarts=self.budget.restarts,
            )
        elif self.classes > 2:
            aimed = "dlr" if self.classes > 3 else "margin"
            self.add(
                "APGD targeted",
                "TargetedAPGD",
                loss=aimed,
                targets=min(self.budget.targets, self.classes - 1),
                **settings,
            )

    def rules(self, names):
        settings = dict(steps=self.budget.steps, restarts=self.budget.rule_restarts)
        for name in names:
            self.add(f"PGD {name}", "EOTPGD", dict(backward=name), **settings)

    def blind(self):
        self.add(
            "NES",
            "NES",
            dict(draws=1, common_noise=self.stochastic),
            queries=self.budget.nes_queries,
            pairs=self.budget.nes_pairs,
        )
        self.add(
            "Square",
            "Square",
            max_iter=self.budget.square_iterations,
            p_init=0.8,
            early_stop=not self.stochastic,
            refresh=100 if self.stochastic else 0,
            batch_size=256,
        )


def _checked_norm(norm):
    """`"inf"` or 2, which JSON can hold."""
    for name in ("inf", 2):
        if norm in (name, float(name)):
            return name
    raise ValueError(
        "Invalid value received for argument `norm`. Expected 'inf' or 2. "
        f"Received: norm={norm!r}"
    )


def _checked_sources(sources):
    sources = dict(sources or {})
    if TWIN in sources:
        raise ValueError(
            f"Invalid value received for argument `sources`. The name {TWIN!r} is taken: that "
            "source is made from the model itself."
        )
    return sources
