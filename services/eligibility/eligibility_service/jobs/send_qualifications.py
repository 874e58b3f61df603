"""`send-qualifications`: what changed in the ledger leaves for the municipalities as a file, generation by generation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from chassis.clock import derived_id
from chassis.jobs import Chunk, Plan
from chassis.unit_of_work import UnitOfWork
from contracts.batches import Seal
from contracts.events.eligibility import QualificationFileSealed

from eligibility_service.domain import outgoing as rows_of
from eligibility_service.domain.outgoing import QUALIFICATIONS, Written
from eligibility_service.store import outgoing

IN_FLIGHT: Final = timedelta(hours=1)
"""A transaction that was open while the file was made is in the next one; none is open for so long."""


class NoSuchGeneration(Exception):
    """A generation that was never made cannot be made again."""


class NotTheSame(Exception):
    """A generation made again is not what left before: nothing is announced."""


class SendQualifications:
    """資格情報ファイルの作成. One file for each municipality: what changed since its last generation.

    Parameters: `municipality` (one alone), `whole` ("true": everything), `generation` (make that one of `municipality` again and
    announce it again). A file is made even where nothing changed, so that a day without changes is not a day without a file.
    """

    name = "send-qualifications"

    async def prepare(self, parameters: dict[str, Any], run_id: UUID, uow: UnitOfWork) -> Plan:
        codes = [parameters["municipality"]] if parameters.get("municipality") else await outgoing.municipalities(uow)
        if generation := parameters.get("generation"):
            (code,) = codes
            found = await outgoing.file_of(uow, QUALIFICATIONS, code, int(generation))
            if found is None:
                raise NoSuchGeneration(f"{code} has no generation {generation}.")
            return Plan([Chunk(1, code, code, found["rows"])], {"作り直す世代": int(generation), "件数": found["rows"]})
        chunks, preview = [], {}
        for number, code in enumerate(codes, start=1):
            last = await outgoing.latest_generation(uow, QUALIFICATIONS, code)
            chunks.append(Chunk(number, code, code, 1))
            preview[code] = f"第{last + 1}世代"
        return Plan(chunks, {"全件": parameters.get("whole") == "true", "市区町村": preview})

    async def execute(self, parameters: dict[str, Any], run_id: UUID, chunk: Chunk, uow: UnitOfWork) -> dict[str, int]:
        code = chunk.first_key
        await outgoing.alone(uow, QUALIFICATIONS, code)
        if generation := parameters.get("generation"):
            row = await make_again(uow, code, int(generation))
            _say(row, uow)
            return {"files": 1, "rows": row["rows"], "changed": row["changed"]}
        is_whole = parameters.get("whole") == "true"
        last = await outgoing.latest_generation(uow, QUALIFICATIONS, code)
        current = await outgoing.current(uow, QUALIFICATIONS, code)
        news = rows_of.news(current, await outgoing.last_sent(uow, QUALIFICATIONS, code, through=last), QUALIFICATIONS)

        await outgoing.append(uow, QUALIFICATIONS, news, last + 1)
        written = await _write(uow, code, last + 1, is_whole=is_whole, made_at=uow.now)
        row = await outgoing.keep(
            uow, QUALIFICATIONS, written,
            municipality_code=code, generation=last + 1, is_whole=is_whole, run_id=run_id, changed=news.height,
        )  # fmt: skip

        _say(row, uow, totals=written.totals)
        left = await outgoing.left_behind(uow, code, known_before=uow.now - IN_FLIGHT)
        return {"files": 1, "rows": written.rows, "changed": news.height, "left_behind": left}

    async def reconcile(self, parameters: dict[str, Any], run_id: UUID, totals: dict[str, int], uow: UnitOfWork) -> dict[str, Any]:
        """Nothing that had changed is missing, and a file of differences holds exactly what had changed."""
        differences: dict[str, Any] = {}
        if left := totals.get("left_behind", 0):
            differences["渡していない資格"] = left
        if parameters.get("whole") != "true" and not parameters.get("generation") and totals.get("rows") != totals.get("changed"):
            differences["件数の不一致"] = {"変わった資格": totals.get("changed", 0), "渡した行": totals.get("rows", 0)}
        return differences


async def _write(uow: UnitOfWork, code: str, generation: int, *, is_whole: bool, made_at: Any) -> Written:
    """The file of a generation from the rows that have left: the same whenever it is made."""
    if is_whole:
        rows = await outgoing.last_sent(uow, QUALIFICATIONS, code, through=generation)
    else:
        rows = await outgoing.sent_in(uow, QUALIFICATIONS, code, generation)
    return rows_of.write(rows, QUALIFICATIONS.layout, municipality_code=code, generation=generation, made_at=made_at)


async def make_again(uow: UnitOfWork, code: str, generation: int) -> dict[str, Any]:
    """Make a generation again and put it where it lay. NotTheSame when a byte differs from what left; then nothing is written."""
    row = await outgoing.file_of(uow, QUALIFICATIONS, code, generation)
    if row is None:
        raise NoSuchGeneration(f"{code} has no generation {generation}.")
    written = await _write(uow, code, generation, is_whole=row["is_whole"], made_at=row["made_at"])
    if (written.sha256, written.control_sha256) != (row["sha256"], row["control_sha256"]):
        raise NotTheSame(f"Generation {generation} of {code} is {written.sha256}, what left was {row['sha256']}.")
    await outgoing.put(uow, row, written)
    return {**row, "totals": written.totals}


def _say(row: dict[str, Any], uow: UnitOfWork, *, totals: dict[str, int] | None = None) -> None:
    layout = QUALIFICATIONS.layout
    uow.publish(
        QualificationFileSealed(
            effective_on=uow.today,
            batch_id=derived_id("qualification file", row["municipality_code"], row["generation"]),
            key=row["key"],
            seal=Seal(
                schema_name=f"{layout.version}/{layout.name}",
                rows=row["rows"],
                totals=totals if totals is not None else row["totals"],
                sha256=row["sha256"],
            ),
            municipality_code=row["municipality_code"],
            generation=row["generation"],
            is_whole=row["is_whole"],
            control_key=row["control_key"],
            control_sha256=row["control_sha256"],
        )
    )
