"""Training recipes and the training loop."""

from .recipe import RECIPES, Recipe, recipe
from .train import train

__all__ = ["RECIPES", "Recipe", "recipe", "train"]
