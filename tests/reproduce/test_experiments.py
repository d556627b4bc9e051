"""Experiments as data: which cells, in which order."""

import pytest

from reproduce.cells import AttackCell, CleanCell, TrainCell
from reproduce.errors import UsageError
from reproduce.experiments import ATTACK_ORDER, EXPERIMENTS, find
from reproduce.experiments.rows import attack_cells, checkpoint, clean_cell
from reproduce.plan import Plan


def plan(experiment, seeds=1, images=120, shard=50, checkpoints=None):
    attacks = {
        name: {"settings": {}, "images": images, "draws": 10, "shard": shard, "batch_size": 250}
        for name in ATTACK_ORDER
    }
    return Plan(
        experiment=experiment,
        data=find(experiment).data,
        seeds=seeds,
        training={"recipe": "cpu", "overrides": {}, "widths": [16, 32], "gradient": "last",
                  "architecture": "r1-pool-nobn"},
        clean={"images": 100, "draws": 10, "batch_size": 250},
        attacks=attacks if find(experiment).attacked else {},
        data_sha256={"train": "a", "test": "b"},
        checkpoints=checkpoints,
    )


def test_names_of_the_issue_are_all_there():
    assert set(EXPERIMENTS) == {
        "demo", "table3", "table4", "fig4a", "fig4b", "fig5", "fig6a", "fig6b"
    }


def test_unknown_experiment():
    with pytest.raises(UsageError, match="no experiment called 'fig9'"):
        find("fig9")


@pytest.mark.parametrize("name", ["table3", "table4"])
def test_tables_train_the_seven_networks(name):
    cells = find(name).cells(plan(name))
    trained = {(c.network, c.neuron, c.T) for c in cells if isinstance(c, TrainCell)}
    assert trained == {
        ("D", "D", None), ("C_A1", "A", 1), ("C_B1", "B", 1), ("A2", "A", 2), ("A3", "A", 3),
        ("B2", "B", 2), ("B3", "B", 3),
    }
    assert not any(isinstance(cell, AttackCell) for cell in cells)


def test_seeds_multiply_the_trainings():
    cells = find("table3").cells(plan("table3", seeds=3))
    trained = [cell for cell in cells if isinstance(cell, TrainCell)]
    assert len(trained) == 21 and {cell.seed for cell in trained} == {0, 1, 2}


def test_rows_of_type_a_share_one_cell():
    experiment, settings = find("table3"), plan("table3")
    found = {
        row.test: clean_cell(settings, row, 0)
        for row in experiment.rows
        if row.train == ("A", 3) and row.test != ("D", None)
    }
    cells = {cell for cell, _ in found.values()}
    assert len(cells) == 1 and cells.pop().passes == (1, 2, 3, 5)
    assert {test: index for test, (_, index) in found.items()} == {
        ("C", 1): 0, ("A", 2): 1, ("A", 3): 2, ("A", 5): 3
    }


def test_c_networks_go_with_the_graph_of_their_series():
    rows = find("table3").rows
    c_rows = [row for row in rows if row.train == ("C", 1)]
    by_test = {}
    for row in c_rows:
        by_test.setdefault(row.test[0], []).append(row.network)
    assert set(by_test["A"]) == {"C_A1"} and set(by_test["B"]) == {"C_B1"}
    assert by_test["C"] == ["C_A1", "C_B1"]
    from_d = [row.graph for row in rows if row.train[0] == "D" and row.test == ("C", 1)]
    assert from_d == ["B", "A"]


def test_baseline_is_the_d_row_printed_once_more():
    rows = [row for row in find("fig4b").rows if row.train[0] == "D"]
    assert [row.number for row in rows] == ["baseline", "7"]
    settings = plan("fig4b")
    assert len({clean_cell(settings, row, 0) for row in rows}) == 1


def test_deterministic_tests_have_one_draw():
    for cell in find("fig4b").cells(plan("fig4b")):
        if not isinstance(cell, TrainCell):
            assert cell.draws == (1 if cell.neuron == "D" else 10)


def test_order_of_the_work():
    experiment = find("fig4b")
    cells = experiment.cells(plan("fig4b"))
    assert len(cells) == len(set(cells))
    stages = [
        0 if isinstance(c, TrainCell) else 1 if isinstance(c, CleanCell)
        else 2 + ("FGM", "Square", "DeepFool", "C&W", "Pixel").index(c.attack)
        for c in cells
    ]
    assert stages == sorted(stages)
    # Within an attack block by block over the networks: columns grow evenly.
    starts = [cell.start for cell in cells if getattr(cell, "attack", None) == "Pixel"]
    assert starts == sorted(starts) and set(starts) == {0, 50, 100}


def test_blocks_cover_the_images_once_and_grow_with_them():
    row = find("fig4b").rows[1]
    few = attack_cells(plan("fig4b", images=100), row, "FGM", 0)
    many = attack_cells(plan("fig4b", images=120), row, "FGM", 0)
    covered = [i for cell in many for i in range(cell.start, cell.stop)]
    assert covered == list(range(120))
    assert many[:2] == few


def test_only_wanted_rows_and_attacks():
    cells = find("fig4b").cells(plan("fig4b"), rows={"1"}, attacks=("Square",))
    assert {c.attack for c in cells if isinstance(c, AttackCell)} == {"Square"}
    assert {c.network for c in cells if isinstance(c, TrainCell)} == {"B2"}


def test_given_checkpoints_replace_training_and_missing_ones_are_named():
    given = {"B2-s0": {"file": "mnist-B2-s0.keras", "sha256": "f", "weights_sha256": "w"}}
    settings = plan("table3", checkpoints=given)
    cells = find("table3").cells(settings)
    assert {type(cell) for cell in cells} == {CleanCell}
    assert {cell.checkpoint.network for cell in cells} == {"B2"}
    assert find("table3").missing(settings) == [
        "A2-s0", "A3-s0", "B3-s0", "C_A1-s0", "C_B1-s0", "D-s0"
    ]
    assert checkpoint(settings, "D", 0) is None
