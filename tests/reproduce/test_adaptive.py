"""`run adaptive`: cells, the worst case from records, resuming, and wrong requests."""

import csv
import json
import re

import keras
import numpy as np
import pytest

import binomial_keras as bk
from reproduce.adaptive.cell import NO_ATTACK
from reproduce.adaptive.estimate import estimate
from reproduce.adaptive.request import make_plans
from reproduce.adaptive.results import attack_result, worst_result
from reproduce.cli import main, parser
from reproduce.lookup import record_of
from reproduce.plan import load_plans
from reproduce.records import RecordStore
from reproduce.report.attacked_images import attacked_figure

ATTACKS = "random noise,FGSM,PGD"
SMALL = ["--images", "8", "--shard", "5", "--eps", "0.1,0.4", "--draws", "2", "--score-draws", "6",
         "--attacks", ATTACKS]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Checkpoints of a stochastic network and of its twin, little trained."""
    folder = tmp_path_factory.mktemp("models")
    x, y = bk.data.load("digits", "train")
    model = bk.models.binomial_cnn((8, 8, 1), 10, (8,), "B", 2, seed=0, convolutions=1)
    bk.training.train(model, x, y, bk.training.recipe("cpu", epochs=4), verbose=0)
    bk.convert(model, "B", 2).save(folder / "small.keras")
    bk.convert(model, "D").save(folder / "twin.keras")
    return folder


@pytest.fixture(scope="module")
def done(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    models = ["--model", str(files / "small.keras"), "--model", str(files / "twin.keras")]
    arguments = ["run", "adaptive", *models, "--data", "digits", *SMALL, "--out", str(out)]
    assert main(arguments) == 0
    return out, arguments


def made_bench(store, arguments):
    options = parser().parse_args(arguments)
    return make_plans(options, store)[1]


def plan_of(store, model):
    return next(plan for plan in load_plans(store) if plan.model == model)


def test_one_record_per_attack_ball_and_block(done):
    store = RecordStore(done[0])
    plan = plan_of(store, "small")
    cells = [cell for cell in plan.cells() if cell.kind == "adaptive"]
    # Two blocks of the originals; three attacks in two balls.
    assert len(cells) == 2 + 3 * 2 * 2
    for cell in cells:
        arrays = store.arrays(record_of(cell, plan, store))
        assert len(arrays["hits"]) == cell.stop - cell.start
        assert arrays["linf"].max() <= cell.eps + 1e-6
        assert arrays["draws"] == 6


def test_worst_case_is_chosen_in_one_set_of_draws_and_counted_in_another(done):
    store = RecordStore(done[0])
    plan = plan_of(store, "small")
    found = worst_result(plan, store, 0.1)
    results = [attack_result(plan, store, NO_ATTACK, 0.0)]
    results += [attack_result(plan, store, name, 0.1) for name in ATTACKS.split(",")]
    hits = []
    for image in range(8):
        shares = [one.selection[image] for one in results]
        hits.append(results[shares.index(min(shares))].score.hits[image])
    np.testing.assert_array_equal(found.score.hits, hits)
    assert sum(found.counts.values()) == 8 and found.attacks == found.planned == 3
    assert found.score.accuracy == pytest.approx(np.mean(hits) / 6)


def test_a_second_run_does_nothing(done, capsys):
    assert main(done[1]) == 0
    told = capsys.readouterr().out
    assert "0 cells run" in told
    assert re.search(r"at most [\d,]+ forward and [\d,]+ backward .* in one process", told)


def test_no_more_passes_than_were_told(done):
    store = RecordStore(done[0])
    plans = load_plans(store)
    most = estimate(plans, made_bench(store, done[1]))
    spent = [record_of(cell, plan, store)["cost"] for plan in plans for cell in plan.cells()]
    # Attacks and checks say what they spent; 6 draws of the score and as many of the choice come
    # to it for the stochastic model.
    attacks = sum(cost["forwards"] for cost in spent)
    assert attacks + 7 * 8 * (6 + 6) <= most.forwards <= 50 * attacks
    assert sum(cost["backwards"] for cost in spent) <= most.backwards
    assert 0 < most.seconds < 3600


def test_a_later_run_keeps_the_balls_and_attacks_of_an_earlier_one(files, tmp_path):
    common = ["run", "adaptive", "--model", str(files / "twin.keras"), "--data", "digits",
              "--images", "4", "--score-draws", "5", "--out", str(tmp_path)]
    assert main([*common, "--eps", "0.1", "--attacks", "FGSM"]) == 0
    # A source of transferred attacks is one more attack, not another evaluation.
    assert main([*common, "--eps", "0.1,0.3", "--attacks", "random noise;transfer from small",
                 "--source", str(files / "small.keras")]) == 0
    store = RecordStore(tmp_path)
    (plan,) = load_plans(store)
    assert plan.eps == [0.1, 0.3]
    both = {"random noise", "transfer from small"}
    assert {eps: set(specs) for eps, specs in plan.attacks.items()} == {
        "0.1": {"FGSM", *both}, "0.3": both
    }
    assert worst_result(plan, store, 0.1).attacks == 3
    # A run without the source keeps what came from it.
    assert main([*common, "--eps", "0.1", "--attacks", "FGSM"]) == 0
    (plan,) = load_plans(store)
    assert worst_result(plan, store, 0.1).attacks == 3
    # Other images are another evaluation.
    assert main([*common, "--images", "3", "--eps", "0.2", "--attacks", "FGSM"]) == 0
    (plan,) = load_plans(RecordStore(tmp_path))
    assert plan.eps == [0.2] and plan.images == 3


def test_report(done):
    report = done[0] / "report"
    name = "adaptive-small-digits-linf"
    with open(report / f"{name}.csv") as handle:
        lines = list(csv.DictReader(handle))
    store = RecordStore(done[0])
    expected = worst_result(plan_of(store, "small"), store, 0.4).score.accuracy
    (line,) = [one for one in lines if one["attack"] == "worst case" and one["eps"] == "0.4"
               and one["measure"] == "single pass"]
    assert float(line["value"]) == pytest.approx(100 * expected, abs=1e-3)
    page = (report / "other.html").read_text()
    for text in ("Per-image worst case", "Worst cases side by side", "paired bootstrap"):
        assert text in page
    assert (report / f"{name}-eps.png").stat().st_size > 1000


def test_attacked_images_are_those_of_the_worst_case(done, monkeypatch):
    shown = []
    monkeypatch.setattr("reproduce.report.attacked_images.picture_figure",
                        lambda rows, order, title: shown.append((rows, order)) or b"png")
    store = RecordStore(done[0])
    plan = plan_of(store, "small")
    assert attacked_figure(plan, store) == b"png"
    ((rows, order),) = shown
    assert order == ("eps 0.1", "eps 0.4")
    x, _ = bk.data.load("digits", "test")
    worst = worst_result(plan, store, 0.4).score
    assert len(rows) == 4
    for number, (_, (original, _), pictures) in enumerate(rows):
        assert any(np.array_equal(original, image) for image in x)
        picture, caption = pictures["eps 0.4"]
        assert np.abs(picture - original).max() <= 0.4 + 1e-6
        assert f"right in {100 * worst.share[number]:.0f} %" in caption
    page = (done[0] / "report" / "other.html").read_text()
    assert page.count(f'alt="{plan.name}-images"') == 1


def test_wider_ball_and_iteration_are_no_weaker_for_the_twin(done):
    # A deterministic network: an identity of the procedure, up to the luck of random starts.
    store = RecordStore(done[0])
    plan = plan_of(store, "twin")
    worst = [worst_result(plan, store, eps).score.accuracy for eps in (0.1, 0.4)]
    assert worst[1] <= worst[0]


def test_l2_balls_and_the_vote_as_target(files, tmp_path):
    attacks = "random noise,FGSM,PGD,APGD-CE,APGD vote,NES,Square,transfer from twin"
    arguments = ["--data", "digits", "--images", "4", "--norm", "2", "--eps", "0.6", "--draws", "2",
                 "--score-draws", "6", "--attacks", attacks, "--out", str(tmp_path)]
    assert main(["run", "adaptive", "--model", str(files / "small.keras"), *arguments]) == 0
    store = RecordStore(tmp_path)
    (plan,) = load_plans(store)
    assert plan.setting["norm"] == 2
    assert json.loads(plan.attacks["0.6"]["APGD vote"])["average"] == "vote"
    for name in attacks.split(","):
        (cell,) = plan.cells_of(name, 0.6)
        arrays = store.arrays(record_of(cell, plan, store))
        assert arrays["l2"].max() <= 0.6 + 1e-5, name
        # A ball in L2, not in L-infinity: single pixels move further, the whole does not.
        assert 0 < arrays["linf"].max() < arrays["l2"].max(), name
        assert arrays["pictures"].min() >= 0 and arrays["pictures"].max() <= 1
    found = worst_result(plan, store, 0.6)
    assert found.attacks == 8
    assert found.score.accuracy <= attack_result(plan, store, NO_ATTACK, 0.0).score.accuracy
    assert "L2" in (tmp_path / "report" / f"{plan.name}.md").read_text()


def test_own_data(files, tmp_path):
    x, y = bk.data.load("digits", "test")
    np.savez(tmp_path / "mine.npz", x=x[:7], y=y[:7])
    arguments = ["run", "adaptive", "--model", str(files / "twin.keras"), "--data",
                 str(tmp_path / "mine.npz"), "--eps", "0.2", "--attacks", "FGSM", "--images", "4",
                 "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    (plan,) = load_plans(RecordStore(tmp_path / "out"))
    assert plan.data == "mine"
    record = json.loads(next((tmp_path / "out" / "records").glob("adaptive-*.json")).read_text())
    assert record["identity"]["data"] == "mine"


def request(files, *arguments):
    return ["run", "adaptive", "--model", str(files / "twin.keras"), *arguments]


@pytest.mark.parametrize("arguments, sentence", [
    (["--data", "nowhere"], "There is no data set called 'nowhere'"),
    (["--data", "digits", "--images", "4000"], "--images 4000 is more than the 360 test images"),
    (["--data", "digits", "--eps", "0"], "expected numbers above 0, not '0'"),
    (["--data", "digits", "--attacks", "Magic"], "The suite has no attack 'Magic'"),
    (["--data", "digits", "--source", "no.keras"], "no.keras: there is no such file"),
])
def test_wrong_requests(arguments, sentence, files, tmp_path, capsys):
    try:
        code = main(request(files, *arguments, "--out", str(tmp_path)))
    except SystemExit as left:
        code = left.code
    assert code == 2 and sentence in capsys.readouterr().err


@pytest.mark.parametrize("names, sentence", [
    (["adaptive", "table3", "--model", "x"], "adaptive is run alone"),
    (["table3", "--model", "x"], "--model belongs to `run adaptive`"),
    (["adaptive"], "needs --model"),
])
def test_wrong_combinations(names, sentence, capsys):
    assert main(["run", *names]) == 2 and sentence in capsys.readouterr().err


@pytest.mark.parametrize("arrays, sentence", [
    (dict(x=np.zeros((3, 8, 8, 1)), y=np.zeros(2, int)), "as many integer labels"),
    (dict(x=np.full((3, 8, 8, 1), 2.0), y=np.zeros(3, int)), "pixels in [0, 1]"),
    (dict(x=np.full((3, 8, 8, 1), np.nan), y=np.zeros(3, int)), "pixels in [0, 1]"),
    (dict(x=np.zeros((3, 8, 8, 1)), y=np.full(3, 10)), "knows the classes 0 to 9"),
    (dict(x=np.zeros((3, 9, 9, 1)), y=np.zeros(3, int)), "takes images of shape (8, 8, 1)"),
    (dict(images=np.zeros(3)), "no .npz file with arrays x and y"),
])
def test_wrong_data(arrays, sentence, files, tmp_path, capsys):
    np.savez(tmp_path / "bad.npz", **arrays)
    arguments = ["--data", str(tmp_path / "bad.npz"), "--out", str(tmp_path / "out")]
    assert main(request(files, *arguments)) == 2
    assert sentence in capsys.readouterr().err


def test_a_model_whose_logits_are_hidden(files, tmp_path, capsys):
    image = keras.Input((8, 8, 1))
    p = keras.layers.Dense(10, activation="softmax")(keras.layers.Flatten()(image))
    # The softmax is not the last layer: it cannot be removed.
    keras.Model(image, keras.layers.Rescaling(1.0)(p)).save(tmp_path / "hidden.keras")
    arguments = ["run", "adaptive", "--model", str(tmp_path / "hidden.keras"), "--data", "digits",
                 *SMALL, "--out", str(tmp_path / "out")]
    assert main(arguments) == 2
    assert "logits" in capsys.readouterr().err


def test_gradients_that_are_not_finite(tmp_path, capsys):
    image = keras.Input((8, 8, 1))
    # tanh(exp(200 x)) is 1 for bright pixels, and its slope 0 times infinity.
    u = keras.layers.Rescaling(200.0)(keras.layers.Flatten()(image))
    for name in ("exponential", "tanh"):
        u = keras.layers.Activation(name)(u)
    model = keras.Model(image, keras.layers.Dense(10, activation="softmax")(u))
    model.save(tmp_path / "steep.keras")
    arguments = ["run", "adaptive", "--model", str(tmp_path / "steep.keras"), "--data", "digits",
                 "--images", "3", "--eps", "0.1", "--attacks", "FGSM", "--score-draws", "3"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "FGSM eps 0.1 on steep" in told and "the gradient is not finite for 3 of 3" in told


def test_the_twin_is_attacked_as_a_model_of_its_own(files, tmp_path):
    arguments = ["--data", "digits", "--images", "4", "--eps", "0.1", "--draws", "2",
                 "--score-draws", "4", "--attacks", "FGSM", "--twin", "--out", str(tmp_path)]
    assert main(["run", "adaptive", "--model", str(files / "small.keras"), *arguments]) == 0
    store = RecordStore(tmp_path)
    plan = plan_of(store, "small-as-D")
    twin = bk.load(tmp_path / "checkpoints" / "small-as-D.keras")
    x, _ = bk.data.load("digits", "test")
    expected = bk.convert(bk.load(files / "small.keras"), "D")
    np.testing.assert_array_equal(twin(x[:5]), expected(x[:5]))
    assert attack_result(plan, store, "FGSM", 0.1).score.deterministic
    # A deterministic model has no twin, and asking again changes nothing.
    again = ["run", "adaptive", "--model", str(files / "twin.keras"), *arguments]
    assert main(again) == 0
    assert {plan.model for plan in load_plans(store)} == {"small", "small-as-D", "twin"}
