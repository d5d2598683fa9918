import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from config import load_settings
from exceptions import ModelLoadError
from resilience.retries import RetryPolicy, model_download_policy, passing


def policy(**changes: Any) -> RetryPolicy:
    values: dict[str, Any] = {
        "retries": 2, "base_seconds": 0.02, "max_seconds": 1.0, "factor": 2.0, "jitter": False,
    }  # fmt: skip
    return RetryPolicy("test", **{**values, **changes})


class Work:
    """Fails so many times."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.calls = itertools.count(1)
        self.made: list[float] = []
        self._failures = failures
        self._error = error

    def __call__(self) -> str:
        self.made.append(time.monotonic())
        if len(self.made) <= self._failures:
            raise self._error
        return "done"

    @property
    def pauses(self) -> list[float]:
        return [after - before for before, after in itertools.pairwise(self.made)]


def caused(cause: Exception) -> ModelLoadError:
    error = ModelLoadError("It could not be downloaded.")
    error.__cause__ = cause
    return error


def answered(status: int) -> Exception:
    error = RuntimeError()
    error.response = type("Response", (), {"status_code": status})()  # type: ignore[attr-defined]
    return error


class ConnectTimeout(type("TransportError", (Exception,), {})):  # type: ignore[misc]
    """As HTTP libraries name them."""


def test_what_passes_is_tried_again_with_growing_pauses() -> None:
    work = Work(2, ConnectionResetError())
    assert policy(factor=3.0)(work) == "done"
    first, second = work.pauses
    assert first >= 0.02 and second >= 0.06


def test_the_last_error_comes_out_and_says_how_often() -> None:
    work = Work(9, TimeoutError())
    with pytest.raises(TimeoutError) as caught:
        policy(retries=3)(work)
    assert len(work.made) == 4 and caught.value.retry_count == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("retries", [0, 1])
def test_so_many_retries_and_no_more(retries: int) -> None:
    work = Work(9, ConnectionError())
    with pytest.raises(ConnectionError):
        policy(retries=retries)(work)
    assert len(work.made) == retries + 1


def test_pauses_have_an_upper_bound_and_jitter() -> None:
    work = Work(2, ConnectionError())
    policy(base_seconds=0.01, max_seconds=0.02, factor=10.0, jitter=True)(work)
    assert work.pauses[1] < 0.09


def test_no_further_try_after_the_time_is_up() -> None:
    work = Work(9, ConnectionError())
    with pytest.raises(ConnectionError):
        policy(retries=9, base_seconds=0.05, factor=1.0, give_up_seconds=0.01)(work)
    assert len(work.made) <= 2


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (ConnectionRefusedError(), True),
        (caused(TimeoutError()), True),
        (caused(ConnectTimeout()), True),
        (caused(answered(503)), True),
        (caused(answered(429)), True),
        (caused(answered(404)), False),
        (caused(answered(401)), False),
        (caused(PermissionError()), False),
        (ModelLoadError("connection timeout"), False),
        (ValueError("network unreachable"), False),
    ],
)
def test_types_and_statuses_decide_not_words(error: Exception, again: bool) -> None:
    assert passing(error) is again


def test_the_configuration_makes_the_policy(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "error_handling: {download_retries: {max_retries: 5, base_delay_seconds: 1, max_delay_seconds: 7,"
        " backoff_factor: 3, enable_jitter: false}, model_loading: {download_timeout_seconds: 60}}"
    )
    made = model_download_policy(load_settings(file).error_handling)
    assert made == RetryPolicy("download", 5, 1.0, 7.0, 3.0, False, 60.0)
    assert model_download_policy(load_settings().error_handling).give_up_seconds is None
