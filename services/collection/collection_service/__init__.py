"""collection: instalments, the charge ledger and payment notices. See README.md."""
