"""The Chatterbox benchmark from end to end on tiny checkpoints: every row is there and tokens are identical."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chatterbox import needs_chatterbox

torch = needs_chatterbox()

from benchmarks.chatterbox import main  # noqa: E402  its imports need the packages


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_it_prints_every_row_for_a_tiny_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--tiny", "--models", "nano", "--root", str(tmp_path)])

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| nano |")]
    rows = {cells[2]: cells[3:] for cells in ([cell.strip() for cell in line.split("|")] for line in lines)}
    assert status == 0
    t3 = [f"T3 {arithmetic}, chunks at once: {n}" for arithmetic in ("float32", "int8") for n in (1, 2, 4, 8)]
    assert list(rows) == [
        *t3,
        "whole text, chunks: 2",
        "first audio of 2 chunks",
        "first audio of one chunk",
        "callers at once, in turn: 2",
        "request to the service, its engine, chunks: 2",
        "peak memory float32",
        "peak memory int8",
    ]
    assert all(float(ratio) > 0 for _, _, ratio, *_ in rows.values())
    assert [rows[what][4] for what in t3] == ["tokens identical"] * 4 + [""] * 4
    with_goal = {what for what, cells in rows.items() if cells[3]}
    assert with_goal == {t3[0], t3[3], t3[4], t3[7], "whole text, chunks: 2", list(rows)[12]}
