"""Every page under docs/ does what it says: its Python blocks run one after the other."""

import os
import pathlib
import re
import runpy
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def _code(page):
    text = page.read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", [page for page in PAGES if _code(page)], ids=lambda p: p.name)
def test_python_blocks_run(page, tmp_path):
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ran = subprocess.run(
        [sys.executable, "-c", _code(page)], cwd=tmp_path, env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, check=False, timeout=600,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_measured_tables_are_those_of_the_committed_measurements():
    tables = runpy.run_path(str(ROOT / "benchmarks" / "tables.py"))
    text = tables["PAGE"].read_text(encoding="utf-8")
    assert tables["filled"](text) == text
    assert text.count("<!-- results: benchmark-") == 4 and text.count("\n| DeepFool |") == 1
