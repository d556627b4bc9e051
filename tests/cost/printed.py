"""A summary of made-up numbers, whose table is kept in `snapshots`."""

from binomial_keras.cost.count import Count
from binomial_keras.cost.row import Row
from binomial_keras.cost.table import Summary


def printed_summary():
    """Real numbers and spikes, long names, large and small numbers, an unknown layer."""
    rows = (
        Row("first", "EConv2D", (28, 28, 16), 160, "real", None,
            Count(107584, 12544, 20000.5, 12544), 401408, 401408),
        Row("unit1", "BU", (3, 28, 28, 16), 0, "real", 0.12345,
            Count(0, 37632, 0, 37632, 37632, 37632), 0, 12544),
        Row("block/second_with_a_long_name", "EConv2D", (3, 28, 28, 16), 2320, "0/1", None,
            Count(25088, 5163000, 25088, 640000.25), 401408, 401408),
        Row("strange<&>", "Own", (28, 28, 16), 7, "real", None, None, 0, 401408),
        Row("classes", "Dense", (10,), 650, "0..3", None, Count(0, 9, 0, 9, 10), 0, 320),
    )
    same = (Row("first", "EConv2D", (28, 28, 16), 160, "real", None,
                Count(1.9e9, 999.6, 1000.2, 10), 0, 0),)
    energies = ("float32, 45 nm (Horowitz 2014)", 0.9e-12, 4.6e-12)
    reference = Summary("small, as type D", same, 2, *energies)
    return Summary("small", rows, 2, *energies, reference)
