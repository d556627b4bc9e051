"""The exceptions that the command line turns into a sentence, with exit code 2 and 1."""


class UsageError(ValueError):
    """What was asked for cannot be done as asked; the text is one sentence for the user."""


class WorkerError(RuntimeError):
    """Worker processes died again and again; the text is one sentence for the user."""
