"""The rows of a file that has arrived, or a refusal that says in Japanese what is wrong with it."""

from __future__ import annotations

import polars as pl
from chassis.problems import Problem
from contracts.layouts import Control, ControlRefused, read_control, read_file

from collection_service.store.arrivals import KINDS, Arrived

_FAULTY = ("KOKI-C088", "ファイルに誤りがあるため、何も取り込みません。")
_SHOWN = 20


def rows_of(arrived: Arrived) -> tuple[pl.DataFrame, Control]:
    """Every row of a koki-1 file and its control. A Problem where its control does not agree, or any row is wrong: all or nothing."""
    assert arrived.control is not None, "files of koki-1 have a control file"
    try:
        control = read_control(arrived.control)
    except ControlRefused as error:
        raise Problem(422, *_FAULTY, detail=str(error)) from error
    if control.kind != arrived.kind:
        raise Problem(422, *_FAULTY, detail=f"管理ファイルの種類が{KINDS[arrived.kind]}ではありません。")
    found = read_file(arrived.data, None, control)
    wrong = [error.message for error in found.file_errors] + [f"{error.row_number}行目 {error.message}" for error in found.errors]
    if wrong:
        more = f" ほか{len(wrong) - _SHOWN}件" if len(wrong) > _SHOWN else ""
        raise Problem(422, *_FAULTY, detail=" ".join(wrong[:_SHOWN]) + more)
    return found.frame, control
