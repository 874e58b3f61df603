"""The premium service: what each insured person owes for a fiscal year, and why."""
