"""Banks that answer requests for direct debits, and convenience stores that take slips; they speak only the files of these partners."""
