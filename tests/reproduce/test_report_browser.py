"""The pages in a real browser: sorting, filters, records on demand."""

import html
import json
import pathlib
import re
import shutil
import subprocess

import pytest

from reproduce.records import RecordStore
from reproduce.report.page import page
from reproduce.report.section import Section
from reproduce.report.table import Cell, Table

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((path for path in map(shutil.which, NAMES) if path), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

COMMAND = "python -m reproduce run table3 --seeds 2 </script><b>"
VALUES = ("9.5 (9.0 – 10.0)", "not run", "10.2 (9.9 – 10.4)", "-3.0", "100.0", "—", "2", "8", "7")
# Runs in the page and leaves what it saw as JSON in its title.
PROBE = """
<script>
const seen = {}, one = name => document.querySelector(name);
const shown = () => [...one("tbody").rows].filter(row => !row.hidden);
const column = k => shown().map(row => row.cells[k].textContent);
const heads = document.querySelectorAll("thead th");
heads[1].click(); seen.descending = column(1);
heads[1].click(); seen.ascending = column(1); seen.sorted = heads[1].getAttribute("aria-sort");
heads[0].dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"})); seen.names = column(0);
const field = one("input.filter");
field.value = "10.2 NETWORK"; field.dispatchEvent(new Event("input")); seen.filtered = column(0);
field.value = ""; field.dispatchEvent(new Event("input")); seen.all = column(0).length;
seen.closed = one("#record").open;
one("a[data-r]").click();
seen.open = one("#record").open; seen.told = one("#record div").textContent;
seen.links = [...document.querySelectorAll("#record div a")].map(a => a.href);
seen.records = document.querySelectorAll("#record details").length;
seen.wide = document.documentElement.scrollWidth > innerWidth;
document.title = JSON.stringify(seen);
</script>
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    store = RecordStore(out)
    store.prepare()
    records = [
        store.put(
            {"kind": "clean", "training_seed": k, "weights_sha256": "abc", "images": 10},
            {"label": f"clean <A{k}>", "result": {"accuracy": 0.5, "interval": [0.4, 0.6]},
             "noise_seed": 77, "provenance": {"command": COMMAND, "versions": {"keras": "3.15"}},
             "cost": {"forwards": 3, "seconds": 1.0}}, {},
        )["id"] for k in range(2)
    ]
    rows = tuple(
        (Cell(f"network {'cbadefghi'[k]}"),
         Cell(value, tuple(records) if "9.5" in value else ()),
         Cell("a long text that is broken into lines, as long as it is " * 3))
        for k, value in enumerate(VALUES)
    )
    table = Table("t", "Table", ("name", "accuracy", *(f"column {k}" for k in range(1))), rows)
    text = page([Section("t", "Section", (table,), {}, "")], store, "Title", records="../records")
    folder = out / "report"
    folder.mkdir()
    path = folder / "page.html"
    path.write_text(text.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         f"--user-data-dir={out / 'profile'}", "--window-size=500,800", "--dump-dom",
         path.as_uri()],
        capture_output=True, text=True, timeout=300, check=True,
    )
    title = html.unescape(re.search("<title>(.*?)</title>", done.stdout, re.DOTALL)[1])
    return json.loads(title), records


def test_a_click_sorts_by_number_and_what_was_not_run_comes_last(seen):
    told, _ = seen
    order = ["100.0", "10.2 (9.9 – 10.4)", "9.5 (9.0 – 10.0)", "8", "7", "2", "-3.0"]
    assert told["descending"][:7] == order
    assert told["ascending"][:7] == order[::-1] and told["sorted"] == "ascending"
    assert set(told["descending"][7:]) == set(told["ascending"][7:]) == {"not run", "—"}


def test_the_keyboard_sorts_texts(seen):
    assert seen[0]["names"] == sorted(seen[0]["names"])


def test_the_filter_hides_rows_and_shows_them_again(seen):
    assert seen[0]["filtered"] == ["network a"] and seen[0]["all"] == len(VALUES)


def test_a_number_opens_its_records(seen):
    told, records = seen
    assert not told["closed"] and told["open"] and told["records"] == 2
    assert COMMAND in told["told"] and "noise 77" in told["told"] and "keras 3.15" in told["told"]
    assert "50.00 % (40.00 – 60.00)" in told["told"] and "abc" in told["told"]
    paths = [pathlib.Path(link.removeprefix("file://")) for link in told["links"]]
    assert [json.loads(path.read_text())["id"] for path in paths] == records


def test_a_narrow_window_scrolls_the_table_and_not_the_page(seen):
    assert not seen[0]["wide"]
