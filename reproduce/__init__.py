"""`python -m reproduce`: the paper's tables and figures, one record on disk per number."""
