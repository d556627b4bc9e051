"""`publish`: files and cards against the records and checkpoints that they are made from."""

import io
import json
import pathlib
import shutil
import zipfile

import h5py
import keras
import numpy as np
import pytest

import binomial_keras as bk
from binomial_keras import zoo
from binomial_keras.zoo import registry
from reproduce.checkpoints import GivenCheckpoints, file_sha256, weights_sha256
from reproduce.cli import main
from reproduce.inference_file import write_inference_file
from reproduce.plan import load_plans
from reproduce.publish.card import card_of
from reproduce.publish.entries import ENTRIES, Entry
from reproduce.publish.studied import part_of, study_lines
from reproduce.publish.trainings import find, trainings_of
from reproduce.records import RecordStore
from reproduce.studies import STUDIES

RESULTS = pathlib.Path(__file__).parents[2] / "reproduce" / "results"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Two binomial networks on the digits, one of them under adaptive attacks."""
    out = tmp_path_factory.mktemp("out")
    small = ["--images", "6", "--draws", "2", "--epochs", "1", "--out", str(out)]
    assert main(["run", "demo", "--rows", "1,2", "--attacks", "FGM", "--clean-images", "40",
                 "--shard", "4", *small]) == 0
    model = next((out / "checkpoints").glob("digits-B3-*.keras"))
    assert main(["run", "adaptive", "--model", str(model), "--attacks", "FGSM", "--data", "digits",
                 "--eps", "0.1", "--score-draws", "4", *small[:4], *small[6:]]) == 0
    return RecordStore(out)


@pytest.fixture
def own_zoo(tmp_path, monkeypatch):
    folder = tmp_path / "zoo"
    folder.mkdir()
    (folder / "index.json").write_text("{}")
    monkeypatch.setattr(registry, "FOLDER", folder)
    return folder


def publish(store, *arguments):
    return main(["publish", *arguments, "--out", str(store.out)])


def ids(card):
    return {record for key in ("clean", "as_published", "adaptive", "other")
            for line in card[key] for record in line["records"]}


def test_a_binomial_network(store, own_zoo):
    assert publish(store, "digits-B3-s0", "--name", "mine") == 0
    card = zoo.info("mine")
    (clean,) = card["clean"]
    record = store.by_id(clean["records"][0])
    assert clean["accuracy"] == pytest.approx(100 * record["result"]["accuracy"][0], abs=1e-4)
    assert [clean["low"], clean["high"]] == pytest.approx(
        [100 * one for one in record["result"]["interval"][0]], abs=1e-3)
    assert clean["sd_over_draws"] == pytest.approx(
        100 * np.std(record["result"]["accuracy_per_draw"][0], ddof=1), abs=1e-3)
    measured, *missing = card["as_published"]
    # Two blocks of 4 and 2 images.
    blocks = [store.by_id(one)["result"] for one in measured["records"]]
    assert [one["images"] for one in blocks] == [4, 2]
    assert measured["what"] == "FGM" and measured["settings"]["eps"] > 0
    assert measured["accuracy"] == pytest.approx(
        100 * sum(one["accuracy"] * one["images"] for one in blocks) / 6, abs=1e-3)
    assert {one["what"] for one in missing} == {"Square", "DeepFool", "C&W", "Pixel"}
    assert all(one["accuracy"] is None and one["records"] == [] for one in missing)
    (worst,) = card["adaptive"]
    assert worst["eps"] == 0.1 and worst["budget"] == "quick" and worst["images"] == 6
    assert {store.by_id(one)["identity"]["attack"] for one in worst["records"]} == {
        "no attack", "FGSM"}
    assert "not measured" in str(card)


def test_origin(store, own_zoo):
    assert publish(store, "digits-D-s0") == 0
    card = zoo.info("digits-d")
    record = store.by_id(card["training"]["record"])
    assert card["adaptive"] == [] and card["network"]["key"] == "D"
    assert card["training"]["recipe"] == record["result"]["recipe"]
    assert card["training"]["recipe"]["epochs"] == 1
    assert card["training"]["command"] == record["provenance"]["command"]
    assert card["training"]["versions"] == record["provenance"]["versions"]
    assert card["data"]["train"] == {
        "images": 1437, "sha256": record["identity"]["data_sha256"]}
    tested = store.by_id(card["clean"][0]["records"][0])
    assert card["data"]["test"] == {"images": 360, "sha256": tested["identity"]["data_sha256"]}
    assert "CC BY 4.0" in card["data"]["licence"] and card["licence"].startswith("MIT")


def test_a_network_of_a_study():
    """Against the committed records of a network with random masks."""
    store = RecordStore(RESULTS)
    training = find(trainings_of(store), "fashion_mnist-flexible_small-random-s0")
    found = study_lines(training, load_plans(store), store)
    (clean,), (fgsm,), (averaged,) = found["clean"], found["as_published"], found["adaptive"]
    for line, kind in ((clean, "clean"), (fgsm, "fgsm"), (averaged, "fgsm")):
        record = store.by_id(line["records"][0])
        assert record["identity"]["weights_sha256"] == training.record["result"]["weights_sha256"]
        (point,) = record["result"]["points"]
        assert point["kind"] == kind
        assert line["accuracy"] == pytest.approx(100 * point["accuracy"], abs=1e-4)
        assert line["draws"] == record["result"]["draws"] > 1
    # The masks are random: the attack that averages is not the paper's.
    assert averaged["settings"]["draws"] == 20 and "draws" not in fgsm["settings"]
    hits = store.arrays(store.by_id(clean["records"][0]))["correct"][0]
    assert clean["sd_over_draws"] == pytest.approx(
        100 * hits.mean(axis=1).std(ddof=1), abs=1e-3)
    assert found["other"] == []


def test_the_corruptions_of_a_severity_are_one_line():
    """Against the answers in the committed record."""
    store = RecordStore(RESULTS)
    training = find(trainings_of(store), "fashion_mnist-flexible_small-below-s0")
    lines = study_lines(training, load_plans(store), store)["other"]
    third = [line for line in lines if "corruptions, severity 3" in line["what"]]
    assert len(third) == 1 and third[0]["settings"] == {"severity": 3, "parameters": "cifar"}
    (name,) = third[0]["records"]
    record = store.by_id(name)
    answers = store.arrays(record)["correct"]
    settings = [point["settings"] for point in record["result"]["points"]]
    places = [place for place, one in enumerate(settings) if one["severity"] == 3]
    assert len({settings[place]["name"] for place in places}) == len(places) == 19
    assert third[0]["accuracy"] == pytest.approx(
        100 * np.mean([answers[place].mean() for place in places]), abs=1e-4)
    # The images are the sample: the spread of their own means, not of all the answers.
    images = np.stack([answers[place] for place in places]).mean(axis=(0, 1))
    reach = 1.96 * 100 * images.std(ddof=1) / np.sqrt(len(images))
    assert third[0]["high"] - third[0]["low"] == pytest.approx(2 * reach, rel=0.05)


@pytest.mark.parametrize("study, measure, part", [
    ("flexible_table2", "clean", "clean"),
    ("flexible_table2", "fgsm-0.1", "as_published"),
    ("flexible_table2", "fgsm-0.1-20", "adaptive"),
    ("flexible_fig3", "clean-at-0.1", "other"),
    ("glr_mnist", "lbfgs", "as_published"),
    ("glr_mnist", "gaussian", "other"),
    ("glr_mnist", "adaptive-0.05", "adaptive"),
    ("randhet_mnist", "pgd", "as_published"),
    ("randhet_mnist", "pgd-20", "adaptive"),
    ("randhet_mnist", "ensemble", "adaptive"),
    ("randhet_mnist", "pgd-as-fixed", "other"),
    ("splash_mnist", "apgd-0.1", "adaptive"),
])
def test_which_table_a_measure_belongs_to(study, measure, part):
    (found,) = [one for one in STUDIES[study].measures if one.key == measure]
    assert part_of(found) == part


def test_every_record_is_of_the_same_weights(store):
    plans = load_plans(store)
    for training in trainings_of(store):
        card = card_of(training, plans, store)
        weights = {store.by_id(one)["identity"]["weights_sha256"] for one in ids(card)}
        assert weights == {training.record["result"]["weights_sha256"]}


def test_publishing_again_changes_nothing(store, own_zoo):
    assert publish(store, "digits-B3-s0", "--name", "mine") == 0
    before = {path.name: path.read_bytes() for path in own_zoo.rglob("*") if path.is_file()}
    assert publish(store, "digits-B3-s0", "--name", "mine") == 0
    assert {p.name: p.read_bytes() for p in own_zoo.rglob("*") if p.is_file()} == before


def test_all(store, own_zoo, tmp_path, capsys):
    assert publish(store, "--all") == 0
    assert zoo.names() == ["digits-b3", "digits-d"]
    out, err = capsys.readouterr()
    assert "digits-b3: digits-B3-s0" in out
    assert "left out: mnist-d, " in err and "digits-a3" in err


def test_a_network_without_a_clean_accuracy_is_left_out(store, own_zoo, tmp_path, capsys):
    other = RecordStore(tmp_path / "copy")
    shutil.copytree(store.out, other.out)
    for path in other.records.glob("clean-*.json"):
        if json.loads(path.read_text())["identity"]["network"] == "D":
            path.unlink()
    assert publish(other, "--all") == 0
    assert "digits-D-s0 has no record of its clean accuracy yet" in capsys.readouterr().err
    assert zoo.names() == ["digits-b3"]
    assert publish(other, "digits-D-s0") == 2


def test_large_files_stay_out_of_the_package(store, own_zoo, tmp_path, monkeypatch):
    monkeypatch.setattr("reproduce.publish.command.LARGEST", 1000)
    upload = tmp_path / "upload"
    assert publish(store, "digits-D-s0", "--release", str(upload)) == 0
    assert zoo.info("digits-d")["url"] == "digits-d.keras"
    assert file_sha256(upload / "digits-d.keras") == zoo.info("digits-d")["sha256"]
    assert [path.name for path in own_zoo.iterdir()] == ["index.json"]


def test_a_full_package_takes_no_further_file(store, own_zoo, tmp_path, monkeypatch):
    upload = ("--release", str(tmp_path / "upload"))
    assert publish(store, "digits-D-s0", *upload) == 0
    # Room for the file that is there, also when it is published again, and for no second one.
    monkeypatch.setattr("reproduce.publish.command.TOGETHER", zoo.info("digits-d")["size"])
    assert publish(store, "digits-B3-s0", *upload) == publish(store, "digits-D-s0", *upload) == 0
    assert "file" in zoo.info("digits-d") and "url" in zoo.info("digits-b3")


def test_given_checkpoints_from_the_zoo(store, own_zoo):
    assert publish(store, "digits-B3-s0", "--name", "mine") == 0
    given = GivenCheckpoints("zoo")
    assert given.path("digits-B3-s0") == zoo.path("mine")
    assert given.path("digits-B3-s1") is None
    assert list(given.describe("digits", ("D", "B3"), 1)) == ["B3-s0"]


@pytest.mark.parametrize("arguments, words", [
    ([], "Say which network"),
    (["digits-D-s0", "--all"], "Say which network"),
    (["--all", "--name", "x"], "--all has names of its own"),
    (["digits-A2-s0"], "no record of a training called 'digits-A2-s0'; there are: digits-B3-s0"),
    (["digits-D-s0", "--name", "no/name"], "argument `name`"),
])
def test_wrong_requests(store, own_zoo, capsys, arguments, words):
    assert publish(store, *arguments) == 2
    assert words in capsys.readouterr().err
    assert zoo.names() == []


def test_a_network_that_is_not_on_the_list_needs_a_name(own_zoo, capsys):
    assert publish(RecordStore(RESULTS), "mnist-lenet5-relu-s0") == 2
    assert "give it --name NAME" in capsys.readouterr().err


def test_a_name_of_another_training_is_not_taken(store, own_zoo, capsys):
    assert publish(store, "digits-D-s0", "--name", "mine") == 0
    assert publish(store, "digits-B3-s0", "--name", "mine") == 2
    assert "has a checkpoint 'mine' already" in capsys.readouterr().err
    assert publish(store, "digits-B3-s0", "--name", "mine", "--replace") == 0
    assert zoo.info("mine")["network"]["key"] == "B3"


def test_a_checkpoint_that_is_not_its_records(store, own_zoo, tmp_path, capsys):
    other = RecordStore(tmp_path / "copy")
    shutil.copytree(store.out, other.out)
    one, two = (next(other.checkpoints.glob(f"digits-{key}-*.keras")) for key in ("B3", "D"))
    shutil.copyfile(one, two)
    assert publish(other, "digits-D-s0") == 2
    assert "are not those of train-" in capsys.readouterr().err
    two.unlink()
    assert publish(other, "digits-D-s0") == 2
    assert "make it again with: python -m reproduce" in capsys.readouterr().err


def _stored(path):
    with zipfile.ZipFile(path) as archive:
        weights, config = archive.read("model.weights.h5"), archive.read("config.json")
    found = {}
    with h5py.File(io.BytesIO(weights)) as opened:
        opened.visititems(lambda name, item: found.update({name: item[()]})
                          if isinstance(item, h5py.Dataset) else None)
    return found, json.loads(config)


def test_the_optimizer_goes_and_the_weights_stay(tmp_path):
    keras.utils.set_random_seed(0)
    model = bk.models.binomial_cnn((8, 8, 1), 4, (4,), neuron="B", T=2)
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).random((8, 8, 8, 1), "float32")
    model.fit(x, np.arange(8) % 4, verbose=0)
    old, new = tmp_path / "old.keras", tmp_path / "new.keras"
    model.save(old)
    write_inference_file(old, new)
    before, config = _stored(old)
    after, left = _stored(new)
    kept = {name for name in before if not name.startswith("optimizer")}
    assert set(after) == kept and kept < set(before)
    for name in kept:
        assert before[name].dtype == after[name].dtype
        np.testing.assert_array_equal(before[name], after[name])
    assert "compile_config" in config and "compile_config" not in left
    assert new.stat().st_size < old.stat().st_size
    assert weights_sha256(new) == weights_sha256(old)
    loaded = bk.load(new)
    for one, two in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(one, two)
    again = tmp_path / "again.keras"
    write_inference_file(old, again)
    assert again.read_bytes() == new.read_bytes()


def test_of_several_trainings_the_largest_is_the_entry(store):
    entry = Entry("any", "digits", "D")
    (one,) = [t for t in trainings_of(store) if t.cell.network == "D"]
    longer = {**one.record, "cost": {**one.record["cost"], "backwards": 10**9}}
    two = type(one)(longer, one.cell, one.path)
    assert entry.training([one, two]) is two and entry.training([two, one]) is two
    assert entry.training([]) is None


def test_the_list_names_networks_that_exist():
    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)
    keys = {(study.data, network.key) for study in STUDIES.values() for network in study.networks}
    from reproduce.experiments.networks import NETWORKS

    for entry in ENTRIES:
        assert entry.network in NETWORKS or (entry.data, entry.network) in keys, entry


COMMITTED = [training for training in trainings_of(RecordStore(RESULTS))
             if training.path.is_file()]
LISTED = {entry.name: entry.training(COMMITTED) for entry in ENTRIES}


@pytest.mark.parametrize("name", [name for name, one in LISTED.items() if one is not None])
def test_the_committed_file_is_that_of_the_committed_checkpoint(name, tmp_path):
    """Byte for byte it need not be: HDF5 versions write the same arrays in other ways."""
    file = tmp_path / f"{name}.keras"
    write_inference_file(LISTED[name].checked().path, file)
    assert weights_sha256(file) == zoo.info(name)["weights_sha256"]
    if "file" in zoo.info(name):
        (made, config), (shipped, kept) = _stored(file), _stored(zoo.path(name))
        assert set(made) == set(shipped) and config == kept


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, one in LISTED.items() if one is not None])
def test_the_committed_card_is_that_of_the_committed_records(name):
    """If this fails, records have come since: `python -m reproduce publish --all` again."""
    store = RecordStore(RESULTS)
    made = card_of(LISTED[name], load_plans(store), store)
    recorded = zoo.info(name)
    assert {key: recorded[key] for key in made} == json.loads(json.dumps(made))
