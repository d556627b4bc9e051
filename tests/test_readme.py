"""What the README promises beyond what holds for every page (tests/test_docs.py)."""

import re

from tests.test_docs import PAGES, ROOT, blocks, commands

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_two_commands_need_only_what_is_here():
    full = [line for block in blocks("README.md", "bash") for line in block.splitlines()
            if "pip" in line]
    assert len(full) == 2
    installed = [words[i + 1] for words in commands("README.md")
                 for i, word in enumerate(words) if word == "-r"]
    assert set(installed) == {"requirements.txt"}
    assert (ROOT / "requirements.txt").is_file()
    for line, module in zip(full, ("reproduce demo", "tests")):
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert line.endswith(f".venv/bin/python -m {module}")


def test_first_screen_says_what_it_is_how_to_run_it_and_where_to_go():
    headings = re.findall(r"^## (.*)$", README, re.MULTILINE)
    assert headings[:3] == ["Two commands", "Ten lines", "Where to go"]
    assert README.index("## Where to go") < 2_600
    ten, _ = blocks("README.md", "python")
    assert sum(bool(line.strip()) for line in ten.splitlines()) <= 12


def test_where_to_go_names_the_pages():
    for name in ("first_steps", "layers", "adaptive_evaluation", "reproducing", "cluster",
                 "adding_a_layer", "known_and_reconstructed", "results_mnist"):
        assert f"](docs/{name}.md" in README and f"docs/{name}.md" in PAGES
