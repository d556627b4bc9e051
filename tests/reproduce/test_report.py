"""Tables from records, checked against loops over made-up records."""

import csv
import html.parser
import io
import json
import re

import numpy as np
import pytest

from reproduce.experiments import ATTACK_ORDER, find
from reproduce.experiments.rows import attack_cells, clean_cell
from reproduce.lookup import identity_of
from reproduce.plan import Plan, load_plans, save_plan
from reproduce.records import RecordStore
from reproduce.report import figures, write_report
from reproduce.report.html_table import spans
from reproduce.report.leaderboard import leaderboard_sections
from reproduce.report.rows import alpha_interval, alpha_of, attacks_of, clean_of
from reproduce.report.table import Cell, Table, to_csv, to_markdown

DRAWS, IMAGES, SHARD = 4, 30, 12


def make_plan(experiment, seeds=1, images=IMAGES):
    attacks = {
        name: {"settings": {"a": 1}, "images": images, "draws": DRAWS, "shard": SHARD,
               "batch_size": 250}
        for name in ATTACK_ORDER
    }
    networks = ("D", "C_A1", "C_B1", "A2", "A3", "B2", "B3")
    return Plan(
        experiment=experiment, data="mnist", seeds=seeds,
        training={"recipe": "cpu", "overrides": {}, "widths": [4], "gradient": "last",
                  "architecture": "r1-pool-nobn"},
        clean={"images": IMAGES, "draws": DRAWS, "batch_size": 250},
        attacks=attacks, data_sha256={"test": "b"},
        checkpoints={f"{n}-s{s}": {"file": "f", "sha256": "s", "weights_sha256": f"{n}{s}"}
                     for n in networks for s in range(seeds)},
    )


def put(store, plan, cell, generator):
    """A made-up record of a cell."""
    identity = identity_of(cell, plan, store)
    images = getattr(cell, "images", None) or cell.stop - cell.start
    record = {"label": cell.label(), "result": {"images": images}, "provenance": {},
              "cost": {"forwards": 3 * images, "backwards": images, "seconds": 1.0}}
    if cell.kind == "clean":
        shape = (max(1, len(cell.passes)), cell.draws, images)
        return store.put(identity, record, {"correct": generator.random(shape) < 0.9})
    shape = (cell.draws, images)
    arrays = {"correct": generator.random(shape) < 0.5,
              "clean_correct": generator.random(shape) < 0.9,
              "unchanged": generator.random(images) < 0.2,
              "true_labels": np.zeros(images, "int16")}
    for name in ("ssim", "l2", "linf"):
        arrays[name] = generator.random(images).astype("float32")
    if cell.start == 0:
        for name in ("original", "attacked"):
            arrays[f"{name}_pictures"] = generator.random((2, 8, 8, 1)).astype("float32")
            arrays[f"{name}_labels"] = generator.integers(0, 10, (cell.draws, 2))
    return store.put(identity, record, arrays)


@pytest.fixture
def store(tmp_path):
    made = RecordStore(tmp_path)
    made.prepare()
    return made


def fill(store, plan, attacks=ATTACK_ORDER, seed=1):
    generator = np.random.default_rng(seed)
    experiment = find(plan.experiment)
    for cell in experiment.cells(plan, attacks=attacks):
        put(store, plan, cell, generator)
    save_plan(store, plan)
    return experiment


def test_clean_accuracy_is_the_mean_over_seeds_draws_and_images(store):
    plan = make_plan("table3", seeds=3)
    experiment = fill(store, plan)
    row = next(r for r in experiment.rows if r.test == ("A", 3))
    total, by_seed = [], []
    for seed in range(3):
        cell, index = clean_cell(plan, row, seed)
        hits = store.arrays(store.get(identity_of(cell, plan, store)))["correct"][index]
        accuracies = [sum(draw) / IMAGES for draw in hits]
        total += accuracies
        by_seed.append(sum(accuracies) / DRAWS)
    ours = clean_of(store, plan, row)
    assert ours.value == pytest.approx(100 * sum(total) / len(total))
    mean = sum(by_seed) / 3
    deviation = (sum((one - mean) ** 2 for one in by_seed) / 2) ** 0.5
    assert ours.over_seeds == pytest.approx(100 * deviation)
    assert ours.low < ours.value < ours.high
    assert (ours.images, ours.draws, ours.seeds) == (IMAGES, DRAWS, 3)


def test_attack_numbers_over_all_blocks(store):
    plan = make_plan("fig6b")
    experiment = fill(store, plan)
    row = experiment.rows[1]
    found = attacks_of(store, plan, row)["Square"]
    right = answers = kept = 0
    similarity = []
    for cell in attack_cells(plan, row, "Square", 0):
        arrays = store.arrays(store.get(identity_of(cell, plan, store)))
        right += arrays["correct"].sum()
        answers += arrays["correct"].size
        kept += arrays["unchanged"].sum()
        similarity += list(arrays["ssim"].astype(float))
    assert found.accuracy.value == pytest.approx(100 * right / answers)
    assert found.unchanged == pytest.approx(100 * kept / IMAGES)
    assert found.ssim == pytest.approx(100 * sum(similarity) / IMAGES, rel=1e-5)
    assert found.forwards == 3 and found.backwards == 1


def test_alpha_is_equation_12(store):
    plan = make_plan("fig6b")
    experiment = fill(store, plan)
    row = experiment.rows[2]
    clean, attacks = clean_of(store, plan, row), attacks_of(store, plan, row)
    expected = clean.value * sum(a.accuracy.value / a.ssim for a in attacks.values())
    assert alpha_of(clean, attacks) == pytest.approx(expected)
    low, high = alpha_interval(clean, attacks)
    assert low < expected < high


def test_missing_blocks_and_attacks(store):
    plan = make_plan("fig6b")
    experiment = fill(store, plan, attacks=("FGM",))
    row = experiment.rows[1]
    cell = attack_cells(plan, row, "FGM", 0)[1]
    name = store.name(identity_of(cell, plan, store))
    (store.records / f"{name}.json").unlink()
    fresh = RecordStore(store.out)
    attacks = attacks_of(fresh, plan, row)
    assert attacks["FGM"].accuracy.images == IMAGES - SHARD
    assert attacks["Pixel"] is None
    assert alpha_of(clean_of(fresh, plan, row), attacks) is None
    folder = write_report(fresh, load_plans(fresh))
    assert "not run" in (folder / "fig6b-mnist.md").read_text()


def test_a_plan_without_results_is_named_and_no_more(store):
    plan = make_plan("table3")
    cells = list(dict.fromkeys(clean_cell(plan, row, 0)[0] for row in find("table3").rows))
    save_plan(store, plan)
    folder = store.out / "report"
    folder.mkdir()
    (folder / "table3-mnist.md").write_text("of an earlier version")
    write_report(store, load_plans(store))
    for page in ("binomial", "index"):
        text = (folder / f"{page}.html").read_text()
        assert text.count("Not run yet: table3-mnist.") == 1
        assert "id=\"table3-mnist\"" not in text and "#table3-mnist" not in text
    assert not [*folder.glob("table3-mnist*")]

    put(store, plan, cells[0], np.random.default_rng(0))
    write_report(store, load_plans(store))
    lines = list(csv.DictReader((folder / "table3-mnist.csv").open()))
    assert len(lines) == len(find("table3").rows)
    assert 0 < sum(bool(line["ours"]) for line in lines) < len(lines)
    assert all(line["published"] for line in lines)
    assert "Not run yet" not in (folder / "binomial.html").read_text()


def test_pictures_are_drawn_again_when_what_they_show_has_changed(store, monkeypatch):
    drawn = []
    real = figures._png
    monkeypatch.setattr(figures, "_png", lambda figure: drawn.append(1) or real(figure))
    plan = make_plan("table3")
    fill(store, plan)
    picture = write_report(store, load_plans(store)) / "table3-mnist.png"
    first, times = picture.read_bytes(), picture.stat().st_mtime_ns
    write_report(RecordStore(store.out), load_plans(store))
    assert len(drawn) == 1 and picture.stat().st_mtime_ns == times
    picture.write_bytes(first + b"!")
    write_report(RecordStore(store.out), load_plans(store))
    assert len(drawn) == 2 and picture.read_bytes() == first
    fill(store, plan, seed=2)
    write_report(RecordStore(store.out), load_plans(store))
    assert len(drawn) == 3 and picture.read_bytes() != first


def test_report_is_a_function_of_the_records(store):
    for experiment in ("table3", "fig4b", "fig5", "fig6b"):
        fill(store, make_plan(experiment))
    folder = write_report(store, load_plans(store))
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = RecordStore(store.out)
    write_report(again, load_plans(again))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    assert {name for name in first if name.endswith(".png")} >= {
        "table3-mnist.png", "fig4b-mnist-attacks.png", "fig5-mnist-pictures-1.png",
        "fig6b-mnist-alpha.png",
    }


class _Links(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.anchors, self.tags, self.places = [], set(), set(), []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            if name in ("href", "src"):
                self.links.append(value)
            if name == "id":
                self.anchors.add(value)
            if name == "data-r":
                self.places.append(value)


def parsed_page(path):
    found = _Links()
    found.feed(path.read_text())
    return found


def test_pages_need_no_network_and_every_link_leads_somewhere(store):
    for experiment in ("table3", "fig6b"):
        fill(store, make_plan(experiment))
    folder = write_report(store, load_plans(store))
    pages = {path.name: parsed_page(path) for path in folder.glob("*.html")}
    assert set(pages) == {f"{name}.html" for name in (
        "index", "binomial", "flexible", "splash", "randhet", "glr", "leaderboard", "claims")}
    for name, found in pages.items():
        text = (folder / name).read_text()
        assert not found.tags & {"link", "iframe"} and "http" not in text and "url(" not in text
        for link in found.links:
            file, _, anchor = link.partition("#")
            assert not file or (folder / file).is_file(), (name, link)
            if anchor:
                assert anchor in pages[file or name].anchors, (name, link)
    assert "single noisy draws" in (folder / "binomial.html").read_text()
    assert "Not run." in (folder / "splash.html").read_text()


def test_every_number_of_a_page_leads_to_its_records(store):
    plan = make_plan("fig6b")
    experiment = fill(store, plan)
    folder = write_report(store, load_plans(store))
    text = (folder / "binomial.html").read_text()
    content = json.loads(re.search(r'id="records"[^>]*>(.*?)</script>', text, re.DOTALL)[1])
    ids = [record[0] for record in content["records"]]
    assert len(set(ids)) == len(ids) == len(
        {store.name(identity_of(cell, plan, store)) for cell in experiment.cells(plan)})
    labels = {content["texts"][record[1]] for record in content["records"]}
    assert labels == {store.by_id(name)["label"] for name in ids}
    last = max(int(n) for places in parsed_page(folder / "binomial.html").places
               for n in re.split("[-,]", places))
    assert last == len(ids) - 1


def test_runs_of_places():
    assert spans([0, 1, 2, 3, 7, 5, 6]) == "0-3,7,5-6" and spans([4]) == "4"


def test_leaderboard_compares_like_with_like(store):
    plan = make_plan("fig6b")
    fill(store, plan)
    (board,) = leaderboard_sections([plan], store)
    line = next(csv.DictReader(io.StringIO(board.csv)))
    row = find("fig6b").rows[0]
    ours = attacks_of(store, plan, row)["FGM"].accuracy
    assert line[f"as published, FGM, {IMAGES} images"].startswith(f"{ours.value:.1f} (")
    assert "full precision" in line["network"] and line["training seeds"] == "1"
    # Another number of images is another column.
    few = make_plan("fig4b", images=SHARD)
    fill(store, few)
    (board,) = leaderboard_sections([plan, few], store)
    assert f"as published, FGM, {SHARD} images" in board.tables[0].columns
    assert f"as published, FGM, {IMAGES} images" in board.tables[0].columns


def test_difference_to_the_published_number(store):
    plan = make_plan("table3")
    fill(store, plan)
    folder = write_report(store, [plan])
    for line in csv.DictReader((folder / "table3-mnist.csv").open()):
        difference = float(line["ours"]) - float(line["published"])
        assert float(line["difference"]) == pytest.approx(difference, abs=1e-3)


def test_later_plan_keeps_the_other_attacks(store):
    plan = make_plan("fig4b")
    save_plan(store, plan)
    few = make_plan("fig4b", images=5)
    few.attacks.pop("FGM")
    merged = save_plan(store, few)
    assert merged.attacks["FGM"]["images"] == IMAGES and merged.attacks["Pixel"]["images"] == 5
    assert load_plans(store) == [merged]


def test_markdown_and_csv_escape():
    table = Table("n", "T", ("a", "b"), ((Cell("1|2", ("clean-x",)), Cell("[3]")),), ("note",))
    text = to_markdown(table, records="../records")
    assert "| [1\\|2](../records/clean-x.json) | \\[3\\] |" in text
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3
               for line in text.splitlines() if line.startswith("|"))
    written = to_csv(("a", "b"), [{"a": 'x,"y', "b": None}, {"a": 0.1 + 0.2}])
    read = list(csv.DictReader(io.StringIO(written)))
    assert read[0] == {"a": 'x,"y', "b": ""} and float(read[1]["a"]) == 0.1 + 0.2
