"""Threshold units."""

import numbers
from typing import Any

import keras
from keras import ops

from .noise import Noise

# The widths of the soft gate that an attacker tries (`Threshold.backward_rules`).
_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
_WITH_NUMBER = ("cdf", "sigmoid", "smooth")
_ALONE = ("zero", "straight_through")


@keras.saving.register_keras_serializable(package="binomial_keras")
class Threshold(keras.layers.Layer):
    """Threshold units: `y = 1[v > 0]`, and 0 at v = 0.

    Deterministic. Likelihood-ratio training (`binomial_keras.training.GLR`) adds noise z to the
    potential v while it trains; the layer itself never does. What it knows of that noise serves
    attacks: the mean over the noise is the smooth gate `E 1[v + z > 0] = F(v)`, with F the
    distribution function of the noise.

    Gradient: zero, which is the true one wherever there is one. Another slope dy/dv can be put in
    its place, for attacks:

    * `"zero"`;
    * `("cdf", k)`: the density of the noise at k times its scale, `f(v / k) / k`. With k = 1
      this is the exact slope of the expected gate F;
    * `("sigmoid", k)`: `sigmoid'(v / k) / k`, whatever the noise was;
    * `"straight_through"`: 1 everywhere;
    * `("smooth", k)`: that of `("cdf", k)`, and the forward pass is `y = F(v / k)` as well: the
      network with smooth gates and the same weights, whose adversarial images are transferred.

    Shapes: any, unchanged.

    Args:
        noise: family of the training noise, `"gaussian"`, `"laplace"` or `"logistic"`.
        scale: its scale sigma > 0, see `Noise`.
        surrogate: the slope, see above.

    Example:

    >>> binomial_keras.layers.Threshold()(keras.ops.array([-1.0, 0.0, 2.0]))
    [0., 0., 1.]

    References:
        Xiao, Peng, Hong, Ke, Yang, arXiv 1902.00358 (2019). The slopes are this library's.
    """

    def __init__(
        self,
        noise: str = "laplace",
        scale: float = 1.0,
        surrogate: str | tuple = "zero",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        family = Noise(noise, scale)
        self.noise, self.scale = family.family, family.scale
        self.surrogate = _check_surrogate(surrogate)
        self.supports_masking = True

    def build(self, input_shape: tuple) -> None:
        self.built = True

    def call(self, inputs: Any) -> Any:
        name, width = (*self.surrogate, None)[:2]
        if name == "smooth":
            return self._gate(width).cdf(inputs)
        fired = ops.cast(inputs > 0, inputs.dtype)
        if name == "zero":
            # Detached: the identical zero slope, without a place in the backward pass.
            return ops.stop_gradient(fired)
        if name == "straight_through":
            slope = 1.0
        else:
            gate = Noise("logistic", width) if name == "sigmoid" else self._gate(width)
            slope = ops.stop_gradient(gate.density(inputs))
        # inputs - stop_gradient(inputs) is exactly zero, so the output stays exactly 0 and 1.
        return ops.stop_gradient(fired) + slope * (inputs - ops.stop_gradient(inputs))

    def _gate(self, width):
        return Noise(self.noise, self.scale * width)

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """Other gradients that an attacker should try: name to changes of the configuration.

        `"noise cdf k"` for k in 1/4, 1/2, 1, 2, 4, `"sigmoid 1"` and `"straight through"` keep
        the forward pass; `"smooth gates"` is the gradient of the network with the gates F(v).
        """
        rules: dict[str, dict[str, Any]] = {
            f"noise cdf {k:g}": {"surrogate": ("cdf", k)} for k in _WIDTHS
        }
        rules["sigmoid 1"] = {"surrogate": ("sigmoid", 1.0)}
        rules["straight through"] = {"surrogate": "straight_through"}
        rules["smooth gates"] = {"surrogate": ("smooth", 1.0)}
        return rules

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "noise": self.noise,
            "scale": self.scale,
            "surrogate": self.surrogate,
        }


def _check_surrogate(surrogate):
    value = (surrogate,) if isinstance(surrogate, str) else tuple(surrogate or ())
    name, width = (value + (None, None))[:2]
    number = isinstance(width, numbers.Real) and not isinstance(width, bool) and width > 0
    if len(value) <= 2 and (
        (name in _ALONE and width is None) or (name in _WITH_NUMBER and number)
    ):
        return value
    raise ValueError(
        "Invalid value received for argument `surrogate`. Expected 'zero', 'straight_through', "
        "('cdf', k), ('sigmoid', k) or ('smooth', k) with a number k > 0. "
        f"Received: surrogate={surrogate!r}"
    )
