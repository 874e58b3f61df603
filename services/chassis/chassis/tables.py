"""The tables every service has: inbox, outbox, positions, parked messages, dead letters, processes, jobs, answered requests."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
_now = func.now()


def _when(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=None if nullable else _now)


inbox = Table(
    "inbox",
    metadata,
    Column("message_id", Uuid, nullable=False),
    Column("handler", Text, nullable=False),
    _when("handled_at", nullable=False),
    PrimaryKeyConstraint("message_id", "handler"),
    Index("inbox_handled_at", "handled_at", postgresql_using="brin"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Uuid, nullable=False),
    Column("exchange", Text, nullable=False),
    Column("routing_key", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("traceparent", Text),
    Column("body", LargeBinary, nullable=False),
    _when("created_at", nullable=False),
    _when("published_at"),
    Index("outbox_unpublished", "id", postgresql_where=text("published_at IS NULL")),
    Index("outbox_batches", "id", postgresql_where=text("routing_key LIKE '%batch_sealed.v1'")),
)

stream_position = Table(
    "stream_position",
    metadata,
    Column("stream", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    PrimaryKeyConstraint("stream", "position"),
    postgresql_with={"fillfactor": "80"},
)

parked_message = Table(
    "parked_message",
    metadata,
    Column("stream", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("handler", Text, nullable=False),
    Column("item", JSONB, nullable=False),
    _when("parked_at", nullable=False),
    Column("deadline", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("stream", "position", "sequence", "message_id"),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("message_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason_code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("traceparent", Text),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _when("arrived_at", nullable=False),
    Column("state", Text, nullable=False, server_default="open"),
    Column("decided_by", Text),
    Column("decision_reason", Text),
    _when("decided_at"),
    Index("dead_letter_open", "arrived_at", postgresql_where=text("state = 'open'")),
)

process_instance = Table(
    "process_instance",
    metadata,
    Column("process", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("state", JSONB, nullable=False),
    _when("changed_at", nullable=False),
    PrimaryKeyConstraint("process", "key"),
)

deadline = Table(
    "deadline",
    metadata,
    Column("process", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    PrimaryKeyConstraint("process", "key", "name"),
    Index("deadline_due_on", "due_on"),
)

job_run = Table(
    "job_run",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("job", Text, nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("preview", JSONB, nullable=False, server_default="{}"),
    Column("result", JSONB, nullable=False, server_default="{}"),
    Column("started_by", Text, nullable=False),
    Column("approved_by", Text),
    Column("approved_by_another", Boolean, nullable=False, server_default="false"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    _when("prepared_at", nullable=False),
    _when("finished_at"),
    Index("job_run_job", "job", "prepared_at"),
    CheckConstraint("NOT approved_by_another OR approved_by IS NULL OR approved_by <> started_by", name="job_run_by_another"),
)

job_chunk = Table(
    "job_chunk",
    metadata,
    Column("run_id", Uuid, ForeignKey("job_run.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("first_key", Text, nullable=False),
    Column("last_key", Text, nullable=False),
    Column("records", BigInteger, nullable=False, server_default="0"),
    Column("result", JSONB, nullable=False, server_default="{}"),
    _when("finished_at"),
    PrimaryKeyConstraint("run_id", "number"),
)

loaded_batch = Table(
    "loaded_batch",
    metadata,
    Column("batch_id", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("totals", JSONB, nullable=False),
    _when("loaded_at", nullable=False),
    Index("loaded_batch_loaded_at", "loaded_at"),
)

answered_request = Table(
    "answered_request",
    metadata,
    Column("who", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_sha256", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", JSONB, nullable=False),
    _when("answered_at", nullable=False),
    PrimaryKeyConstraint("who", "key"),
)
