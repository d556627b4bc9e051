"""The version, written here and nowhere else: setup.cfg reads it without importing Keras."""

__version__ = "0.1.0"
