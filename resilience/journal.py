"""The errors on disk: a line is appended for each, and the file is written anew when most of it is old."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from resilience.records import ErrorRecord
from speech.atomic_file import write_atomically

log = logging.getLogger("chatterbox.errors")

_FIELDS = {field.name for field in dataclasses.fields(ErrorRecord)}


class ErrorJournal:
    """Lines of JSON: ``{"counts": …}`` first, then records and resolutions in order.

    A disk that fails costs the memory of a restart, nothing else.

    Args:
        file: made with its folder when the first error happens.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.lines = 0

    def read(self) -> tuple[list[ErrorRecord], Counter[str]]:
        """Records, oldest first, and how often each fingerprint was seen; torn lines are passed over."""
        records: list[ErrorRecord] = []
        counts: Counter[str] = Counter()
        try:
            lines = self._file.read_text("utf-8", "replace").splitlines()
        except OSError:
            return records, counts
        self.lines = len(lines)
        for entry in filter(None, map(_parsed, lines)):
            if "counts" in entry:
                counts.update(entry["counts"])
            elif "resolved_operation" in entry:
                records = resolve(records, entry["resolved_operation"], entry["timestamp"])
            elif set(entry) == _FIELDS:
                records.append(ErrorRecord(**entry))
                counts[entry["fingerprint"]] += 1
        return records, counts

    def append(self, record: ErrorRecord) -> None:
        """Add a record."""
        self._append(dataclasses.asdict(record))

    def append_resolution(self, operation: str, timestamp: str) -> None:
        """Add that `operation` works again."""
        self._append({"resolved_operation": operation, "timestamp": timestamp})

    def rewrite(self, records: Iterable[ErrorRecord], counts: Mapping[str, int]) -> None:
        """Keep these records alone."""
        kept = [dataclasses.asdict(record) for record in records]
        # Reading counts each record once more.
        older = Counter(counts) - Counter(entry["fingerprint"] for entry in kept)
        lines = [json.dumps(entry, ensure_ascii=False) for entry in ({"counts": older}, *kept)]
        try:
            write_atomically(self._file, [("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")])
            self.lines = len(lines)
        except OSError as error:
            log.warning("the error journal cannot be written: %s", error.strerror)

    def _append(self, entry: dict[str, Any]) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self.lines += 1
        except OSError as error:
            log.warning("the error journal cannot be written: %s", error.strerror)


def resolve(records: Iterable[ErrorRecord], operation: str, timestamp: str) -> list[ErrorRecord]:
    """`records` with all of `operation` marked as resolved."""
    return [
        dataclasses.replace(record, resolved=True, resolution_timestamp=timestamp)
        if record.operation == operation and not record.resolved
        else record
        for record in records
    ]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
