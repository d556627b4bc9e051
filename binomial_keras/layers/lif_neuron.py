"""What `LIF`, `LIFCell` and `MembraneReadout` have in common: arguments, decay, backward rules."""

from typing import Any

import keras
import numpy as np
from keras import ops

from .arguments import check_choice, check_number, invalid
from .lif_decay import (
    KINDS,
    SHARED,
    Decay,
    check_fraction,
    check_law,
    check_range,
    decay_shape,
)
from .random_words import next_key
from .spike_gradient import check_spike_gradient

RESETS = ("hard", "soft")
# The surrogates that an attacker tries: name of the rule to its argument. The sharpnesses of the
# families are those of the surrogate ensemble of Ozdenizci and Legenstein (2024).
_ENSEMBLE = {
    **{f"triangular {a:g}": ("triangular", a) for a in (0.25, 0.5, 1, 2, 3)},
    **{f"rectangular {a:g}": ("rectangular", a) for a in (0.25, 0.5, 1, 2, 4)},
    **{f"exponential {a:g}": ("exponential", a) for a in (0.5, 1, 2)},
    **{f"dampened exponential {a:g}": ("exponential", a, 0.3) for a in (0.5, 1, 2)},
    "arctan": ("arctan",),
    "sigmoid": ("sigmoid",),
    "piecewise": ("piecewise",),
    "straight through": ("straight_through",),
    "adaptive": ("adaptive",),
}


def _logit(value):
    value = min(max(value, 1e-4), 1 - 1e-4)
    return float(np.log(value / (1 - value)))


class LIFNeuron(keras.layers.Layer):
    """Arguments of leaky integrate-and-fire neurons and the decay that they ask for."""

    def __init__(
        self,
        decay: str = "fixed",
        decay_value: float = 0.5,
        decay_range: tuple[float, float] = (0.0, 1.0),
        decay_law: str | tuple = "uniform",
        decay_per: str = "neuron",
        shared_over_batch: bool = False,
        threshold: float = 0.5,
        reset: str = "hard",
        detach_reset: bool = True,
        scale_input: bool = True,
        surrogate: str | tuple = "triangular",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.decay = check_choice("decay", decay, KINDS)
        self.decay_value = check_fraction("decay_value", decay_value)
        self.decay_law = check_law(decay_law)
        self.decay_range = check_range(decay_range, self.decay_law)
        self.decay_per = check_choice("decay_per", decay_per, SHARED)
        self.shared_over_batch = bool(shared_over_batch)
        self.threshold = check_number("threshold", threshold, positive=True)
        self.reset = check_choice("reset", reset, RESETS)
        self.detach_reset = bool(detach_reset)
        self.scale_input = bool(scale_input)
        self.surrogate = check_spike_gradient(surrogate)
        # Frozen decays are no weights: they follow from the seed, which the configuration keeps.
        if seed is None and decay == "frozen":
            seed = int(np.random.SeedSequence().generate_state(1)[0])
        if decay == "frozen" and not (isinstance(seed, int) and seed >= 0):
            raise invalid("seed", "`None` or an integer >= 0 for decay='frozen'", seed)
        self.seed = seed
        # On PyTorch Keras takes none above; frozen decays do not come from this generator.
        key = seed - 2**31 if isinstance(seed, int) and seed >= 2**31 else seed
        self.seed_generator = keras.random.SeedGenerator(key)

    @property
    def noise_per_image(self) -> bool:
        """Whether several draws may share one batch: not if its images share one draw."""
        return self.decay != "random" or not self.shared_over_batch

    @property
    def law(self) -> Decay:
        """The `Decay` that the kernels are compiled for."""
        per_image = self.decay == "random" and not self.shared_over_batch
        low, high = self.decay_range
        return Decay(
            self.decay,
            self.decay_value,
            low,
            high,
            self.decay_law,
            self.decay_per,
            per_image,
        )

    def build_decay(self, neurons: tuple) -> None:
        """Make the weight of a learned decay, for the shape of one image's neurons."""
        self.decay_weight = None
        if self.decay == "learned":
            self.decay_weight = self.add_weight(
                name="decay",
                shape=decay_shape(self.decay_per, neurons),
                initializer=keras.initializers.Constant(_logit(self.decay_value)),
                autocast=False,
            )

    def decay_source(self) -> tuple:
        """What the decay is computed from in this call: nothing, a tensor, or a key."""
        if self.decay == "learned":
            return (ops.sigmoid(ops.convert_to_tensor(self.decay_weight)),)
        if self.decay == "frozen":
            words = np.random.SeedSequence(self.seed).generate_state(2).view(np.int32)
            return (ops.convert_to_tensor(words, "int32"),)
        return (next_key(self.seed_generator),) if self.decay == "random" else ()

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """Other gradients that an attacker should try: name to changes of the configuration.

        The forward pass stays the same in all but the last:

        * `"triangular a"`, `"rectangular a"`, `"exponential a"`, `"dampened exponential a"`,
          `"arctan"`, `"sigmoid"`, `"piecewise"`, `"straight through"`, `"adaptive"`: that
          surrogate in place of the layer's own;
        * `"attached reset"` or `"detached reset"`: the gradient with, or without, the reset;
        * `"mean decay"`, for a random decay: the mean of its law, no noise.
        """
        rules: dict[str, dict[str, Any]] = {
            name: {"surrogate": surrogate}
            for name, surrogate in _ENSEMBLE.items()
            if check_spike_gradient(surrogate) != self.surrogate
        }
        other = "attached reset" if self.detach_reset else "detached reset"
        rules[other] = {"detach_reset": not self.detach_reset}
        if self.decay == "random":
            rules["mean decay"] = {"decay": "fixed", "decay_value": self.law.mean}
        return rules

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "decay": self.decay,
            "decay_value": self.decay_value,
            "decay_range": self.decay_range,
            "decay_law": self.decay_law,
            "decay_per": self.decay_per,
            "shared_over_batch": self.shared_over_batch,
            "threshold": self.threshold,
            "reset": self.reset,
            "detach_reset": self.detach_reset,
            "scale_input": self.scale_input,
            "surrogate": self.surrogate,
            "seed": self.seed,
        }
