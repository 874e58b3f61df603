"""The rows of a file that has arrived, or a refusal that says in Japanese what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from chassis.problems import Problem

from collection_service.store.arrivals import KINDS, Arrived
from contracts.layouts import Control, ControlRefused, ReadResult, read_control, read_file

_FAULTY = ("KOKI-C088", "ファイルに誤りがあるため、何も取り込みません。")
_SHOWN = 20


def own_form(data: bytes, control: Control) -> ReadResult:
    """The rows of a file of koki-1, by the layout that its control names."""
    return read_file(data, None, control)


def rows_of(arrived: Arrived, form: Callable[[bytes, Control], ReadResult] = own_form) -> tuple[pl.DataFrame, Control]:
    """Every row of a file and its control; `form` reads the bytes of a partner who has another form than koki-1.

    A Problem where the control does not agree, or any row is wrong: all or nothing.
    """
    assert arrived.control is not None, "files of koki-1 have a control file"
    try:
        control = read_control(arrived.control)
    except ControlRefused as error:
        raise Problem(422, *_FAULTY, detail=str(error)) from error
    if control.kind != arrived.kind:
        raise Problem(422, *_FAULTY, detail=f"管理ファイルの種類が{KINDS[arrived.kind]}ではありません。")
    found = form(arrived.data, control)
    wrong = [error.message for error in found.file_errors] + [f"{error.row_number}行目 {error.message}" for error in found.errors]
    if wrong:
        more = f" ほか{len(wrong) - _SHOWN}件" if len(wrong) > _SHOWN else ""
        raise Problem(422, *_FAULTY, detail=" ".join(wrong[:_SHOWN]) + more)
    return found.frame, control
