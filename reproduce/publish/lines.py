"""Lines of a card: one number each, with its interval and the records behind it."""

from reproduce.cells import canonical


def line(what, value, low, high, images, draws, records, tested_as=None, as_trained=True, **more):
    """A line. Accuracies in percent; `more` are further keys, left out where they are None."""
    return {
        "tested_as": tested_as,
        "as_trained": as_trained,
        "what": what,
        "accuracy": round(value, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "images": images,
        "draws": draws,
        "records": list(records),
        **{key: value for key, value in more.items() if value is not None},
    }


def unmeasured(what, tested_as=None, as_trained=True):
    """The line of a number that has no record."""
    return {"tested_as": tested_as, "as_trained": as_trained, "what": what, "accuracy": None,
            "records": []}


def most_images(lines, keys):
    """Of lines with the same `keys` the one with the most images and draws; first come first."""
    best = {}
    for one in lines:
        key = canonical([one.get(name) for name in keys])
        if key not in best or _size(one) > _size(best[key]):
            best[key] = one
    return list(best.values())


def _size(one):
    return one.get("images", 0), one.get("draws", 0)
