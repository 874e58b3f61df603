"""法令の組: the law of a year, or what it would be with a hypothetical pack laid over it, to be compared with another."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Final

import yaml
from chassis.law import FiscalYear, LawBook, LawError, LawFileError, load_file
from pydantic import BaseModel, ConfigDict, Field, field_validator

from premium_service.domain.assessing import parameters_of
from premium_service.law import national_law, union_law
from premium_service.rules.assessment import assess
from premium_service.rules.columns import MEMBER_DTYPE, Assessments, Households
from premium_service.rules.parameters import Parameters
from premium_service.rules.resolve import parameters_for
from premium_service.rules.supposing import in_another_year, without

LEFT_OUT: Final = tuple(name for name in MEMBER_DTYPE.names or () if MEMBER_DTYPE[name] == "int64" and name not in ("household", "member"))
"""Columns of amounts that a what-if run may leave out."""


class PackRefused(ValueError):
    """A hypothetical pack that cannot be laid over the law; the message is for people."""


class LawSet(BaseModel):
    """One side of a comparison. `pack`: parameters in the form of the files of the law (YAML), which replace those of the same names.

    `without`: columns of incomes that this side does not count, as a faulty system did.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fiscal_year: int = Field(ge=2008, le=2040)
    pack: str = Field(default="", max_length=50_000)
    without: tuple[str, ...] = ()

    @field_validator("without")
    @classmethod
    def _of_amounts(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(names) - set(LEFT_OUT):
            raise ValueError(f"not a column of amounts: {', '.join(sorted(unknown))}")
        return names

    def parameters(self, union: str, *, sample: bool) -> Parameters:
        """The law of this side. LawError where the year has none, PackRefused where the pack cannot be read or does not fit."""
        if not self.pack.strip():
            return parameters_of(union, self.fiscal_year, sample=sample)
        prefix = f"union_{union}."
        own = union_law(union)
        pack = _read_pack(self.pack, prefix, known={*national_law(), *(name.removeprefix(prefix) for name in own)})
        laid_over = LawBook({**{name: own[name] for name in own}, **{name: pack[name] for name in pack}})
        try:
            return parameters_for(national=national_law(), union=laid_over, union_code=union, fiscal_year=FiscalYear(self.fiscal_year))
        except LawError:
            raise
        except (TypeError, KeyError, ValueError) as error:
            raise PackRefused(f"法令パックの値の形が、もとの項目と違います（{error}）。") from error

    def assess(self, members: Households, law: Parameters, *, of_year: int) -> Assessments:
        """Assess people whose records are those of the fiscal year `of_year` under this side's law."""
        return assess(without(in_another_year(members, self.fiscal_year - of_year), self.without), law)


def _read_pack(text: str, prefix: str, *, known: set[str]) -> LawBook:
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise PackRefused("法令パックに YAML の参照（* と &）は使えません。値をそのまま書いてください。")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pack.yaml"
            path.write_text(text, encoding="utf-8")
            found = load_file(path, prefix=prefix)
    except yaml.YAMLError as error:
        raise PackRefused("法令パックを YAML として読めません。") from error
    except LawFileError as error:
        raise PackRefused(f"法令パックを読めません: {re.sub(r'^.*pack.yaml:', '', str(error))}") from error
    if unknown := {name.removeprefix(prefix) for name in found} - known:
        raise PackRefused(f"この名前の項目は法令のファイルにありません: {'、'.join(sorted(unknown))}")
    return LawBook(found)
