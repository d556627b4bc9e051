"""What a measurement was made with: it stands in its file, beside the numbers."""

import datetime
import os
import pathlib
import platform

import keras
import numpy


def conditions():
    """JSON-able: the day, the processor, the versions and the backend."""
    return {
        "date": datetime.date.today().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "numpy": numpy.__version__,
    }


def _processor():
    """The name that the operating system knows, which `platform` does not always tell."""
    about = pathlib.Path("/proc/cpuinfo")
    lines = about.read_text(encoding="utf-8").splitlines() if about.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
