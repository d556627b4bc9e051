"""Verdicts: on made-up comparisons and records whose answer is known, in both directions."""

import dataclasses
import json

import numpy as np
import pytest

from binomial_keras.evaluation import RobustScore
from reproduce.adaptive.plan import AdaptivePlan
from reproduce.claims import CLAIMS, Book, Comparison, judge
from reproduce.claims.comparison import compare, compare_weights, level
from reproduce.claims.verdict import (
    FAILS,
    HOLDS,
    UNTESTED,
    WEAK_ONLY,
    also,
    plain,
    robust,
)
from reproduce.experiments import find
from reproduce.lookup import identity_of
from reproduce.report.verdicts import claims_section
from reproduce.sample import Point, Sample, difference
from tests.reproduce.test_report import make_plan, put, store  # noqa: F401

FOR = Comparison("for", 2.0, 1.0, 3.0, above=0, seeds=3)
AGAINST = Comparison("against", -2.0, -3.0, -1.0, above=0, seeds=3)
OPEN = Comparison("open", 0.1, -1.0, 1.2, above=0, seeds=3)
RULES = {claim.key: claim.rule for claim in CLAIMS}


def test_the_claims_are_the_31_of_the_five_texts():
    expected = [f"B{k}" for k in range(1, 12)] + [f"F{k}" for k in range(1, 10)]
    expected += [f"S{k}" for k in (1, 2, 3)] + [f"R{k}" for k in (1, 2, 3)]
    expected += [f"G{k}" for k in range(1, 6)]
    assert [claim.key for claim in CLAIMS] == expected
    assert all(claim.text and claim.where and claim.asks for claim in CLAIMS)


@pytest.mark.parametrize(
    "low, high, wanted, outcome",
    [
        (0.1, 1.0, {"above": 0}, "supports"),
        (-1.0, 0.0, {"above": 0}, "contradicts"),
        (0.0, 0.0, {"above": 0}, "contradicts"),
        (-0.1, 1.0, {"above": 0}, "undecided"),
        (-1.0, -0.1, {"below": 0}, "supports"),
        (-3.0, -2.0, {"above": -6, "below": -1.4}, "supports"),
        (-1.0, -0.5, {"above": -6, "below": -1.4}, "contradicts"),
        (-2.0, -1.0, {"above": -6, "below": -1.4}, "undecided"),
        (-0.2, 0.1, {"contains": 0}, "supports"),
        (0.1, 0.2, {"contains": 0}, "contradicts"),
    ],
)
def test_outcome_of_an_interval(low, high, wanted, outcome):
    assert Comparison("c", (low + high) / 2, low, high, **wanted).outcome == outcome


@pytest.mark.parametrize(
    "found, verdict",
    [([FOR, FOR], HOLDS), ([FOR, AGAINST], FAILS), ([FOR, OPEN], UNTESTED), ([], UNTESTED),
     ([OPEN, AGAINST], FAILS)],
)
def test_a_plain_claim_needs_every_comparison(found, verdict):
    assert plain(found, "x").verdict == verdict


@pytest.mark.parametrize(
    "weak, strong, failed, verdict",
    [
        ([FOR], [FOR], (), HOLDS),
        ([AGAINST], [FOR], (), HOLDS),
        ([FOR], [FOR], ("more steps",), UNTESTED),
        ([FOR], [FOR, OPEN], (), WEAK_ONLY),
        ([FOR], [AGAINST], ("more steps",), WEAK_ONLY),
        ([FOR, AGAINST], [AGAINST], (), FAILS),
        ([FOR, FOR, AGAINST], [AGAINST], (), WEAK_ONLY),
        ([], [AGAINST], (), FAILS),
        ([OPEN, FOR], [OPEN], (), UNTESTED),
        ([OPEN, AGAINST], [OPEN], (), FAILS),
        ([FOR], [], (), UNTESTED),
        ([], [], (), UNTESTED),
    ],
)
def test_a_claim_about_attacks_is_kept_under_strong_ones_alone(weak, strong, failed, verdict):
    assert robust(weak, strong, failed, "x").verdict == verdict


def test_clean_cost_sinks_a_robustness_claim():
    kept = robust([FOR], [FOR])
    assert also(kept, [FOR]).verdict == HOLDS
    assert also(kept, [AGAINST]).verdict == FAILS
    assert also(kept, [OPEN]).verdict == UNTESTED


@pytest.mark.parametrize("seeds, limits", [(1, ("one training seed only",)),
                                           (2, ("two training seeds only",)), (3, ())])
def test_few_seeds_limit_a_comparison_of_networks(seeds, limits):
    one = dataclasses.replace(FOR, seeds=seeds)
    assert plain([one]).limits == limits == robust([], [one]).limits
    assert plain([dataclasses.replace(one, trainings=False)]).limits == ()


@pytest.mark.parametrize("one, so_far", [(FOR, HOLDS), (AGAINST, FAILS)])
def test_few_seeds_leave_a_comparison_of_networks_open(one, so_far):
    few = dataclasses.replace(one, seeds=2)
    for verdict in (plain([few]), robust([], [few])):
        assert verdict.verdict == UNTESTED and f"so far it reads: {so_far}" in verdict.reason
    # Two tests of the same weights are no comparison of trainings.
    assert plain([dataclasses.replace(few, trainings=False)]).verdict == so_far
    assert also(robust([FOR], [FOR]), [few]).verdict == (HOLDS if one is FOR else UNTESTED)


ONE_SEED = [dataclasses.replace(one, seeds=1) for one in (FOR, AGAINST)]


def test_few_seeds_of_another_set_do_not_reopen_what_enough_seeds_decided():
    for verdict in (plain([AGAINST, *ONE_SEED]), robust([OPEN, *ONE_SEED], [AGAINST, ONE_SEED[0]]),
                    also(robust([AGAINST], [AGAINST]), [FOR, ONE_SEED[1]])):
        assert verdict.verdict == FAILS and not verdict.limits
        shown = [one for _, found in verdict.evidence for one in found]
        assert any(one.seeds == 1 for one in shown)
    found = plain([AGAINST, *ONE_SEED])
    assert found.reason == ("of 1 comparisons 1 against it. Set aside: 2 with fewer than 3 "
                            "training seeds.")
    assert robust([FOR, ONE_SEED[1]], [OPEN]).verdict == WEAK_ONLY


@pytest.mark.parametrize("few", ONE_SEED)
def test_a_claim_holds_for_all_that_was_run_or_stays_open(few):
    for verdict in (plain([FOR, few]), robust([FOR], [FOR, few])):
        assert verdict.verdict == UNTESTED and verdict.limits == ("one training seed only",)
        assert "so far it reads: holds" in verdict.reason


def test_a_clean_cost_that_is_set_aside_keeps_a_robustness_claim_open():
    kept = robust([FOR], [FOR])
    assert also(kept, [FOR, ONE_SEED[0]]).verdict == HOLDS
    opened = also(kept, [FOR, ONE_SEED[1]])
    assert opened.verdict == UNTESTED and "Set aside: 1" in opened.reason


def _sample(*means, images=400, spread=1.0, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, spread, images)
    return Sample({k: Point(mean + noise - noise.mean(), (f"r{k}",))
                   for k, mean in enumerate(means)})


def test_difference_over_three_seeds_has_the_chance_of_trainings_and_of_images():
    rng = np.random.default_rng(0)
    gaps = np.array([1, 2, 0.5])
    noise = rng.normal(0, 20, 400)
    noise -= noise.mean()
    one = Sample({k: Point(90 + gap + noise, (f"r{k}",)) for k, gap in enumerate(gaps)})
    value, low, high, seeds = difference(one, _sample(90, 90, 90, spread=0))
    trainings = 4.302653 * gaps.std(ddof=1) / np.sqrt(3)
    # 2,000 resamples place a quantile of the bootstrap to about 3 % of the reach.
    images = 1.96 * noise.std() / np.sqrt(400)
    reach = np.hypot(trainings, images)
    assert seeds == 3 and value == pytest.approx(gaps.mean())
    assert (value - low, high - value) == pytest.approx((reach, reach), rel=0.04)


def test_trainings_that_agree_decide_nothing_by_themselves():
    # None of 250 images is kept by either network, in three seeds: the rule of three.
    nothing = _sample(0, 0, 0, images=250, spread=0)
    assert difference(nothing, nothing) == pytest.approx((0, -1.2, 1.2, 3))
    assert compare("x", nothing, nothing, above=0)[0].outcome == "undecided"
    # Seven images lost against three, the same in every seed: by a sign test (p = 0.34) no
    # difference between the networks, though the seeds agree.
    hits = np.repeat(100.0, 250)
    lost = hits.copy()
    lost[:7] = 0
    won = hits.copy()
    won[10:13] = 0
    some = [Sample({k: Point(one, ()) for k in range(3)}) for one in (lost, won)]
    value, low, high, _ = difference(*some)
    assert value == pytest.approx(-1.6) and low < -1.6 and high > 0


def test_difference_of_one_seed_is_paired_by_image():
    # The images' own spread of 30 points cancels; what is left is the resolution of 400 images.
    value, low, high, seeds = difference(_sample(80, spread=30), _sample(78, spread=30))
    assert seeds == 1 and (value, low, high) == pytest.approx((2, 1.25, 2.75))
    assert difference(_sample(1), Sample({5: Point(np.ones(3), ())})) is None
    assert compare("x", None, _sample(1)) == [] == level("x", None)


def test_tests_of_the_same_weights_are_compared_seed_by_seed():
    found = compare_weights("x", _sample(90, 80), _sample(89, 81), above=0)
    assert [one.outcome for one in found] == ["supports", "contradicts"]
    assert plain(found).verdict == FAILS


class _Hits:
    """Stands for the generator of `put`: right answers with a given share, image by image."""

    def __init__(self, share, seed):
        self.share, self.rng = share, np.random.default_rng(seed)

    def random(self, shape):
        # `put` calls everything below 0.9 right.
        return np.where(self.rng.random(shape) < self.share, 0.0, 0.95)


def _filled(into, shares, seeds=3):
    """A Book of table3 with made-up accuracies {(network, tested type): share}."""
    plan = dataclasses.replace(make_plan("table3", seeds=seeds),
                               clean={"images": 3000, "draws": 4, "batch_size": 250})
    for number, cell in enumerate(find("table3").cells(plan)):
        share = shares.get((cell.checkpoint.network, cell.neuron), 0.9)
        put(into, plan, cell, _Hits(share, number))
    return Book([plan], into)


def test_clean_claims_follow_the_records(store):  # noqa: F811
    spiking = ("C_A1", "C_B1", "A2", "A3", "B2", "B3")
    better = {(network, "D"): 0.99 for network in spiking} | {("D", "D"): 0.95}
    book = _filled(store, better)
    b2 = RULES["B2"](book)
    assert (b2.verdict, b2.limits) == (HOLDS, ("MNIST only",))
    # Table 3 has no row of C_B1 tested as D.
    assert len(b2.evidence[0][1]) == 5 and RULES["B1"](book).verdict == HOLDS
    assert all(store.by_id(name)["id"] == name for name in b2.records)
    # Every network has accuracy 0.9 with any T: the draws of type A share their images.
    assert RULES["B5"](book).verdict != HOLDS


def test_clean_claims_follow_the_records_the_other_way(store):  # noqa: F811
    spiking = ("C_A1", "C_B1", "A2", "A3", "B2", "B3")
    worse = {(network, "D"): 0.85 for network in spiking} | {("D", "D"): 0.95}
    book = _filled(store, worse)
    assert RULES["B2"](book).verdict == FAILS
    assert RULES["B1"](book).verdict == FAILS
    assert RULES["B6"](book).verdict == HOLDS


def _attacked(into, weights, model, share, budget="quick"):
    spec = {"attack": "EOTPGD", "average": "loss", "backward": "own", "common_noise": False,
            "draws": 1, "name": "PGD", "settings": {"eps": 0.1, "steps": 20}, "source": None}
    plan = AdaptivePlan(
        model=model, weights_sha256=weights, data="mnist", data_sha256={"test": "b"}, images=400,
        shard=400, eps=[0.1], attacks={"0.1": {"PGD": json.dumps(spec)}},
        setting={"norm": "inf", "budget": budget, "draws": 1, "score_draws": 10, "votes": [],
                 "selection_draws": 10, "seed": 0, "batch_size": 250, "sources": {}},
    )
    for cell in plan.cells():
        right = share if cell.eps else 1.0
        hits = np.random.default_rng(len(model)).binomial(10, right, 400)
        score = RobustScore(hits, {}, 10, False, (0,), np.arange(400, dtype="uint64"))
        arrays = {**score.to_arrays(), "selection_share": hits / 10,
                  "unchanged": np.full(400, not cell.eps)}
        record = {"label": cell.label(), "result": {"images": 400}, "provenance": {},
                  "cost": {"forwards": 1, "backwards": 1, "seconds": 1.0}}
        into.put(identity_of(cell, plan, into), record, arrays)
    return plan


@pytest.mark.parametrize("noisy, verdict", [(0.8, HOLDS), (0.3, WEAK_ONLY)])
def test_robustness_is_judged_by_the_worst_case(store, noisy, verdict):  # noqa: F811
    plan = make_plan("fig4b", images=60)
    for number, cell in enumerate(find("fig4b").cells(plan)):
        if cell.kind == "attack":
            share = 0.1 if cell.checkpoint.network == "D" else 0.9
            made = _Arrays(share, number)
            put(store, plan, cell, made)
    plans = [plan, _attacked(store, "A30", "mnist-A3", noisy),
             _attacked(store, "A30", "mnist-A3-as-D", 0.4), _attacked(store, "D0", "mnist-D", 0.4)]
    found = RULES["B7"](Book(plans, store))
    # There is one training of each network.
    assert found.verdict == UNTESTED
    assert f"so far it reads: {verdict}." in found.reason
    adaptive = dict(found.evidence)["Adaptive"]
    assert len(adaptive) == 2 and adaptive[0].value == pytest.approx(100 * (noisy - 0.4), abs=4)
    assert RULES["B7"](Book(plans[:1], store)).verdict == UNTESTED


class _Arrays:
    """Stands for the generator of `put` for attacks: right with a given share."""

    def __init__(self, share, seed):
        self.share, self.rng = share, np.random.default_rng(seed)

    def random(self, shape):
        return 0.5 + (self.rng.random(shape) - self.share) / 2

    def integers(self, *arguments):
        return self.rng.integers(*arguments)


def test_without_records_nothing_can_be_tested(store):  # noqa: F811
    judged = judge([], store)
    assert {verdict.verdict for _, verdict in judged} == {UNTESTED}
    assert all(verdict.reason for _, verdict in judged)
    section = claims_section([], store)
    assert len(section.tables[0].rows) == 31 and section.csv.count("could not be tested") == 31
