"""Claims of the binomial neuron's paper."""

from reproduce.claims.book import both
from reproduce.claims.claim import Claim
from reproduce.claims.comparison import Comparison, compare, compare_weights
from reproduce.claims.networks import data_name
from reproduce.claims.verdict import plain, robust, untested
from reproduce.published import ATTACKS
from reproduce.report.rows import alpha_interval, alpha_of, attacks_of, clean_of

_FULL = ("D", None)
_SPIKING = ("C_A1", "C_B1", "A2", "A3", "B2", "B3")
# The set, its table of clean accuracies, its figures of attacks.
_SETS = {"mnist": ("table3", ("fig4b", "fig6b")), "cifar10": ("table4", ("fig4a", "fig6a"))}
# The radius of the ball that decides.
_EPS = {"mnist": 0.1, "cifar10": 8 / 255}
_STRONG = "`run adaptive` on the networks and their twins without noise"


def _clean(book, data, network, test):
    return book.clean(_SETS[data][0], data, network, test)


def _scope(per_set):
    """(all comparisons, limits) of {data: comparisons}: sets without any are named."""
    ran = [data for data, found in per_set.items() if found]
    limits = () if len(ran) == len(per_set) else tuple(f"{data_name(data)} only" for data in ran)
    return [one for found in per_set.values() for one in found], limits


def _infinite_is_best(book):
    per_set = {data: [] for data in _SETS}
    for data in _SETS:
        for network in _SPIKING:
            last = ("B", 5) if network in ("C_B1", "B2", "B3") else ("A", 5)
            per_set[data] += compare_weights(
                f"{data_name(data)}: {network} tested as D, less as {last[0]} with T = 5",
                _clean(book, data, network, _FULL), _clean(book, data, network, last), above=0)
    found, limits = _scope(per_set)
    return plain(found, "table3 and table4", limits)


def _spikes_regularise(book):
    per_set = {
        data: [one for network in _SPIKING for one in compare(
            f"{data_name(data)}: {network} tested as D, less D tested as D",
            _clean(book, data, network, _FULL), _clean(book, data, "D", _FULL), above=0)]
        for data in _SETS
    }
    found, limits = _scope(per_set)
    return plain(found, "table3 and table4", limits)


def _two_tested_with_one(book):
    per_set = {
        data: compare(f"{data_name(data)}: A2 tested with T = 1, less C trained and tested so",
                      _clean(book, data, "A2", ("C", 1)), _clean(book, data, "C_A1", ("C", 1)),
                      above=0)
        for data in _SETS
    }
    found, limits = _scope(per_set)
    return plain(found, "table3 and table4", limits)


def _passes(networks, neuron, **wanted):
    def rule(book):
        per_set = {
            data: [one for network in networks for one in compare_weights(
                f"{data_name(data)}: {network} tested with T = 5, less T = 2",
                _clean(book, data, network, (neuron, 5)),
                _clean(book, data, network, (neuron, 2)), **wanted)]
            for data in _SETS
        }
        found, limits = _scope(per_set)
        return plain(found, "table3 and table4", limits)

    return rule


def _loss(book, data, test):
    return compare_weights(f"{data_name(data)}: D tested as D, less as {test[0]}{test[1]}",
                           _clean(book, data, "D", _FULL), _clean(book, data, "D", test), above=1)


def _spikes_cost(book):
    tests = (("A", 2), ("B", 2))
    per_set = {data: [one for test in tests for one in _loss(book, data, test)]
               for data in _SETS}
    found, limits = _scope(per_set)
    small, large = (
        {one.what.split(": ")[1]: one for one in per_set[data]} for data in ("mnist", "cifar10")
    )
    for what in (one for one in small if one in large):
        one, other = large[what], small[what]
        reach = ((one.high - one.low) ** 2 + (other.high - other.low) ** 2) ** 0.5 / 2
        gap = one.value - other.value
        found.append(Comparison(f"CIFAR-10 less MNIST: {what}", gap, gap - reach, gap + reach,
                                above=0, trainings=False, records=one.records + other.records))
    return plain(found, "table3 and table4", limits)


def _attacked(book, data, similarity):
    """Under the paper's attacks: every row against the full-precision one, attack by attack."""
    found, seen = [], set()
    for figure in _SETS[data][1]:
        rows = book.rows(figure, data)
        base = next(((r, p) for r, p in rows if (r.train, r.test) == (_FULL, _FULL)), None)
        for row, plan in rows:
            if row.network == "D" or (row.network, row.test) in seen:
                continue
            seen.add((row.network, row.test))
            for attack in ATTACKS:
                found += _against(book, data, row, plan, base, attack, similarity)
    return found


def _against(book, data, row, plan, base, attack, similarity):
    what = f"{data_name(data)}, {attack}: {row.label} ({row.network}) less D → D"
    kept = [] if similarity else compare(
        f"{what}, accuracy", book.attacked_row(row, plan, attack),
        book.attacked_row(*base, attack), above=0)
    if kept and kept[0].outcome == "supports":
        return kept
    lower = compare(f"{what}, SSIM", book.attacked_row(row, plan, attack, "ssim"),
                    book.attacked_row(*base, attack, "ssim"), below=0)
    # The claim is met by either; what is shown is the one that supports it, or the accuracy.
    return lower if similarity or (lower and lower[0].outcome == "supports") else kept


def _worst_cases(book, data):
    """(comparisons, failed checks) of the worst cases against both controls."""
    found, failed, eps = [], (), _EPS[data]
    base = book.worst(data, "D", eps)
    for network in _SPIKING:
        noisy, twin = book.worst(data, network, eps), book.worst(data, network, eps, True)
        where = f"{data_name(data)}, worst case at eps {eps:.3g}: {network}"
        found += compare_weights(f"{where} less its twin without noise", *both(noisy, twin),
                                 above=0)
        found += compare(f"{where} less the network trained as D", *both(noisy, base), above=0)
        if noisy:
            failed += tuple(f"{name} ({network})" for name in book.failed(data, network))
    return found, failed


def _robust(similarity):
    def rule(book):
        weak, limits = _scope({data: _attacked(book, data, similarity) for data in _SETS})
        strong, failed = [], ()
        for data in _SETS:
            more, names = _worst_cases(book, data)
            strong, failed = strong + more, failed + names
        return robust(weak, strong, failed, _STRONG, limits)

    return rule


def _alpha(book):
    per_set = {}
    for data in _SETS:
        ranked = []
        for row, plan in book.rows(_SETS[data][1][1], data):
            clean = clean_of(book.store, plan, row)
            attacks = attacks_of(book.store, plan, row)
            score = alpha_of(clean, attacks)
            if score is not None:
                records = clean.records + tuple(
                    r for one in attacks.values() for r in one.accuracy.records)
                ranked.append((score, *alpha_interval(clean, attacks), row, records))
        ranked.sort(key=lambda one: -one[0])
        first = [next((one for one in ranked if (one[3].train[0] == "A") == kind), None)
                 for kind in (True, False)]
        per_set[data] = []
        if None not in first:
            (a, a_low, a_high, row, behind), (b, b_low, b_high, other, more) = first
            low, high = a - b - _hypot(a - a_low, b_high - b), a - b + _hypot(a_high - a, b - b_low)
            per_set[data] = [Comparison(
                f"{data_name(data)}, alpha: best row of type A ({row.label}) less best of the "
                f"others ({other.label})", a - b, low, high, above=0, records=behind + more)]
    found, limits = _scope(per_set)
    return plain(found, "fig6a and fig6b", limits)


def _hypot(a, b):
    return (a * a + b * b) ** 0.5


def _costs(book):
    """Counted passes: of a training per image and epoch, of a test per image and draw."""
    found = []
    for data in _SETS:
        plan = book.plan(_SETS[data][0], data)
        for trained in {} if plan is None else book.networks.values():
            record = _training(book, plan, trained)
            if record is None or trained.network[0] not in "AD":
                continue
            T = record["identity"]["T"] or 1
            cost = record["cost"]
            ratio = cost["forwards"] / cost["backwards"]
            found.append(Comparison(
                f"{data_name(data)}, training of {trained.network}, seed {trained.seed}: images "
                f"passed forward per image passed backward, less T = {T}",
                ratio - T, ratio - T, ratio - T, contains=0, trainings=False,
                records=(record["id"],)))
    verdict = plain(found, "table3 or table4")
    if not found:
        return verdict
    import dataclasses

    return dataclasses.replace(verdict, limits=(*verdict.limits, "counted passes, not time"))


def _training(book, plan, trained):
    from reproduce.experiments.rows import checkpoint
    from reproduce.lookup import record_of

    if trained.paper != "binomial" or trained.data != plan.data or not trained.usual:
        return None
    source = checkpoint(plan, trained.network, trained.seed)
    return record_of(source, plan, book.store) if getattr(source, "kind", "") == "train" else None


BINOMIAL = (
    Claim("B1", "binomial", "As T grows the network approaches the full-precision one; every "
          "trained network is most accurate when it is tested without noise (T = infinity).",
          "Eq. 3, section 4.3", _infinite_is_best,
          "Each network more accurate as D than with T = 5, same weights."),
    Claim("B2", "binomial", "Training with few spikes and testing with T = infinity beats training "
          "and testing at full precision, on MNIST and on CIFAR-10.",
          "Tables 3 and 4, section 4.3", _spikes_regularise,
          "Each spiking network, tested as D, more accurate than D."),
    Claim("B3", "binomial", "T may differ between training and test with profit: A trained with "
          "T = 2 and tested with one pass beats a network trained with one.", "section 4.3",
          _two_tested_with_one, "A2 tested with T = 1 more accurate than C tested with T = 1."),
    Claim("B4", "binomial", "For type A the T of the test changes accuracy by less than chance.",
          "section 4.3", _passes(("A2", "A3"), "A", contains=0),
          "The interval of the difference between T = 5 and T = 2 contains 0."),
    Claim("B5", "binomial", "For type B a larger T in the test is more accurate.", "section 4.3",
          _passes(("B2", "B3"), "B", above=0), "T = 5 more accurate than T = 2, same weights."),
    Claim("B6", "binomial", "A network trained at full precision loses much when it is tested "
          "with spikes, on CIFAR-10 more than on MNIST.", "Tables 3 and 4", _spikes_cost,
          "D loses more than 1 point as A2 and as B2, and more on CIFAR-10."),
    Claim("B7", "binomial", "Under the five attacks binomial networks keep more accuracy, or force "
          "a larger distortion, than full precision.", "Fig. 4", _robust(False),
          "Higher accuracy or lower SSIM under each attack; then the worst case at eps 0.1 "
          "(CIFAR-10: 8/255) above both the same weights without noise and the network D."),
    Claim("B8", "binomial", "The attacker has to destroy the image to succeed.", "Figs. 4(a), 5",
          _robust(True), "Lower SSIM under each attack; then, as for B7, fewer images lost to "
          "changes that no attack may make larger than eps."),
    Claim("B9", "binomial", "The alpha score ranks networks of type A first on both sets.",
          "Fig. 6", _alpha, "The best row trained as A above the best other row."),
    Claim("B10", "binomial", "A test costs T times as much; training needs one backward pass as "
          "in an ordinary network.", "section 3.3.2", _costs,
          "T images forward for each one backward, in the counts of the training records."),
    Claim("B11", "binomial", "Spikes of one bit make cheaper hardware possible, at the price of "
          "memory for accumulators.", "sections 3.3.2, 5.3",
          lambda book: untested("No hardware was built or simulated. `bk.summary` counts "
                                "operations and accumulators, which is no measurement."),
          "A measurement on hardware."),
)
