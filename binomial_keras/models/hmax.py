"""HMAX, with fixed pooling, convolutions or flexible layers as its second stage."""

from collections.abc import Sequence
from typing import Any

import keras

from ..layers.flexible import FlexibleLayer
from ..layers.gabor import Gabor
from ..layers.patch_distance import PatchDistance
from .flexible_blocks import FASHION_MNIST, Blocks, check_classes, normalization

FORMS = ("baseline", "convolutional", "flexible")


def hmax(
    input_shape: Sequence[int] = (28, 28, 1),
    classes: int = 10,
    form: str = "flexible",
    threshold: str | None = "learned",
    max_when: str = "above",
    seed: int | None = None,
    *,
    c1_sizes: Sequence[int] = (8, 10, 12, 14),
    patch_sizes: Sequence[int] = (2, 4, 6, 8),
    patches: int = 100,
    sigma: float = 1.0,
    mean: float | Sequence[float] = FASHION_MNIST[0],
    std: float | Sequence[float] = FASHION_MNIST[1],
    l2: float = 0.003,
    **options: Any,
) -> keras.Model:
    """HMAX as a trainable network, with softmax output: a reconstruction.

    * S1: `layers.gabor.Gabor` of sizes 7, 9, 11, ... in four orientations, fixed; the wavelength
      starts at 4 and falls by 0.05 from size to size.
    * C1, one unit for two neighbouring sizes of S1: the maximum of the two, then a window of
      size k (an entry of `c1_sizes`) moved by k // 2 over the map with a border of k // 2. In
      the window, by `form`: `"baseline"` the maximum; `"flexible"` a `layers.FlexibleLayer` with
      ReLU on its convolution; `"convolutional"` the same with `threshold=None`.
    * S2: `layers.patch_distance.PatchDistance` between every C1 map and learned patches; the
      width of the tuning is `sigma * size / 4` (Mutch and Lowe, 2006: the distance of large
      patches is not comparable otherwise).
    * C2: the largest response of a patch over all positions and C1 units. Then Dense, softmax.

    What is published does not determine this network. Its S2 patches were initialised from a
    set of 8 x 400 natural patches that is not at hand: here they start uniform on 0..0.5, the
    range of most C1 responses. The paper says that S2 is flexible too, its code has flexible
    units in C1 alone, as here. That code fills C1's kernels with 0.1; here they start as means
    over the window, which keeps the responses within the tuning of S2. The full size is
    `c1_sizes=range(8, 24, 2)`, eight sizes of 400 patches; its filters of up to 37 pixels are
    larger than a 28x28 image. The default has half of the scales and an eighth of the patches.

    Args:
        input_shape: `(height, width, 1)` of images in [0, 1].
        classes: integer >= 2.
        form: `"baseline"`, `"convolutional"` or `"flexible"`.
        threshold, max_when: as in `layers.FlexibleLayer`, for `form="flexible"`. The public code
            of the paper pools above the threshold.
        seed: integer or `None`; seeds the initial weights and the masks.
        c1_sizes: window of each C1 unit, even integers.
        patch_sizes: sides of the S2 patches.
        patches: patches per side.
        sigma: number > 0, width of the tuning for 4x4 patches.
        mean, std: normalisation; by default that of Fashion-MNIST's training images.
        l2: penalty factor of every weight but the thresholds: half of the paper's weight decay
            of 0.006.
        **options: further arguments of `layers.FlexibleLayer`.

    Returns:
        A functional `keras.Model` for pixels in [0, 1]; C1 units are named `"c1_{size}"`, the
        layer before the last `"c2"`, the last one `"probabilities"`.

    References:
        Riesenhuber, Poggio (1999); Serre, Oliva, Poggio (2007); Evanson et al. (2024), Supporting
        information.
    """
    check_classes(classes)
    _check(form, c1_sizes, patch_sizes)
    blocks = Blocks(seed, l2)
    normalize = normalization(input_shape, mean, std)
    options = {"threshold": threshold, "max_when": max_when, **options}
    if form == "convolutional":
        options["threshold"] = None
    image = keras.Input(input_shape, name="image")
    x = normalize(image)
    maps = [
        _c1(blocks, _s1_pair(x, place), size, None if form == "baseline" else options)
        for place, size in enumerate(c1_sizes)
    ]
    features = [_c2(blocks, maps, size, patches, sigma) for size in patch_sizes]
    x = keras.layers.Concatenate(name="c2")(features) if len(features) > 1 else features[0]
    output = blocks.dense(x, classes, activation="softmax", name="probabilities")
    return keras.Model(image, output, name=f"hmax_{form}")


def _s1_pair(x, place):
    sizes = (7 + 4 * place, 9 + 4 * place)
    pair = [Gabor(size, 4 - 0.05 * (size - 7) / 2, name=f"s1_{size}")(x) for size in sizes]
    return keras.layers.Maximum(name=f"scales_{place + 1}")(pair)


def _c1(blocks, x, size, options):
    # Responses are >= 0: a border of zeros changes no maximum.
    x = keras.layers.ZeroPadding2D(size // 2, name=f"border_{size}")(x)
    name = f"c1_{size}"
    if options is None:
        return keras.layers.MaxPooling2D(size, size // 2, name=name)(x)
    orientations = x.shape[-1]
    defaults = {
        "strides": size // 2,
        "conv_activation": "relu",
        # A mean over positions, a sum over orientations.
        "kernel_initializer": keras.initializers.Constant(1 / size**2),
        "kernel_regularizer": blocks.penalty(),
        "bias_regularizer": blocks.penalty(),
        "seed": blocks.seed(),
        "name": name,
    }
    return FlexibleLayer(orientations, size, **{**defaults, **options})(x)


def _c2(blocks, maps, size, patches, sigma):
    likeness = PatchDistance(
        patches,
        size,
        sigma * size / 4,
        keras.initializers.RandomUniform(0.0, 0.5, seed=blocks.seed()),
        blocks.penalty(),
        name=f"s2_{size}",
    )
    found = [
        keras.layers.GlobalMaxPooling2D(name=f"c2_{size}_{place}")(likeness(x))
        for place, x in enumerate(maps, 1)
    ]
    return keras.layers.Maximum(name=f"c2_{size}")(found) if len(found) > 1 else found[0]


def _check(form, c1_sizes, patch_sizes):
    if form not in FORMS:
        raise ValueError(
            f"Invalid value received for argument `form`. Expected one of {FORMS}. "
            f"Received: form={form!r}"
        )
    for name, sizes in (("c1_sizes", c1_sizes), ("patch_sizes", patch_sizes)):
        sizes = list(sizes)
        fits = sizes and min(sizes) >= 1 and len(set(sizes)) == len(sizes)
        if not fits or (name == "c1_sizes" and any(size % 2 for size in sizes)):
            raise ValueError(
                f"Invalid value received for argument `{name}`. Expected different "
                f"{'even ' if name == 'c1_sizes' else ''}integers >= 1. Received: {name}={sizes}"
            )
