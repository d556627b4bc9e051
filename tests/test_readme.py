"""The README does what it says: its Python runs, what its commands and links name exists."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def _commands():
    """Every command of the bash blocks as a list of words."""
    lines = [line for block in _blocks("bash") for line in block.splitlines()]
    return [
        shlex.split(command, comments=True)
        for line in lines
        for command in line.split("&&")
        if command.strip()
    ]


def _after(option):
    """The words that follow `option` in any command."""
    return [
        words[i + 1] for words in _commands() for i, word in enumerate(words[:-1]) if word == option
    ]


def test_python_blocks_run_one_after_the_other(tmp_path):
    code = "\n".join(_blocks("python"))
    # Two epochs show that the lines run; what twenty reach is not tested here.
    code, changed = re.subn(r"\bepochs=20\b", "epochs=2", code)
    assert changed == 1
    # The last block leaves a network that the README then hands to StepByStep.
    assert "`bk.models.StepByStep(model)`" in README
    code += "\nnetwork = bk.models.StepByStep(model)\n"
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert 0 <= float(ran.stdout.split()[-1]) <= 1
    assert (tmp_path / "digits-a2.keras").exists()


def test_the_two_commands_need_only_what_is_here():
    full = [line for block in _blocks("bash") for line in block.splitlines() if "pip" in line]
    assert len(full) == 2
    assert set(_after("-r")) == {"requirements.txt"}
    assert (ROOT / "requirements.txt").is_file()
    for line, module in zip(full, ("reproduce demo", "tests")):
        assert line.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert line.endswith(f".venv/bin/python -m {module}")


def test_modules_that_commands_start_exist():
    started = set(_after("-m")) - {"venv"}
    assert started == {"reproduce", "tests"}
    for module in started:
        assert (ROOT / module / "__main__.py").is_file()


def test_reproduce_commands_are_accepted():
    from reproduce.cli import parser

    given = [words[words.index("reproduce") + 1 :] for words in _commands() if "reproduce" in words]
    assert given
    for arguments in given:
        parser().parse_args(arguments)


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?://)([^)#]+)\)", README))
def test_files_that_links_lead_to_exist(target):
    assert (ROOT / target).is_file()
