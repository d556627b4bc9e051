"""Wrong requests get one sentence on standard error and exit code 2."""

import pytest

from reproduce.cli import main, parser
from reproduce.plan import save_plan
from reproduce.records import RecordStore
from reproduce.studies import STUDIES
from reproduce.studies.command import make_plan
from reproduce.studies.plan import StudyPlan

BAD = {
    "unknown experiment": (["run", "fig9"], "no experiment called 'fig9'"),
    "misspelt study": (["run", "flexible_tabel2"], "did you mean flexible_table2"),
    "figure of another study": (["run", "flexible_fig5b", "--T", "3"],
                                "--T means nothing to flexible_fig5a"),
    "no command": ([], "Say what to do"),
    "T = 0": (["run", "table3", "--T", "0"], "at least 1, not '0'"),
    "T that no row has": (["run", "table3", "--T", "7"], "T = 7"),
    "no draws": (["run", "table3", "--draws", "0"], "--draws"),
    "negative images": (["run", "fig4b", "--images", "-5"], "--images"),
    "too many images": (["run", "fig4b", "--data", "digits", "--images", "361"],
                        "more than the 360 test images of digits"),
    "no number": (["run", "fig4b", "--seeds", "many"], "not 'many'"),
    "unknown data": (["run", "table3", "--data", "svhn"], "no data set called 'svhn'"),
    "unknown attack": (["run", "fig4b", "--attacks", "FGM,PGD"], "no attack called 'PGD'"),
    "unknown setting": (["run", "fig4b", "--data", "digits", "--set", "FGM.epsilon=1"],
                        "no setting 'epsilon'"),
    "malformed setting": (["run", "fig4b", "--data", "digits", "--set", "FGM"],
                          "NAME.SETTING=VALUE"),
    "unknown recipe": (["run", "table3", "--data", "digits", "--recipe", "quick"], "quick"),
    "unknown recipe field": (["run", "table3", "--data", "digits", "--set", "recipe.lr=1"],
                             "lr"),
    "unknown row": (["run", "table3", "--rows", "99"], "no row '99'"),
    "no such checkpoints": (["run", "table3", "--checkpoints", "no_such_folder"],
                            "no_such_folder does not exist"),
    "devices without JAX": (["run", "table3", "--devices", "2"], "needs the JAX backend"),
    "devices and workers": (["run", "table3", "--devices", "2", "--workers", "2"],
                            "--devices and --workers exclude each other"),
    "devices without a training": (["run", "adaptive", "--model", "a.keras", "--devices", "2"],
                                   "trains nothing"),
    "report without records": (["report", "--out", "no_such_folder"], "holds no records"),
}


@pytest.mark.parametrize("arguments, words", BAD.values(), ids=BAD)
def test_bad_request(arguments, words, capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    try:
        code = main(arguments)
    except SystemExit as exit:
        code = exit.code
    out, err = capfd.readouterr()
    assert code == 2 and out == ""
    assert words in err and len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written(capfd, tmp_path):
    (tmp_path / "file").write_text("")
    code = main(["run", "table3", "--data", "digits", "--out", str(tmp_path / "file" / "out")])
    assert code == 2
    assert "cannot be written" in capfd.readouterr().err


def test_checkpoint_folder_without_any_of_them(capfd, tmp_path):
    (tmp_path / "given").mkdir()
    code = main(["run", "fig5", "--data", "digits", "--rows", "1", "--out", str(tmp_path / "out"),
                 "--checkpoints", str(tmp_path / "given")])
    assert code == 2
    assert "none of digits-D-s0" in capfd.readouterr().err


def test_truncated_checkpoint(capfd, tmp_path):
    (tmp_path / "digits-D-s0.keras").write_bytes(b"PK not whole")
    code = main(["run", "fig5", "--data", "digits", "--rows", "1", "--out", str(tmp_path / "out"),
                 "--checkpoints", str(tmp_path)])
    assert code == 2
    assert "not a whole .keras file" in capfd.readouterr().err


def test_interrupt_is_exit_code_130(monkeypatch, capfd):
    from reproduce import commands

    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "listing", interrupted)
    assert main(["list"]) == 130
    assert "the same command goes on" in capfd.readouterr().err


def test_list_names_every_experiment(capfd):
    assert main(["list"]) == 0
    out = capfd.readouterr().out
    for name in ("demo", "table3", "table4", "fig4a", "fig4b", "fig5", "fig6a", "fig6b"):
        assert f"\n{name} " in f"\n{out}"


def test_list_is_aligned(capfd):
    assert main(["list"]) == 0
    lines = capfd.readouterr().out.splitlines()
    names, costs = lines[::2], lines[1::2]
    columns = {len(line) - len(line.lstrip()) for line in costs}
    column = columns.pop()
    assert not columns and all(line[column - 2: column] == "  " for line in names)
    assert all(line[column] != " " for line in names)


def test_list_tells_how_much_has_records(capfd, tmp_path):
    plan = StudyPlan("flexible_fig3", "digits", 2, {"recipe": "cpu", "overrides": {},
                                                    "width": None}, 10, 1, 250,
                     {"train": "a", "test": "b"})
    store = RecordStore(tmp_path)
    store.prepare()
    save_plan(store, plan)
    cells = STUDIES[plan.study].cells(plan)
    store.put(cells[0].identity("a"), {"result": {"weights_sha256": "w"}}, {})
    assert main(["list", "--out", str(tmp_path)]) == 0
    told = f" 1 of {len(cells)} cells have records: flexible_fig3-digits\n"
    assert capfd.readouterr().out.count(told) == 1


def test_defaults():
    options = parser().parse_args(["run", "table3"])
    assert (options.out, options.recipe, options.shard) == ("runs", "cpu", 50)


@pytest.mark.parametrize("arguments, epochs", [
    ([], 40), (["--epochs", "3"], 3), (["--set", "recipe.epochs=5"], 5),
    (["--recipe", "paper"], None),
])
def test_a_study_of_few_images_has_epochs_of_its_own_for_the_short_recipe(arguments, epochs):
    study = STUDIES["flexible_fig4c"]
    options = parser().parse_args(["run", study.name, "--data", "digits", *arguments])
    plan = make_plan(study, options)
    assert plan.training["overrides"].get("epochs") == epochs
