"""An estimator whose model has one known draw of noise for ever."""

from ...models.reseed import reseed
from ..art_classifier import ARTClassifier


class FrozenClassifier(ARTClassifier):
    """A stochastic model with its noise frozen: a deterministic one to every attack.

    The noise belongs to a place in the batch. Give it the same images, all of them, in the same
    order, in every call; an attack on it needs `early_stop=False`.

    Args:
        model: a `keras.Model`.
        seed: integer >= 0, decides the draw.
        arguments: as for `ARTClassifier`, without `draws` and `common_noise`.
    """

    def __init__(self, model, seed, **arguments):
        super().__init__(model, draws=1, common_noise=True, **arguments)
        reseed(model, seed)
        super().renew_noise()

    @property
    def stochastic(self):
        return False

    def renew_noise(self):
        """Nothing: it is the one draw that is known."""
