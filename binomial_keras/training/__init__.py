"""Training recipes and the training loop."""

from .adversary import Adversary, Trades
from .recipe import RECIPES, Recipe, recipe
from .train import train

__all__ = ["Adversary", "RECIPES", "Recipe", "Trades", "recipe", "train"]
