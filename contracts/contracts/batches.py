"""The claim check: a sealed batch is a Parquet file in object storage, announced by one event.

The seal (rows, control totals, SHA-256, schema) travels in the event; a consumer verifies it before it loads a single row.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event


class Seal(BaseModel):
    """What must be true of the file: rows, sums of its amount columns (yen or counts), SHA-256 (hex), schema name."""

    model_config = ConfigDict(frozen=True)

    schema_name: str
    rows: int
    totals: dict[str, int]
    sha256: str


class BatchSealed(Event):
    """A sealed batch lies ready under `key` in the object store."""

    batch_id: UUID
    key: str
    seal: Seal

    @property
    def subject(self) -> str:
        return str(self.batch_id)
