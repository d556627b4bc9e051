"""The likelihood-ratio studies: their numbers, by hand."""

import dataclasses

import numpy as np
import pytest

import binomial_keras as bk
from reproduce.cli import main
from reproduce.lookup import record_of
from reproduce.plan import load_plans
from reproduce.published import numbers
from reproduce.records import RecordStore
from reproduce.studies import STUDIES

NAME, KEY = "glr_small", "threshold-ce-baseline"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """The study of MNIST with one network and its source, on the digits."""
    whole = STUDIES["glr_mnist"]
    kept = tuple(n for n in whole.networks if n.key in (f"glr_mlp-{KEY}", "relu_mlp"))
    STUDIES[NAME] = dataclasses.replace(whole, name=NAME, networks=kept)
    out = tmp_path_factory.mktemp("out")
    arguments = ["run", NAME, "--data", "digits", "--seeds", "1", "--epochs", "2", "--images", "30",
                 "--set", "recipe.batch_size=64"]
    assert main([*arguments, "--out", str(out)]) == 0
    store = RecordStore(out)
    yield store, {plan.study: plan for plan in load_plans(store)}
    del STUDIES[NAME]


def found(done, measure):
    """(result, hits, numbers of the images, the network, the source)."""
    store, plans = done
    plan, study = plans[NAME], STUDIES[NAME]
    chosen = next(m for m in study.measures if m.key == measure)
    cell, place = study.cell(plan, study.network(f"glr_mlp-{KEY}"), chosen, 0)
    record = record_of(cell, plan, store)
    arrays = store.arrays(record)

    def network(trained):
        return trained and bk.load(
            store.checkpoints / record_of(trained, plan, store)["result"]["file"]
        )

    return (record["result"]["points"][place], arrays["correct"][place], arrays["image_numbers"],
            network(cell.checkpoint), network(cell.source))


def labels(model, x):
    return np.argmax(np.asarray(model(x)), axis=1)


def test_networks_are_trained_by_likelihood_ratios_and_stay_ordinary(done):
    store, plans = done
    study, plan = STUDIES[NAME], plans[NAME]
    for network in study.networks:
        record = record_of(study.training(plan, network, 0), plan, store)
        assert ("copies" in record["result"]["recipe"]) == (network.key != "relu_mlp")
    model = found(done, "clean")[3]
    assert [layer.name for layer in model.layers][-2:] == ["threshold1", "probabilities"]


def test_one_step_of_fgsm_is_made_on_the_source_for_every_image(done):
    result, correct, chosen, model, source = found(done, "fgsm-0.13")
    x, y = (part[chosen] for part in bk.data.load("digits", "test"))
    kernels = source.get_weights()
    inner, hidden = x.reshape(len(x), -1), []
    for kernel, bias in zip(kernels[:-2:2], kernels[1:-2:2]):
        inner = np.maximum(inner @ kernel + bias, 0)
        hidden.append(inner)
    back = np.asarray(source(x)) - np.eye(10)[y]
    for kernel, layer in zip(kernels[-2::-2], [None, *hidden[::-1]]):
        back = (back if layer is None else back * (layer > 0)) @ kernel.T
    moved = np.clip(x + 0.13 * np.sign(back).reshape(x.shape), 0, 1).astype("float32")
    np.testing.assert_array_equal(correct[0], labels(model, moved) == y)
    assert result["accuracy"] == pytest.approx(np.mean(correct))


def test_corruptions_are_means_over_five_severities(done):
    result, correct, chosen, model, _ = found(done, "contrast")
    x, y = (part[chosen] for part in bk.data.load("digits", "test"))
    assert correct.shape == (5, 30)
    for severity, hits in enumerate(correct, 1):
        shown = bk.evaluation.corruptions.corrupt(x, "contrast", severity, seed=0,
                                                  parameters="cifar")
        np.testing.assert_array_equal(hits, labels(model, shown) == y)
    assert result["accuracy"] == pytest.approx(correct.mean())


def test_the_worst_case_is_below_everything_else(done):
    accuracies = {
        measure: found(done, measure)[0]["accuracy"]
        for measure in ("clean", "adaptive-0.05", "adaptive-0.13")
    }
    assert accuracies["clean"] >= accuracies["adaptive-0.05"] >= accuracies["adaptive-0.13"]
    assert accuracies["adaptive-0.13"] < accuracies["clean"]
    # Nothing leaves the ball; what was not fooled is unchanged.
    store, plans = done
    study = STUDIES[NAME]
    measure = next(m for m in study.measures if m.key == "adaptive-0.05")
    cell, place = study.cell(plans[NAME], study.network(f"glr_mlp-{KEY}"), measure, 0)
    arrays = store.arrays(record_of(cell, plans[NAME], store))
    x = bk.data.load("digits", "test")[0][arrays["image_numbers"]]
    shown = arrays["pictures"][place] / 255
    assert np.abs(shown - x[:4]).max() <= 0.05 + 0.5 / 255 + 1e-6


def test_published_numbers():
    study = STUDIES["glr_fashion_mnist"]
    assert study.published["glr_mlp-threshold-01", "fgsm-0.13"] == (57.19, None)
    assert study.published["glr_mlp-bp", "contrast"] == (41.05, None)
    assert STUDIES["glr_mnist"].published["glr_mlp-sigmoid-ce", "lbfgs"] == (77.60, None)
    # Published tables of data sets without an experiment here are kept as well.
    assert numbers("glr_tiny_imagenet")["BP benchmark"]["orig"] == "21.70"
