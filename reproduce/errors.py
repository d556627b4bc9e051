"""The one exception that the command line turns into a sentence and exit code 2."""


class UsageError(ValueError):
    """What was asked for cannot be done as asked; the text is one sentence for the user."""
