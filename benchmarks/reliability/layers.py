"""Random configurations of every public layer, through JSON and through a file."""

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.layers.random_layers import LAYERS, check_round_trip, configurations

EXAMPLES = 25


def measure(examples=EXAMPLES):
    """How many configurations of each layer were tried, how many came back with equal outputs."""
    each = {}
    for layer_class in LAYERS:
        found = _one(layer_class, examples)
        each[layer_class.__name__] = found
        print(f"layers: {layer_class.__name__}: {found}", flush=True)
    return {
        "layers": len(each),
        "configurations": sum(found["tried"] for found in each.values()),
        "equal": sum(found["equal"] for found in each.values()),
        "each": each,
    }


def _one(layer_class, examples):
    found = {"tried": 0, "equal": 0, "failures": []}

    @seed(2023)
    @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(configurations(layer_class))
    def check(drawn):
        found["tried"] += 1
        try:
            check_round_trip(layer_class, *drawn)
        except Exception as error:
            found["failures"].append(f"{drawn}: {type(error).__name__}: {error}"[:500])
        else:
            found["equal"] += 1

    check()
    return found
