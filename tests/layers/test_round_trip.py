"""Any configuration of any layer survives its configuration and a file, weights and draws too."""

import inspect

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from binomial_keras import layers
from tests.layers.random_layers import LAYERS, check_round_trip, configurations

# Every example compiles kernels; a failing one is shown as it is, without a search for a smaller.
FEW = settings(
    max_examples=3, derandomize=True, deadline=None, database=None,
    phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
)


def test_every_public_layer_is_in_the_table():
    public = [getattr(layers, name) for name in layers.__all__]
    assert set(LAYERS) == {found for found in public if inspect.isclass(found)}


@pytest.mark.parametrize("layer_class", LAYERS, ids=lambda c: c.__name__)
def test_random_configurations(layer_class):
    @FEW
    @given(configurations(layer_class))
    def check(drawn):
        check_round_trip(layer_class, *drawn)

    check()
