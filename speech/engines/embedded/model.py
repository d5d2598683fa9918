"""One loaded Kokoro model: phoneme strings and a style table in, samples out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from exceptions import GenerationError, ModelLoadError
from speech.cancel import CancelToken
from speech.engines.embedded.pieces import split_phonemes
from speech.engines.embedded.voices import StyleTable
from speech.samples import Samples

SAMPLE_RATE: Final = 24_000
MAX_PHONEMES: Final = 508
"""Longest call: the position table of the model holds 512, two are its own marks, two more are kept spare."""

_VOCABULARY: Final = Path(__file__).parent / "data" / "vocab.json"


def read_vocabulary() -> dict[str, int]:
    """Phoneme symbol to model input, as kokoro-onnx ships it."""
    vocabulary: dict[str, int] = json.loads(_VOCABULARY.read_text(encoding="utf-8"))["vocab"]
    return vocabulary


def open_session(path: Path, threads: int) -> Any:
    """An onnxruntime session on the CPU.

    Args:
        path: of the ONNX file.
        threads: for one operator; 0 lets onnxruntime take all cores.

    Raises:
        ModelLoadError: onnxruntime is missing or cannot read the file.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelLoadError("The embedded engine needs the package onnxruntime.") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that wait actively take the processor from the check of the last take, which runs meanwhile.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    failures: tuple[type[Exception], ...] = (RuntimeError, ValueError, *session_errors())
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except failures as error:
        raise ModelLoadError(f"onnxruntime cannot load {path.name}.") from error


def session_errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises; its classes share no base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    return tuple(kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception))


class KokoroModel:
    """A model in memory.

    Args:
        path: ONNX file with the inputs ``tokens``, ``style`` and ``speed``.
        threads: for one operator; 0 lets onnxruntime take all cores.

    Raises:
        ModelLoadError: the file cannot be loaded.
    """

    def __init__(self, path: Path, threads: int = 0) -> None:
        self._session = open_session(path, threads)
        self._errors = session_errors()
        self._vocabulary = read_vocabulary()

    def speak(self, phonemes: str, style: StyleTable, speed: float, cancel: CancelToken) -> Samples:
        """Samples at `SAMPLE_RATE` for a phoneme string of any length.

        Args:
            phonemes: symbols of the vocabulary.
            style: of the voice.
            speed: rate of speech, 0.5 to 2; 1 is the voice's own.
            cancel: asked before each piece.

        Raises:
            GenerationError: a symbol is unknown, there are none, or the model fails.
            CancelledError: `cancel` was triggered.
        """
        pieces = []
        for piece in split_phonemes(phonemes, MAX_PHONEMES):
            cancel.raise_if_stopped()
            pieces.append(self._run(self._identifiers(piece), style, speed))
        return np.concatenate(pieces)

    def _identifiers(self, phonemes: str) -> list[int]:
        unknown = sorted(set(phonemes) - self._vocabulary.keys())
        if unknown:
            raise GenerationError(f"The embedded engine has no sound for {' '.join(unknown)}.")
        if not phonemes.strip():
            raise GenerationError("The text holds nothing that can be spoken.")
        return [self._vocabulary[symbol] for symbol in phonemes]

    def _run(self, identifiers: list[int], style: StyleTable, speed: float) -> Samples:
        inputs = {
            "tokens": np.array([[0, *identifiers, 0]], dtype=np.int64),
            "style": style[len(identifiers)][np.newaxis],
            "speed": np.array([speed], dtype=np.float32),
        }
        try:
            audio = self._session.run(None, inputs)[0]
        except self._errors as error:
            raise GenerationError("The embedded engine's model failed on this text.") from error
        return np.asarray(audio, dtype=np.float32).ravel()
