"""`./koki estimate`: the rules asked with cases of one's own, without a server or a database."""

from collection_service.estimate.command import main, schemas

__all__ = ["main", "schemas"]
