"""Common corruptions (Hendrycks and Dietterich, 2019) of images of any size, batched and seeded."""

from .corrupt import corrupt
from .example_grid import example_grid
from .parameters import CATEGORIES, CORRUPTIONS

__all__ = ["CATEGORIES", "CORRUPTIONS", "corrupt", "example_grid"]
