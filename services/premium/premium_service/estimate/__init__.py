"""`./koki estimate`: the law at the command line, without a server or a database."""

from premium_service.estimate.command import main, schemas

__all__ = ["main", "schemas"]
