"""The rules of collection, pure: due days, and how a year's premium is divided into instalments."""
