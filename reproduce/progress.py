"""Progress of a run: a bar on a terminal, otherwise one line per finished cell."""

import sys
import time


def clock(seconds):
    """Seconds as h:mm:ss."""
    seconds = int(round(seconds))
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def group_of(cell):
    """(kind, what else decides the time): the estimate is made group by group."""
    if cell.kind == "train":
        return (cell.kind, cell.network)
    if cell.kind == "measure":
        return (cell.kind, cell.name, cell.checkpoint.network)
    return (cell.kind, getattr(cell, "attack", None), getattr(cell, "neuron", None))


class Progress:
    """Reports finished cells and estimates the time to go.

    The estimate is the mean time of the finished cells of each group times the number of its
    open cells; a group that has not begun counts with the mean over the finished cells of its
    kind. Cells of a kind that has not begun are left out of the estimate, and counted: a training
    says nothing of how long its measures take.

    Args:
        cells: all cells of the run, those included that are on disk already.
        stream: where to write; a bar is shown when it is a terminal.
        workers: how many cells run at the same time.
    """

    def __init__(self, cells, stream=None, workers=1):
        self.stream = stream or sys.stdout
        self.workers = workers
        self.open = {}
        for cell in cells:
            self.open[group_of(cell)] = self.open.get(group_of(cell), 0) + 1
        self.total = len(cells)
        self.done = 0
        self.started = time.monotonic()
        self.times = {}
        self.bar = None
        if self.stream.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=self.total, file=self.stream, unit="cell")

    def skip(self, cell):
        """A cell whose record was there already."""
        self._count(cell)
        if self.bar is not None:
            self.bar.update(1)

    def finish(self, cell, seconds, summary):
        """A cell that was run now."""
        self._count(cell)
        self.times.setdefault(group_of(cell), []).append(seconds)
        text = f"{cell.label()}: {summary}"
        if self.bar is not None:
            self.bar.update(1)
            self.bar.set_postfix_str(self.remaining(), refresh=False)
            self.bar.write(text, file=self.stream)
        else:
            self.say(
                f"[{self.done}/{self.total}] {text} ({seconds:.1f} s); "
                f"{clock(time.monotonic() - self.started)} elapsed, "
                f"about {self.remaining()}"
            )

    def say(self, text):
        """A line that does not disturb the bar."""
        if self.bar is not None:
            self.bar.write(text, file=self.stream)
        else:
            print(text, file=self.stream, flush=True)

    def remaining(self):
        """The estimated time to go, as text."""
        kinds = {}
        for group, times in self.times.items():
            kinds.setdefault(group[0], []).extend(times)
        total, unknown = 0.0, 0
        for group, count in self.open.items():
            known = self.times.get(group) or kinds.get(group[0])
            if known:
                total += count * sum(known) / len(known)
            else:
                unknown += count
        text = f"{clock(total / self.workers)} to go"
        return f"{text} without {unknown} cells of other kinds" if unknown else text

    def close(self):
        """Ends the bar."""
        if self.bar is not None:
            self.bar.close()

    def _count(self, cell):
        self.open[group_of(cell)] -= 1
        self.done += 1
