"""The steps between the phases, each an act that a second officer decides: 移行開始, 経常業務の開始, リハーサルのやり直し."""

from __future__ import annotations

from typing import Any, Final

from chassis.approvals import Approval
from chassis.database import driver
from chassis.problems import Problem
from chassis.unit_of_work import UnitOfWork

from eligibility_service.domain.phases import Phase
from eligibility_service.store import gate, municipal_batches, phases

BEGIN_MIGRATION: Final = "begin_migration"
OPEN_ROUTINE: Final = "open_routine"
RESET_REHEARSAL: Final = "reset_rehearsal"
TERMS: Final = {BEGIN_MIGRATION: "移行の開始", OPEN_ROUTINE: "経常業務の開始", RESET_REHEARSAL: "リハーサルのやり直し"}
_FROM: Final = {BEGIN_MIGRATION: Phase.REHEARSAL, OPEN_ROUTINE: Phase.MIGRATION, RESET_REHEARSAL: Phase.REHEARSAL}
UNION: Final = "*"
"""In the place of a municipality: the whole union, for the union's staff alone."""


def shown(asked: Approval) -> dict[str, str]:
    """A step as the second officer reads it."""
    if asked.act == RESET_REHEARSAL:
        again = "全市区町村のファイルを、もう一度取り込みます。" if asked.content["repeat"] else "取り込みません。ファイルを待ちます。"
        return {"消すもの": "リハーサルで取り込んだ住民、被保険者台帳、証、作った帳票のすべて", "消した後": again}
    if asked.act == BEGIN_MIGRATION:
        return {"行うこと": "リハーサルを終え、本番の全件データの取込みを始めます。リハーサルには戻れません。"}
    return {
        "行うこと": "移行を終え、証や通知の日々の発行を始めます。移行には戻れません。",
        "不一致": "ありません（承認するときに、もう一度確かめます）",
    }


async def require(uow: UnitOfWork, act: str) -> None:
    """Refuse a step out of turn, and one that something stands against; asked for before the second officer, and again when approved."""
    phase = await phases.present(uow)
    if phase is not _FROM[act]:
        raise out_of_turn(phase, f"「{_FROM[act].term}」のときだけ行えます。")
    if act == BEGIN_MIGRATION and await (await driver(uow.connection)).fetchval("SELECT EXISTS (SELECT FROM resident)"):
        raise Problem(
            409,
            "KOKI-E052",
            "リハーサルのデータが残っています。",
            "先に「リハーサルのやり直し」で空にし、ファイルを取り込まずに、移行を始めてください。",
        )
    if act == OPEN_ROUTINE and (found := await gate.differences(uow)):
        more = [{"kind": one.kind, "term": one.term, "municipality_code": one.municipality_code, "count": one.count} for one in found]
        named = "、".join(f"{one.municipality_code or '全体'}: {one.term}（{one.count:,}）" for one in found[:5])
        raise Problem(
            409,
            "KOKI-E053",
            "一致していないものがあるので、経常業務を始められません。",
            f"{named}{' ほか' if more[5:] else ''}。",
            differences=more,
        )


def out_of_turn(phase: Phase, when: str) -> Problem:
    """The refusal of what belongs to another phase; `when` says to which."""
    return Problem(409, "KOKI-E051", "いまの期では、この処理はできません。", f"いまは「{phase.term}」です。{when}")


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Take the step, if nothing has come in its way since it was asked for."""
    await require(uow, asked.act)
    if asked.act == RESET_REHEARSAL:
        await (await driver(uow.connection)).execute("SELECT empty_rehearsal()")
        return {"batches": await municipal_batches.repeat_all(uow) if asked.content["repeat"] else 0}
    if asked.act == BEGIN_MIGRATION:
        await municipal_batches.forget_all(uow)
    phase = Phase.MIGRATION if asked.act == BEGIN_MIGRATION else Phase.ROUTINE
    await phases.begin(uow, phase, reason=asked.reason, asked_by=asked.asked_by, approval_id=asked.approval_id)
    return {"phase": phase.value}
