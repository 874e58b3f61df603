"""statistics: facts about the insured, counted. See README.md."""
