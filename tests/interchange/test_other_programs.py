"""snnTorch and SpikingJelly as the other side: the same spikes from the same NIR file."""

import numpy as np
import pytest

from tests.interchange.networks import conv_net, spikes_of

nir = pytest.importorskip("nir", reason="NIR files need the package nir")
torch = pytest.importorskip("torch", reason="the other programs need PyTorch")

from binomial_keras.interchange import from_nir, to_nir  # noqa: E402

RNG = np.random.default_rng(5)
IMAGES = RNG.normal(0.5, 1.0, (4, 6, 4, 2)).astype("float32")
T, NEURONS = 5, ("lif1", "lif2")


def _written(model, folder):
    path = folder / "network.nir"
    nir.write(path, to_nir(model))
    return path


def _recorded(network, shown):
    """What the modules of the neurons give when `shown` is shown T times: {name: (T, ...)}."""
    found = {name: [] for name in NEURONS}
    hooks = [
        network.get_submodule(name).register_forward_hook(
            lambda module, inputs, output, name=name: found[name].append(
                (output[0] if isinstance(output, tuple) else output).detach().numpy()
            )
        )
        for name in NEURONS
    ]
    state = None
    with torch.no_grad():
        for _ in range(T):
            _, state = network(torch.from_numpy(np.ascontiguousarray(shown)), state)
    for hook in hooks:
        hook.remove()
    return {name: np.stack(arrays) for name, arrays in found.items()}


def _ours(model):
    """{name: (batch, T, ...)} channels first, the last ones in NIR's order."""
    first, second = spikes_of(model, IMAGES)
    assert all(0.03 < spikes.mean() < 0.97 for spikes in (first, second))
    return {"lif1": np.moveaxis(first, -1, 2), "lif2": second}


def _check(found, expected):
    for name, spikes in expected.items():
        np.testing.assert_array_equal(found[name], spikes)


@pytest.mark.parametrize("options", [
    {"decay_value": 0.4},
    {"decay_value": 0.75, "scale_input": False, "threshold": 1.0},
], ids=["scaled", "not scaled"])
def test_spikingjelly_gives_our_spikes(options, tmp_path):
    nir_exchange = pytest.importorskip(
        "spikingjelly.activation_based.nir_exchange", reason="SpikingJelly is not installed"
    )
    model = conv_net(**options)
    theirs = nir_exchange.import_from_nir(str(_written(model, tmp_path)))
    found = _recorded(theirs, np.moveaxis(IMAGES, -1, 1))
    _check({name: np.swapaxes(one, 0, 1) for name, one in found.items()}, _ours(model))


@pytest.mark.parametrize("options", [
    {"decay": "frozen", "seed": 2, "decay_range": (0.2, 0.9), "scale_input": False,
     "threshold": 0.6},
    {"decay_value": 0.4},
], ids=["time constants that differ", "scaled"])
def test_snntorch_gives_our_spikes(options, tmp_path):
    import_nir = pytest.importorskip("snntorch.import_nir", reason="snnTorch is not installed")
    model = conv_net(**options)
    expected = _ours(model)
    for number, image in enumerate(np.moveaxis(IMAGES, -1, 1)):
        # It flattens the batch axis as well: one image without one at a time.
        theirs = import_nir.import_from_nir(nir.read(_written(model, tmp_path)))
        _check(_recorded(theirs, image), {name: one[number] for name, one in expected.items()})


def test_a_network_of_snntorch_gives_its_spikes_here(tmp_path):
    snntorch = pytest.importorskip("snntorch", reason="snnTorch is not installed")
    export_nir = pytest.importorskip("snntorch.export_nir")
    torch.manual_seed(0)
    neurons = [
        snntorch.Leaky(beta=beta, threshold=theta, init_hidden=True, reset_mechanism="zero",
                       reset_delay=False)
        # Its exporter wants a value for every neuron.
        for beta, theta in (
            (torch.linspace(0.3, 0.9, 9), torch.full((9,), 0.6)),
            (torch.full((5,), 0.8), torch.full((5,), 0.4)),
        )
    ]
    theirs = torch.nn.Sequential(
        torch.nn.Linear(6, 9), neurons[0], torch.nn.Linear(9, 5, bias=False), neurons[1]
    )
    graph = export_nir.export_to_nir(theirs, torch.randn(1, 6), ignore_dims=[0])
    trains = RNG.normal(0, 2, (3, T, 6)).astype("float32")
    model = from_nir(graph, T=T, timed=True)
    for neuron in neurons:
        neuron.reset_mem()
    with torch.no_grad():
        expected = np.stack([theirs(torch.from_numpy(trains[:, t])).numpy() for t in range(T)], 1)
    assert 0.05 < expected.mean() < 0.95
    np.testing.assert_array_equal(np.asarray(model(trains)), expected)
