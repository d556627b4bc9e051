"""The flexible layer."""

from typing import Any

import keras
from keras import ops

from .arguments import check_choice, check_count, check_number, check_pair
from .flexible_arguments import MAX_WHEN, PADDINGS, THRESHOLDS, check_shapes, check_surrogate
from .flexible_gate import Settings, coin_mask, gate_alone, gated_mixture, masked_mixture
from .random_words import next_key

# The scales of the gate that an attacker tries (`FlexibleLayer.backward_rules`).
_SOFT_SCALES = (1, 2, 5, 10)


@keras.saving.register_keras_serializable(package="binomial_keras")
class FlexibleLayer(keras.layers.Layer):
    """Units that switch between convolution and max-pooling.

    Forward, with `P = maxpool(x)` and `C = conv(x) + b` over the same windows, a threshold T and
    the logistic function `sigma`:

    * `max_when="below"` (the paper's Eq. 1): `g = sigma(s (T - P))`, max-pooling where P < T;
    * `max_when="above"` ("reverse" in its Table 2): `g = sigma(s (P - T))`, max-pooling where
      P > T. The public code of the paper's VGG16 and HMAX does this one.

    `y = g P + (1 - g) C`: with one sigmoid, because the two of Eq. 1 sum to 1. T comes from one of

    * `"learned"`: a weight of shape `(1, height', width', filters)`, from N(0, 1). It has no
      regularizer: the paper trains it without weight decay.
    * `"uniform"`: the number `threshold_value`, never trained. It is part of the configuration:
      `binomial_keras.models.with_threshold(model, value)` tests a network at another value.
    * `"random"`: no threshold but a mask of fair coins, `y = P` or `y = C`, drawn anew in every
      forward pass, in training and in inference alike. One mask for the whole batch, as in
      the public code, or one per image (`mask_per_image=True`).
    * `None`: `y = C`, the baseline that the paper compares with.

    Gradient: exact, through both branches and the gate, with `+` for "below", `-` for "above":
    `dy/dC = 1 - g`, `dy/dT = +- s g (1 - g) (P - C)`, `dy/dP = g -+ s g (1 - g) (P - C)`. At
    s = 50 the gate is flat but for |P - T| < 0.1 or so. dP/dx is 1 at the first maximum of a
    window, in row-major order. With "random" `dy/dP` is the mask.

    Shapes: `(batch, height, width, channels)` to `(batch, height', width', filters)`, sizes as
    those of a convolution; height and width must be known. The pooled branch has the channels of
    the input: `channels == filters` pairs them, `channels == 1` is broadcast, and where `filters`
    is a multiple of `channels` they are repeated in order (channel j of the output pools channel
    `j % channels`). Channels last only. The gate is computed in float32 whatever the policy.

    Args:
        filters: integer >= 1.
        kernel_size: integer or pair, of the convolution and of the pooling.
        threshold: `"learned"`, `"uniform"`, `"random"` or `None`, see above.
        max_when: `"below"` or `"above"`.
        scale: s > 0, in units of one over the input's.
        threshold_value: number, the T of `threshold="uniform"`; the others ignore it.
        learn_threshold: `False` freezes the weight of `threshold="learned"` at its initial
            values, as part of the public code does.
        threshold_initializer: initializer of that weight; `None` for N(0, 1).
        mask_per_image: whether a random mask differs from image to image.
        strides: integer or pair, of both branches. The paper's networks have 1, its HMAX more.
        padding: `"valid"`, or `"same"` (zeros for the convolution; the pooling sees none).
        use_bias: whether the convolution has a bias.
        conv_activation: function of the convolution's result before the mixture, such as "relu"
            in the paper's HMAX; `None` elsewhere.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer: as in
            `keras.layers.Conv2D`.
        seed: integer or `None`, seed of the masks and of the default threshold initializer. The
            state of the generator is not part of a saved model: `binomial_keras.reseed` sets it.
        surrogate: what the backward pass differentiates, see `backward_rules`: `"exact"`,
            `("soft_gate", s')`, `"stopped_gate"`, `"average_pool"` or `"mean_mask"`.

    Raises:
        ValueError: an argument out of range; an input that is not of rank 4, smaller than the
            kernel, or whose channels do not match.

    Example:

    >>> x = keras.random.normal((8, 28, 28, 1))
    >>> layer = binomial_keras.layers.FlexibleLayer(12, 5)
    >>> layer(x).shape, layer.mask(x).shape
    ((8, 24, 24, 12), (8, 24, 24, 12))

    References:
        Evanson, Lavrov, Kharitonov, Lu, Kozlov, "Biomimetic computations improve neural network
        robustness" (2024), Eq. 1 and Supporting information.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        threshold: str | None = "learned",
        max_when: str = "below",
        scale: float = 50.0,
        threshold_value: float = 0.1,
        learn_threshold: bool = True,
        threshold_initializer: Any = None,
        mask_per_image: bool = False,
        strides: int | tuple[int, int] = 1,
        padding: str = "valid",
        use_bias: bool = True,
        conv_activation: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        seed: int | None = None,
        surrogate: str | tuple = "exact",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = check_count("filters", filters)
        self.kernel_size = check_pair("kernel_size", kernel_size)
        self.threshold = check_choice("threshold", threshold, THRESHOLDS)
        self.max_when = check_choice("max_when", max_when, MAX_WHEN)
        self.scale = check_number("scale", scale, positive=True)
        self.threshold_value = check_number("threshold_value", threshold_value)
        self.learn_threshold = bool(learn_threshold)
        self.threshold_initializer = keras.initializers.get(threshold_initializer)
        self.mask_per_image = bool(mask_per_image)
        self.strides = check_pair("strides", strides)
        self.padding = check_choice("padding", padding, PADDINGS)
        self.use_bias = bool(use_bias)
        # `keras.activations.get(None)` is the identity, which would cost a pass over the data.
        self.conv_activation = conv_activation and keras.activations.get(conv_activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.seed = seed
        self.surrogate = check_surrogate(surrogate, self.threshold)
        self.seed_generator = keras.random.SeedGenerator(seed)

    @property
    def noise_per_image(self) -> bool:
        """Whether several draws may share one batch: not if its images share one mask."""
        return self.mask_per_image

    def build(self, input_shape: tuple) -> None:
        check_shapes(self, input_shape)
        channels = input_shape[-1]
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
            )
        if self.threshold == "learned":
            self.threshold_weight = self.add_weight(
                name="threshold",
                shape=(1, *self.compute_output_shape(input_shape)[1:]),
                initializer=self.threshold_initializer
                or keras.initializers.RandomNormal(0.0, 1.0, seed=self.seed),
                trainable=self.learn_threshold,
                autocast=False,
            )
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: channels})
        self.built = True

    def call(self, inputs: Any) -> Any:
        potential = ops.conv(
            inputs, self.kernel.value, self.strides, self.padding, "channels_last"
        )
        bias = None if self.bias is None else self.bias.value
        if self.threshold is None:
            return self._convolution(potential, bias)
        if self.threshold == "random":
            mask = self._random_mask(potential)
            output = masked_mixture(self._settings())(inputs, potential, bias, mask)
        else:
            T = self._threshold()
            output = gated_mixture(self._settings())(inputs, potential, bias, T)
        return ops.cast(output, self.compute_dtype)

    def mask(self, inputs: Any) -> Any:
        """Share of max-pooling g of every unit for every image, as the layer would use it.

        Args:
            inputs: as for a call.

        Returns:
            float32 tensor `(batch, height', width', filters)`, values in [0, 1]: 1 is
            max-pooling, 0 convolution. A random mask is drawn anew, as in a call.
        """
        inputs = ops.convert_to_tensor(inputs, dtype=self.compute_dtype)
        if not self.built:
            self.build(tuple(inputs.shape))
        shape = self.compute_output_shape(tuple(inputs.shape))
        if self.threshold is None:
            return ops.zeros(shape)
        if self.threshold == "random":
            share = self._random_mask(ops.zeros(shape))
        else:
            share = gate_alone(self._settings())(inputs, self._threshold())
        return ops.broadcast_to(share, shape)

    def backward_rules(self) -> dict[str, dict[str, Any]]:
        """Other gradients that an attacker should try: name to changes of the configuration.

        The forward pass stays the same in all but the last:

        * `"soft gate s'"` for s' in 1, 2, 5, 10: the gate's derivative is that of
          `sigma(s' (T - P))`, which is not flat;
        * `"stopped gate"`: no gradient through the gate;
        * `"average pool"`: the pooling's gradient is that of average-pooling, 1/k^2 everywhere;
        * `"mean mask"`, for a random mask: `y = (P + C) / 2`, the mean over the masks, no noise.
        """
        if self.threshold is None:
            return {}
        rules = {"average pool": {"surrogate": "average_pool"}}
        if self.threshold == "random":
            return {**rules, "mean mask": {"surrogate": "mean_mask"}}
        soft = {f"soft gate {s}": {"surrogate": ("soft_gate", s)} for s in _SOFT_SCALES}
        return {**soft, "stopped gate": {"surrogate": "stopped_gate"}, **rules}

    def _convolution(self, potential, bias):
        C = potential if bias is None else potential + bias
        return C if self.conv_activation is None else self.conv_activation(C)

    def _threshold(self):
        if self.threshold == "uniform":
            return ops.convert_to_tensor(self.threshold_value, "float32")
        return self.threshold_weight.value

    def _random_mask(self, units):
        if self.surrogate == ("mean_mask",):
            return ops.convert_to_tensor(0.5, "float32")
        return coin_mask(self.mask_per_image)(next_key(self.seed_generator), units)

    def _settings(self):
        return Settings(
            self.kernel_size,
            self.strides,
            self.padding,
            self.filters,
            self.max_when,
            self.scale,
            self.surrogate,
            self.conv_activation,
        )

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        valid = self.padding == "valid"
        sizes = (n - k + 1 if valid else n for n, k in zip(input_shape[1:3], self.kernel_size))
        sizes = (-(-size // stride) for size, stride in zip(sizes, self.strides))
        return (input_shape[0], *sizes, self.filters)

    def get_config(self) -> dict[str, Any]:
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "threshold": self.threshold,
            "max_when": self.max_when,
            "scale": self.scale,
            "threshold_value": self.threshold_value,
            "learn_threshold": self.learn_threshold,
            "threshold_initializer": serialize(self.threshold_initializer),
            "mask_per_image": self.mask_per_image,
            "strides": self.strides,
            "padding": self.padding,
            "use_bias": self.use_bias,
            "conv_activation": self.conv_activation
            and keras.activations.serialize(self.conv_activation),
            "kernel_initializer": serialize(self.kernel_initializer),
            "bias_initializer": serialize(self.bias_initializer),
            "kernel_regularizer": serialize(self.kernel_regularizer),
            "bias_regularizer": serialize(self.bias_regularizer),
            "seed": self.seed,
            "surrogate": self.surrogate,
        }
