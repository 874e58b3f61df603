"""Decisions about charges: from assessments to instalments and ledger entries."""
