"""Municipal files: what waits is read, judged, sealed and announced; one file is one transaction, and a kill leaves it waiting."""

from __future__ import annotations

import asyncio
from typing import Any

import obstore
import polars as pl
import structlog
from chassis import batches, telemetry
from chassis.clock import derived_id
from chassis.consumer import is_transient
from chassis.runtime import Runtime
from chassis.unit_of_work import UnitOfWork, Units
from contracts.layouts.problems import file_error

from contracts.layouts import Control, ControlRefused, ReadResult, read_control, read_file
from gateway_service.domain import answers
from gateway_service.domain.intake import KINDS, Kind, as_batch
from gateway_service.store import characters, intake, municipalities
from gateway_service.store.intake import IntakeFile, Parked, Wrong

log = structlog.get_logger("files")
POLL_SECONDS = 0.5


async def process_files(runtime: Runtime) -> None:
    """The background work of a worker: any replica takes the next file."""
    while True:
        try:
            while await process_next(runtime.units):
                pass
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("files_wait", error=type(error).__name__)
        await asyncio.sleep(POLL_SECONDS)


async def process_next(units: Units) -> bool:
    """Process the oldest file that waits; False when there is none."""
    file: IntakeFile | None = None
    try:
        async with units.open() as uow:
            file = await intake.take_next_file(uow)
            if file is None:
                return False
            with telemetry.step("gateway municipal file", traceparent=file.traceparent, file=str(file.id)):
                await _process(file, uow)
    except Exception as error:
        if file is None or is_transient(error):
            raise
        # A surprise must not stop the files behind it: this one is refused with a code of its own and the operator is told.
        log.error("file_failed", file=str(file.id), error=type(error).__name__, exc_info=error)
        async with units.open() as uow:
            await _refuse(file, None, [answers.own_error("KOKI-G900")], uow)
    return True


async def _process(file: IntakeFile, uow: UnitOfWork) -> None:
    control_bytes = await _bytes(uow, file.control_key)
    try:
        control = read_control(control_bytes)
    except ControlRefused as error:
        return await _refuse(file, None, [answers.of_file(found) for found in error.errors], uow)
    known = {*await municipalities.names(uow.connection), file.municipality_code}
    if own := await _own_errors(file, control, uow):
        return await _refuse(file, control, own, uow)
    data = await _bytes(uow, file.data_key)
    result = await asyncio.to_thread(read_file, data, None, control, known_municipalities=known)
    del data
    if result.file_errors:
        return await _refuse(file, control, [answers.of_file(found) for found in result.file_errors], uow, rows=result.row_count)
    return await _accept(file, control, KINDS[control.kind], result, uow)


async def _bytes(uow: UnitOfWork, key: str) -> bytes:
    return bytes(await (await obstore.get_async(uow.store, key)).bytes_async())


async def _own_errors(file: IntakeFile, control: Control, uow: UnitOfWork) -> list[dict[str, Any]]:
    """What only the gateway can know: who sent the file, and what was accepted before."""
    if control.municipality_code != file.municipality_code:
        words = {"declared": control.municipality_code, "sender": file.municipality_code}
        return [answers.own_error("KOKI-G002", column="municipality_code", value=control.municipality_code, **words)]
    if control.kind not in KINDS:
        known = "、".join(f"{kind.layout.version}/{name}" for name, kind in KINDS.items())
        return [answers.of_file(file_error("KOKI-F008", declared=f"{control.layout_version}/{control.kind}", known=known))]
    kind, sender = KINDS[control.kind], await municipalities.find(uow.connection, file.municipality_code)
    if sender is None or kind.from_union is not sender.is_union:
        words = {"term": kind.term, "allowed": "広域連合" if kind.from_union else "市区町村"}
        return [answers.own_error("KOKI-G003", column="kind", value=control.kind, **words)]
    latest = await intake.latest_generation(uow, file.municipality_code, control.kind)
    if control.generation <= latest:
        words = {"generation": str(control.generation), "latest": str(latest)}
        return [answers.own_error("KOKI-G001", column="generation", value=str(control.generation), **words)]
    return []


async def _refuse(file: IntakeFile, control: Control | None, errors: list[dict[str, Any]], uow: UnitOfWork, *, rows: int = 0) -> None:
    """Nothing of the file is loaded; every reason is kept."""
    wrong = [
        Wrong(
            file.id, file.municipality_code, e["code"], "refused", e["message"], e["remedy"],
            row_number=e["row"], column=e["column"], value=e["value"],
        )
        for e in errors
    ]  # fmt: skip
    await intake.keep_errors(uow, wrong)
    kind = control.kind if control and control.kind in KINDS else None
    await intake.finish_file(
        uow, file.id, state="refused", kind=kind, generation=control.generation if control else None, rows=rows, rejected=rows
    )
    log.info("file_refused", file=str(file.id), municipality=file.municipality_code, codes=sorted({e["code"] for e in errors}))


async def _accept(file: IntakeFile, control: Control, kind: Kind, result: ReadResult, uow: UnitOfWork) -> None:
    code = file.municipality_code
    result = await characters.identify(uow, code, kind.layout_name, result)
    batch_id = None
    if result.accepted_count:
        batch_id = derived_id("municipal batch", file.id)
        frame = as_batch(result.frame, kind)
        key = f"municipal/{code}/{kind.layout_name}/{batch_id}.parquet"
        seal = await batches.seal(uow.store, key, frame, schema_name=kind.schema_name, totals=kind.totals)
        uow.publish(
            kind.batch(
                effective_on=uow.today,
                batch_id=batch_id,
                key=key,
                seal=seal,
                municipality_code=code,
                generation=control.generation,
                complete_as_of=control.complete_as_of,
                sent=result.row_count,
                rejected=result.refused_count,
                parked=result.parked_count,
            )
        )
        await _replace_parked(code, kind, result.frame, uow)
    errors = await asyncio.to_thread(lambda: result.errors)
    await intake.keep_errors(uow, [_wrong(file, error) for error in errors])
    await intake.park(uow, _parked(file, kind, result))
    await intake.finish_file(
        uow,
        file.id,
        state="accepted" if result.accepted_count == result.row_count else "accepted_with_errors",
        kind=kind.layout_name,
        generation=control.generation,
        rows=result.row_count,
        accepted=result.accepted_count,
        rejected=result.refused_count,
        parked=result.parked_count,
        batch_id=batch_id,
    )
    log.info(
        "file_accepted", file=str(file.id), municipality=code, kind=kind.layout_name, rows=result.row_count, accepted=result.accepted_count
    )


async def _replace_parked(code: str, kind: Kind, accepted: pl.DataFrame, uow: UnitOfWork) -> None:
    if await intake.has_parked(uow, code, kind.layout_name):
        rows = accepted.select("resident_number", "history_number").rows()
        await intake.replace_parked(uow, code, kind.layout_name, rows)


def _wrong(file: IntakeFile, error: Any) -> Wrong:
    return Wrong(
        file.id, file.municipality_code, error.code, error.severity, error.message, error.remedy,
        error.row_number, error.column, error.term, error.value,
    )  # fmt: skip


def _parked(file: IntakeFile, kind: Kind, result: ReadResult) -> list[Parked]:
    if not result.parked_count:
        return []
    reasons: dict[int, list[dict[str, Any]]] = {}
    for error in result.errors:
        reasons.setdefault(error.row_number, []).append(answers.of_row(error))
    rows = zip(result.parked_row_numbers.to_list(), result.parked.iter_rows(named=True), strict=True)
    return [Parked(file.id, file.municipality_code, kind.layout_name, row, reasons[number]) for number, row in rows]
