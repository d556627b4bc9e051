"""Steps of a model with the data on the device, many per call: like `backend`, JAX's own place.

The steps are Keras' own `train_step` and `test_step`; here they are compiled, one by one or as a
loop, with the taking of their batches from arrays on the device by index. Several devices share a
batch when the model was made in the scope of a `keras.distribution.DataParallel`: every device
holds all images and computes its part of every batch, as one program, so that statistics over the
batch (batch normalisation, the mean loss) are those of the whole batch.
"""

import functools

import keras
import numpy as np

if keras.backend.backend() == "jax":
    import jax


def available():
    """Whether this backend runs many steps per call: JAX does."""
    return keras.backend.backend() == "jax"


def on_accelerator():
    """Whether the model's arrays lie on something else than the processor."""
    return jax.default_backend() != "cpu"


def on_device(array):
    """A copy of an array on the device, on every device where the batches are shared."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return jax.device_put(np.asarray(array))
    whole = jax.sharding.PartitionSpec()
    mesh = distribution.device_mesh.backend_mesh
    return jax.device_put(np.asarray(array), jax.sharding.NamedSharding(mesh, whole))


def shared(array):
    """Within a compiled step: an array whose first axis is divided among the devices.

    A batch that cannot be divided evenly is computed whole on every device.
    """
    distribution = keras.distribution.distribution()
    if distribution is None or array.shape[0] % distribution.device_mesh.devices.size:
        return array
    layout = distribution.get_data_layout(array.shape)
    return keras.distribution.distribute_tensor(array, layout)


class State:
    """The values of a model's variables between calls, while the variables themselves are stale.

    Args:
        model: compiled model, its optimiser and metrics built.
    """

    def __init__(self, model):
        self._groups = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )
        self.values = [[v.value for v in group] for group in self._groups]

    def write(self):
        """Gives the variables their values."""
        for group, values in zip(self._groups, self.values, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)


def train_steps(model, batch, looped):
    """Training steps first..last-1 of a part of an epoch.

    Args:
        model: compiled model.
        batch: function `(call, arrays, rows)` to the images and labels of a step, run within the
            compiled step. `call` is a `Call`, for images that depend on the model.
        looped: whether the steps are one compiled call. On a processor convolutions within a
            compiled loop run on one thread and by a slower way: there a call per step is faster.

    Returns:
        Function `(values, logs, arrays, plan, first, last) -> (values, logs)`: values as in
        `State`; arrays on the device; the plan, a dict of arrays `(steps, batch, ...)`, whose
        rows go to `batch` and whose entry "rate" holds the learning rate; and logs, a dict of
        arrays `(steps, ...)` that is filled with what Keras' `train_step` returns.
    """
    variables = model.optimizer.variables
    place = next(i for i, v in enumerate(variables) if v is model.optimizer.learning_rate)

    def one(values, arrays, rows):
        trainable, other, optimizer, metrics = values
        call = Call(model, trainable, other)
        x, y = batch(call, arrays, rows)
        optimizer = list(optimizer)
        optimizer[place] = rows["rate"][0].astype(optimizer[place].dtype)
        logs, values = model.train_step((trainable, call.other, optimizer, metrics), (x, y, None))
        return values, logs

    return _steps(one, looped)


def test_steps(model, looped):
    """Like `train_steps`, with Keras' `test_step` on the images `arrays["x"][plan["index"]]`."""

    def one(values, arrays, rows):
        trainable, other, optimizer, metrics = values
        index = shared(rows["index"])
        data = (arrays["x"][index], arrays["y"][index], None)
        logs, (trainable, other, metrics) = model.test_step((trainable, other, metrics), data)
        return (trainable, other, optimizer, metrics), logs

    return _steps(one, looped)


def score_steps(model, looped):
    """Like `test_steps`, without metrics.

    Its logs are `(steps, batch)`: "own", the probability of the image's class, and "hit", whether
    that is the largest.
    """

    def one(values, arrays, rows):
        trainable, other, optimizer, metrics = values
        index = shared(rows["index"])
        call = Call(model, trainable, other)
        outputs, labels = call(arrays["x"][index]), arrays["y"][index]
        own = jax.numpy.take_along_axis(outputs, labels[:, None], axis=1)[:, 0]
        hit = (outputs.argmax(axis=1) == labels).astype("float32")
        return (trainable, call.other, optimizer, metrics), {"own": own, "hit": hit}

    return _steps(one, looped)


class Call:
    """A model's forward pass as at inference, within a compiled step.

    Args:
        model: Keras model.
        trainable, other: values of its trainable and its other variables.
    """

    def __init__(self, model, trainable, other):
        self.model, self.trainable, self.other = model, trainable, other

    def __call__(self, x):
        """The outputs; the generators of the model move on."""
        outputs, self.other = self.model.stateless_call(
            self.trainable, self.other, x, training=False
        )
        return keras.ops.cast(outputs, "float32")

    def gradient(self, objective, x):
        """Gradient with respect to x of the sum of `objective(outputs)`, `(images,)`."""

        def total(x, other):
            outputs, other = self.model.stateless_call(self.trainable, other, x, training=False)
            return keras.ops.sum(objective(keras.ops.cast(outputs, "float32"))), other

        slope, self.other = jax.grad(total, has_aux=True)(x, self.other)
        return slope


def _steps(one, looped):
    """`run` of `train_steps`: one call per step, or one call whose compiled loop makes them all."""

    def step(number, values, logs, arrays, plan):
        rows = {name: array[number] for name, array in plan.items()}
        values, new = one(values, arrays, rows)
        logs = {name: kept.at[number].set(new[name]) for name, kept in logs.items()}
        return [list(group) for group in values], logs

    if looped:
        @functools.partial(jax.jit, donate_argnums=(0, 1))
        def run(values, logs, arrays, plan, first, last):
            # The bounds are arguments: one program for every number of steps.
            return jax.lax.fori_loop(
                first, last, lambda number, carried: step(number, *carried, arrays, plan),
                (values, logs),
            )
    else:
        compiled = jax.jit(step, donate_argnums=(1, 2))

        def run(values, logs, arrays, plan, first, last):
            for number in range(first, last):
                values, logs = compiled(number, values, logs, arrays, plan)
            return values, logs

    return run
