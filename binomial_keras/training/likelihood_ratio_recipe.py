"""Recipes of likelihood-ratio training."""

import dataclasses

import keras

from ..layers.noise import Noise
from .copies import check_copies
from .likelihood_ratio import GLR
from .recipe import Recipe
from .sample_losses import check_loss

RULES = ("sgd", "adagrad")


@dataclasses.dataclass(frozen=True)
class LikelihoodRatioRecipe(Recipe):
    """A `Recipe` that trains by likelihood ratios, see `GLR`. Momentum is 0 if nothing is said.

    Args:
        rule: `"sgd"` or `"adagrad"` (`w -= rate * g / sqrt(sum of all g^2 so far)`).
        noise, scale, copies, loss, baseline, antithetic: as in `GLR`; `loss` is a name.
    """

    momentum: float = 0.0
    nesterov: bool = False
    rule: str = "adagrad"
    noise: str = "laplace"
    scale: float = 1.0
    copies: int = 100
    loss: str = "cross_entropy"
    baseline: str | None = None
    antithetic: bool = False

    def __post_init__(self):
        super().__post_init__()
        if self.rule not in RULES:
            self._refuse("rule", f"one of {RULES}")
        if self.adversary:
            self._refuse("adversary", "`None`: an attack needs gradients")
        Noise(self.noise, self.scale)
        check_copies(self.copies, self.baseline, self.antithetic)
        check_loss(self.loss)

    def optimizer(self) -> keras.optimizers.Optimizer:
        """A new optimizer; `train` sets its learning rate before every step."""
        if self.rule == "sgd":
            return super().optimizer()
        # The scripts start from sums of zero. Weights of pixels that are never lit have no
        # gradient but the penalty's: the small number only keeps 0 / 0 away.
        return keras.optimizers.Adagrad(
            self.learning_rate,
            initial_accumulator_value=0.0,
            epsilon=1e-16,
            global_clipnorm=self.clipnorm,
        )

    def trainer(self, model: keras.Model) -> keras.Model:
        """The compiled trainer of a network."""
        made = GLR(
            model,
            noise=self.noise,
            scale=self.scale,
            copies=self.copies,
            loss=self.loss,
            baseline=self.baseline,
            antithetic=self.antithetic,
        )
        made.compile(optimizer=self.optimizer(), metrics=["accuracy"])
        return made


_V2021 = LikelihoodRatioRecipe(
    "glr", epochs=20, batch_size=128, learning_rate=0.01, schedule="staircase", drop=0.8
)
_V2019 = LikelihoodRatioRecipe(
    "glr-2019", epochs=30, batch_size=25, learning_rate=0.1, rule="sgd", noise="gaussian",
    scale=2.0, copies=10_000,
)
_BACKPROPAGATION = Recipe(
    "glr-bp", epochs=100, batch_size=128, learning_rate=0.1, momentum=0.0, nesterov=False,
    schedule="staircase", drop=0.8, drop_epochs=10,
)
# With less variance the steps may be longer: SGD with momentum gets in four epochs as far as
# Adagrad does in twenty.
_SHORT = {
    "epochs": 6, "batch_size": 128, "learning_rate": 0.1, "momentum": 0.9, "rule": "sgd",
    "copies": 100, "baseline": "leave_one_out", "schedule": "cosine", "warmup": 0.05,
}


def _named(recipe, name, **changes):
    return dataclasses.replace(recipe, name=name, **changes)


LIKELIHOOD_RATIO = {
    made.name: made
    for made in (
        # The programs of 2021. The one for threshold units and cross-entropy has smaller batches.
        _V2021,
        _named(_V2021, "glr-zero-one", loss="zero_one"),
        _named(_V2021, "glr-threshold", epochs=50, batch_size=32),
        # Those of 2019: ten thousand copies.
        _V2019,
        _named(_V2019, "glr-2019-zero-one", loss="zero_one"),
        # What they are compared with, and the sources of transferred attacks.
        _BACKPROPAGATION,
        _named(_BACKPROPAGATION, "glr-bp-cpu", epochs=20, drop_epochs=2),
        _named(_BACKPROPAGATION, "glr-bp-2019", epochs=30, batch_size=25, schedule="constant"),
        Recipe("glr-source", epochs=10, batch_size=128, learning_rate=0.01, nesterov=False),
        Recipe("glr-source-2019", epochs=100, batch_size=256, learning_rate=0.001, nesterov=False),
        # Short forms of both, with the leave-one-out baseline.
        _named(_V2021, "glr-cpu", **_SHORT),
        _named(_V2021, "glr-cpu-zero-one", loss="zero_one", **_SHORT),
        _named(_V2019, "glr-2019-cpu", **_SHORT),
        _named(_V2019, "glr-2019-cpu-zero-one", loss="zero_one", **_SHORT),
    )
}
