"""`run adaptive`: any classifier under attacks that average over its noise.

A cell is one attack of `binomial_keras.evaluation.adaptive_suite` on one block of images within
one ball. The headline, the per-image worst case, is put together from the records alone.
"""
