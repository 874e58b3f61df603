# SPDX-License-Identifier: Apache-2.0
"""Record layouts as data, and the one engine that reads and writes every file by them.

layout = load_layout("residents")
result = read_file(path, layout, read_control(control_path), known_municipalities={"131016"})
control = write_file(frame, layout, path, municipality_code="131016", generation=1, created_at=clock.now())
"""

from contracts.layouts.control import Control, ControlRefused, read_control, sha256_of, totals_of, write_control
from contracts.layouts.loading import LayoutInvalid, UnknownLayout, known_layouts, load_layout
from contracts.layouts.model import CodeTable, Condition, ControlTotal, Encoding, Layout, LayoutField
from contracts.layouts.problems import PROBLEMS, FileError, Problem, RowError
from contracts.layouts.reading import ReadResult, read_file
from contracts.layouts.writing import Unwritable, encode_file, write_file

__all__ = [
    "PROBLEMS",
    "CodeTable",
    "Condition",
    "Control",
    "ControlRefused",
    "ControlTotal",
    "Encoding",
    "FileError",
    "Layout",
    "LayoutField",
    "LayoutInvalid",
    "Problem",
    "ReadResult",
    "RowError",
    "UnknownLayout",
    "Unwritable",
    "encode_file",
    "known_layouts",
    "load_layout",
    "read_control",
    "read_file",
    "sha256_of",
    "totals_of",
    "write_control",
    "write_file",
]
