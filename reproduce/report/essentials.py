"""What a page says of a record when a reader asks: the command, seeds, hashes, versions, result."""

import json

FIELDS = ("what", "command", "result", "seeds", "images and draws", "settings", "weights sha256",
          "data sha256", "cost", "made with", "versions", "commit", "arrays")
_KNOWN = {"kind", "format", "data", "data_sha256", "weights_sha256", "images", "start", "stop",
          "draws", "seed", "training_seed", "version"}
# A record of a curve has more points than one wants to read in a corner of the screen.
_POINTS = 24


def essentials(record):
    """{field: text} of a record; fields that it does not have are left out."""
    identity, result = record["identity"], record["result"]
    provenance, cost = record["provenance"], record["cost"]
    told = {
        "what": record["label"],
        "command": provenance.get("command"),
        "result": _result(result),
        "seeds": _pairs({"training": identity.get("training_seed"), "given": identity.get("seed"),
                         "noise": record.get("noise_seed")}),
        "images and draws": _images(identity, result),
        "settings": _pairs({k: v for k, v in identity.items() if k not in _KNOWN}),
        "weights sha256": identity.get("weights_sha256") or result.get("weights_sha256"),
        "data sha256": identity.get("data_sha256"),
        "cost": _pairs({k: round(v, 2) for k, v in cost.items()}),
        "made with": _pairs({k: provenance.get(k) for k in
                             ("package", "backend", "device", "cores", "threads", "python")}),
        "versions": _pairs(provenance.get("versions") or {}),
        "commit": provenance.get("git_commit"),
        "arrays": (record.get("arrays") or {}).get("file"),
    }
    if provenance.get("git_dirty"):
        told["commit"] += " with changes"
    return {field: text for field, text in told.items() if text}


def embedded(ids, store):
    """JSON text with the essentials of records: {"fields", "texts", "records"}.

    Texts that many records share, such as commands and versions, stand in it once: a record is
    its id followed by the places of its texts, -1 where it has none.
    """
    places, records = {}, []
    for name in ids:
        told = essentials(store.by_id(name))
        records.append([name, *(
            places.setdefault(told[field], len(places)) if field in told else -1
            for field in FIELDS
        )])
    content = {"fields": FIELDS, "texts": list(places), "records": records}
    # "</" would end the element that it stands in.
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")


def _pairs(values):
    # In one order, whether the record was just made or read from its file.
    return ", ".join(f"{key} {_short(value)}" for key, value in sorted(values.items())
                     if value not in (None, {}, [], ""))


def _short(value):
    if isinstance(value, dict):
        return "{" + _pairs(value) + "}"
    if isinstance(value, list):
        shown = ", ".join(_short(one) for one in value[:_POINTS])
        return f"[{shown}{', …' if len(value) > _POINTS else ''}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _images(identity, result):
    if identity.get("stop") is not None:
        images = f"images {identity['start']} to {identity['stop']} of the fixed list"
    else:
        images = _pairs({"images": identity.get("images") or result.get("images")})
    draws = _pairs({"draws": identity.get("draws")})
    return ", ".join(part for part in (images, draws) if part)


def _result(result):
    if "points" in result:
        points = result["points"]
        shown = [f"{_named(one)}: {_accuracy(one)}" for one in points[:_POINTS]]
        return "; ".join(shown) + ("; …" if len(points) > _POINTS else "")
    if "history" in result:
        scores = result["history"].get("val_accuracy") or result["history"].get("loss") or [0]
        return f"{len(scores)} epochs, the last validation accuracy {100 * scores[-1]:.2f} %"
    if isinstance(result.get("accuracy"), list):
        bounds = result.get("interval") or [None] * len(result["accuracy"])
        return "; ".join(_accuracy({"accuracy": a, "interval": b})
                         for a, b in zip(result["accuracy"], bounds))
    if "accuracy" in result:
        more = _pairs({k: result.get(k) for k in ("ssim", "unchanged", "l2", "linf")})
        return _accuracy(result) + (f", {more}" if more else "")
    return _pairs({k: v for k, v in result.items() if not isinstance(v, (list, dict))})


def _named(point):
    settings = _pairs({**point.get("settings", {}), **point.get("change", {})})
    return f"{point['kind']} {settings}".strip()


def _accuracy(one):
    text = f"{100 * one['accuracy']:.2f} %"
    if one.get("interval"):
        low, high = one["interval"]
        text += f" ({100 * low:.2f} – {100 * high:.2f})"
    return text
