"""Finished chunks on disk, named by what decides their sound, so that the same words are spoken once."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Container
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from jobs.stray_files import remove_old
from speech.atomic_file import disk_failures, replacing
from speech.audio.timeline import TimeMap
from speech.plan import PlannedChunk
from speech.repairs import Repaired
from speech.takes import ChunkResult, JudgedTake, KeptTake
from speech.validation.protocol import Check, Word

SUFFIX: Final = ".npz"


def audio_key(chunk: PlannedChunk, seed: int, rules: object, validator: str | None) -> str:
    """Hex SHA-256 of everything that decides which audio a chunk ends with.

    Args:
        chunk: its content hash covers text, voice, language, parameters and engine version.
        seed: base seed of its takes.
        rules: `TakeRules`, by which takes are made and chosen.
        validator: name of the one that judges them.
    """
    parts = (chunk.content_hash, chunk.spoken, seed, repr(rules), validator)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class ChunkAudio:
    """A folder of finished chunks; a file is complete or not there, and damage to it is found when it is read.

    Args:
        root: the folder; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        """Where the audio of that key is or will be."""
        return self.root / key[:2] / f"{key}{SUFFIX}"

    def save(self, key: str, result: ChunkResult) -> None:
        """Write a chunk.

        Raises:
            DiskFullError: no room.
        """
        samples = result.kept.repaired.samples if result.kept else np.zeros(0, np.float32)
        with replacing(self.path(key)) as partial, disk_failures("the chunk"), partial.open("wb") as stream:
            np.savez(stream, samples=samples, report=np.frombuffer(_report(result).encode(), np.uint8))

    def load(self, key: str, chunk: PlannedChunk) -> ChunkResult | None:
        """The chunk of that key as `chunk`; ``None`` if it is not there or damaged."""
        try:
            with self.path(key).open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
                samples, report = stored["samples"], json.loads(stored["report"].tobytes())
        except (FileNotFoundError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        return _result(chunk, samples, report)

    def delete(self, key: str) -> None:
        """Remove the audio of that key, if it is there."""
        self.path(key).unlink(missing_ok=True)

    def sweep(self, used: Container[str]) -> None:
        """Remove files whose key is not in use, unless they are younger than a day."""
        remove_old(path for path in self.root.glob(f"*/*{SUFFIX}") if path.stem not in used)


def _report(result: ChunkResult) -> str:
    report: dict[str, Any] = {"takes": result.takes, "faults": result.faults}
    if result.kept is not None:
        take, repaired = result.kept.take, result.kept.repaired
        report["kept"] = {
            "seed": take.seed,
            "take": take.take,
            "seconds": take.seconds,
            "check": asdict(take.check) if take.check else None,
            "repairs": repaired.repairs,
            "time_map": asdict(repaired.time_map),
        }
    return json.dumps(report)


def _result(chunk: PlannedChunk, samples: Any, report: dict[str, Any]) -> ChunkResult:
    kept = None
    if (stored := report.get("kept")) is not None:
        take = JudgedTake(samples, stored["seed"], stored["take"], stored["seconds"], _check(stored["check"]))
        times = TimeMap(tuple(stored["time_map"]["sources"]), tuple(stored["time_map"]["results"]))
        kept = KeptTake(take, Repaired(samples, times, tuple(stored["repairs"])))
    return ChunkResult(chunk, kept, report["takes"], tuple(report["faults"]))


def _check(stored: dict[str, Any] | None) -> Check | None:
    if stored is None:
        return None
    words = tuple(Word(**word) for word in stored["words"])
    return Check(**{**stored, "words": words, "warnings": tuple(stored["warnings"])})
