"""Every page does what it says: its Python runs, its commands are understood, its links lead on."""

import configparser
import importlib
import json
import os
import pathlib
import re
import runpy
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = {str(path.relative_to(ROOT)): path for path in [ROOT / "README.md", *DOCS.glob("*.md")]}
LINKED = {**PAGES, **{f"docs/api/{path.name}": path for path in (DOCS / "api").glob("*.md")}}


def blocks(page, language):
    """The code blocks of a page, by their language."""
    text = PAGES[page].read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands(page):
    """Every command of the bash blocks of a page as a list of words."""
    joined = [block.replace("\\\n", " ") for block in blocks(page, "bash")]
    lines = [line for block in joined for line in block.splitlines()]
    split = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
    return [words for words in split if words]


def arguments_of(page, module):
    """What the commands `python -m module ...` of a page are given."""
    return [
        words[i + 2 :]
        for words in commands(page)
        for i, word in enumerate(words[:-1])
        if word == "-m" and words[i + 1] == module
    ]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_python_blocks_run_one_after_the_other(page, tmp_path, monkeypatch):
    # In this process, which has paid for the import of Keras; `main` calls leave the directory.
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks(page, "python"))
    if page == "README.md":
        # Two epochs show that the lines run; what twenty reach is not tested here.
        code, changed = re.subn(r"\bepochs=20\b", "epochs=2", code)
        assert changed == 1
        # Its last block leaves a network that the text then hands to StepByStep.
        code += "\nnetwork = bk.models.StepByStep(model)\n"
    exec(compile(code, page, "exec"), {"__name__": "page"})


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_commands_are_accepted_by_their_own_parsers(page):
    from binomial_keras.zoo.__main__ import _parser as zoo_parser
    from reproduce.cli import parser
    from reproduce.experiments import EXPERIMENTS
    from reproduce.studies import STUDIES

    for given in arguments_of(page, "reproduce"):
        options = parser().parse_args(given)
        if options.command == "run":
            assert set(options.names) <= {*EXPERIMENTS, *STUDIES, "adaptive"}, given
    for given in arguments_of(page, "binomial_keras.zoo"):
        zoo_parser().parse_args(given)


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_modules_and_scripts_that_commands_start_exist(page):
    for words in commands(page):
        if "-m" in words:
            module = words[words.index("-m") + 1]
            parent = ROOT / module.replace(".", "/")
            known = module in ("venv", "pytest") or (parent / "__main__.py").is_file()
            assert known, f"{page} starts {module}"
        for word in words:
            if word.endswith(".py"):
                assert (ROOT / word).is_file(), f"{page} starts {word}"


def _result(path):
    """What a record says, without the time it took and the time stamps of a checkpoint file."""
    result = json.loads(path.read_text(encoding="utf-8"))["result"]
    result.pop("sha256", None)
    result.get("history", {}).pop("seconds", None)
    return result


@pytest.mark.slow
def test_both_lines_of_the_cluster_page_give_the_same_records(tmp_path):
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    tries = [words for words in arguments_of("docs/cluster.md", "reproduce") if "--out" in words]
    assert len(tries) == 2
    found = []
    for given in tries:
        subprocess.run(
            [sys.executable, "-m", "reproduce", *given], cwd=tmp_path, check=True, timeout=600,
            env={**os.environ, "PYTHONPATH": path},
        )
        records = (tmp_path / given[given.index("--out") + 1] / "records").glob("*.json")
        found.append({path.name: _result(path) for path in records})
    assert len(found[0]) == 8 and found[0] == found[1]


def test_commands_that_answer_at_once_run(tmp_path, capsys):
    zoo = importlib.import_module("binomial_keras.zoo.__main__")
    assert zoo.main(arguments_of("docs/first_steps.md", "binomial_keras.zoo")[0]) == 0
    from reproduce.cli import main

    assert main(["list"]) == 0
    assert "table3" in capsys.readouterr().out


def _prose(path):
    """The text of a page without its code blocks."""
    return re.sub(r"(?sm)^```.*?^```$", "", path.read_text(encoding="utf-8"))


def _anchors(path):
    """The names that a code host gives to the headings of a page."""
    text = _prose(path)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = [re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", LINKED)
def test_links_lead_somewhere(page):
    path = LINKED[page]
    text = _prose(path)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", text):
        if target.startswith("http"):
            continue
        found = path.parent / target if target else path
        assert found.exists(), f"{page} links to {target}"
        if anchor and found.suffix == ".md":
            assert anchor in _anchors(found), f"{page} links to {target}#{anchor}"


def test_extras_of_the_package_are_explained():
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    text = (DOCS / "first_steps.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `\.\[(\w+)\]` \|", text, re.MULTILINE))
    assert explained == set(settings["options.extras_require"])


def test_every_page_is_in_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for path in DOCS.glob("*.md"):
        assert path.name == "README.md" or f"]({path.name}" in index, path.name


def test_every_layer_is_on_its_page():
    from binomial_keras import layers

    text = (DOCS / "layers.md").read_text(encoding="utf-8")
    for name in layers.__all__:
        assert re.search(rf"\b{name}\b", text) or name in ("ACTIVATIONS", "hinges_from"), name


def test_reference_is_that_of_the_docstrings():
    reference = runpy.run_path(str(DOCS / "make_reference.py"))
    there = {p.name: p.read_text(encoding="utf-8") for p in (DOCS / "api").glob("*.md")}
    wanted = reference["pages"]()
    stale = sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))
    assert not stale, f"Run python docs/make_reference.py; not up to date: {stale}"


def test_pictures_are_drawn_and_shown(tmp_path):
    drawn = runpy.run_path(str(DOCS / "make_pictures.py"))["main"](tmp_path)
    text = (DOCS / "layers.md").read_text(encoding="utf-8")
    names = {path.name for path in drawn}
    assert names == {path.name for path in (DOCS / "pictures").glob("*.png")}
    assert names == set(re.findall(r"\]\(pictures/([^)]+)\)", text))
    assert all(path.stat().st_size > 2_000 for path in drawn)


def test_measured_tables_are_those_of_the_committed_measurements():
    tables = runpy.run_path(str(ROOT / "benchmarks" / "tables.py"))
    text = tables["PAGE"].read_text(encoding="utf-8")
    assert tables["filled"](text) == text
    kinds = tables["KINDS"]
    assert text.count("<!-- results: benchmark-") == len(kinds)
    shown = [kind.__doc__.rstrip(".") for kind in kinds if tables["measured"](kind).is_file()]
    assert len(shown) >= 4 and all(text.count(f"\n### {title}\n") == 1 for title in shown)
    assert text.count("\n| DeepFool |") == 1
