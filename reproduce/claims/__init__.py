"""The 31 claims of the five texts, and what the records say of each."""

import dataclasses

from reproduce.claims.binomial import BINOMIAL
from reproduce.claims.book import Book
from reproduce.claims.claim import Claim
from reproduce.claims.comparison import Comparison
from reproduce.claims.flexible import FLEXIBLE
from reproduce.claims.likelihood_ratio import LIKELIHOOD_RATIO
from reproduce.claims.randhet import RANDHET
from reproduce.claims.splash import SPLASH
from reproduce.claims.verdict import Verdict

__all__ = ["CLAIMS", "Book", "Claim", "Comparison", "Verdict", "judge"]

CLAIMS = (*BINOMIAL, *FLEXIBLE, *SPLASH, *RANDHET, *LIKELIHOOD_RATIO)


def judge(plans, store):
    """[(`Claim`, `Verdict`)], a pure function of the plans and the records."""
    book = Book(plans, store)
    return [(claim, _limited(claim.rule(book), book)) for claim in CLAIMS]


def _limited(verdict, book):
    """`verdict`, which says so where its networks were trained for a shorter time than printed."""
    weights = {book.store.by_id(name)["identity"].get("weights_sha256")
               for name in verdict.records}
    if any(book.networks[one].short for one in weights if one in book.networks):
        return dataclasses.replace(verdict, limits=(*verdict.limits, "short training recipes"))
    return verdict
