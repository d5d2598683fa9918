"""pip's output becomes one changing line; its failure becomes a sentence."""

import sys
from pathlib import Path

import pytest

from launcher.pip_feed import Feed, follow, pinned_count
from launcher.problems import LauncherError

OUTPUT = """\
Looking in indexes: somewhere
Ignoring colorama: markers 'sys_platform == "win32"' don't match your environment
Collecting av==18.1.0 (from -r requirements.txt (line 5))
WARNING: Location 'somewhere' is ignored: it is neither a file nor a directory.
  Downloading av-18.1.0-cp311-cp311-manylinux_2_28_x86_64.whl.metadata (4.6 kB)
  Downloading av-18.1.0-cp311-cp311-manylinux_2_28_x86_64.whl (35.0 MB)
Requirement already satisfied: idna==3.20 in ./lib (from -r requirements.txt (line 9)) (3.20)
  Using cached numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.2 MB)
DEPRECATION: something old
Installing collected packages: numpy, av
Successfully installed av-18.1.0 numpy-2.4.6
[notice] A new release of pip is available
"""


def test_only_progress_is_shown() -> None:
    feed = Feed(total=3)
    shown = [feed.text() for line in OUTPUT.splitlines() if feed.take(line)]
    assert shown == ["1/2 av", "1/2 av (35.0 MB)", "2/2 idna", "2/2 numpy (16.2 MB)", "2/2 unpacking 2 packages"]


def test_count_never_exceeds_the_total() -> None:
    feed = Feed(total=1)
    for _ in range(3):
        feed.take("Collecting av==18.1.0")
    assert feed.text() == "1/1 av"


def test_pins_are_counted_with_their_markers_and_without_hashes(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "av==1 ; python_version < '3.11' \\\n    --hash=sha256:a==\nav==2 \\\n    --hash=sha256:b\n# x==1\n"
    )
    assert pinned_count(lock) == 2


def run(code: str, tmp_path: Path) -> list[str]:
    shown: list[str] = []
    follow([sys.executable, "-c", code], Feed(1), log=tmp_path / "log", show=shown.append, step="Trying")
    return shown


def test_lines_reach_the_display_and_the_log(tmp_path: Path) -> None:
    shown = run("print('Collecting av==1'); print('WARNING: noise')", tmp_path)
    assert shown and all("av" in line and "noise" not in line for line in shown)
    assert (tmp_path / "log").read_text().splitlines() == ["Collecting av==1", "WARNING: noise"]


def test_failure_is_explained_and_names_the_log(tmp_path: Path) -> None:
    with pytest.raises(LauncherError, match="disk is full") as caught:
        run("import sys; print('OSError: No space left on device'); sys.exit(2)", tmp_path)
    assert str(tmp_path / "log") in caught.value.hint


def test_silence_still_shows_that_time_passes(tmp_path: Path) -> None:
    shown = run("import time; print('Collecting av==1', flush=True); time.sleep(1.6)", tmp_path)
    assert len(shown) >= 2


def test_interruption_stops_the_child(tmp_path: Path) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    code = "import time; print('Collecting av==1', flush=True); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        follow([sys.executable, "-c", code], Feed(1), log=tmp_path / "log", show=interrupt, step="Trying")
