"""Voice matching: a recording gives a blend of the shipped voices that sounds like it, as far as they reach.

The speaker embedding of the recording is mapped to weights of the voices by ridge regression, fitted to blends whose
embeddings were measured once (`TABLE`, written by ``benchmarks/voice_match_table.py``). The blend and the nearest voice
are compared with the recording, and the better one is taken.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from exceptions import GenerationError, ModelLoadError
from speech.atomic_file import write_atomically
from speech.audio.decode import decode
from speech.engines.abilities import VoiceMatch
from speech.engines.embedded.voices import StyleTable, VoiceTable
from speech.engines.protocol import Reference
from speech.samples import Embedding, Samples
from speech.speakers.encoder import SpeakerEncoder, similarity
from speech.speakers.features import SAMPLE_RATE as LISTENING_RATE
from speech.weights import file_sha256

TABLE: Final = Path(__file__).parent / "data" / "voice_match.npz"
CALIBRATION_SENTENCES: Final = (
    "Fishermen who came home late said that the light felt like a friend.",
    "One after another, the sailors stepped onto the stone landing, soaked and smiling.",
)
"""Said by every blend of the table, and by each new one when it is compared with its recording."""

_TABLE_SHA256: Final = "bbb3683716d3ad09075040ef4d5eeeb098529267e05ee9293cac3d1b604f5093"
_METHOD: Final = 1
"""Counted up whenever the same recording could be matched otherwise."""
_RIDGE: Final = 0.3
"""Strength of the regression's pull towards small weights."""
_WHISPERING: Final = "af_nicole"
"""Speaks under her breath, which listeners understand badly; no match for anybody by herself."""
_LISTENED_SECONDS: Final = 60.0
_KEPT_STYLES: Final = 16

Speak = Callable[[str, StyleTable], Samples]
"""Says a sentence with a style, in 24 kHz."""

_Floats = npt.NDArray[np.float64]


class VoiceMatcher:
    """Matches recordings; called from one thread.

    Args:
        voices: to blend.
        encoder: knows who speaks.
        folder: where matches are kept.
    """

    def __init__(self, voices: VoiceTable, encoder: SpeakerEncoder, folder: Path) -> None:
        self._voices = voices
        self._encoder = encoder
        self._folder = folder
        self._style = functools.lru_cache(_KEPT_STYLES)(self._blended)

    def match(self, reference: Reference, speak: Speak) -> VoiceMatch:
        """The blend for a recording, from the disk if it was matched before.

        Args:
            reference: the recording; its first minute is listened to.
            speak: with the model that will speak.

        Raises:
            GenerationError: the recording holds no audio, or no sound.
            ModelLoadError: shipped data are damaged.
            DiskFullError: no room to keep the match.
        """
        kept = self._folder / f"{reference.content_hash}-{_TABLE_SHA256[:8]}-{_METHOD}.json"
        found = _read(kept)
        if found is None:
            found = self._matched(self._heard(reference), speak)
            write_atomically(kept, [json.dumps(asdict(found)).encode()])
        return found

    def style(self, match: VoiceMatch) -> StyleTable:
        """Style vectors of a match."""
        return self._style(tuple(sorted(match.shares.items())))

    def embedding(self, name: str) -> Embedding | None:
        """How a shipped voice sounds."""
        table = self._table
        return table.embeddings[table.names.index(name)] if name in table.names else None

    def _heard(self, reference: Reference) -> Embedding:
        embedding = self._encoder.embed(decode(reference.path, LISTENING_RATE, _LISTENED_SECONDS), LISTENING_RATE)
        if embedding is None:
            raise GenerationError(f"The recording {reference.name} is silent.")
        return embedding

    def _matched(self, wanted: Embedding, speak: Speak) -> VoiceMatch:
        table = self._table
        name, alike = table.nearest(wanted)
        nearest = VoiceMatch(round(alike, 4), {name: 1.0})
        weights = np.append(wanted, 1.0) @ table.regression
        weights /= weights.sum()
        shares = {name: round(float(weight), 5) for name, weight in zip(table.names, weights, strict=True)}
        spoken = self._spoken(self._blended(tuple(shares.items())), speak)
        blend = VoiceMatch(round(similarity(spoken, wanted), 4), shares)
        return max(nearest, blend, key=lambda match: match.similarity)

    def _spoken(self, style: StyleTable, speak: Speak) -> Embedding:
        """How a style sounds: the mean over the calibration sentences, as in the table."""
        heard = [self._encoder.embed(speak(sentence, style), 24_000) for sentence in CALIBRATION_SENTENCES]
        mean = np.sum([embedding for embedding in heard if embedding is not None], axis=0)
        embedding: Embedding = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return embedding

    def _blended(self, shares: tuple[tuple[str, float], ...]) -> StyleTable:
        blended: StyleTable = np.sum(
            [np.float32(share) * self._voices.style(name) for name, share in shares], axis=0
        ).astype(np.float32)
        return blended

    @functools.cached_property
    def _table(self) -> MatchTable:
        return MatchTable()


class MatchTable:
    """The measured blends: `names` of the voices, an embedding for each voice first, and what was fitted to all."""

    def __init__(self, path: Path = TABLE) -> None:
        if file_sha256(path) != _TABLE_SHA256:
            raise ModelLoadError("The shipped table of voice matching is damaged. Install the program again.")
        with np.load(path) as archive:
            self.names: list[str] = archive["names"].tolist()
            weights = archive["weights"].astype(np.float64)
            mean = archive["embeddings"].astype(np.float64).mean(axis=1)
        self.embeddings: _Floats = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        inputs = np.column_stack([self.embeddings, np.ones(len(mean))])
        self.regression: _Floats = np.linalg.solve(
            inputs.T @ inputs + _RIDGE * np.eye(inputs.shape[1]), inputs.T @ weights
        )

    def nearest(self, wanted: Embedding) -> tuple[str, float]:
        """The shipped voice that is most like an embedding, and how much."""
        alike = {
            name: similarity(embedding, wanted)
            for name, embedding in zip(self.names, self.embeddings, strict=False)
            if name != _WHISPERING
        }
        name = max(alike, key=alike.__getitem__)
        return name, alike[name]


def _read(path: Path) -> VoiceMatch | None:
    try:
        return VoiceMatch(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
