"""What a recipe needs beyond the program itself, checked before anything that takes time."""

from __future__ import annotations

from training.core.imagenet_features import EfficientNetFeatures
from training.recipes.recipe import Recipe


def check_requirements(recipe: Recipe) -> None:
    """Build the frozen network that a recipe looks through, if it has one, and let go of it.

    Raises MissingPackageError where a package is missing, and what a download raises where the weights are not here.
    """
    if recipe.pretrained:
        EfficientNetFeatures()
