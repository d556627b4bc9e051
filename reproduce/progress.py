"""Progress of a run: a bar on a terminal, otherwise one line per finished cell."""

import sys
import time


def clock(seconds):
    """Seconds as h:mm:ss."""
    seconds = int(round(seconds))
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def group_of(cell):
    """Cells of one group take about the same time; the estimate is made group by group."""
    return (cell.kind, getattr(cell, "attack", None), getattr(cell, "neuron", None))


class Progress:
    """Reports finished cells and estimates the time to go.

    The estimate is the mean time of the finished cells of each group times the number of its
    open cells; a group that has not begun counts with the mean over all finished cells.

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
            self.bar.set_postfix_str(f"{clock(self.remaining())} to go", refresh=False)
            self.bar.write(text, file=self.stream)
        else:
            self.say(
                f"[{self.done}/{self.total}] {text} ({seconds:.1f} s); "
                f"{clock(time.monotonic() - self.started)} elapsed, "
                f"about {clock(self.remaining())} to go"
            )

    def say(self, text):
        """A line that does not disturb the bar."""
        if self.bar is not None:
            self.bar.write(text, file=self.stream)
        else:
            print(text, file=self.stream, flush=True)

    def remaining(self):
        """Estimated seconds to go."""
        every = [value for values in self.times.values() for value in values]
        if not every:
            return 0.0
        overall = sum(every) / len(every)
        total = 0.0
        for group, count in self.open.items():
            known = self.times.get(group)
            total += count * (sum(known) / len(known) if known else overall)
        return total / self.workers

    def close(self):
        """Ends the bar."""
        if self.bar is not None:
            self.bar.close()

    def _count(self, cell):
        self.open[group_of(cell)] -= 1
        self.done += 1
