"""Image sets as arrays: `load(name, split)`, `names()`, `describe(name)`.

"digits" is part of scikit-learn and needs neither a download nor a folder. "mnist",
"fashion_mnist", "cifar10" and "imagenette" come from one of two places:

* NumPy files in the folder named by the environment variable `BINOMIAL_KERAS_DATA_DIR`, if they
  are there. `python -m binomial_keras.data export NAME --out FOLDER` writes them; reading them
  needs neither TensorFlow nor a network.
* tensorflow-datasets otherwise, from the folder named by `TFDS_DATA_DIR` (default
  `~/tensorflow_datasets`): what is prepared there is read, what is not is downloaded into it.
  TensorFlow is needed for this, whatever Keras' backend is.

Both give the same arrays, bit for bit.
"""

from .arrays import export
from .image_sets import describe, names
from .load import load

__all__ = ["describe", "export", "load", "names"]
