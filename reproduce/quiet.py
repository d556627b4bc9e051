"""Importing Keras without the page of notes that its backend writes while it starts."""

import contextlib
import logging
import os
import sys
import tempfile


@contextlib.contextmanager
def held_back():
    """Holds back what is written to standard error; shows it after all if there is an error.

    TensorFlow's libraries write to the file descriptor itself, and some of it whatever
    TF_CPP_MIN_LOG_LEVEL says.
    """
    sys.stderr.flush()
    own = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            sys.stderr.flush()
            kept.seek(0)
            os.write(own, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(own, 2)
            os.close(own)


def import_keras():
    """Imports the library, and with it Keras and its backend, quietly; freed memory is kept."""
    with held_back():
        import binomial_keras as bk
        from reproduce.devices import kinds_of_devices

        bk.keep_memory()
        kinds_of_devices()
    # Warnings about retracing are for whoever writes the model, not for whoever runs a table.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
