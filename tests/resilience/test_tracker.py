from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions import DiskFullError, GenerationError, InvalidRequestError, ModelLoadError, QueueFullError
from resilience.journal import ErrorJournal
from resilience.records import SEVERITIES, ErrorRecord, Severity, classify, fingerprint
from resilience.tracker import ErrorTracker


def record(
    severity: Severity = "high", operation: str = "tts", mark: str = "f", moment: str = "2026-01-01T00:00:00.000+00:00"
) -> ErrorRecord:
    return ErrorRecord(moment, operation, "GenerationError", "GENERATION_ERROR", "No.", "permanent", severity, mark)


def fixed(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@given(st.lists(st.sampled_from(SEVERITIES), max_size=40), st.integers(1, 10))
def test_the_ring_keeps_the_most_severe_and_of_those_the_latest(severities: list[Severity], capacity: int) -> None:
    tracker = ErrorTracker(capacity)
    for number, severity in enumerate(severities):
        tracker.record(record(severity, mark=str(number)))
    kept = {int(entry["fingerprint"]) for entry in tracker.recent(50)}
    ranked = sorted(range(len(severities)), key=lambda n: (SEVERITIES.index(severities[n]), n))
    assert kept == set(ranked[-capacity:])


def test_recent_is_newest_first_and_none_for_zero() -> None:
    tracker = ErrorTracker(10)
    for mark in "abc":
        tracker.record(record(mark=mark))
    assert [entry["fingerprint"] for entry in tracker.recent(2)] == ["c", "b"]
    assert tracker.recent(0) == []


def test_the_summary_covers_a_day_and_counts_causes_for_ever() -> None:
    tracker = ErrorTracker(10, now=fixed(NOON))
    for hours in (1, 2, 30, 40):
        tracker.record(record(moment=(NOON - timedelta(hours=hours)).isoformat(timespec="milliseconds")))
    summary = tracker.summary()
    assert summary["total_errors"] == 2 and summary["by_operation"] == {"tts": 2}
    assert summary["by_severity"] == {"high": 2} and summary["by_category"] == {"permanent": 2}
    assert summary["most_frequent"][0]["count"] == 4
    assert summary["unresolved_count"] == 2


def test_success_resolves_the_errors_of_its_operation() -> None:
    tracker = ErrorTracker(10, now=fixed(NOON))
    tracker.record(record())
    tracker.record(record(operation="vc"))
    tracker.succeeded("tts")
    newest, oldest = tracker.recent(2)
    assert oldest["resolved"] and oldest["resolution_timestamp"].startswith("2026-01-01T12:00")
    assert not newest["resolved"]


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "errors.jsonl"
    before = ErrorTracker(3, ErrorJournal(file), now=fixed(NOON))
    for number in range(9):
        before.record(record(mark=str(number % 2), operation=f"op{number}"))
    before.succeeded("op8")
    after = ErrorTracker(3, ErrorJournal(file), now=fixed(NOON))
    assert after.recent(50) == before.recent(50)
    assert after.summary()["most_frequent"] == before.summary()["most_frequent"]
    assert [entry["count"] for entry in after.summary()["most_frequent"]] == [5, 4]
    assert len(file.read_text().splitlines()) <= 8


def test_a_torn_journal_costs_its_torn_lines_only(tmp_path: Path) -> None:
    file = tmp_path / "errors.jsonl"
    ErrorTracker(10, ErrorJournal(file)).record(record(mark="kept"))
    with file.open("ab") as stream:
        stream.write(b'{"timestamp": "2026\n[1]\nnull\n\xff\xfe\n{"unknown": 1}\n')
    assert [entry["fingerprint"] for entry in ErrorTracker(10, ErrorJournal(file)).recent(5)] == ["kept"]


def test_a_journal_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tracker = ErrorTracker(1, ErrorJournal(tmp_path / "file" / "errors.jsonl"))
    for _ in range(5):
        tracker.record(record())
    assert tracker.stored == 1


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (QueueFullError("No."), 429, ("resource", "medium")),
        (DiskFullError("No."), 507, ("resource", "critical")),
        (ModelLoadError("No."), 503, ("configuration", "critical")),
        (GenerationError("timeout while connecting to the network"), 502, ("permanent", "high")),
        (InvalidRequestError("out of memory"), 422, ("permanent", "low")),
        (ConnectionResetError(), 500, ("transient", "medium")),
        (PermissionError(), 500, ("resource", "high")),
        (ZeroDivisionError(), 500, ("permanent", "high")),
        (None, 401, ("permanent", "low")),
    ],
)
def test_types_decide_not_words(error: Exception | None, status: int, expected: tuple[str, str]) -> None:
    assert classify(error, status) == expected


def test_fingerprints_tell_causes_apart_and_messages_together() -> None:
    def raised(where: Callable[[], None]) -> BaseException:
        try:
            where()
        except ValueError as error:
            return error
        raise AssertionError

    def here(message: str = "one") -> None:
        raise ValueError(message)

    def there() -> None:
        raise ValueError("one")

    same = {fingerprint("tts", "ValueError", raised(here)), fingerprint("tts", "ValueError", raised(lambda: here("2")))}
    assert len(same) == 1
    assert fingerprint("tts", "ValueError", raised(there)) not in same
    assert fingerprint("vc", "ValueError", raised(here)) not in same
