"""The tables of collection."""
