"""The law of eligibility: pure functions over arrays."""
