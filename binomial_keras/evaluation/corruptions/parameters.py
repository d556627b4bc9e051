"""The corruptions, their categories, and the numbers behind the five severities.

The numbers are those of Hendrycks and Dietterich's two published programs: the one that made
ImageNet-C (224x224 images) and the one that made CIFAR-10-C (32x32).
"""

import numpy as np

CATEGORIES = {
    "noise": ("gaussian_noise", "shot_noise", "impulse_noise"),
    "blur": ("defocus_blur", "glass_blur", "motion_blur", "zoom_blur"),
    "weather": ("snow", "frost", "fog", "brightness"),
    "digital": ("contrast", "elastic_transform", "pixelate", "jpeg_compression"),
    "extra": ("speckle_noise", "gaussian_blur", "spatter", "saturate"),
}
CORRUPTIONS = tuple(name for names in CATEGORIES.values() for name in names)

# An image whose shorter side is at most this is small. Tiny ImageNet (64x64) is the largest set
# for which the authors used numbers close to CIFAR's.
LARGEST_SMALL_SIDE = 64


def _zooms(*ranges):
    # Floating point decides whether `stop` itself is among the factors, as in the original.
    return tuple(np.arange(1, stop, step) for stop, step in ranges)


IMAGENET = {
    # Standard deviation.
    "gaussian_noise": (0.08, 0.12, 0.18, 0.26, 0.38),
    # Photons of a white pixel.
    "shot_noise": (60, 25, 12, 5, 3),
    # Share of the values that become 0 or 1.
    "impulse_noise": (0.03, 0.06, 0.09, 0.17, 0.27),
    # Standard deviation for a white pixel.
    "speckle_noise": (0.15, 0.2, 0.35, 0.45, 0.6),
    # Standard deviation in pixels.
    "gaussian_blur": (1, 2, 3, 4, 6),
    # Radius of the disc and standard deviation that softens its edge, pixels.
    "defocus_blur": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    # Standard deviation, largest shift, rounds.
    "glass_blur": ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
    # Radius and standard deviation, pixels.
    "motion_blur": ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
    # All zoom factors that are averaged.
    "zoom_blur": _zooms((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)),
    # Flakes: mean, standard deviation, zoom, threshold; motion: radius, standard deviation;
    # share of the image that is not whitened.
    "snow": (
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    ),
    # Weights of image and frost.
    "frost": ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
    # Weight of the fog, decay of its roughness from one scale to the next finer one.
    "fog": ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
    # Added to the value of HSV.
    "brightness": (0.1, 0.2, 0.3, 0.4, 0.5),
    # Factor and summand for the saturation of HSV.
    "saturate": ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2)),
    # Factor of the distance from the mean.
    "contrast": (0.4, 0.3, 0.2, 0.1, 0.05),
    # Amplitude, smoothing and shift of the corners, as shares of the shorter side. The original
    # has 244 for 224, hence the factor.
    "elastic_transform": tuple(
        tuple(244 / 224 * share for share in shares)
        for shares in (
            (2, 0.7, 0.1),
            (2, 0.08, 0.2),
            (0.05, 0.01, 0.02),
            (0.07, 0.01, 0.02),
            (0.12, 0.01, 0.02),
        )
    ),
    # Side of the small image as a share of the large one.
    "pixelate": (0.6, 0.5, 0.4, 0.3, 0.25),
    # Quality, as JPEG programs count it.
    "jpeg_compression": (25, 18, 15, 10, 7),
    # Liquid: mean, standard deviation, smoothing, threshold; strength (water) or smoothing (mud);
    # whether it is mud.
    "spatter": (
        (0.65, 0.3, 4, 0.69, 0.6, False),
        (0.65, 0.3, 3, 0.68, 0.6, False),
        (0.65, 0.3, 2, 0.68, 0.5, False),
        (0.65, 0.3, 1, 0.65, 1.5, True),
        (0.67, 0.4, 1, 0.65, 1.5, True),
    ),
}

CIFAR = {
    "gaussian_noise": (0.04, 0.06, 0.08, 0.09, 0.10),
    "shot_noise": (500, 250, 100, 75, 50),
    "impulse_noise": (0.01, 0.02, 0.03, 0.05, 0.07),
    "speckle_noise": (0.06, 0.1, 0.12, 0.16, 0.2),
    "gaussian_blur": (0.4, 0.6, 0.7, 0.8, 1),
    "defocus_blur": ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
    "glass_blur": ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)),
    "motion_blur": ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
    "zoom_blur": _zooms((1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01)),
    "snow": (
        (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
        (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
        (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
        (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
    ),
    "frost": ((1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)),
    "fog": ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
    "brightness": (0.05, 0.1, 0.15, 0.2, 0.3),
    "saturate": ((0.3, 0), (0.1, 0), (1.5, 0), (2, 0.1), (2.5, 0.2)),
    "contrast": (0.75, 0.5, 0.4, 0.3, 0.15),
    "elastic_transform": (
        (0, 0, 0.08),
        (0.05, 0.2, 0.07),
        (0.08, 0.06, 0.06),
        (0.1, 0.04, 0.05),
        (0.1, 0.03, 0.03),
    ),
    "pixelate": (0.95, 0.9, 0.85, 0.75, 0.65),
    "jpeg_compression": (80, 65, 58, 50, 40),
    "spatter": (
        (0.62, 0.1, 0.7, 0.7, 0.5, False),
        (0.65, 0.1, 0.8, 0.7, 0.5, False),
        (0.65, 0.3, 1, 0.69, 0.5, False),
        (0.65, 0.1, 0.7, 0.69, 0.6, True),
        (0.65, 0.1, 0.5, 0.68, 0.6, True),
    ),
}

SETS = {"cifar": CIFAR, "imagenet": IMAGENET}


def parameters_of(name, severity, shape, choice="auto"):
    """The numbers of one corruption at one severity.

    Args:
        name: one of `CORRUPTIONS`.
        severity: 1 to 5.
        shape: (height, width) of the images.
        choice: `"cifar"`, `"imagenet"`, or `"auto"`: CIFAR's if the shorter side is at most 64.

    Returns:
        A number or a tuple of numbers; their meanings stand beside the table.
    """
    if choice == "auto":
        choice = "cifar" if min(shape) <= LARGEST_SMALL_SIDE else "imagenet"
    return SETS[choice][name][severity - 1]
