"""From command-line arguments to adaptive plans, with every check on the way."""

import hashlib
import pathlib

import numpy as np

from reproduce import images
from reproduce.adaptive.cell import Setting, spec_of
from reproduce.adaptive.check_cell import check_settings
from reproduce.adaptive.plan import TWIN, AdaptivePlan
from reproduce.cells import GivenCheckpoint
from reproduce.checkpoints import save_checkpoint, weights_sha256
from reproduce.errors import UsageError

EPS = {"cifar10": (2 / 255, 4 / 255, 8 / 255)}
DEFAULT_EPS = (0.05, 0.1, 0.2, 0.3)
L2_EPS = (0.5, 1.0, 2.0)
VOTES = (10, 30)


class GivenModels:
    """The models of a request, known by name; stands in for `GivenCheckpoints`."""

    def __init__(self):
        self._paths = {}

    def add(self, text, data):
        """A model given as a zoo name or a path; returns its `GivenCheckpoint`."""
        import binomial_keras as bk

        known = text in bk.zoo.names()
        path = pathlib.Path(bk.zoo.path(text) if known else text)
        if not known and not path.is_file():
            raise UsageError(
                f"--model {text}: there is no such file, and no model of that name in the zoo."
            )
        source = GivenCheckpoint(data, text if known else path.stem, 0, weights_sha256(path))
        if self._paths.setdefault(source.name, path) != path:
            raise UsageError(f"Two models are called {source.network}; rename one of the files.")
        return source

    def add_twin(self, source, store):
        """The same weights without noise, as a model of its own; None if there is no noise."""
        import binomial_keras as bk
        from binomial_keras.layers import BU
        from binomial_keras.models.traversal import walk

        model = bk.load(str(self._paths[source.name]))
        if not any(isinstance(unit, BU) and unit.neuron != "D" for unit in walk(model)):
            return None
        path = store.checkpoints / f"{source.network}{TWIN}.keras"
        if not path.is_file():
            save_checkpoint(bk.convert(model, "D"), path)
        return self.add(str(path), source.data)

    def path(self, name):
        """Where a model lies."""
        return self._paths.get(name)


def load_data(text):
    """(name, data for a `Bench`, hash) of a data set's name or a `.npz` file with x and y."""
    if not text.endswith(".npz"):
        from binomial_keras import data

        if text not in data.names():
            raise UsageError(
                f"There is no data set called {text!r}; there are: {', '.join(data.names())}, or "
                "a .npz file with arrays x (images, height, width, channels) in [0, 1] and y."
            )
        return text, {}, images.data_sha256(text, "test")
    x, y = _from_file(text)
    found = hashlib.sha256(f"{x.shape}".encode() + x.tobytes() + y.tobytes()).hexdigest()
    name = pathlib.Path(text).stem
    return name, {(name, "test"): (x, y)}, found


def _from_file(text):
    try:
        with np.load(text, allow_pickle=False) as stored:
            x, y = stored["x"], stored["y"]
    except (OSError, KeyError, ValueError) as error:
        raise UsageError(f"{text} is no .npz file with arrays x and y ({error}).") from None
    integers = np.issubdtype(y.dtype, np.integer) and y.ndim == 1
    if x.ndim != 4 or not len(x) or not integers or len(x) != len(y):
        raise UsageError(
            f"{text}: expected x (images, height, width, channels) and as many integer labels y, "
            f"not x of shape {x.shape} and y of shape {y.shape} and type {y.dtype}."
        )
    x = x.astype("float32")
    if not (np.isfinite(x).all() and x.min() >= 0 and x.max() <= 1):
        raise UsageError(
            f"{text}: expected pixels in [0, 1], not from {x.min():g} to {x.max():g}."
        )
    return x, y.astype("int64")


def make_plans(options, store):
    """Plans and a `Bench` for `run adaptive`.

    Raises:
        UsageError: something asked for is impossible; the text says what.
    """
    from reproduce.bench import Bench

    name, data, data_hash = load_data(options.data or "mnist")
    given = GivenModels()
    models = [given.add(text, name) for text in options.model]
    if options.twin:
        store.prepare()
        models += [twin for twin in (given.add_twin(one, store) for one in models) if twin]
    sources = [given.add(text, name) for text in options.source or ()]
    bench = Bench(store, given=given, data=data)
    x, y = bench.data(name, "test")
    count = options.images or min(500, len(x))
    if count > len(x):
        raise UsageError(f"--images {count} is more than the {len(x)} test images of {name}.")
    setting = Setting(
        norm=2 if options.norm == "2" else "inf",
        budget=options.budget,
        draws=options.draws or 20,
        score_draws=options.score_draws,
        votes=tuple(n for n in VOTES if n <= options.score_draws) or (options.score_draws,),
        selection_draws=min(30, options.score_draws),
        seed=0,
        batch_size=options.batch_size,
        sources=tuple(sources),
    )
    eps = options.eps or (L2_EPS if setting.norm == 2 else EPS.get(name, DEFAULT_EPS))
    eps = sorted(float(one) for one in eps)
    plans = []
    for source in models:
        _check_fit(bench.model(source), source, x, y, name)
        _check_logits(bench.model(source), source, x)
        attacks = {str(one): _suite(bench, source, one, setting, options.attacks) for one in eps}
        plans.append(AdaptivePlan(
            model=source.network,
            weights_sha256=source.weights_sha256,
            data=name,
            data_sha256={"test": data_hash},
            images=count,
            shard=options.shard,
            eps=eps,
            setting=setting.to_dict(),
            attacks=attacks,
            checks=check_settings(count, eps, attacks, options.budget, _steps(options.budget)),
        ))
    return plans, bench


def _check_fit(model, source, x, y, name):
    if tuple(model.input_shape[1:]) != x.shape[1:]:
        raise UsageError(
            f"{source.network} takes images of shape {tuple(model.input_shape[1:])}; those of "
            f"{name} have shape {x.shape[1:]}."
        )
    classes = model.output_shape[-1]
    if y.min() < 0 or y.max() >= classes:
        raise UsageError(
            f"{source.network} knows the classes 0 to {classes - 1}; the labels of {name} go "
            f"from {y.min()} to {y.max()}."
        )


def _check_logits(model, source, x):
    from binomial_keras.evaluation import ARTClassifier
    from binomial_keras.evaluation.attacks.averaged_attack import check_logits

    try:
        check_logits(ARTClassifier(model), x[:8])
    except ValueError as error:
        raise UsageError(f"{source.network}: {' '.join(str(error).split())}") from None


def _steps(budget):
    from binomial_keras.evaluation.adaptive_suite import BUDGETS

    return BUDGETS[budget].steps


def _suite(bench, source, eps, setting, wanted):
    """Names and specs of the attacks within one ball."""
    from binomial_keras.evaluation import adaptive_suite

    models = {one.network: bench.model(one) for one in setting.sources}
    try:
        suite = adaptive_suite(
            bench.model(source), eps, setting.norm, setting.budget, setting.draws, models,
            setting.batch_size,
        )
    except ValueError as error:
        raise UsageError(" ".join(str(error).split())) from None
    unknown = [name for name in wanted or () if name not in suite]
    if unknown:
        raise UsageError(
            f"The suite has no attack {unknown[0]!r}; it has: {', '.join(suite)}."
        )
    return {name: spec_of(attack) for name, attack in suite.items() if name in (wanted or suite)}
