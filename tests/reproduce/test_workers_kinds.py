"""Adaptive attacks, checks and studies give the same numbers on workers as in one process."""

import pytest

import binomial_keras as bk
from tests.reproduce.runs import finish, numbers, undisturbed

STUDY = ["run", "flexible_table2", "--data", "digits", "--seeds", "1", "--epochs", "1",
         "--images", "20", "--draws", "2", "--rows", "1,5"]


@pytest.fixture(scope="module")
def adaptive(tmp_path_factory):
    """Arguments of a run with every kind of cell: originals, attacks, transfers, checks."""
    folder = tmp_path_factory.mktemp("models")
    bk.models.binomial_cnn((8, 8, 1), 10, (4,), "B", 2, seed=0).save(folder / "noisy.keras")
    bk.models.binomial_cnn((8, 8, 1), 10, (4,), "D", seed=1).save(folder / "other.keras")
    return ["run", "adaptive", "--model", str(folder / "noisy.keras"), "--source",
            str(folder / "other.keras"), "--data", "digits", "--eps", "0.1", "--images", "6",
            "--shard", "3", "--draws", "2", "--score-draws", "4",
            "--attacks", "FGSM;transfer from other;transfer from twin;PGD relaxed 0.5;NES"]


@pytest.mark.parametrize("kind", ["adaptive", "study"])
def test_two_workers_and_none_give_the_same_records(kind, adaptive, tmp_path):
    arguments = adaptive if kind == "adaptive" else STUDY
    expected = numbers(undisturbed(tmp_path / "alone", arguments))
    finish(tmp_path / "two", "--workers", "2", arguments=arguments)
    found = numbers(tmp_path / "two")
    assert found == expected and len(expected) > 5
