"""名寄せ: the list of who may be one person, two records side by side, and the decision that two officers take."""

from __future__ import annotations

from typing import Annotated, Any, Final
from uuid import UUID

from chassis import approvals
from chassis.approvals import Approval
from chassis.commands import Command, Key
from chassis.problems import NOT_FOUND, Problem
from chassis.tokens import Principal
from chassis.unit_of_work import UnitOfWork
from chassis.web import once, role, runtime_of
from fastapi import APIRouter, Depends, Request
from pydantic import Field

from eligibility_service.api.steps import UNION
from eligibility_service.domain.words import WITHHELD
from eligibility_service.store import duplicates, queries

router = APIRouter(prefix="/duplicates", tags=["duplicates"])
Staff = Annotated[Principal, Depends(role("union_staff"))]
ACT: Final = "same_person"
AGREEMENTS: Final = {
    "kana_agrees": "氏名カナ",
    "birth_agrees": "生年月日",
    "sex_agrees": "性別",
    "address_agrees": "住所",
    "earlier_address_agrees": "前住所",
}
_COMPARED: Final = (
    "municipality_code", "resident_number", "name", "name_kana", "born_on", "sex", "status", "household_number", "resident_since",
    "ended_on", "changed_on", "address_withheld",
)  # fmt: skip
_ADDRESS: Final = ("address_prefecture", "address_municipality", "address_town", "address_number", "address_building")


class SameOrNot(Command):
    """What an officer thinks of a pair, and why."""

    is_same: bool
    reason: str = Field(min_length=1, max_length=200)


@router.get("")
async def listing(request: Request, who: Staff, decided: bool = False) -> list[dict[str, Any]]:
    """疑い一覧, the most alike first; without addresses."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        return await duplicates.listing(uow, decided=decided)


@router.get("/{candidate_id}")
async def one(candidate_id: UUID, request: Request, who: Staff) -> dict[str, Any]:
    """Both people side by side, with what agrees."""
    async with runtime_of(request).units.open(seen_by=who) as uow:
        found = await duplicates.one(uow, candidate_id)
        if found is None:
            raise Problem(404, *NOT_FOUND, detail="この名寄せ候補はありません。")
        people = [await queries.person(uow, found[f"{place}_code"], found[f"{place}_number"]) for place in ("first", "second")]
        asked = await duplicates.is_asked(uow, candidate_id)
    return {"candidate": found, "asked": asked, "people": [_compared(person) for person in people if person is not None]}


@router.post("/{candidate_id}/decision", status_code=201)
async def ask(candidate_id: UUID, decision: SameOrNot, request: Request, who: Staff, idempotency_key: Key) -> dict[str, Any]:
    """Put a decision on a pair before a second officer; one that was decided before may be put again."""
    async with runtime_of(request).units.open() as uow:

        async def act() -> dict[str, Any]:
            found = await duplicates.one(uow, candidate_id)
            if found is None or not all(who.may_see(found[f"{place}_code"]) for place in ("first", "second")):
                raise Problem(404, *NOT_FOUND, detail="この名寄せ候補はありません。")
            # An approval is read in its municipality: a pair of two municipalities is the union's alone.
            within = found["first_code"] == found["second_code"]
            if await duplicates.is_asked(uow, candidate_id):
                raise Problem(409, "KOKI-E077", "この名寄せは、承認を待っています。", "承認または差し戻しの後で、もう一度行ってください。")
            approval_id = await approvals.ask(
                uow, act=ACT, municipality_code=found["first_code"] if within else UNION,
                resident_number=found["first_number"] if within else None, content=_content(found, decision), reason=decision.reason,
                by=who.user,
            )  # fmt: skip
            return {"approval_id": str(approval_id)}

        return await once(uow, who, idempotency_key, f"{candidate_id} {decision.model_dump_json()}".encode(), act)


def _content(found: dict[str, Any], decision: SameOrNot) -> dict[str, Any]:
    pair = {name: found[name] for name in ("first_code", "first_number", "second_code", "second_number")}
    people = [
        {"name": found[f"{place}_name"], "kana": found[f"{place}_kana"], "born_on": found[f"{place}_born_on"].isoformat()}
        for place in ("first", "second")
    ]
    agreeing = [term for name, term in AGREEMENTS.items() if found[name]]
    differing = [term for name, term in AGREEMENTS.items() if not found[name]]
    return {
        "candidate_id": str(found["candidate_id"]), "is_same": decision.is_same, **pair, "people": people, "agreeing": agreeing,
        "differing": differing, "name_similarity": found["name_similarity"],
    }  # fmt: skip


def _compared(person: dict[str, Any]) -> dict[str, Any]:
    record = person["person"]
    address = WITHHELD if record["address_withheld"] else "".join(record[name] or "" for name in _ADDRESS)
    qualifications = [
        {name: row[name] for name in ("insured_number", "acquired_on", "lost_on", "acquisition_ground", "loss_reason")}
        for row in person["qualifications"]
    ]
    return {**{name: record[name] for name in _COMPARED}, "address": address, "qualifications": qualifications}


def both(asked: Approval) -> list[tuple[str, str]]:
    """The two people, also where they are of two municipalities and the act belongs to none of them."""
    return [(asked.content[f"{place}_code"], asked.content[f"{place}_number"]) for place in ("first", "second")]


def shown(asked: Approval) -> dict[str, str]:
    """What the second officer reads of the two people."""
    content = asked.content
    first, second = (f"{p['name']}（{p['kana']}）{p['born_on']}生" for p in content["people"])
    return {
        "決定": "同一人とする" if content["is_same"] else "別人とする",
        "一人目": f"{first}　宛名番号 {content['first_number']}（{content['first_code']}）",
        "二人目": f"{second}　宛名番号 {content['second_number']}（{content['second_code']}）",
        "一致": "・".join(content["agreeing"]) or "なし",
        "不一致": "・".join(content["differing"]) or "なし",
        "氏名カナの近さ": f"{content['name_similarity']}％",
    }


async def carry_out(asked: Approval, uow: UnitOfWork) -> dict[str, Any]:
    """Approved: the pair is one person, or two."""
    content = asked.content
    pair = content["first_code"], content["first_number"], content["second_code"], content["second_number"]
    await duplicates.decide(
        uow, UUID(content["candidate_id"]), pair, is_same=content["is_same"], reason=asked.reason, approval_id=asked.approval_id,
        by=asked.asked_by,
    )  # fmt: skip
    return {"is_same": content["is_same"]}
