"""Check 43: a clean-up removes what is outside of the limits and nothing else."""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from config_sections import PathSettings
from config_sections.resource_management import CleanupSettings
from management.resources import ResourceManager

pytestmark = pytest.mark.checks

HOUR = 3600.0
STEMS = st.sampled_from([f"tts_{number}" for number in range(12)])
FOLDERS = st.sampled_from(["outputs", "outputs/story", "outputs/story/deep", "vc_inputs", "temp"])


class CleanupMachine(RuleBasedStateMachine):
    """Files appear, age, are marked and opened; after each clean-up the limits hold as far as they may."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.now = 1_000_000_000.0
        self.opened: set[Path] = set()
        self.paths = PathSettings(
            output_dir=self.root / "outputs", temp_dir=self.root / "temp",
            vc_input_dir=self.root / "vc_inputs", reference_audio_dir=self.root / "voices",
        )  # fmt: skip

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @rule(folder=FOLDERS, stem=STEMS, size=st.integers(0, 40), endings=st.sets(st.sampled_from(["mp3", "json", "srt"])))
    def write(self, folder: str, stem: str, size: int, endings: set[str]) -> None:
        for ending in {"wav", *endings}:
            path = self.root / folder / f"{stem}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"0" * size)
            os.utime(path, (self.now, self.now))

    @rule(hours=st.sampled_from([0.4, 3.0, 100.0]))
    def pass_time(self, hours: float) -> None:
        self.now += hours * HOUR

    @rule(folder=FOLDERS, stem=STEMS)
    def keep(self, folder: str, stem: str) -> None:
        if (self.root / folder / f"{stem}.wav").exists():
            (self.root / folder / f"{stem}.keep").touch()

    @rule(folder=FOLDERS, stem=STEMS)
    def open_or_close(self, folder: str, stem: str) -> None:
        self.opened ^= {self.root / folder / f"{stem}.wav"}

    @rule(files=st.integers(0, 10), size=st.integers(10, 300))
    def clean_up(self, files: int, size: int) -> None:
        limits = CleanupSettings(
            output_dir_max_size_gb=size / (1 << 30), vc_inputs_max_size_gb=size / (1 << 30), temp_dir_max_files=files
        )
        manager = ResourceManager(self.paths, limits, lambda: self.opened, lambda: self.now)
        before = self._files()
        dry = manager.clean_up(dry_run=True)
        assert self._files() == before
        real = manager.clean_up()
        assert real["actions"] == dry["actions"]
        gone = before.keys() - self._files().keys()
        assert len(gone) == real["total_files_removed"]
        assert not any(self._protected(path, before) for path in gone)
        left = self._files()
        for folder in (self.paths.output_dir, self.paths.vc_input_dir):
            mine = {path: facts for path, facts in left.items() if path.is_relative_to(folder)}
            over = sum(facts[0] for facts in mine.values()) > size
            # Still over the limit: then nothing is left that may go.
            assert not over or all(self._protected(path, left) for path in mine)
            if gone and not over:
                oldest_left = min((self._age_of(p, left) for p in mine if not self._protected(p, left)), default=None)
                sized = real["actions"]["output_size_cleanup"]["files"] if "outputs" in folder.name else []
                newest_gone = max((self._age_of(self.root / name, before) for name in sized), default=None)
                assert oldest_left is None or newest_gone is None or newest_gone <= oldest_left

    @invariant()
    def no_sidecar_without_audio(self) -> None:
        for path in self._files():
            assert path.with_suffix(".wav").exists()

    def _files(self) -> dict[Path, tuple[int, float]]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {path: (path.stat().st_size, path.stat().st_mtime) for path in found}

    def _age_of(self, path: Path, files: dict[Path, tuple[int, float]]) -> float:
        return max(facts[1] for other, facts in files.items() if other.with_suffix("") == path.with_suffix(""))

    def _protected(self, path: Path, files: dict[Path, tuple[int, float]]) -> bool:
        siblings = [other for other in files if other.with_suffix("") == path.with_suffix("")]
        young = max(files[other][1] for other in siblings) >= self.now - HOUR
        kept = path.with_suffix(".keep") in files
        return young or kept or any(other in self.opened for other in siblings)


CleanupMachine.TestCase.settings = hypothesis_settings(max_examples=40, stateful_step_count=25, deadline=None)
test_check_43_only_what_is_outside_of_the_limits_goes = pytest.mark.checks(CleanupMachine.TestCase)


@pytest.mark.no_cover
def test_check_43_ten_thousand_files(tmp_path: Path) -> None:
    now = time.time()
    folder = tmp_path / "outputs"
    folder.mkdir()
    for number in range(5000):
        for ending in ("wav", "json"):
            path = folder / f"tts_{number:05}.{ending}"
            path.write_bytes(b"0")
            os.utime(path, (now - 10 * HOUR + number, now - 10 * HOUR + number))
    limits = CleanupSettings(output_dir_max_size_gb=4000 / (1 << 30))
    manager = ResourceManager(PathSettings(output_dir=folder, temp_dir=tmp_path / "t", vc_input_dir=tmp_path / "v",
                                           reference_audio_dir=tmp_path / "r"), limits)  # fmt: skip
    started = time.process_time()
    report: dict[str, Any] = manager.clean_up()
    assert time.process_time() - started < 10
    assert report["total_files_removed"] == 6000
    assert sorted(path.name for path in folder.iterdir())[0] == "tts_03000.json"
