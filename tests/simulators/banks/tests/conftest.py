"""The tests run as the sample union does, like those of collection."""

from services.collection.tests.conftest import sample_union

__all__ = ("sample_union",)
