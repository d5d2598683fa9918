"""The usual way to check a take: transcribe it freely and compare the strings."""

from __future__ import annotations

import difflib
from pathlib import Path

from speech.samples import Samples
from speech.validation.models import WhisperFolders
from speech.validation.protocol import Expected
from speech.validation.windows import to_listening_rate
from speech.weights import WeightStore


class Baseline:
    """faster-whisper as it is commonly used: beam 5, padded to 30 s, normalised texts, difflib's ratio.

    Args:
        cache_dir: of the model files.
        model: name.
        threads: processor threads; 0 for the library's choice.
    """

    def __init__(self, cache_dir: Path, model: str, threads: int) -> None:
        from faster_whisper import WhisperModel
        from whisper_normalizer.english import EnglishTextNormalizer

        folder = WhisperFolders(WeightStore(cache_dir)).folder(model)
        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )
        self._normalise = EnglishTextNormalizer()

    def ratio(self, samples: Samples, sample_rate: int, expected: Expected) -> float:
        """Likeness of the transcript and the nearer form of the text, 0 to 1."""
        audio = to_listening_rate(samples, sample_rate)
        segments, _ = self._model.transcribe(audio, language="en", beam_size=5, condition_on_previous_text=False)
        heard = self._normalise(" ".join(segment.text for segment in segments))
        forms = (self._normalise(expected.written), self._normalise(expected.spoken))
        return max(difflib.SequenceMatcher(None, form, heard).ratio() for form in forms)
