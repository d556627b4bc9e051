"""The published tables in the package."""

import math

import pytest

from reproduce.published import ATTACKS, table


@pytest.mark.parametrize(
    "name, rows",
    [("table3_mnist", 38), ("table4_cifar10", 38)]
    + [(f"fig{n}", 11) for n in ("4a_cifar10", "4b_mnist", "6a_cifar10", "6b_mnist")],
)
def test_number_of_rows(name, rows):
    found = table(name)
    assert len(found) == rows
    numbers = [row["row"] for row in found if row["row"] != "baseline"]
    assert sorted(map(int, numbers)) == list(range(1, len(numbers) + 1))


def test_numbers_as_printed():
    first = table("table3_mnist")[0]
    assert first["train"] == ("B", 2) and first["test"] == ("D", None)
    assert first["accuracy"] == 99.73 and first["attacked"] == {}
    baseline = table("fig4a_cifar10")[0]
    assert baseline["row"] == "baseline" and baseline["alpha"] is None
    assert baseline["attacked"]["Square"] == 5.19 and baseline["ssim"]["C&W"] == 95.55


@pytest.mark.parametrize("name, alpha", [("fig6a_cifar10", 157.584), ("fig6b_mnist", 562.670)])
def test_alpha_of_the_baseline_follows_from_its_row(name, alpha):
    row = table(name)[0]
    # Eq. 12 by hand; the printed SSIM have two decimals, hence the tolerance.
    total = sum(row["attacked"][attack] / row["ssim"][attack] for attack in ATTACKS)
    assert row["alpha"] == alpha
    assert math.isclose(row["accuracy"] * total, alpha, abs_tol=0.05)
