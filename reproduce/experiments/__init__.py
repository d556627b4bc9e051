"""The experiments: every table and figure of the paper as data."""

from reproduce.errors import UsageError
from reproduce.experiments.experiment import ATTACK_ORDER, Experiment
from reproduce.experiments.rows import Row, rows_of
from reproduce.published import table

__all__ = ["ATTACK_ORDER", "EXPERIMENTS", "Experiment", "find"]

_PICTURED = (
    Row("1", ("D", None), ("D", None), "D", "A"),
    Row("2", ("C", 1), ("C", 1), "C_B1", "B"),
    Row("3", ("A", 2), ("A", 2), "A2", "A"),
    Row("4", ("A", 3), ("A", 3), "A3", "A"),
    Row("5", ("B", 2), ("B", 2), "B2", "B"),
    Row("6", ("B", 3), ("B", 3), "B3", "B"),
)

_DEMO = (
    Row("1", ("D", None), ("D", None), "D", "A"),
    Row("2", ("B", 3), ("B", 3), "B3", "B"),
    Row("3", ("A", 3), ("A", 3), "A3", "A"),
)


def _from_paper(name, title, data, file, view, **settings):
    return Experiment(name, title, data, rows_of(table(file)), view, **settings)


_ALL = (
    Experiment("demo", "Demo: types D, B and A under the five attacks, embedded 8x8 digits",
               "digits", _DEMO, "alpha", images=60),
    _from_paper("table3", "Table 3, clean accuracy on MNIST", "mnist", "table3_mnist",
                "accuracy"),
    _from_paper("table4", "Table 4, clean accuracy on CIFAR-10", "cifar10", "table4_cifar10",
                "accuracy"),
    _from_paper("fig4a", "Fig. 4(a), five attacks on the ten most accurate rows, CIFAR-10",
                "cifar10", "fig4a_cifar10", "attacks", images=300),
    _from_paper("fig4b", "Fig. 4(b), five attacks on the ten most accurate rows, MNIST",
                "mnist", "fig4b_mnist", "attacks", images=300),
    Experiment("fig5", "Fig. 5, original and attacked images with their SSIM", "mnist",
               _PICTURED, "pictures", images=5),
    _from_paper("fig6a", "Fig. 6(a), the ten best alpha scores, CIFAR-10", "cifar10",
                "fig6a_cifar10", "alpha", images=300),
    _from_paper("fig6b", "Fig. 6(b), the ten best alpha scores, MNIST", "mnist",
                "fig6b_mnist", "alpha", images=300),
)

EXPERIMENTS = {experiment.name: experiment for experiment in _ALL}


def find(name):
    """The experiment called `name`. Raises `UsageError` when there is none."""
    if name not in EXPERIMENTS:
        known = ", ".join(EXPERIMENTS)
        raise UsageError(f"There is no experiment called {name!r}; there are: {known}.")
    return EXPERIMENTS[name]
