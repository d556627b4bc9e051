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
        self.model, self._models, self._made = model, dict(sources), {}
        self._common = dict(batch_size=batch_size, clip_values=tuple(clip_values))

    def check(self, model, sources, batch_size, clip_values):
        """Raises `ValueError` unless these are estimators of just that."""
        same_sources = self._models.keys() == sources.keys() and all(
            sources[name] is None or sources[name] is own for name, own in self._models.items()
        )
        common = dict(batch_size=batch_size, clip_values=tuple(clip_values))
        if model is not self.model or not same_sources or common != self._common:
            raise ValueError(
                "Invalid value received for argument `estimators`. Expected those of a suite for "
                f"the same model, sources and settings ({common}, sources {list(sources)}). "
                f"Received: those of `{self.model.name}` with {self._common}, sources "
                f"{list(self._models)}"
            )

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
