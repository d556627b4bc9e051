"""What is known about each image set without loading it."""

import dataclasses
import difflib
from typing import Any

SPLITS = ("train", "test")


@dataclasses.dataclass(frozen=True)
class ImageSet:
    """Shape of an image, images per split, names of the classes, and where the set comes from."""

    shape: tuple
    train: int
    test: int
    labels: tuple
    source: str
    # Something small on the server that the download would come from.
    probe: str = ""
    # What tensorflow-datasets calls the set, if not as here, and its split of test images.
    builder: str = ""
    test_split: str = "test"
    # Whether the files hold images of several sizes, of which the middle is taken.
    cropped: bool = False


_NUMERALS = tuple("0123456789")
SETS = {
    "digits": ImageSet(
        (8, 8, 1), 1437, 360, _NUMERALS,
        "scikit-learn's load_digits (UCI Optical Recognition of Handwritten Digits, test part)",
    ),
    "mnist": ImageSet(
        (28, 28, 1), 60000, 10000, _NUMERALS, "tensorflow-datasets",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion_mnist": ImageSet(
        (28, 28, 1), 60000, 10000,
        ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
         "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        "tensorflow-datasets",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    "cifar10": ImageSet(
        (32, 32, 3), 50000, 10000,
        ("airplane", "automobile", "bird", "cat", "deer",
         "dog", "frog", "horse", "ship", "truck"),
        "tensorflow-datasets",
        "https://www.cs.toronto.edu/",
    ),
    "imagenette": ImageSet(
        (254, 254, 3), 9469, 3925,
        ("tench", "English springer", "cassette player", "chain saw", "church",
         "French horn", "garbage truck", "gas pump", "golf ball", "parachute"),
        "tensorflow-datasets (imagenette/320px-v2), the middle 254x254 pixels of each image",
        "https://s3.amazonaws.com/fast-ai-imageclas/",
        builder="imagenette/320px-v2", test_split="validation", cropped=True,
    ),
}


def names() -> list[str]:
    """The names that `load` knows.

    They are `["digits", "mnist", "fashion_mnist", "cifar10", "imagenette"]`.
    """
    return list(SETS)


def describe(name: str) -> dict[str, Any]:
    """What is known about a set without loading it.

    Args:
        name: one of `names()`.

    Returns:
        A dict: `name`; `shape`, of one image, as (height, width, channels); `classes`, their
        number; `labels`, what each class is called, by its number; `train` and `test`, the
        number of images; `source`, where the set comes from.
    """
    about = known(name)
    return {
        "name": name,
        "shape": about.shape,
        "classes": len(about.labels),
        "labels": list(about.labels),
        "train": about.train,
        "test": about.test,
        "source": about.source,
    }


def known(name: str) -> ImageSet:
    """The `ImageSet` of this name; raises `ValueError`, with a suggestion, if there is none."""
    if isinstance(name, str) and name in SETS:
        return SETS[name]
    near = difflib.get_close_matches(str(name), SETS, n=1)
    raise ValueError(
        "Invalid value received for argument `name`. "
        f"Expected one of {names()}. Received: name={name!r}"
        + (f". Did you mean {near[0]!r}?" if near else "")
    )
