"""The networks of the binomial-neuron paper."""

from collections.abc import Sequence

import keras

from ..layers import BU, BatchNormalization, EConv2D, Evidence, PerPass, SpikeEncoder

DOWNSAMPLING = ("stride", "pool")


def binomial_cnn(
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    widths: Sequence[int] = (16, 32, 64),
    neuron: str = "A",
    T: int = 3,
    seed: int | None = None,
    *,
    convolutions: int = 2,
    batch_normalization: bool = True,
    downsampling: str = "stride",
    encode_input: bool = False,
    gradient: str = "last",
    l2: float = 1e-4,
) -> keras.Model:
    """A plain convolutional network of binomial units, with softmax output.

    One stage per entry of `widths`, each `convolutions` times EConv2D 3x3 (same padding) ->
    BatchNormalization -> BU; from the second stage on, the first convolution has stride 2. Then
    the mean over the passes, global average pooling, and Dense softmax with an l2 penalty.

    The paper gives the map sizes (28x28x16, 14x14x32, 7x7x64 for MNIST), EConv2D, BU, global
    pooling and the regularised softmax; its Fig. 3 with the rest is not available. Kernel size,
    depth, normalisation and downsampling are a reconstruction (labelled R1 in this project), and
    each can be changed by an argument. On MNIST the variant with `batch_normalization=False,
    downsampling="pool"` comes closest to the printed numbers (under FGM, and trained as D but
    tested with few spikes). For CIFAR-10 use `widths=(64, 128, 256)`.

    Args:
        input_shape: `(height, width, channels)` of images in [0, 1].
        classes: integer >= 2.
        widths: maps per stage; one or more positive integers.
        neuron, T, gradient: as in `layers.BU`; the same for every unit.
        seed: integer or `None`; seeds the initial weights and every unit's draws.
        convolutions: convolutions per stage.
        batch_normalization: if `False`, convolutions have a bias instead.
        downsampling: `"stride"`, or `"pool"` for stride 1 and 2x2 max-pooling of the spikes of
            each pass at the end of every stage but the last.
        encode_input: if `True` the pixels are sampled as spikes first (`layers.SpikeEncoder`).
        l2: penalty factor of the softmax layer's kernel (not given in the paper).

    Returns:
        A functional `keras.Model`; its last layer is named `"probabilities"`.
    """
    _check(input_shape, classes, widths, convolutions, downsampling, seed)
    seeds = iter(range(seed * 1000, (seed + 1) * 1000)) if seed is not None else None

    def next_seed():
        return None if seeds is None else next(seeds)

    def unit(layer=BU, **kwargs):
        return layer(neuron, T, seed=next_seed(), gradient=gradient, **kwargs)

    image = keras.Input(input_shape, name="image")
    x = unit(SpikeEncoder, name="encoder")(image) if encode_input else image
    for stage, width in enumerate(widths, 1):
        for number in range(1, convolutions + 1):
            shrink = downsampling == "stride" and stage > 1 and number == 1
            x = EConv2D(
                width,
                3,
                gradient=gradient,
                strides=2 if shrink else 1,
                padding="same",
                use_bias=not batch_normalization,
                kernel_initializer=keras.initializers.HeNormal(seed=next_seed()),
                name=f"conv{stage}_{number}",
            )(x)
            if batch_normalization:
                x = BatchNormalization(gradient=gradient, name=f"norm{stage}_{number}")(x)
            x = unit(name=f"unit{stage}_{number}")(x)
        if downsampling == "pool" and stage < len(widths):
            x = PerPass(keras.layers.MaxPooling2D(2), name=f"pool{stage}")(x)
    x = Evidence(name="evidence")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
    output = keras.layers.Dense(
        classes,
        activation="softmax",
        kernel_initializer=keras.initializers.HeNormal(seed=next_seed()),
        kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
        name="probabilities",
    )(x)
    return keras.Model(image, output, name=f"binomial_cnn_{neuron}{T if neuron in 'AB' else ''}")


def _check(input_shape, classes, widths, convolutions, downsampling, seed):
    if len(tuple(input_shape)) != 3:
        raise ValueError(
            "Invalid value received for argument `input_shape`. Expected (height, width, "
            f"channels). Received: input_shape={input_shape}"
        )
    if classes < 2:
        raise ValueError(
            "Invalid value received for argument `classes`. Expected at least 2. "
            f"Received: classes={classes}"
        )
    if not widths or min(widths) < 1:
        raise ValueError(
            "Invalid value received for argument `widths`. Expected one or more positive "
            f"integers. Received: widths={widths}"
        )
    if convolutions < 1:
        raise ValueError(
            "Invalid value received for argument `convolutions`. Expected at least 1. "
            f"Received: convolutions={convolutions}"
        )
    if downsampling not in DOWNSAMPLING:
        raise ValueError(
            "Invalid value received for argument `downsampling`. Expected one of "
            f"{DOWNSAMPLING}. Received: downsampling={downsampling!r}"
        )
    # Keras' generators take 32 bits, and every layer gets a seed of its own.
    if seed is not None and not 0 <= seed < 2**32 // 1000:
        raise ValueError(
            "Invalid value received for argument `seed`. Expected `None` or an integer in "
            f"0..{2**32 // 1000 - 1}. Received: seed={seed}"
        )
