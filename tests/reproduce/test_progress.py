"""Progress lines and the estimate."""

import io

from reproduce import progress as module
from reproduce.cells import AttackCell, CleanCell, GivenCheckpoint
from reproduce.progress import Progress, clock

GIVEN = GivenCheckpoint("digits", "D", 0, "w")


def cell(attack, start):
    return AttackCell(GIVEN, "D", None, attack, (), start, start + 10, 1)


def test_clock():
    assert clock(0) == "0:00:00" and clock(3725.4) == "1:02:05"


def test_one_line_per_cell_without_a_terminal(monkeypatch):
    now = iter([0.0, 4.0, 10.0, 20.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    stream = io.StringIO()
    cells = [cell("FGM", 0), cell("FGM", 10), cell("Pixel", 0), cell("Pixel", 10)]
    progress = Progress(cells, stream)
    progress.skip(cells[0])
    assert stream.getvalue() == ""
    progress.finish(cells[1], 2.0, "done")
    # Two Pixel cells are open; nothing is known of them but the mean of all attacks, 2 s each.
    assert stream.getvalue() == (
        "[2/4] FGM digits-D-s0 as D T=inf, images 10-20: done (2.0 s); "
        "0:00:04 elapsed, about 0:00:04 to go\n"
    )
    progress.finish(cells[2], 30.0, "done")
    assert stream.getvalue().splitlines()[1].endswith("about 0:00:30 to go")


def test_a_kind_that_has_not_begun_is_counted_and_not_guessed():
    stream = io.StringIO()
    clean = [CleanCell(GIVEN, "D", (), 10, 1), CleanCell(GIVEN, "C", (1,), 10, 1)]
    progress = Progress([cell("FGM", 0), cell("FGM", 10), *clean], stream)
    progress.finish(cell("FGM", 0), 40.0, "done")
    progress.finish(clean[0], 2.0, "done")
    first, second = stream.getvalue().splitlines()
    assert first.endswith("about 0:00:40 to go without 2 cells of other kinds")
    # The other clean cell is of another neuron type: the mean of its kind, beside FGM's 40 s.
    assert second.endswith("about 0:00:42 to go")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_on_a_terminal():
    stream = Terminal()
    progress = Progress([cell("FGM", 0)], stream)
    progress.finish(cell("FGM", 0), 1.0, "accuracy 50.0 %")
    progress.close()
    assert "accuracy 50.0 %" in stream.getvalue() and "1/1" in stream.getvalue()
