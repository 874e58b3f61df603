"""Eligibility: the mirror of residents, the insured ledger and the certificates."""
