"""The settings of a result as one row of a spreadsheet, and back.

A cell shows a value as a person would type it: ``true``, ``0.75``, ``wav|mp3``, nothing for None. A text that would
be read as something else, or run as a formula, gets an apostrophe in front, the spreadsheets' own sign for text.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from exceptions import InvalidRequestError
from speech.settings_hash import TEXT_FIELDS

_JOINT: Final = "|"
_TEXT_SIGN: Final = "'"
_FORMULA: Final = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
"""Beginnings that make spreadsheets run a cell (OWASP, "CSV Injection"), also behind spaces and in full width."""

_CONSTANTS: Final[dict[str, Any]] = {"": None, "true": True, "false": False}
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,299})")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,299})(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
# One cell and what ends it. Not csv.reader, whose limit of 131 072 characters can be raised for the whole process only.
_CELL: Final = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\r|\n|\Z)')


def settings_csv(settings: Mapping[str, Any], *, with_text: bool = False) -> bytes:
    """A header and one row, in UTF-8 with the mark by which spreadsheets know it.

    Args:
        settings: by name; values are None, bool, numbers, text, and lists and mappings of those.
        with_text: write what was said too; its cell is empty otherwise.
    """
    shown = {name: None if name in TEXT_FIELDS and not with_text else value for name, value in settings.items()}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_header_cell(str(name)) for name in shown])
    writer.writerow([_cell(value) for value in shown.values()])
    return buffer.getvalue().encode("utf-8-sig", "replace")


def read_settings_csv(source: Path | str) -> dict[str, Any]:
    """The settings in a file, or in the text of one, with the types they were written with.

    Paths and other objects come back as text, tuples as lists.

    Raises:
        InvalidRequestError: not a header and one row of as many cells, or not UTF-8.
        OSError: the file cannot be read.
    """
    rows = list(_rows(_content(source)))
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        raise InvalidRequestError("Settings in CSV are a line of names and one line of as many values.")
    names = [name.removeprefix(_TEXT_SIGN) for name in rows[0]]
    if len(set(names)) != len(names):
        raise InvalidRequestError("The settings name something twice.")
    return {name: _value(cell) for name, cell in zip(names, rows[1], strict=True)}


def _content(source: Path | str) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequestError("The settings are not stored as UTF-8.") from error


def _rows(content: str) -> Iterator[list[str]]:
    """Cells of each line that is not blank."""
    row: list[str] = []
    position = 0
    while position < len(content) or row:
        match = _CELL.match(content, position)
        if match is None:
            raise InvalidRequestError("The settings are not well-formed CSV.")
        quoted, plain, end = match.groups()
        row.append(plain if quoted is None else quoted.replace('""', '"'))
        position = match.end()
        if end != ",":
            if quoted is not None or row != [""]:
                yield row
            row = []


def _header_cell(name: str) -> str:
    return _TEXT_SIGN + name if name.startswith(_TEXT_SIGN) or _FORMULA.match(name) else name


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return _as_json(value)
    if isinstance(value, (list, tuple)):
        return _list_cell(value)
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = repr(value)
        return text if _value(text) == value else _TEXT_SIGN + text
    text = str(value)
    return text if _value(text) == text and not _FORMULA.match(text) else _TEXT_SIGN + text


def _list_cell(values: Sequence[Any]) -> str:
    """Items with the joint between them; a lone one has it behind, which tells it from no list.

    What could not be taken apart again, or would be run as a formula, becomes JSON.
    """
    if any(isinstance(value, (Mapping, list, tuple)) for value in values):
        return _as_json(values)
    joined = _JOINT.join(map(_scalar, values)) + (_JOINT if len(values) < 2 else "")
    return _as_json(values) if _FORMULA.match(joined) or _value(joined) != list(values) else joined


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _value(cell: str) -> Any:
    if cell.startswith(_TEXT_SIGN):
        return cell[1:]
    if cell.startswith(("[", "{")):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    if cell == _JOINT:
        return []
    if _JOINT in cell:
        cells = cell.split(_JOINT)
        return [_single(part) for part in (cells[:-1] if len(cells) == 2 and not cells[1] else cells)]
    return _single(cell)


def _single(cell: str) -> Any:
    if cell.startswith(_TEXT_SIGN):
        return cell[1:]
    if cell.lower() in _CONSTANTS:
        return _CONSTANTS[cell.lower()]
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(cell) if _DECIMAL.fullmatch(cell) else cell
