"""What the operating system counts before and after `bk.keep_memory()`."""

import ctypes
import subprocess
import sys

import pytest

import binomial_keras as bk
from binomial_keras.backend import memory

BLOCK, TIMES = 64 * 2**20, 10
# The module alone, without Keras: what is measured is the allocator.
CODE = f"""
import importlib.util, resource
spec = importlib.util.spec_from_file_location("memory", {memory.__file__!r})
memory = importlib.util.module_from_spec(spec)
spec.loader.exec_module(memory)
import numpy as np

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range({TIMES}):
        np.ones({BLOCK}, "uint8")
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(faults())
print(memory.keep_memory())
faults()  # the first of these blocks makes the heap larger, once
print(faults())
"""


def _has_glibc():
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "gnu_get_libc_version")


@pytest.mark.skipif(not _has_glibc(), reason="the allocator is not glibc's")
def test_blocks_that_were_freed_cost_no_page_faults_again():
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    before, answer, after = ran.stdout.split()
    # Every block has at least one page, also where pages are huge (2 MiB).
    assert int(before) >= TIMES * BLOCK // 2**21
    assert answer == "True"
    assert int(after) < TIMES


def test_another_c_library_is_left_alone(monkeypatch):
    class Other:
        """A C library without `gnu_get_libc_version`, such as musl's."""

        def mallopt(self, name, value):
            raise AssertionError("must not be called")

    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: Other())
    assert bk.keep_memory() is False


def test_a_refused_setting_is_told(monkeypatch):
    class Refusing:
        gnu_get_libc_version = None
        asked = []

        def mallopt(self, name, value):
            self.asked.append(name)
            return int(name != -4)

    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: Refusing())
    assert bk.keep_memory() is False
    assert Refusing.asked == [-1, -4, -8]  # all are tried; <malloc.h> numbers them
