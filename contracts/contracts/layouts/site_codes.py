# SPDX-License-Identifier: Apache-2.0
"""サイトのコード表: the values of a partner's codes that nobody publishes, with their evidence. A site brings its own table."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, model_validator

from contracts.layouts.loading import FOLDER, LayoutInvalid, read_yaml
from contracts.layouts.model import Evidence


class Notice(StrEnum):
    """通知: what a block of special collection tells, whatever its code is at a site."""

    CANDIDATES = "candidates"
    REQUEST = "request"
    ADDED_CANDIDATES = "added_candidates"
    ADDED_REQUEST = "added_request"
    REQUEST_RESULT = "request_result"
    ADDED_REQUEST_RESULT = "added_request_result"
    COLLECTION_RESULT = "collection_result"
    LOSS = "loss"
    LOSS_RESULT = "loss_result"
    PROVISIONAL_CHANGE = "provisional_change"
    PROVISIONAL_CHANGE_RESULT = "provisional_change_result"
    DOMICILE_EXCEPTION = "domicile_exception"
    DOMICILE_EXCEPTION_RESULT = "domicile_exception_result"


ANSWERS: Mapping[Notice, Notice] = {
    Notice.REQUEST: Notice.REQUEST_RESULT,
    Notice.ADDED_REQUEST: Notice.ADDED_REQUEST_RESULT,
    Notice.LOSS: Notice.LOSS_RESULT,
    Notice.PROVISIONAL_CHANGE: Notice.PROVISIONAL_CHANGE_RESULT,
    Notice.DOMICILE_EXCEPTION: Notice.DOMICILE_EXCEPTION_RESULT,
}
"""What we send → what a pension payer answers."""


AMOUNTS: Final = {"pension_year", "pension_payment", "care_payment", "deducted"}


class SiteCode(BaseModel):
    """One value: by what our programs know it, its Japanese term, and how well it is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str
    term: str
    evidence: Evidence
    source: str = ""


class SiteCodes(BaseModel):
    """The tables of one site: code → SiteCode. No two codes of a table have the same role; every `Notice` has its code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: str
    notice: dict[str, SiteCode]
    scheme: dict[str, SiteCode]
    collector: dict[str, SiteCode]
    outcome: dict[str, SiteCode]
    pension: dict[str, SiteCode]
    amounts: dict[str, SiteCode]
    """What an amount is → in which field of the record it stands."""

    @model_validator(mode="after")
    def _is_unambiguous(self) -> Self:
        for table in ("notice", "scheme", "collector", "outcome"):
            roles = [entry.role for entry in getattr(self, table).values()]
            if len(set(roles)) != len(roles):
                raise ValueError(f"Site {self.site}: two codes of {table} have the same role.")
        if wanted := sorted(AMOUNTS - self.amounts.keys()):
            raise ValueError(f"Site {self.site} does not say where {', '.join(wanted)} stands.")
        if missing := sorted({str(notice) for notice in Notice} ^ {entry.role for entry in self.notice.values()}):
            raise ValueError(f"Site {self.site}: the notices {', '.join(missing)} are missing, or unknown to us.")
        return self

    def code(self, table: str, role: str) -> str:
        """The code of a role. KeyError names table and role."""
        for code, entry in getattr(self, table).items():
            if entry.role == role:
                return str(code)
        raise KeyError(f"Site {self.site} has no code of {table} for {role}.")

    @property
    def for_layouts(self) -> dict[str, dict[str, str]]:
        """What `load_family` takes: the notices that this site knows."""
        return {"notice": {code: entry.term for code, entry in self.notice.items()}}


class UnknownSite(LookupError):
    """There is no code table of that name; the text (Japanese) says where it is looked for."""


def load_site_codes(site: str | Path, version: str = "pension-500") -> SiteCodes:
    """The code table of a site: a name under the folder of the layouts (`sites/NAME.yaml`), or a path.

    Raises `UnknownSite` where there is none, `LayoutInvalid` for one that contradicts itself.
    """
    path = site if isinstance(site, Path) else FOLDER / version / "sites" / f"{site}.yaml"
    if not path.is_file():
        raise UnknownSite(f"{path} がありません。国民健康保険中央会のコード表から作ってください。")
    try:
        return SiteCodes.model_validate(read_yaml(path))
    except ValueError as error:
        raise LayoutInvalid(f"{path}: {error}") from error
