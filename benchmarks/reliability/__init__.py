"""Reliability in numbers: kills, foreign files, random layers, memory. See `__main__.py`."""
