"""What an experiment is: rows, which attacks they need, and the order of the work."""

import dataclasses

from reproduce.cells import GivenCheckpoint
from reproduce.experiments.rows import attack_cells, checkpoint, clean_cell

# Cheap attacks first, over all rows: whatever time there is then fills whole columns.
ATTACK_ORDER = ("FGM", "Square", "DeepFool", "C&W", "Pixel")


@dataclasses.dataclass(frozen=True)
class Experiment:
    """A table or figure of the paper as data.

    Args:
        name: what `python -m reproduce run` calls it.
        title: what it reproduces, for people.
        data: name of the data set it is about.
        rows: tuple of `Row`.
        view: how the report shows it: "accuracy", "attacks", "alpha" or "pictures".
        images: number of attacked images when the user does not say (None: no attacks).
        seeds, draws: likewise.
    """

    name: str
    title: str
    data: str
    rows: tuple
    view: str
    images: int | None = None
    seeds: int = 1
    draws: int = 10

    @property
    def attacked(self):
        return self.view != "accuracy"

    def cells(self, plan, rows=None, attacks=ATTACK_ORDER):
        """Cells in the order of the work: training, clean accuracy, then attack by attack.

        Args:
            plan: a `Plan`.
            rows: numbers of the rows that are wanted, None for all.
            attacks: names of the attacks that are wanted.

        Returns:
            A list without repetitions.
        """
        wanted = [row for row in self.rows if rows is None or row.number in rows]
        seeds = range(plan.seeds)
        cells = [checkpoint(plan, row.network, seed) for seed in seeds for row in wanted]
        cells = [cell for cell in cells if not isinstance(cell, GivenCheckpoint)]
        cells += [clean_cell(plan, row, seed)[0] for seed in seeds for row in wanted]
        for attack in ATTACK_ORDER if self.attacked else ():
            if attack in attacks:
                cells += self._blocks(plan, wanted, attack)
        return [cell for cell in dict.fromkeys(cells) if cell is not None]

    def missing(self, plan, rows=None):
        """Keys such as "A2-s0" of the checkpoints that were not given."""
        return sorted(
            {
                f"{row.network}-s{seed}"
                for row in self.rows
                for seed in range(plan.seeds)
                if (rows is None or row.number in rows)
                and checkpoint(plan, row.network, seed) is None
            }
        )

    @staticmethod
    def _blocks(plan, rows, attack):
        """Block by block over the rows, so that an unfinished column is even over the rows."""
        columns = [
            attack_cells(plan, row, attack, seed) for seed in range(plan.seeds) for row in rows
        ]
        depth = max((len(column) for column in columns), default=0)
        return [column[i] for i in range(depth) for column in columns if i < len(column)]
