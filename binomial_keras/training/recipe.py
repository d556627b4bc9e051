"""How a network is trained, as data."""

import dataclasses
import math
import numbers
from typing import Any

import keras

from .adversary import Adversary

SCHEDULES = ("constant", "step", "cosine", "staircase")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A training schedule for stochastic gradient descent.

    The learning rate in step s of S is `learning_rate * f(s / S)`, with f = 1 ("constant"), 1,
    0.1 and 0.01 from 0, 50 % and 75 % of the training ("step"), a half cosine from 1 to 0
    ("cosine"), or `drop` to the power of e // `drop_epochs` in epoch e = 0, 1, ... ("staircase").
    During the first `warmup` (a fraction of the training) it rises linearly instead.

    Args:
        name: what the recipe is called in records.
        epochs: integer >= 1.
        batch_size: integer >= 1, images.
        learning_rate: peak value, > 0.
        momentum: in [0, 1).
        nesterov: whether the momentum is Nesterov's.
        schedule: `"constant"`, `"step"` or `"cosine"`.
        warmup: fraction of the training in [0, 1).
        clipnorm: largest norm of the whole gradient, or `None`.
        drop, drop_epochs: of the schedule "staircase": a factor in (0, 1] and an integer >= 1.
        flip: whether every image is mirrored left to right in half of the epochs, by chance.
        adversary: an `Adversary` that attacks the images of every step, or `None`.
        shift: integer >= 0: in every epoch every image is moved by up to so many pixels down or up
            and right or left, by chance, with zeros at the edge (a crop of the padded image).
    """

    name: str
    epochs: int
    batch_size: int
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    schedule: str = "constant"
    warmup: float = 0.0
    clipnorm: float | None = None
    drop: float = 0.7
    drop_epochs: int = 20
    flip: bool = False
    adversary: Adversary | None = None
    shift: int = 0

    def __post_init__(self):
        for name in ("epochs", "batch_size", "drop_epochs"):
            value = getattr(self, name)
            if not isinstance(value, numbers.Integral) or value < 1:
                self._refuse(name, "an integer >= 1")
        if not isinstance(self.shift, numbers.Integral) or self.shift < 0:
            self._refuse("shift", "an integer >= 0")
        if not self.learning_rate > 0:
            self._refuse("learning_rate", "a number > 0")
        if not 0 <= self.momentum < 1:
            self._refuse("momentum", "a number in [0, 1)")
        if not 0 <= self.warmup < 1:
            self._refuse("warmup", "a number in [0, 1)")
        if self.clipnorm is not None and not self.clipnorm > 0:
            self._refuse("clipnorm", "`None` or a number > 0")
        if not 0 < self.drop <= 1:
            self._refuse("drop", "a number in (0, 1]")
        if self.schedule not in SCHEDULES:
            self._refuse("schedule", f"one of {SCHEDULES}")
        if not isinstance(self.adversary, (Adversary, type(None))):
            self._refuse("adversary", "`None` or an Adversary")

    def _refuse(self, name, expected):
        raise ValueError(
            f"Invalid value received for argument `{name}`. Expected {expected}. "
            f"Received: {name}={getattr(self, name)!r}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields as a dictionary that JSON can hold."""
        fields = dataclasses.asdict(self)
        # Left out where there is none: recipes without it are described as they ever were.
        return fields if self.adversary else {k: v for k, v in fields.items() if k != "adversary"}

    def rate(self, progress: float) -> float:
        """Learning rate at `progress` in [0, 1], the share of the training that is done."""
        if progress < self.warmup:
            return self.learning_rate * progress / self.warmup
        if self.schedule == "cosine":
            done = (progress - self.warmup) / (1.0 - self.warmup)
            return self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))
        if self.schedule == "step":
            factor = 0.01 if progress >= 0.75 else 0.1 if progress >= 0.5 else 1
            return self.learning_rate * factor
        if self.schedule == "staircase":
            # The small number keeps 20 / 60 of 60 epochs from falling just short of epoch 20.
            epoch = math.floor(progress * self.epochs + 1e-6)
            return self.learning_rate * self.drop ** (epoch // self.drop_epochs)
        return self.learning_rate

    def optimizer(self) -> keras.optimizers.Optimizer:
        """A new `keras.optimizers.SGD`; `train` sets its learning rate before every step."""
        return keras.optimizers.SGD(
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            nesterov=self.nesterov,
            global_clipnorm=self.clipnorm,
        )

    def trainer(self, model: keras.Model) -> keras.Model:
        """What `train` fits: the network itself, compiled for backpropagation."""
        usual = keras.losses.SparseCategoricalCrossentropy()
        loss = self.adversary.loss() if self.adversary else usual
        model.compile(optimizer=self.optimizer(), loss=loss, metrics=["accuracy"])
        return model


_FLEXIBLE = Recipe(
    "flexible", epochs=150, batch_size=100, learning_rate=0.001, nesterov=False,
    schedule="staircase",
)
_FLEXIBLE_CPU = dataclasses.replace(
    _FLEXIBLE, name="flexible-cpu", epochs=12, learning_rate=0.01, schedule="cosine", warmup=0.05
)

# Spiking networks: the schedule of the public code that `models.randhet_vgg9` follows. Its weight
# decay is a penalty of the networks themselves.
_SPIKING = Recipe(
    "spiking", epochs=100, batch_size=256, nesterov=False, schedule="cosine", flip=True
)
_SPIKING_CPU = dataclasses.replace(
    _SPIKING, name="spiking-cpu", epochs=5, batch_size=64, warmup=0.05, flip=False
)
# Five steps cross the radius, from wherever in the ball they start.
_MNIST_PGD = Adversary("pgd", eps=0.1, steps=5, step_size=0.03)
# He et al.'s training of residual networks on CIFAR-10: the rate falls in epochs 100 and 150. The
# weight decay of 1e-4 is a penalty of the networks themselves.
_SPLASH = Recipe("splash", epochs=200, batch_size=128, schedule="step")
_SPLASH_CPU = dataclasses.replace(
    _SPLASH, name="splash-cpu", epochs=5, schedule="cosine", warmup=0.05
)

RECIPES = {
    # Table 2 of the paper; no schedule is mentioned there, so the rate stays constant.
    "paper": Recipe("paper", epochs=250, batch_size=32),
    # The same steps, fewer of them, with a rate that goes down to zero.
    "cpu": Recipe("cpu", epochs=10, batch_size=32, schedule="cosine", warmup=0.05),
    # The Flexible layer's paper: the rate times 0.7 every 20 epochs. Its weight decay is a
    # penalty of the networks themselves.
    "flexible": _FLEXIBLE,
    "flexible-cifar": dataclasses.replace(_FLEXIBLE, name="flexible-cifar", flip=True),
    "flexible-all": dataclasses.replace(
        _FLEXIBLE, name="flexible-all", flip=True, learning_rate=0.01, epochs=500
    ),
    # Short forms. The learning rates of the 150 epochs add up to 0.062; with ten times the rate
    # and a cosine, twelve epochs add up to 0.06, and the penalty has as long to act.
    "flexible-cpu": _FLEXIBLE_CPU,
    # A third of the epochs at three times the rate.
    "flexible-cifar-cpu": dataclasses.replace(
        _FLEXIBLE_CPU, name="flexible-cifar-cpu", epochs=4, learning_rate=0.03, flip=True
    ),
    "spiking": _SPIKING,
    "spiking-at": dataclasses.replace(_SPIKING, name="spiking-at", adversary=Adversary("pgd")),
    "spiking-trades": dataclasses.replace(
        _SPIKING,
        name="spiking-trades",
        adversary=Adversary("trades", steps=4, step_size=3 / 255, beta=5.0),
    ),
    "spiking-cifar-cpu": dataclasses.replace(
        _SPIKING_CPU, name="spiking-cifar-cpu", epochs=10, flip=True
    ),
    "spiking-cifar-at-cpu": dataclasses.replace(
        _SPIKING_CPU, name="spiking-cifar-at-cpu", flip=True, adversary=Adversary("pgd")
    ),
    # 28x28 images are not mirrored.
    "spiking-mnist": dataclasses.replace(
        _SPIKING, name="spiking-mnist", epochs=30, batch_size=64, warmup=0.05, flip=False
    ),
    "spiking-mnist-cpu": dataclasses.replace(_SPIKING_CPU, name="spiking-mnist-cpu"),
    "spiking-mnist-at": dataclasses.replace(
        _SPIKING, name="spiking-mnist-at", epochs=30, batch_size=64, warmup=0.05, flip=False,
        adversary=_MNIST_PGD,
    ),
    "spiking-mnist-at-cpu": dataclasses.replace(
        _SPIKING_CPU, name="spiking-mnist-at-cpu", adversary=_MNIST_PGD
    ),
    # The paper of SPLASH was not at hand, so these are common choices and not its own.
    "splash": _SPLASH,
    "splash-cifar": dataclasses.replace(_SPLASH, name="splash-cifar", flip=True, shift=4),
    "splash-cpu": _SPLASH_CPU,
    "splash-cifar-cpu": dataclasses.replace(
        _SPLASH_CPU, name="splash-cifar-cpu", epochs=12, flip=True, shift=2
    ),
}


def recipe(name: str = "cpu", **changes: Any) -> "Recipe":
    """The recipe of this name, a key of `RECIPES`, with some fields changed.

    Example:

    >>> recipe("paper", epochs=20, schedule="step").epochs
    20
    """
    if name not in RECIPES:
        raise ValueError(
            f"Invalid value received for argument `name`. Expected one of {tuple(RECIPES)}. "
            f"Received: name={name!r}"
        )
    return dataclasses.replace(RECIPES[name], **changes)
