"""The tables of eligibility."""
