"""LeNet-5."""

import keras
import numpy as np
import pytest

from binomial_keras.models import lenet5


def test_weights_by_hand():
    # 6 (25 + 1); 16 (6 * 25 + 1); 5 * 5 * 16 = 400 values; 120, 84 and 10 units with biases.
    dense = 400 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10
    assert lenet5().count_params() == 6 * 26 + 16 * 151 + dense
    # Colour images of 32x32: 32 -> 16 -> 12 -> 6, so 6 * 6 * 16 = 576 values.
    dense = 576 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10
    assert lenet5((32, 32, 3)).count_params() == 6 * 76 + 16 * 151 + dense


def test_one_layer_of_the_given_activation_each():
    model = lenet5(activation=keras.layers.PReLU)
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.PReLU)]
    assert [layer.name for layer in layers] == [f"activation{n}" for n in (1, 2, 3, 4)]
    assert len({id(layer) for layer in layers}) == 4


def test_saved_and_loaded(tmp_path):
    model = lenet5(activation="tanh", seed=1)
    x = np.random.default_rng(0).random((3, 28, 28, 1), "float32")
    model.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras")
    found, found_again = (keras.ops.convert_to_numpy(one(x)) for one in (model, again))
    np.testing.assert_array_equal(found, found_again)
    np.testing.assert_allclose(np.sum(found, axis=1), 1, rtol=1e-6)


def test_a_seed_fixes_the_weights():
    first, same, other = (lenet5(seed=seed).get_weights() for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(first, same))
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"input_shape": (28, 28)}, "input_shape"), ({"input_shape": (8, 8, 1)}, "input_shape"),
     ({"classes": 1}, "classes")],
)
def test_errors(arguments, named):
    with pytest.raises(ValueError, match=f"argument `{named}`"):
        lenet5(**arguments)
