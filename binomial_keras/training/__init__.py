"""Training recipes, the training loop, and likelihood-ratio training."""

from ..layers.noise import Noise
from .adversary import Adversary, Trades
from .likelihood_ratio import GLR
from .likelihood_ratio_recipe import LIKELIHOOD_RATIO, LikelihoodRatioRecipe
from .recipe import RECIPES, Recipe, recipe
from .train import train

RECIPES.update(LIKELIHOOD_RATIO)

__all__ = [
    "Adversary",
    "GLR",
    "LikelihoodRatioRecipe",
    "Noise",
    "RECIPES",
    "Recipe",
    "Trades",
    "recipe",
    "train",
]
