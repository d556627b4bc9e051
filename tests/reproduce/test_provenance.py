"""Where a number comes from, without naming the machine."""

import json
import os
import socket

import keras

from reproduce.provenance import command_line, provenance


def test_command_line_keeps_names_of_folders_only():
    shown = command_line(["run", "table3", "--out", "/home/someone/runs", "--checkpoints=/a/b/ck",
                          "--set", "Pixel.max_iter=2"])
    assert shown == (
        "python -m reproduce run table3 --out runs --checkpoints=ck --set Pixel.max_iter=2"
    )


def test_command_line_keeps_relative_folders():
    assert command_line(["report", "--out", "reproduce/results"]).endswith("reproduce/results")


def test_provenance_has_versions_and_no_machine():
    found = provenance()
    assert found["versions"]["keras"] == keras.__version__
    assert found["backend"] == keras.backend.backend()
    assert found["device"] in ("cpu", "gpu", "tpu")
    text = json.dumps({key: value for key, value in found.items() if key != "command"})
    for private in (os.getcwd(), os.path.expanduser("~"), socket.gethostname()):
        assert len(private) < 3 or private not in text
