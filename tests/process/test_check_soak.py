"""Check 42, its short form: `python -m benchmarks.soak` runs the long one with memory slope and latency drift."""

import os

import pytest

from benchmarks.soak import soak

pytestmark = [
    pytest.mark.checks,
    pytest.mark.process,
    pytest.mark.skipif(os.name == "nt", reason="counts file descriptors"),
]


def test_check_42_mixed_load_leaves_nothing_behind() -> None:
    report = soak(minutes=0.15, warm_seconds=2.0)
    assert report.unexpected == []
    assert report.requests > 20
    assert report.left == 0
    assert report.growth("files") < 10
