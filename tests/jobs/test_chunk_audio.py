"""Chunks on disk: exact, complete or not there, whatever interrupts the writer."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.chunk_audio import ChunkAudio, audio_key
from speech.audio.timeline import TimeMap
from speech.plan import PlannedChunk
from speech.repairs import Repaired
from speech.takes import ChunkResult, JudgedTake, KeptTake, TakeRules
from speech.validation.protocol import Check, Word

CHUNK = PlannedChunk(3, "Größe", "Größe", "größe", "tone-a", "v", "de-DE", {"speed": 1.0}, 250, "c")
SAMPLES = np.linspace(-1, 1, 4801, dtype=np.float32)
CHECK = Check(
    True, 0.9876543210123, "forced", None, "größe", (Word("Größe", 0.1, 0.35, 0.5),), 0.1, 0.35, 1.0, ("too_slow",)
)
TIMES = TimeMap((0.0, 0.05, 0.2), (0.0, 0.0, 0.15))


def result(samples: Any = SAMPLES, check: Check | None = CHECK) -> ChunkResult:
    take = JudgedTake(samples, 77, 2, 0.25, check)
    return ChunkResult(CHUNK, KeptTake(take, Repaired(samples, TIMES, ("tail_trimmed",))), 3, ("It failed.",))


@pytest.mark.parametrize("check", [CHECK, None])
def test_a_chunk_comes_back_as_it_was(tmp_path: Path, check: Check | None) -> None:
    audio = ChunkAudio(tmp_path)
    audio.save("ab12", result(check=check))
    back = audio.load("ab12", CHUNK)
    assert back is not None and back.kept is not None
    assert np.array_equal(back.kept.repaired.samples, SAMPLES)
    assert (back.kept.take.check, back.kept.repaired.time_map, back.kept.repaired.repairs) == (
        check,
        TIMES,
        ("tail_trimmed",),
    )
    assert (back.takes, back.faults, back.kept.take.seed, back.kept.take.take) == (3, ("It failed.",), 77, 2)


def test_a_chunk_that_was_given_up_comes_back_as_such(tmp_path: Path) -> None:
    audio = ChunkAudio(tmp_path)
    audio.save("ab12", ChunkResult(CHUNK, None, 9))
    assert audio.load("ab12", CHUNK) == ChunkResult(CHUNK, None, 9)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_damaged_audio_counts_as_missing(tmp_path: Path, share: float) -> None:
    audio = ChunkAudio(tmp_path)
    audio.save("ab12", result())
    path = audio.path("ab12")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert audio.load("ab12", CHUNK) is None


def test_a_turned_bit_is_found(tmp_path: Path) -> None:
    audio = ChunkAudio(tmp_path)
    audio.save("ab12", result())
    path = audio.path("ab12")
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    assert audio.load("ab12", CHUNK) is None


@pytest.mark.checks
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("step", ["half_write", "fsync_file", "rename", "fsync_folder"])
def test_check_32_a_fault_at_any_step_leaves_a_whole_chunk_or_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    audio = ChunkAudio(tmp_path)
    audio.save("ab12", result(np.zeros(100, np.float32)))
    calls = {"fsync": 0}
    real_fsync, real_savez = os.fsync, np.savez

    def fault(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    def fsync(handle: int) -> None:
        calls["fsync"] += 1
        if calls["fsync"] == {"fsync_file": 1, "fsync_folder": 2}.get(step):
            fault()
        real_fsync(handle)

    def half(stream: Any, **arrays: Any) -> None:
        real_savez(stream, **arrays)
        stream.truncate(stream.tell() // 2)
        fault()

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        if step == "rename":
            patched.setattr(Path, "replace", fault)
        if step == "half_write":
            patched.setattr(np, "savez", half)
        with pytest.raises(Exception, match="disk"):
            audio.save("ab12", result())
    back = audio.load("ab12", CHUNK)
    assert back is not None and back.kept is not None
    # Only a fault behind the rename may leave the new chunk.
    assert len(back.kept.repaired.samples) == (4801 if step == "fsync_folder" else 100)
    assert [path.suffix for path in tmp_path.rglob("*") if path.is_file()] == [".npz"]


def test_content_reaches_the_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        steps.append("fsync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "fsync file")
        real_fsync(handle)

    def replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    ChunkAudio(tmp_path).save("ab12", result())
    assert steps == ["fsync file", "rename", "fsync folder"]


def test_the_key_changes_with_whatever_decides_the_sound() -> None:
    base = (CHUNK, 7, TakeRules(), "faster-whisper base")
    changed = [
        (PlannedChunk(**{**vars(CHUNK), "content_hash": "d"}), *base[1:]),
        (CHUNK, 8, *base[2:]),
        (CHUNK, 7, TakeRules(candidates=5), base[3]),
        (*base[:3], None),
    ]
    keys = {audio_key(*arguments) for arguments in (base, *changed)}
    assert len(keys) == 5
    moved = PlannedChunk(**{**vars(CHUNK), "index": 9, "pause_after_ms": 0})
    assert audio_key(moved, *base[1:]) in keys


def test_the_sweep_spares_what_is_used_or_young(tmp_path: Path) -> None:
    audio = ChunkAudio(tmp_path)
    for key in ("used", "young", "orphan"):
        audio.save(key, result())
    for key in ("used", "orphan"):
        os.utime(audio.path(key), (0, 0))
    audio.sweep({"used"})
    assert sorted(path.stem for path in tmp_path.rglob("*.npz")) == ["used", "young"]
