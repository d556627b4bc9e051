"""Training recipes, the training loop, and likelihood-ratio training."""

from ..layers.noise import Noise
from .likelihood_ratio import GLR
from .recipe import RECIPES, Recipe, recipe
from .train import train

__all__ = ["GLR", "RECIPES", "Noise", "Recipe", "recipe", "train"]
