"""Whisper in CTranslate2 on faster-whisper's models: short windows and forced scores of a known text."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from exceptions import ModelLoadError
from speech.engines.protocol import ProgressReport
from speech.samples import Samples
from speech.validation.backend import MAX_SECONDS, SAMPLE_RATE, TOKEN_SECONDS, Encoding, Tokens, TokenScores
from speech.validation.tokens import WhisperTokenizer
from speech.validation.windows import fit_window
from speech.validation.words import primary

ModelFolder = Callable[[ProgressReport | None], Path]
"""Gives the folder with ``model.bin``, ``config.json``, ``tokenizer.json`` and ``vocabulary``; may raise
``ModelLoadError``."""


GPU_ARITHMETIC = "int8_float16"
"""Smallest that every GPU from 2016 on computes, so that the speech model keeps the memory."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Loaded:
    model: Any
    features: Any
    tokenizer: WhisperTokenizer
    start_tokens: dict[str, list[int]]
    first_time: int


class FasterWhisperBackend:
    """The default backend.

    Args:
        model: name of the model, e.g. ``base`` or ``tiny.en``.
        folder: finds its folder when it is loaded.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where CTranslate2 finds it with room for the model.
        compute_type: CTranslate2's name of the arithmetic on the CPU and on a named device; ``int8`` runs everywhere.
        threads: processor threads for one call; 0 lets CTranslate2 choose, which takes 4.
    """

    def __init__(
        self,
        model: str,
        folder: ModelFolder,
        *,
        device: str = "cpu",
        compute_type: str = "int8",
        threads: int = 0,
    ) -> None:
        self._model_name = model
        self._folder = folder
        self._device = device
        self._compute_type = compute_type
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def name(self) -> str:
        """``faster-whisper`` and the model."""
        return f"faster-whisper {self._model_name}"

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._model_name

    @property
    def languages(self) -> tuple[str, ...]:
        """English before the model is loaded, then what its vocabulary holds."""
        loaded = self._loaded
        return ("en",) if loaded is None else tuple(loaded.start_tokens)

    def load(self, report: ProgressReport | None = None) -> None:
        """Load once; later calls return at once.

        Raises:
            ModelLoadError: files missing or damaged, or the device or arithmetic is not available.
        """
        self._get(report)

    def unload(self) -> None:
        """Forget the model; calls under way keep it until they end."""
        with self._lock:
            self._loaded = None

    def tokenize(self, text: str) -> Tokens:
        """Tokens of `text`."""
        return self._get().tokenizer.tokenize(text)

    def encode(self, samples: Samples) -> Encoding:
        """Encoder output on a window of the audio's own length, a fraction of the 30 s it usually takes."""
        import ctranslate2

        loaded = self._get()
        samples = samples[: int(MAX_SECONDS * SAMPLE_RATE)]
        features: npt.NDArray[np.float32] = loaded.features(samples)
        window = fit_window(features)
        view = ctranslate2.StorageView.from_array(window[np.newaxis])
        frames = min(features.shape[1], window.shape[1])
        return Encoding(len(samples) / SAMPLE_RATE, frames, loaded.model.encode(view, to_cpu=True))

    def score(self, encoding: Encoding, texts: Sequence[Sequence[int]], language: str) -> list[TokenScores]:
        """Forced scores through CTranslate2's `align`."""
        loaded = self._get()
        start = loaded.start_tokens[primary(language)]
        output = encoding.output
        if len(texts) > 1:
            import ctranslate2

            output = ctranslate2.StorageView.from_array(np.repeat(np.array(output), len(texts), axis=0))
        results = loaded.model.align(output, start, [list(text) for text in texts], encoding.frames)
        return [_token_scores(result, len(text)) for result, text in zip(results, texts, strict=True)]

    def decode(self, encoding: Encoding, language: str, max_tokens: int) -> str:
        """Greedy transcript of the window.

        With times, since without them the model does not know that a short window ends and starts again in
        one of five clips.
        """
        loaded = self._get()
        prompt = [*loaded.start_tokens[primary(language)], loaded.first_time]
        result = loaded.model.generate(encoding.output, [prompt], beam_size=1, max_length=len(prompt) + max_tokens)
        heard = [token for token in result[0].sequences_ids[0] if token < loaded.first_time]
        return loaded.tokenizer.text(heard).strip()

    def detect_language(self, encoding: Encoding) -> str:
        """By the model's first token; a model of one language knows no other."""
        loaded = self._get()
        if not loaded.model.is_multilingual:
            return "en"
        likeliest, _ = loaded.model.detect_language(encoding.output)[0][0]
        return str(likeliest).strip("<|>")

    def _get(self, report: ProgressReport | None = None) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load(report)
            return self._loaded

    def _load(self, report: ProgressReport | None) -> _Loaded:
        folder = self._folder(report)
        tokenizer = WhisperTokenizer(folder / "tokenizer.json")
        try:
            import ctranslate2
            from faster_whisper.feature_extractor import FeatureExtractor
        except ImportError as error:
            raise ModelLoadError("faster-whisper is not installed; takes cannot be checked.") from error
        try:
            model = self._open(str(folder), ctranslate2)
        except (RuntimeError, ValueError) as error:
            raise ModelLoadError(f"Whisper {self._model_name} cannot be loaded: {error}.") from error
        no_timestamps = tokenizer.control("<|notimestamps|>")
        if no_timestamps is None:
            raise ModelLoadError(f"The tokenizer of Whisper {self._model_name} lacks its control tokens.")
        features = FeatureExtractor(feature_size=model.n_mels)
        return _Loaded(model, features, tokenizer, _start_tokens(tokenizer, model), no_timestamps + 1)

    def _open(self, folder: str, ctranslate2: Any) -> Any:
        """The model on its device; where that is left open, a GPU without room or libraries is passed over."""
        whisper = ctranslate2.models.Whisper
        if self._device != "auto":
            return whisper(folder, device=self._device, compute_type=self._compute_type, intra_threads=self._threads)
        if ctranslate2.get_cuda_device_count():
            try:
                return whisper(folder, device="cuda", compute_type=GPU_ARITHMETIC)
            except (RuntimeError, ValueError) as error:
                _log.warning("Whisper %s runs on the processor; the GPU refused it: %s", self._model_name, error)
        return whisper(folder, device="cpu", compute_type=self._compute_type, intra_threads=self._threads)


def _token_scores(result: Any, count: int) -> TokenScores:
    probabilities = np.asarray(result.text_token_probs, np.float64)
    path = np.asarray(result.alignments, np.int64).reshape(-1, 2)
    begins = np.concatenate(([True], np.diff(path[:, 0]) > 0))
    times = path[begins, 1] * TOKEN_SECONDS
    return TokenScores(np.log(np.maximum(probabilities, 1e-9)), times[: count + 1])


def _start_tokens(tokenizer: WhisperTokenizer, model: Any) -> dict[str, list[int]]:
    """For each language the tokens before a transcript; English-only models take neither language nor task."""
    start = tokenizer.control("<|startoftranscript|>")
    if start is None:
        raise ModelLoadError("The tokenizer of the Whisper model lacks its control tokens.")
    task = tokenizer.control("<|transcribe|>")
    if not model.is_multilingual or task is None:
        return {"en": [start]}
    return {
        language: [start, number, task]
        for language in WHISPER_LANGUAGES
        if (number := tokenizer.control(f"<|{language}|>")) is not None
    }


WHISPER_LANGUAGES = re.findall(
    r"\w+",
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la "
    "mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be "
    "tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue",
)
"""Languages of Whisper's vocabulary, in its order (large-v3 has all, earlier models all but the last)."""
