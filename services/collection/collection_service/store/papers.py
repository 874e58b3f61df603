"""書面: the PDFs that people got, kept in the object store under their SHA-256."""

from __future__ import annotations

import hashlib

import obstore
from chassis.documents.print_files import key_of
from chassis.unit_of_work import UnitOfWork


async def keep(uow: UnitOfWork, folder: str, pdf: bytes) -> str:
    """Keep a paper; its SHA-256."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    await obstore.put_async(uow.store, key_of(folder, sha256), pdf)
    return sha256
