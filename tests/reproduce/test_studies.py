"""Studies: networks x measures, their numbers, resuming, and wrong requests."""

import csv
import dataclasses

import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras import backend
from reproduce.built import new_network
from reproduce.cli import main
from reproduce.lookup import identity_of, record_of
from reproduce.plan import load_plans
from reproduce.records import RecordStore
from reproduce.report.study import study_section
from reproduce.sample import difference
from reproduce.studies import STUDIES
from reproduce.studies.plan import StudyPlan
from reproduce.studies.results import sample_of
from reproduce.studies.work import training_images

SMALL = ["--data", "digits", "--seeds", "2", "--epochs", "2", "--images", "60", "--draws", "3"]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    arguments = ["run", "flexible_table2", "flexible_fig3", *SMALL, "--out", str(out)]
    assert main(arguments) == 0
    return RecordStore(out), arguments


def test_rows_choose_networks_and_keep_what_a_transfer_comes_from():
    study = STUDIES["glr_mnist"]
    training = {"recipe": "cpu", "overrides": {}, "width": None}
    plan = StudyPlan("glr_mnist", "digits", 1, training, 10, 1, 250, {})
    trained = [c.network for c in study.cells(plan, {1, 3}) if c.kind == "train"]
    assert trained == ["relu_mlp", "glr_mlp-bp", "glr_mlp-threshold-ce"]
    measured = {c.checkpoint.network for c in study.cells(plan, {1, 3}) if c.kind == "measure"}
    assert measured == {"glr_mlp-bp", "glr_mlp-threshold-ce"}


def plan_of(store, name):
    return next(plan for plan in load_plans(store) if getattr(plan, "study", None) == name)


def cell_of(plan, network, measure, seed=0):
    study = STUDIES[plan.study]
    chosen = next(m for m in study.measures if m.key == measure)
    return study.cell(plan, study.network(f"flexible_small-{network}"), chosen, seed)


def found_of(store, plan, network, measure, seed=0):
    """(result, hits, pictures) of a measure."""
    cell, place = cell_of(plan, network, measure, seed)
    record = record_of(cell, plan, store)
    arrays = store.arrays(record)
    return (record["result"]["points"][place], arrays["correct"][place],
            arrays["pictures"][place] / 255, arrays["image_numbers"])


def checkpoint_of(store, plan, cell):
    return bk.load(store.checkpoints / record_of(cell.checkpoint, plan, store)["result"]["file"])


def test_a_network_that_two_studies_need_is_trained_once(done):
    store, _ = done
    trained = [path for path in store.records.glob("train-*.json")]
    # Baseline, two uniform thresholds, two learned ones, a random mask; two seeds.
    assert len(trained) == 6 * 2


def test_fgsm_by_hand(done):
    store, _ = done
    plan = plan_of(store, "flexible_table2")
    _, correct, pictures, numbers = found_of(store, plan, "below", "fgsm-0.1")
    model = checkpoint_of(store, plan, cell_of(plan, "below", "fgsm-0.1")[0])
    x, y = (part[numbers] for part in bk.data.load("digits", "test"))
    right = np.argmax(np.asarray(model(x[:4])), axis=1) == y[:4]
    # What is wrong already stays as it is; pictures are rounded to bytes.
    np.testing.assert_allclose(pictures[~right], x[:4][~right], atol=0.003)
    # The sign of a difference quotient, pixel by pixel, of the cross-entropy.
    one = np.flatnonzero(right)[0]
    picture, h = x[one][None].astype("float64"), 1e-3
    steps = h * np.eye(64).reshape(64, 8, 8, 1)
    losses = [
        -np.log(np.asarray(model((picture + sign * steps).astype("float32")))[:, y[one]] + 1e-30)
        for sign in (1, -1)
    ]
    slope = (losses[0] - losses[1]) / (2 * h)
    clear = np.abs(slope) > 0.05 * np.abs(slope).max()
    expected = np.clip(picture[0].ravel() + 0.1 * np.sign(slope), 0, 1)
    np.testing.assert_allclose(pictures[one].ravel()[clear], expected[clear], atol=0.003)
    hits = np.argmax(np.asarray(model(pictures.astype("float32"))), axis=1) == y[:4]
    np.testing.assert_array_equal(correct[0, :4], hits)


def test_the_threshold_is_changed_in_the_test_alone(done):
    store, _ = done
    plan = plan_of(store, "flexible_fig3")
    result, *_, numbers = found_of(store, plan, "uniform0.1", "clean-at-0.6")
    model = checkpoint_of(store, plan, cell_of(plan, "uniform0.1", "clean-at-0.6")[0])
    assert model.get_layer("flexible").threshold_value == 0.1
    x, y = (part[numbers] for part in bk.data.load("digits", "test"))
    labels = np.argmax(np.asarray(bk.models.with_threshold(model, 0.6)(x)), axis=1)
    assert result["accuracy"] == pytest.approx(np.mean(labels == y))


def test_a_network_with_noise_is_asked_several_times(done):
    store, _ = done
    plan = plan_of(store, "flexible_table2")
    noisy, calm = (found_of(store, plan, name, "clean")[1] for name in ("random", "below"))
    assert noisy.shape == (3, 60) and calm.shape == (1, 60)
    assert len({tuple(row) for row in noisy}) > 1


def test_mean_and_standard_error(done):
    store, _ = done
    plan = plan_of(store, "flexible_table2")
    study = STUDIES["flexible_table2"]
    values = [100 * found_of(store, plan, "above", "clean", s)[0]["accuracy"] for s in (0, 1)]
    network = study.network("flexible_small-above")
    found = sample_of(study, plan, store, network, study.measures[0])
    assert found.value == pytest.approx(np.mean(values))
    # Of two numbers: half their distance.
    assert found.error == pytest.approx(abs(values[0] - values[1]) / 2)
    only = dataclasses.replace(plan, seeds=1)
    assert sample_of(study, only, store, network, study.measures[0]).error is None


def test_a_curve_is_one_record(done):
    store, _ = done
    plan, study = plan_of(store, "flexible_fig3"), STUDIES["flexible_fig3"]
    cells = {cell_of(plan, "uniform0.6", measure.key)[0] for measure in study.measures}
    assert len(cells) == 1
    accuracies = [found_of(store, plan, "uniform0.6", m.key)[0]["accuracy"] for m in study.measures]
    assert len(set(accuracies)) > 1


def test_every_network_is_shown_the_same_corrupted_images(tmp_path):
    arguments = ["--data", "digits", "--seeds", "1", "--epochs", "1", "--images", "20"]
    assert main(["run", "flexible_fig5a_small", *arguments, "--out", str(tmp_path)]) == 0
    store = RecordStore(tmp_path)
    plan = plan_of(store, "flexible_fig5a_small")
    one, two = (found_of(store, plan, name, "gaussian_noise-3") for name in ("above", "below"))
    np.testing.assert_array_equal(one[2], two[2])
    assert one[0]["bandwidth"] == two[0]["bandwidth"] > 0
    x = bk.data.load("digits", "test")[0][one[3][:4]]
    expected = bk.evaluation.corruptions.corrupt(x, "gaussian_noise", 3, seed=0, parameters="cifar")
    np.testing.assert_allclose(one[2], expected, atol=0.003)
    text = (tmp_path / "report" / "flexible_fig5a_small-digits.md").read_text()
    assert "Correlation with the logarithm of the bandwidth" in text


def test_a_seed_without_a_record_leaves_no_other_in_its_place(done, tmp_path):
    plan = dataclasses.replace(plan_of(done[0], "flexible_table2"), seeds=3)
    study, store = STUDIES["flexible_table2"], RecordStore(tmp_path)
    store.prepare()
    right = {"above": {0: 9, 1: 8, 2: 7}, "baseline": {0: 6, 2: 5}}  # of ten images
    found = {}
    for name, by_seed in right.items():
        for seed, count in by_seed.items():
            cell, _ = cell_of(plan, name, "clean", seed)
            trained = cell.checkpoint.identity(plan.data_sha256["train"])
            store.put(trained, {"result": {"weights_sha256": f"{name}{seed}"}}, {})
            hits = np.arange(10)[None, None] < count
            store.put(identity_of(cell, plan, store), {"result": {}}, {"correct": hits})
        found[name] = sample_of(
            study, plan, store, study.network(f"flexible_small-{name}"), study.measures[0]
        )
    means = {
        name: {seed: point.per_image.mean() for seed, point in one.per_seed.items()}
        for name, one in found.items()
    }
    assert means["above"] == pytest.approx({0: 90, 1: 80, 2: 70})
    assert means["baseline"] == pytest.approx({0: 60, 2: 50})
    # Seed 0 with seed 0 and 2 with 2: 30 and 20. The second of each would give 30 and 30.
    assert difference(found["above"], found["baseline"])[0] == pytest.approx(25)


def test_report_has_the_published_numbers_beside_ours(done):
    store, _ = done
    folder = store.out / "report"
    text = (folder / "flexible_table2-digits.md").read_text()
    assert "87.70 ± 0.54" in text and "44.40 ± 0.82" in text
    with open(folder / "flexible_table2-digits.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    line = next(one for one in lines if one["network"] == "flexible_small-baseline"
                and one["measure"] == "fgsm-0.1")
    assert float(line["published"]) == 27.3 and line["seeds"] == "2"
    assert (folder / "flexible_fig3-digits.png").stat().st_size > 5000


def test_nothing_is_computed_twice(done, capsys):
    store, arguments = done
    before = {path: path.stat().st_mtime_ns for path in store.records.iterdir()}
    assert main(arguments) == 0
    assert "0 cells run" in capsys.readouterr().out
    assert before == {path: path.stat().st_mtime_ns for path in store.records.iterdir()}


def test_few_training_images_are_balanced_and_chosen_by_the_seed():
    study = STUDIES["flexible_fig4c"]
    x = np.arange(5000, dtype="float32")
    y = np.random.default_rng(0).integers(0, 10, 5000)
    plan = dataclasses.make_dataclass("P", ["data", "training"])(
        "cifar10", {"recipe": "cpu", "overrides": {}, "width": 0.25}
    )
    first, second = (study.training(plan, study.networks[0], seed) for seed in (0, 1))
    chosen, labels = training_images(first, x, y)
    assert list(np.bincount(labels)) == [100] * 10 and len(set(chosen)) == 1000
    assert np.array_equal(chosen, training_images(first, x, y)[0])
    assert not np.array_equal(chosen, training_images(second, x, y)[0])


def test_short_recipes_alone_are_smaller_than_the_paper_s():
    Plan = dataclasses.make_dataclass("Plan", ["data", "training"])

    def trained(name, key, recipe):
        study = STUDIES[name]
        training = {"recipe": recipe, "overrides": {}, "width": 1.0}
        return study.training(Plan(study.data, training), study.network(key), 0)

    paper, short = (trained("flexible_table3", "flexible_vgg16-above", r) for r in ("paper", "cpu"))
    assert "dropout" not in dict(paper.arguments)
    assert dict(short.arguments) == {**dict(paper.arguments), "dropout": 0.0}
    paper, short = (trained("flexible_fig4a", "hmax-flexible", r) for r in ("paper", "cpu"))
    assert dict(paper.arguments) == {"form": "flexible"} and paper.images is None
    assert dict(short.arguments) == {"form": "flexible", "c1_sizes": (8, 10)}
    assert short.images == 5000


def _awake(model):
    """Untrained spiking networks are all but silent at inference: raise their currents."""
    if any(isinstance(layer, bk.layers.LIF) for layer in model.layers):
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                gamma, _, mean, variance = layer.get_weights()
                layer.set_weights([gamma, gamma - 0.4, mean, 0.01 * variance])
            elif layer.name == "dense":
                layer.set_weights([10 * weight for weight in layer.get_weights()])
    return model


@pytest.mark.parametrize("name", STUDIES)
def test_every_source_and_hidden_network_is_one_of_the_study(name):
    study = STUDIES[name]
    keys = {network.key for network in study.networks}
    assert {measure.source for measure in study.measures} - {None} <= keys
    assert set(study.hidden) <= keys
    assert {network for network, _ in study.published} <= keys
    assert {key for _, key in study.published} <= {measure.key for measure in study.measures}


@pytest.mark.parametrize("name", STUDIES)
def test_every_network_of_every_study_can_be_built(name):
    study = STUDIES[name]
    about = bk.data.describe(study.data)
    plan = dataclasses.make_dataclass("P", ["data", "training"])(
        study.data, {"recipe": "cpu", "overrides": {}, "width": 0.1}
    )
    seen = set()
    for network in study.networks:
        cell = study.training(plan, network, 0)
        for recipe in network.recipes.values():
            bk.training.recipe(recipe)
        model = _awake(new_network(cell))
        # Of networks that differ in their activation alone, one is run: compiling takes seconds.
        alike = network.builder in ("lenet5", "resnet20")
        kind = network.builder if alike else (cell.builder, str(cell.arguments))
        if kind in seen:
            assert model.output_shape == (None, about["classes"])
            continue
        seen.add(kind)
        x = np.random.default_rng(0).random((2, *about["shape"]), "float32")
        answers = backend.compile_forward(model)(x)
        assert answers.shape == (2, about["classes"])
        again = backend.compile_forward(model)(x)
        if network.noisy:
            assert not np.array_equal(answers, again)
        else:
            np.testing.assert_allclose(answers, again, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["flexible_table2", "table3"], "apart from table3"),
        (["flexible_table2", "--rows", "6"], "no row '6'; its rows are 1 (baseline), 2"),
        (["flexible_table2", "--width", "0.5"], "--width means nothing"),
        (["flexible_table2", "--images", "99999999"], "more than"),
        (["flexible_table2", "--set", "Pixel.max_iter=2"], "recipe.SETTING"),
        (["flexible_table2", "--set", "recipe.nonsense=2"], "nonsense"),
        (["flexible_table2", "--recipe", "best"], "--recipe best"),
        (["flexible_table2", "--data", "letters"], "letters"),
        (["flexible_table3", "--width", "2"], "width"),
    ],
)
def test_wrong_requests(arguments, said, tmp_path, capsys):
    data = [] if "--data" in arguments else ["--data", "digits"]
    code = 0
    try:
        code = main(["run", *arguments, *data, "--out", str(tmp_path)])
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert said in capsys.readouterr().err


def test_activation_maps_are_those_of_the_layer(tmp_path):
    arguments = ["--data", "digits", "--seeds", "1", "--epochs", "1", "--images", "5"]
    assert main(["run", "flexible_figs1_small", *arguments, "--out", str(tmp_path)]) == 0
    store = RecordStore(tmp_path)
    plan = plan_of(store, "flexible_figs1_small")
    cell, _ = cell_of(plan, "below", "maps")
    record = record_of(cell, plan, store)
    arrays = store.arrays(record)
    x = bk.data.load("digits", "test")[0][arrays["image_numbers"][:1]]
    model = checkpoint_of(store, plan, cell)
    normal = (x - 0.2860) / 0.3530
    maps = np.asarray(model.get_layer("flexible")(normal))[0, ..., 0]
    expected = 255 * (maps - maps.min()) / (maps.max() - maps.min())
    assert record["result"]["maps"] == ["flexible"]
    np.testing.assert_allclose(arrays["maps_flexible"][..., 0], expected, atol=0.6)
    name = "flexible_figs1_small-digits-flexible_small-below.png"
    assert (tmp_path / "report" / name).stat().st_size > 3000


def test_a_table_tells_the_seeds_that_were_run_and_not_those_of_the_plan(done):
    store, _ = done
    plan = dataclasses.replace(plan_of(store, "flexible_table2"), seeds=5)
    notes = study_section(plan, store).tables[0].notes
    assert notes[0].startswith("Ours: 2 seeds;")
