"""Entry point of `python -m reproduce`."""

import os
import sys

from reproduce.cli import main

if __name__ == "__main__":
    # TensorFlow greets with a page of notes about the machine; errors are still shown.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.exit(main())
