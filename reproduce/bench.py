"""What cells work with: data, networks and classifiers, loaded once and kept."""

import collections
import shutil

from reproduce import images
from reproduce.cells import GivenCheckpoint, digest
from reproduce.checkpoints import file_sha256, save_checkpoint, weights_sha256
from reproduce.errors import UsageError

# A compiled classifier costs seconds to make and little to keep.
KEPT = 32


class Bench:
    """Loads what cells need.

    Args:
        store: `RecordStore` of the output directory.
        train_sha256: dict by data set of the hashes of the training images.
        given: `GivenCheckpoints`, or None when the networks are trained here.
        verbose: what Keras prints while it trains, as in `fit`.
        data: dict by (name, split) of data that need not be loaded.
        devices: number of devices that a training is divided among, or None.
        retrain: whether networks without a checkpoint are trained again even where every result of
            theirs is there.
    """

    def __init__(self, store, train_sha256=None, given=None, verbose=0, data=None, devices=None,
                 retrain=False):
        self.store = store
        self.train_sha256 = train_sha256 or {}
        self.given = given
        self.verbose = verbose
        self.devices = devices
        self.retrain = retrain
        self.own_data = dict(data or {})
        self._data = dict(self.own_data)
        self._models = {}
        self._classifiers = collections.OrderedDict()

    def data(self, name, split):
        """All images and labels of a split."""
        if (name, split) not in self._data:
            self._data[name, split] = images.load(name, split)
        return self._data[name, split]

    def images(self, name, start, stop):
        """(numbers, images, labels) of the test images [start, stop) of the fixed list."""
        x, y = self.data(name, "test")
        numbers = images.chosen(len(x), start, stop)
        return numbers, x[numbers], y[numbers]

    def training_folder(self, identity):
        """Folder in which a training keeps its state between epochs."""
        folder = self.store.training / digest(identity)[:16]
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def keep(self, cell, identity, model):
        """Writes the checkpoint of a finished training; returns its hashes and its name."""
        from binomial_keras.models.rebuild import rebuild

        file = checkpoint_file(cell, identity)
        path = self.store.checkpoints / file
        # A copy is a plain model again, whatever trained it.
        save_checkpoint(rebuild(model, lambda layer: {}), path)
        return weights_sha256(path), file, file_sha256(path)

    def forget_training(self, identity):
        """Removes the state of a training whose record is written."""
        shutil.rmtree(self.store.training / digest(identity)[:16], ignore_errors=True)

    def model(self, source):
        """The network of a checkpoint."""
        if source not in self._models:
            import binomial_keras as bk

            self._models[source] = bk.load(str(self.path(source)))
        return self._models[source]

    def classifier(self, cell):
        """The estimator an attack works on; its output are probabilities, as published."""
        import binomial_keras as bk
        from binomial_keras.evaluation import ARTClassifier

        def make():
            model = bk.convert(self.model(cell.checkpoint), cell.neuron, cell.T or 1)
            return ARTClassifier(
                model, draws=1, batch_size=cell.batch_size, clip_values=(0, 1), logits=False
            )

        return self.kept((cell.checkpoint, cell.neuron, cell.T, cell.batch_size), make)

    def kept(self, key, make):
        """What `make` returns, made once per key; the oldest are forgotten."""
        if key not in self._classifiers:
            self._classifiers[key] = make()
            if len(self._classifiers) > KEPT:
                self._classifiers.popitem(last=False)
        return self._classifiers[key]

    @staticmethod
    def attack(data, name, settings):
        """The published attack with the settings of a cell."""
        from binomial_keras.evaluation import published_suite

        return published_suite(data)[name].replace(**settings)

    def path(self, source):
        """File of a checkpoint. Raises `UsageError` when a given one is gone or changed."""
        if isinstance(source, GivenCheckpoint):
            path = self.given.path(source.name) if self.given else None
            if path is None or weights_sha256(path) != source.weights_sha256:
                raise UsageError(
                    f"The checkpoint {source.name} that this run began with is gone or changed."
                )
            return path
        identity = source.identity(self.train_sha256[source.data])
        return self.store.checkpoints / checkpoint_file(source, identity)


def checkpoint_file(cell, identity):
    """File name of a checkpoint trained here; two recipes never share one."""
    return f"{cell.name}-{digest(identity)[:8]}.keras"
