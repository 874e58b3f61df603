"""The municipalities, people and files of the gateway's tests: rows of the layouts, files of them, single changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import polars as pl
from contracts.events.municipal import IncomeDetermined, ResidentChanged
from contracts.layouts.checks import dtype_of
from pydantic_core import to_json

from contracts.layouts import Control, encode_file, load_layout, sha256_of, totals_of, write_control

CHIYODA, HACHIOJI, OKUTAMA = "131016", "132012", "133086"
CREATED = datetime(2026, 7, 13, 9, 0, tzinfo=UTC)


def resident(number: int, history: int = 1, code: str = CHIYODA, **changes: Any) -> dict[str, Any]:
    """A row of the residents layout: an invented person of 81 years, the head of a household of one."""
    return {
        "municipality_code": code,
        "resident_number": f"{number:015d}",
        "history_number": history,
        "household_number": f"{number + 5000:015d}",
        "relationship": "02",
        "status": "1",
        "change_reason": "20",
        "changed_on": date(2026, 6, 1),
        "notified_on": date(2026, 6, 2),
        "name": "麹町　花子",
        "name_kana": "コウジマチ　ハナコ",
        "sex": "2",
        "born_on": date(1945, 6, 1),
        "born_on_unknown_text": None,
        "postal_code": "1020083",
        "address_prefecture": "東京都",
        "address_municipality": "千代田区",
        "address_town": "麹町",
        "address_number": "１丁目１番",
        "address_building": None,
        "resident_since": date(1990, 4, 1),
        "ended_on": None,
        **changes,
    }


def income(number: int, history: int = 1, code: str = CHIYODA, **changes: Any) -> dict[str, Any]:
    """A row of the incomes layout: a pension of 1,800,000 yen."""
    amounts = {field.name: 0 for field in load_layout("incomes").fields if field.empty_means == 0}
    return {
        "municipality_code": code,
        "resident_number": f"{number:015d}",
        "history_number": history,
        "income_year": 2025,
        "status": "1",
        **amounts,
        "public_pension_receipts": 1_800_000,
        "total_income": 700_000,
        "taxable_income": 270_000,
        "determined_on": date(2026, 6, 10),
        **changes,
    }


@dataclass(frozen=True)
class File:
    """A data file with its control file."""

    data: bytes
    control: Control

    @property
    def control_bytes(self) -> bytes:
        return write_control(self.control)

    def with_text(self, old: str, new: str) -> File:
        """The same file with a text replaced, and a control that agrees with it again."""
        data = self.data.decode().replace(old, new).encode()
        return File(data, replace(self.control, sha256=sha256_of(data)))

    def with_control(self, **changes: Any) -> File:
        return File(self.data, replace(self.control, **changes))


def residents_file(rows: Sequence[Mapping[str, Any]], *, generation: int = 1, code: str = CHIYODA, kind: str = "residents") -> File:
    """A right file of the rows."""
    layout = load_layout(kind)
    frame = pl.DataFrame(list(rows), schema={field.name: dtype_of(field) for field in layout.fields})
    data = encode_file(frame, layout, encoding="UTF-8")
    control = Control(
        layout_version="koki-1",
        kind=kind,
        file_name=f"{kind}_{code}_{generation:03d}.csv",
        municipality_code=code,
        generation=generation,
        created_at=CREATED,
        encoding="UTF-8",
        row_count=frame.height,
        sha256=sha256_of(data),
        control_totals=totals_of(frame, layout),
    )
    return File(data, control)


def change(row: Mapping[str, Any], *, identifier: UUID | None = None, traceparent: str | None = None) -> dict[str, Any]:
    """A row as the CloudEvents object of a single change."""
    is_income = "income_year" in row
    columns = {name: value for name, value in row.items() if name not in ("history_number", "determined_on")}
    found = {
        "specversion": "1.0",
        "id": str(identifier or uuid4()),
        "source": f"/municipalities/{row['municipality_code']}",
        "type": IncomeDetermined.type if is_income else ResidentChanged.type,
        "time": CREATED.isoformat(),
        "effectiveon": row["determined_on" if is_income else "changed_on"],
        "sequence": row["history_number"],
        "traceparent": traceparent,
        "data": columns,
    }
    return dict(json.loads(to_json(found)))
