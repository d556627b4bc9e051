"""Many steps per call, on the device: the numbers of `fit`, on one device and on several."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from binomial_keras import many_steps
from binomial_keras.training import Adversary, train
from binomial_keras.training.augmentation import augmented, flips, mirrored, moved, offsets
from binomial_keras.training.device_epochs import DeviceEpochs
from binomial_keras.training.host_epochs import HostEpochs
from tests.training import digits

ROOT = pathlib.Path(__file__).parents[2]
on_jax = pytest.mark.skipif(not many_steps.available(), reason="JAX alone runs many steps per call")


def trained(monkeypatch, epochs_class, recipe, network, **options):
    """Weights and history after a training by `epochs_class`; 70 images are 2 batches and 6."""
    x, y = digits.images(70)
    monkeypatch.setattr(
        sys.modules["binomial_keras.training.train"], "_epochs",
        lambda model, recipe, seed, x, y, steps: (
            HostEpochs(model, recipe, seed, x, y) if epochs_class is HostEpochs
            else DeviceEpochs(model, recipe, seed, x, y, steps)
        ),
    )
    history = train(network, x, y, recipe, validation_data=(x[:42], y[:42]), verbose=0, **options)
    history.pop("seconds")
    return network.get_weights(), history


@on_jax
def test_numbers_are_those_of_fit(monkeypatch):
    recipe = digits.recipe(epochs=2, flip=True, shift=1, warmup=0.3)
    weights, history = trained(monkeypatch, HostEpochs, recipe, digits.network("A"))
    found = trained(monkeypatch, DeviceEpochs, recipe, digits.network("A"), steps_per_call=100)
    assert set(found[1]) == set(history)
    for name, values in history.items():
        np.testing.assert_allclose(found[1][name], values, rtol=1e-5, err_msg=name)
    for one, other in zip(weights, found[0], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_images_are_augmented_on_the_device_as_on_the_host():
    x = np.random.default_rng(0).random((40, 6, 7, 2)).astype("float32")
    recipe = digits.recipe(flip=True, shift=2)
    found = mirrored(keras.ops.convert_to_tensor(x), flips(40, 5, 3))
    found = moved(found, offsets(40, 2, 5, 3).astype("int32"), 2)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(found), augmented(x.copy(), recipe, seed=5, epoch=3)
    )


class Batches(keras.callbacks.Callback):
    """Which batch callbacks came, and the weights that they saw."""

    def __init__(self):
        super().__init__()
        self.seen, self.weights = [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(("begin", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(("end", batch))
        self.weights.append(self.model.get_weights()[0])


@on_jax
def test_calls_and_what_callbacks_see():
    x, y = digits.images(80)  # five batches of 16
    callback, model = Batches(), digits.network("D")
    train(model, x, y, digits.recipe(epochs=1, batch_size=16), verbose=0, callbacks=[callback],
          steps_per_call=2)
    assert callback.seen == [
        ("begin", 0), ("end", 1), ("begin", 2), ("end", 3), ("begin", 4), ("end", 4)
    ]
    assert np.abs(callback.weights[0] - callback.weights[1]).max() > 0
    np.testing.assert_array_equal(callback.weights[-1], model.get_weights()[0])


@on_jax
def test_nothing_goes_to_the_device_between_the_steps():
    import jax

    x, y = digits.images(96)
    model, recipe = digits.network("D"), digits.recipe(epochs=2, flip=True, shift=1)
    recipe.trainer(model).optimizer.build(model.trainable_variables)
    epochs = DeviceEpochs(model, recipe, 0, x, y, steps_per_call=3)
    calls, run = [], epochs._train

    def guarded(values, logs, arrays, plan, first, last):
        calls.append((first, last))
        bounds = jax.device_put((first, last))
        assert all(isinstance(a, jax.Array) for a in (*arrays.values(), *plan.values()))
        with jax.transfer_guard("disallow"):
            return run(values, logs, arrays, plan, *bounds)

    epochs._train = guarded
    before = epochs.images["x"]
    for epoch in range(2):
        epochs(epoch, np.arange(96), None, 0, ())
    assert calls == [(0, 3)] * 2 and epochs.images["x"] is before


@pytest.mark.parametrize("steps", [0, 2.0, True])
def test_steps_per_call_that_cannot_be(steps):
    x, y = digits.images(32)
    with pytest.raises(ValueError, match="argument `steps_per_call`. Expected `None` or an int"):
        train(digits.network("D"), x, y, digits.recipe(), verbose=0, steps_per_call=steps)


@on_jax
def test_the_step_at_which_a_training_diverged_is_named():
    x, y = digits.images(96)
    x[40] = np.nan  # with the order of (seed 0, epoch 0), in the third of twelve steps
    step = int(np.flatnonzero(np.random.default_rng([0, 0]).permutation(96) == 40)[0]) // 8 + 1
    assert 1 < step < 12
    with pytest.raises(FloatingPointError, match=f"became nan in epoch 1, step {step} of 12"):
        train(digits.network("D"), x, y, digits.recipe(batch_size=8), verbose=0,
              steps_per_call=100)


def linear_model():
    """Softmax of two classes on 3x3 images: the worst image of a ball is one of its corners."""
    image = keras.Input((3, 3, 1))
    output = keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(image))
    return keras.Model(image, output)


@on_jax
@pytest.mark.parametrize("kind", ["pgd", "trades"])
def test_images_attacked_within_a_step(kind):
    import jax

    model, adversary = linear_model(), Adversary(kind, eps=0.1, steps=8, step_size=0.05)
    rng = np.random.default_rng(0)
    x = rng.uniform(0.05, 0.95, (6, 3, 3, 1)).astype("float32")
    y = rng.integers(0, 2, 6).astype("int32")
    values = [v.value for v in model.trainable_variables]
    call = many_steps.Call(model, values, [])
    within_step = jax.jit(lambda *given: adversary.within_step(call, *given))
    found, labels = within_step(x, y, np.array([3, 4], "int32"), np.int32(2))
    if kind == "trades":
        np.testing.assert_array_equal(found[:6], x)
        np.testing.assert_array_equal(labels, np.concatenate([y, y]))
        found = found[6:]
        # Away from what is said of x: KL grows towards a corner on one side or the other.
        assert np.abs(found - x).max() <= 0.1 + 1e-6 and found.min() >= 0 and found.max() <= 1
        p, q = np.asarray(model(x)), np.asarray(model(found))
        assert (np.sum(p * np.log(p / q), axis=1) > 1e-4).all()
        return
    kernel = np.asarray(values[0])
    slope = np.where(y == 0, 1, -1)[:, None] * (kernel[:, 1] - kernel[:, 0])
    corner = np.clip(x + 0.1 * np.sign(slope).reshape(x.shape), 0, 1)
    np.testing.assert_allclose(found, corner, atol=1e-6)
    np.testing.assert_array_equal(labels, y)


DEVICES = """
import contextlib, json, keras, numpy as np
from binomial_keras.training import Adversary, train
from tests.training import digits
x, y = digits.images(70)
devices = keras.distribution.list_devices()
assert len(devices) == 4
found = {}
for kind, neuron in (("D", "D"), ("A", "A"), ("adversary", "B")):
    adversary = Adversary(eps=0.1, steps=1) if kind == "adversary" else None
    recipe = digits.recipe(epochs=1, flip=True, shift=1, adversary=adversary)
    results = []
    for count in (1, 4):
        scope = keras.distribution.DataParallel(devices=devices).scope()
        with scope if count == 4 else contextlib.nullcontext():
            model = digits.network(neuron)
            before = model.get_weights()
            history = train(model, x, y, recipe, validation_data=(x[:42], y[:42]), verbose=0)
            assert {len(v.value.sharding.device_set) for v in model.variables} == {count}
        history.pop("seconds")
        results.append(([*model.get_weights(), *history.values()], before))
    (alone, before), (shared, _) = results
    found[kind] = [max(float(np.abs(np.subtract(a, b)).max()) for a, b in zip(alone, others))
                   for others in (shared, before)]
print(json.dumps(found))
"""


@on_jax
def test_several_devices_give_the_result_of_one():
    """Batches of 32 are divided by four, the last one of 6 cannot be.

    Batch normalisation, the draws of a stochastic network and of an adversary are those of the
    whole batch.
    """
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=4"
    ran = subprocess.run(
        [sys.executable, "-c", DEVICES], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags, "PYTHONPATH": str(ROOT)},
    )
    assert ran.returncode == 0, ran.stderr
    for kind, (difference, moved_by) in json.loads(ran.stdout.splitlines()[-1]).items():
        assert difference < 1e-5 and moved_by > 1e-3, (kind, difference, moved_by)
