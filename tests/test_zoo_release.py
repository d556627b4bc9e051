"""Checkpoints that are fetched: from a real server on this machine, which may fail in many ways."""

import errno
import hashlib
import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import keras
import pytest

import binomial_keras as bk
from binomial_keras import zoo
from binomial_keras.zoo import registry, release

ROOT = pathlib.Path(__file__).parents[1]
CARD = {"training": {"command": "python -m reproduce run table3"}}


class _Server(http.server.ThreadingHTTPServer):
    """Sends `content`; what goes wrong is named in `plan`, one word per request."""

    daemon_threads = True

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.plan, self.requests = content, [], []
        self.go_on = threading.Event()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/files/"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        way = self.server.plan.pop(0) if self.server.plan else "whole"
        content = self.server.content
        if way == "missing":
            self.send_error(404, "Not Found")
            return
        if way == "wrong":
            content = b"x" + content[1:]
        if way == "short":  # and claims to be whole
            content = content[: len(content) // 2]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if way in ("truncated", "stalled"):
            content = content[: len(content) // 2]
        self.wfile.write(content)
        self.wfile.flush()
        if way == "stalled":
            self.server.go_on.wait(60)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def model_file(tmp_path):
    path = tmp_path / "trained.keras"
    keras.Sequential([keras.Input((300,)), keras.layers.Dense(200)]).save(path)
    return path


@pytest.fixture
def large(tmp_path, monkeypatch, model_file):
    """A zoo with the entry "large", whose file is on a server; yields the server."""
    folder = tmp_path / "zoo"
    folder.mkdir()
    (folder / "index.json").write_text("{}")
    monkeypatch.setattr(registry, "FOLDER", folder)
    monkeypatch.setattr(release, "RETRIES", 0)
    zoo.add(model_file, "large", CARD, release=tmp_path / "upload")
    server = _Server((tmp_path / "upload" / "large.keras").read_bytes())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    monkeypatch.setenv(release.HOME, str(tmp_path / "home"))
    monkeypatch.setenv(release.ADDRESS, server.address)
    yield server
    server.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


def kept(tmp_path):
    return sorted(path.name for path in (tmp_path / "home").rglob("*") if path.is_file())


def test_the_package_does_not_hold_it(large, tmp_path):
    entry = zoo.info("large")
    assert entry["url"] == "large.keras" and "file" not in entry
    assert entry["sha256"] == hashlib.sha256(large.content).hexdigest()
    assert entry["size"] == len(large.content)
    assert not (tmp_path / "zoo" / "files").exists()


def test_fetched_once_then_offline(large, tmp_path, monkeypatch, capfd):
    assert bk.load("large").count_params() == 60200
    assert large.requests == ["/files/large.keras"]
    # The progress bar, and nothing else.
    out, err = capfd.readouterr()
    assert "100%" in err and "Downloading" not in out + err
    digest = zoo.info("large")["sha256"]
    assert kept(tmp_path) == [f"large-{digest[:8]}.keras"]
    monkeypatch.delenv(release.ADDRESS)
    assert zoo.path("large").read_bytes() == large.content
    assert len(large.requests) == 1


def test_an_absolute_address_needs_no_variable(large, monkeypatch):
    index = json.loads((registry.FOLDER / "index.json").read_text())
    index["large"]["url"] = f"{large.address}elsewhere.keras"
    (registry.FOLDER / "index.json").write_text(json.dumps(index))
    monkeypatch.delenv(release.ADDRESS)
    assert zoo.path("large").read_bytes() == large.content
    assert large.requests == ["/files/elsewhere.keras"]


def test_without_an_address_the_message_says_what_can_be_done(large, monkeypatch):
    monkeypatch.delenv(release.ADDRESS)
    with pytest.raises(FileNotFoundError) as caught:
        bk.load("large")
    text = str(caught.value)
    for words in ("no public address", release.ADDRESS, "python -m reproduce run table3",
                  f"{len(large.content):,} bytes", str(release.cache_folder())):
        assert words in text
    assert large.requests == []


def test_put_there_by_hand(large, monkeypatch, model_file):
    monkeypatch.delenv(release.ADDRESS)
    release.cache_folder().mkdir(parents=True)
    place = release.cache_folder() / f"large-{zoo.info('large')['sha256'][:8]}.keras"
    place.write_bytes(large.content)
    assert zoo.path("large") == place


@pytest.mark.parametrize("way, error, words", [
    ("missing", FileNotFoundError, "the server answers 404 Not Found"),
    ("truncated", FileNotFoundError, "could not be fetched.*IncompleteRead"),
    ("short", ValueError, "is not the recorded file of the checkpoint 'large'"),
    ("wrong", ValueError, "is not the recorded file of the checkpoint 'large'"),
])
def test_what_is_not_whole_is_not_kept(large, tmp_path, way, error, words):
    large.plan = [way]
    with pytest.raises(error, match=words):
        zoo.path("large")
    assert kept(tmp_path) == []
    # The next try starts afresh.
    assert zoo.path("large").read_bytes() == large.content


def test_a_failure_is_tried_once_more(large, monkeypatch):
    monkeypatch.setattr(release, "RETRIES", 1)
    large.plan = ["truncated"]
    assert zoo.path("large").read_bytes() == large.content
    assert len(large.requests) == 2


def test_a_damaged_file_in_the_cache_is_fetched_again(large):
    path = zoo.path("large")
    path.write_bytes(b"x" + large.content[1:])
    assert zoo.path("large").read_bytes() == large.content
    assert len(large.requests) == 2


def test_offline(large, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv(release.ADDRESS, f"http://127.0.0.1:{free.getsockname()[1]}")
    with pytest.raises(FileNotFoundError, match="could not be fetched.*refused"):
        bk.load("large")


def test_an_address_that_is_none(large, monkeypatch):
    monkeypatch.setenv(release.ADDRESS, "htp:/nowhere")
    with pytest.raises(FileNotFoundError, match="could not be fetched from htp:/nowhere"):
        bk.load("large")


def test_a_silent_server_is_not_waited_for(large, tmp_path, monkeypatch):
    monkeypatch.setattr(release, "SECONDS", 0.5)
    large.plan = ["stalled"]
    started = time.monotonic()
    with pytest.raises(FileNotFoundError, match="timed out"):
        zoo.path("large")
    assert time.monotonic() - started < 20 and kept(tmp_path) == []


def test_no_room(large, tmp_path, monkeypatch):
    usage = release.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(release.shutil, "disk_usage", lambda path: usage._replace(free=100))
    with pytest.raises(FileNotFoundError, match=f"100 bytes left.*{release.HOME}"):
        zoo.path("large")
    assert large.requests == []


def test_the_disk_fills_up_meanwhile(large, tmp_path, monkeypatch):
    import pooch

    def full(self, url, output_file, pooch, check_only=False):
        pathlib.Path(output_file).write_bytes(b"part")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)
    with pytest.raises(FileNotFoundError, match="No space left on device"):
        zoo.path("large")
    assert kept(tmp_path) == []


def test_a_cache_that_cannot_be_made(large, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(release.HOME, str(tmp_path / "file"))
    with pytest.raises(FileNotFoundError, match=f"cannot be kept.*{release.HOME}"):
        zoo.path("large")


def test_interrupted_from_the_keyboard(large, tmp_path, monkeypatch):
    import pooch

    def interrupted(self, url, output_file, pooch, check_only=False):
        pathlib.Path(output_file).write_bytes(b"part")
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(pooch.HTTPDownloader, "__call__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            zoo.path("large")
    assert kept(tmp_path) == []
    assert zoo.path("large").read_bytes() == large.content


@pytest.mark.slow
def test_killed_while_it_fetches(large, tmp_path):
    """A killed process leaves nothing under the checkpoint's name; the next one fetches it all."""
    large.plan = ["stalled"]
    code = ("import pathlib, sys; from binomial_keras.zoo import registry; "
            "registry.FOLDER = pathlib.Path(sys.argv[1]); registry.path('large')")
    process = subprocess.Popen([sys.executable, "-c", code, str(registry.FOLDER)], cwd=ROOT)
    deadline = time.monotonic() + 120
    while not large.requests or not kept(tmp_path):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    assert not any(name.startswith("large") for name in kept(tmp_path))
    assert zoo.path("large").read_bytes() == large.content
