"""The estimators that the attacks of a suite share."""

from ..models.convert import convert

TWIN = "twin"


class SuiteEstimators:
    """Estimators of one model, and of the sources of transfers, each made when first needed.

    Args:
        model: the `keras.Model` under attack.
        sources: dict of names to other models; `"twin"` with `None` stands for the model as
            type D.
        batch_size, clip_values: as for `ARTClassifier`.
    """

    def __init__(self, model, sources, batch_size, clip_values):
        self.model, self._models = model, dict(sources)
        self._common = dict(batch_size=batch_size, clip_values=clip_values)
        self._made = {}

    def of(self, draws, average, backward, common_noise):
        """The `ARTClassifier` of the model with these arguments."""
        return self._get(
            None, draws=draws, average=average, backward=backward, common_noise=common_noise
        )

    def source(self, name, draws):
        """The `ARTClassifier` of a source; its noise, if it has any, is averaged as well."""
        if self._models[name] is None:
            self._models[name] = convert(self.model, "D")
        return self._get(name, draws=draws)

    def _get(self, name, **arguments):
        from .art_classifier import ARTClassifier

        key = (name, *sorted(arguments.items()))
        if key not in self._made:
            model = self.model if name is None else self._models[name]
            self._made[key] = ARTClassifier(model, **arguments, **self._common)
        return self._made[key]
