"""The pension network: payers of pensions and the agency between them and the municipalities. It speaks only their files."""
