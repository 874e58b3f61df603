# SPDX-License-Identifier: Apache-2.0
"""What a record layout is: data, one YAML file per record, checked when it is loaded.

Lengths count characters in CSV and bytes in fixed-length records. Types are those of the standardised data lists:
X half-width, N any text (full-width), 9 whole number without sign, S9 whole number with leading `-`, DATE, YEAR, TIME, TIMESTAMP.
"""

from datetime import date
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from contracts.eras import FIRST_DAY

FieldType = Literal["X", "N", "9", "S9", "DATE", "YEAR", "TIME", "TIMESTAMP"]
DateFormat = Literal["YYYY-MM-DD", "YYYYMMDD", "MMDD", "ERA"]
Encoding = Literal["UTF-8", "CP932", "JIS"]
"""JIS: JIS X 0201 in single bytes and JIS X 0208 in pairs, between the escapes ESC $ B and ESC ( J."""
Evidence = Literal["G", "P", "W", "R", "MH", "ML", "own"]
"""G official text, P products' public use, W other public page, R computed, MH/ML memory, own: our layout."""

LARGEST_DIGITS: Final = 18
LATEST_DAY: Final = date(2999, 12, 31)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Frozen):
    """A field and the values of it under which a rule holds."""

    field: str
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{self.field} = {'・'.join(self.values)}"


class LayoutField(_Frozen):
    """One column, or one run of bytes, of a record."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    term: str
    type: FieldType
    length: int = Field(gt=0)
    required: bool = True
    optional_column: bool = False
    """CSV only: a file may leave the whole column out; its cells are then empty. So a layout grows without a new version."""
    description: str
    evidence: Evidence
    standard: str | None = None
    """The standardised item that it follows, with type and length, e.g. `宛名番号 X15`."""

    offset: int | None = Field(default=None, gt=0)
    """First byte in a fixed-length record, counted from 1."""
    format: DateFormat | None = None
    characters: Literal["any", "digits", "katakana"] = "any"
    code_table: str | None = None
    check: Literal["municipality_code", "insurer_number"] | None = None
    constant: str | None = None
    constant_bytes: str | None = Field(default=None, pattern=r"^([0-9A-F]{2})+$")
    """A constant that is no text, in hexadecimal: the escapes around kanji."""
    filler: bool = False
    """Reserved bytes: written as spaces, not looked at."""
    escapes: Literal["inside", "outside"] | None = None
    """JIS only. inside: the field holds its escapes and its length counts them; outside: the escapes are fields of their own."""
    lowest: int | None = None
    highest: int | None = None
    earliest: date = FIRST_DAY
    latest: date = LATEST_DAY
    not_after_creation: bool = False
    also_empty: tuple[str, ...] = ()
    """Written values that mean "empty", as 00000000 for a day."""
    empty_means: int | None = None
    """What an empty number is handed on as. Only where another field says that the number is not known."""
    required_when: Condition | None = None
    empty_unless: Condition | None = None
    parks_unidentified: bool = False
    """A 「●」 (a character not yet identified) holds the row on a worklist."""

    @field_validator("type", mode="before")
    @classmethod
    def _type_as_text(cls, value: object) -> object:
        return str(value)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.type == "DATE") != (self.format is not None):
            raise ValueError(f"{self.name}: a DATE names its format, and nothing else does.")
        if self.type in ("9", "S9") and self.length > LARGEST_DIGITS + (self.type == "S9"):
            raise ValueError(f"{self.name}: a number of more than {LARGEST_DIGITS} digits does not fit int64.")
        if self.optional_column and self.required:
            raise ValueError(f"{self.name}: an optional column is not required in a row either.")
        if self.empty_means is not None and self.type not in ("9", "S9"):
            raise ValueError(f"{self.name}: empty_means is for numbers.")
        return self

    @property
    def is_number(self) -> bool:
        return self.type in ("9", "S9")


class ControlTotal(_Frozen):
    """A figure over all rows of the file: the sum of one number, or the count of rows with one value."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    term: str
    sum: str | None = None
    count: Condition | None = None

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.sum is None) == (self.count is None):
            raise ValueError(f"{self.name}: a control total is either a sum or a count.")
        return self


class CodeTable(_Frozen):
    """Values of a code and what they mean. A site may replace a table of which the real values are not published."""

    term: str
    evidence: Evidence
    note: str = ""
    values: dict[str, str]


class Layout(_Frozen):
    """One record: its fields in order, and what is promised about the file as a whole."""

    name: str
    version: str
    term: str
    meaning: str
    """What one row is, in Japanese: those who write the file read it, like the descriptions of fields."""
    format: Literal["csv", "fixed"]
    encodings: tuple[Encoding, ...] = Field(min_length=1)
    fields: tuple[LayoutField, ...] = Field(min_length=1)
    key: tuple[str, ...] = ()
    """Fields that name one record: two rows with the same key in one file are both refused."""
    municipality: str | None = None
    """The field that must equal the municipality of the control file."""
    control_totals: tuple[ControlTotal, ...] = ()
    record_length: int | None = None
    source: str = ""
    code_tables: dict[str, CodeTable] = {}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = self.names
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: two fields have the same name.")
        named = [*self.key, *([self.municipality] if self.municipality else [])]
        for total in self.control_totals:
            named.append(total.sum or (total.count.field if total.count else ""))
        for field in self.fields:
            named += [rule.field for rule in (field.required_when, field.empty_unless) if rule]
            if field.code_table and field.code_table not in self.code_tables:
                raise ValueError(f"{self.name}.{field.name}: there is no code table {field.code_table}.")
        if unknown := sorted(set(named) - set(names)):
            raise ValueError(f"{self.name}: no such field: {', '.join(unknown)}.")
        if self.format == "fixed":
            self._fills_its_record()
        return self

    def _fills_its_record(self) -> None:
        at = 1
        for field in self.fields:
            if field.offset != at:
                raise ValueError(f"{self.name}.{field.name} begins at {field.offset}; the field before it ends at {at - 1}.")
            at += field.length
        if at - 1 != self.record_length:
            raise ValueError(f"{self.name}: the fields fill {at - 1} bytes of a record of {self.record_length}.")

    @property
    def names(self) -> list[str]:
        return [field.name for field in self.fields]

    @property
    def data_fields(self) -> list[LayoutField]:
        """The fields that carry something, the columns of a frame: neither fillers nor escapes."""
        return [field for field in self.written_fields if field.constant_bytes is None]

    @property
    def written_fields(self) -> list[LayoutField]:
        """The fields that are looked at: all but fillers."""
        return [field for field in self.fields if not field.filler]

    def field(self, name: str) -> LayoutField:
        """The field of that name; KeyError names layout and field."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"Layout {self.version}/{self.name} has no field {name}.")

    def codes_of(self, field: LayoutField) -> dict[str, str]:
        """Code → meaning for a field with a code table, else empty."""
        return self.code_tables[field.code_table].values if field.code_table else {}
