import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from config import Settings
from config_sections import PathSettings
from config_sections.resource_management import CleanupSettings
from exceptions import ConflictError
from library.outputs import OutputStore
from main_api import create_app
from management.resources import ResourceManager
from management.scheduler import CleanupScheduler
from tests.support.recordings import wav_bytes

NOW = 1_000_000_000.0
HOUR = 3600.0
DAY = 24 * HOUR


class Folders:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = PathSettings(
            output_dir=root / "outputs",
            temp_dir=root / "temp",
            vc_input_dir=root / "vc_inputs",
            reference_audio_dir=root / "voices",
        )

    def add(self, name: str, size: int = 10, age: float = DAY) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0" * size)
        os.utime(path, (NOW - age, NOW - age))
        return path

    def manager(self, in_use: Callable[[], Iterable[Path]] = list, **limits: Any) -> ResourceManager:
        return ResourceManager(self.paths, CleanupSettings(**limits), in_use, lambda: NOW)

    @property
    def names(self) -> set[str]:
        return {path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def gigabytes(count: int) -> float:
    return count / (1 << 30)


def test_outputs_go_oldest_first_and_whole(folders: Folders) -> None:
    for number in range(4):
        for ending in ("wav", "mp3", "json"):
            folders.add(f"outputs/p/tts_{number}.{ending}", age=(10 - number) * DAY)
    report = folders.manager(output_dir_max_size_gb=gigabytes(70)).clean_up()
    assert folders.names == {f"outputs/p/tts_{n}.{ending}" for n in (2, 3) for ending in ("wav", "mp3", "json")}
    assert report["actions"]["output_size_cleanup"]["files_removed"] == 6
    assert report["total_bytes_freed"] == 60 and report["files_left"] == 0
    assert "outputs/p/tts_0.wav" in report["actions"]["output_size_cleanup"]["files"]


def test_temp_goes_by_age_then_by_count(folders: Folders) -> None:
    folders.add("temp/old.part", age=8 * DAY)
    for number in range(5):
        folders.add(f"temp/{number}.part", age=(6 - number) * DAY)
    report = folders.manager(temp_dir_max_files=3).clean_up()
    assert folders.names == {"temp/2.part", "temp/3.part", "temp/4.part"}
    assert report["actions"]["temp_age_cleanup"]["files_removed"] == 1
    assert report["actions"]["temp_count_cleanup"]["files_removed"] == 2


def test_what_killed_writers_left_is_swept_away(folders: Folders) -> None:
    folders.add("outputs/p/.tts_1.wav.0123.partial")
    young = folders.add("outputs/p/.tts_2.wav.0123.partial")
    os.utime(young)
    folders.manager().clean_up(dry_run=True)
    assert len(folders.names) == 2
    folders.manager().clean_up()
    assert folders.names == {"outputs/p/.tts_2.wav.0123.partial"}


def test_empty_audio_goes_from_voices_too_but_nothing_else_of_them(folders: Folders) -> None:
    for name in ("voices/a.wav", "voices/a.wav.json", "vc_inputs/b.mp3", "outputs/c.flac"):
        folders.add(name, size=0)
    folders.add("voices/good.wav", age=1000 * DAY)
    assert folders.manager().clean_up()["actions"]["corrupted_files_cleanup"]["files_removed"] == 4
    assert folders.names == {"voices/good.wav"}


def test_young_kept_open_and_foreign_files_stay(folders: Folders) -> None:
    opened = folders.add("outputs/open.wav")
    folders.add("outputs/young.wav", age=0.5 * HOUR)
    folders.add("outputs/fav/.keep", size=0)
    folders.add("outputs/fav/kept.wav")
    folders.add("outputs/notes.pdf", size=1000)
    folders.add("outputs/goes.wav")
    folders.manager(lambda: [opened], output_dir_max_size_gb=gigabytes(1)).clean_up()
    assert folders.names == {
        "outputs/open.wav", "outputs/young.wav", "outputs/fav/.keep", "outputs/fav/kept.wav", "outputs/notes.pdf",
    }  # fmt: skip


def test_a_result_marked_in_the_library_stays_until_it_is_released(folders: Folders) -> None:
    output, outputs = folders.paths.output_dir, OutputStore(folders.paths.output_dir)
    output.mkdir(parents=True)
    for name in ("kept.wav", "other.wav"):
        (output / name).write_bytes(wav_bytes())
        (output / name).with_suffix(".json").write_text("{}")

    def left_by_a_clean_up() -> set[str]:
        for path in output.iterdir():
            os.utime(path, (NOW - DAY, NOW - DAY))
        folders.manager(output_dir_max_size_gb=gigabytes(1)).clean_up()
        return {path.name for path in output.iterdir() if not path.name.startswith(".")}

    outputs.keep("kept.wav", keep=True)
    assert left_by_a_clean_up() == {"kept.wav", "kept.json", "kept.keep"}
    outputs.keep("kept.wav", keep=False)
    assert left_by_a_clean_up() == set()


def test_no_mark_is_left_of_a_deleted_result(folders: Folders) -> None:
    outputs = OutputStore(folders.paths.output_dir)
    outputs.root.mkdir(parents=True)
    (outputs.root / "kept.wav").write_bytes(wav_bytes())
    outputs.keep("kept.wav", keep=True)
    outputs.delete("kept.wav")
    assert not [name for name in folders.names if "kept" in name]


def test_files_that_this_process_has_open_stay(folders: Folders) -> None:
    path = folders.add("outputs/played.wav")
    manager = ResourceManager(folders.paths, CleanupSettings(output_dir_max_size_gb=gigabytes(1)), now=lambda: NOW)
    with path.open("rb"):
        manager.clean_up()
        assert path.exists()
    manager.clean_up()
    assert not path.exists()


def test_what_changes_between_plan_and_removal_stays(folders: Folders) -> None:
    path = folders.add("outputs/x.wav")

    def touched() -> list[Path]:
        path.write_bytes(b"newer")
        return []

    manager = folders.manager(touched, output_dir_max_size_gb=gigabytes(1))
    report = manager.clean_up()
    assert path.exists() and report["files_left"] == 1 and report["total_files_removed"] == 0


def test_a_dry_run_says_what_the_real_one_does(folders: Folders) -> None:
    for number in range(9):
        folders.add(f"outputs/{number}.wav", age=(10 - number) * DAY)
    manager = folders.manager(output_dir_max_size_gb=gigabytes(50))
    before = folders.names
    dry = manager.clean_up(dry_run=True)
    assert folders.names == before and len(manager.history) == 0
    assert manager.clean_up()["actions"] == dry["actions"]


def test_warnings_from_the_threshold_on(folders: Folders) -> None:
    folders.add("outputs/x.wav", size=79)
    folders.add("vc_inputs/x.wav", size=80)
    manager = folders.manager(output_dir_max_size_gb=gigabytes(100), vc_inputs_max_size_gb=gigabytes(100))
    usage = manager.usage()
    assert usage["directories"]["outputs"]["usage_percent"] == 79
    assert usage["warnings"] == ["The folder vc_inputs is at 80 % of its limit."]


def test_one_clean_up_at_a_time(folders: Folders) -> None:
    inside, leave = threading.Event(), threading.Event()

    def slow() -> list[Path]:
        inside.set()
        leave.wait(5)
        return []

    manager = folders.manager(slow)
    worker = threading.Thread(target=manager.clean_up)
    worker.start()
    assert inside.wait(5)
    with pytest.raises(ConflictError):
        manager.clean_up()
    leave.set()
    worker.join()


def test_the_schedule_runs_at_the_start_and_at_intervals(folders: Folders) -> None:
    waits: list[float] = []

    def wait(stop: threading.Event, seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) == 3

    manager = folders.manager(cleanup_interval_hours=2)
    scheduler = CleanupScheduler(manager, wait)
    scheduler.start()
    scheduler.close()
    assert waits == [2 * HOUR] * 3 and manager.count == 3
    status = scheduler.status()
    assert status["scheduler"]["cleanup_count"] == 3 and len(status["history"]) == 3
    assert all(report["forced"] is False for report in status["history"])


def test_no_schedule_no_thread(folders: Folders) -> None:
    manager = folders.manager(cleanup_interval_hours=0, cleanup_on_startup=False)
    scheduler = CleanupScheduler(manager)
    scheduler.start()
    assert scheduler.status()["scheduler"]["running"] is False and manager.count == 0


def test_clean_up_over_http(settings: Settings) -> None:
    output = settings.paths.output_dir / "old.wav"
    output.parent.mkdir(parents=True)
    output.touch()
    os.utime(output, (1, 1))
    cleanup = settings.resource_management.cleanup.model_copy(update={"cleanup_on_startup": False})
    changed = settings.model_copy(
        update={"resource_management": settings.resource_management.model_copy(update={"cleanup": cleanup})}
    )
    with TestClient(create_app(changed)) as client:
        dry = client.post("/api/v1/cleanup?dry_run=true").json()
        assert dry["actions"]["corrupted_files_cleanup"]["files"] == ["outputs/old.wav"] and output.exists()
        assert client.post("/api/v1/cleanup").json()["total_files_removed"] == 1 and not output.exists()
        status = client.get("/api/v1/cleanup/status").json()
        assert status["scheduler"]["running"] is True and status["scheduler"]["next_cleanup_time"]
        assert [report["forced"] for report in status["history"]] == [True]
        assert set(client.get("/api/v1/resources").json()["directories"]) == {"outputs", "temp", "vc_inputs"}


@pytest.mark.parametrize("wanted", [True, False])
def test_a_stop_empties_the_temporary_folder(settings: Settings, wanted: bool) -> None:
    left = settings.paths.temp_dir / "left.part"
    left.parent.mkdir(parents=True)
    left.touch()
    changed = settings.model_copy(update={"api": settings.api.model_copy(update={"cleanup_temp_files": wanted})})
    with TestClient(create_app(changed)):
        pass
    assert left.exists() is not wanted
