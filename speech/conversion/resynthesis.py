"""Conversion without a conversion model: what is heard is spoken again by a speech engine, in the recording's timing.

Each phrase is heard by Whisper, spoken by the engine with the target's voice, brought to the length it has in the
recording, and given the recording's intonation in the range of the target, and its loudness.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import Final

import numpy as np

from speech.audio.edges import FRAME_SECONDS as LEVEL_SECONDS
from speech.audio.edges import faded, frame_levels, sound_bounds
from speech.cancel import CancelToken
from speech.conversion.phrases import Phrase, phrases_of
from speech.conversion.protocol import Converted
from speech.conversion.vocoder import FRAME_SECONDS, Analysis, Frames, analyse, carried_pitch, pitch_of, synthesise
from speech.engines.protocol import Reference, TakeRequest, Voice
from speech.lane import INTERACTIVE, Lane, Take
from speech.lane_wait import wait_for
from speech.samples import Samples
from speech.validation.protocol import Listener

_LONGEST: Final = 330.0
_WORDLESS_SECONDS: Final = 0.5
_BRIDGED_FRAMES: Final = 21
"""Loud frames of 10 ms this near to one another belong together."""
_WORDLESS_BELOW_DB: Final = 20.0
"""Sound without words counts from this length on, and down to so far below the loudest 10 ms."""


class ResynthesisConverter:
    """Implements `speech.conversion.protocol.Converter` with an engine that only speaks English.

    Args:
        lane: of the engine.
        listener: hears what is said.
        target: whose voice.
        language: of the engine, for what is spoken.
        priority: in the lane.
    """

    longest = _LONGEST

    def __init__(
        self,
        lane: Lane,
        listener: Listener,
        target: Voice | Reference,
        language: str,
        priority: int = INTERACTIVE,
    ) -> None:
        self._lane = lane
        self._listener = listener
        self._target = target
        self._language = language
        self._priority = priority
        self.sample_rate = lane.engine.capabilities.sample_rate

    def convert(self, samples: Samples, cancel: CancelToken) -> Converted:
        """One piece; sounds without words stay as they are, and a warning says where."""
        rate = self.sample_rate
        transcript = self._listener.transcribe(samples, rate, self._language)
        phrases = [phrase for phrase in phrases_of(transcript.words, len(samples) / rate) if phrase.end > phrase.start]
        wordless = _wordless(samples, rate, phrases)
        result = np.zeros_like(samples)
        for start, end in wordless:
            result[start:end] = faded(samples[start:end], rate)
        for phrase, spoken in self._spoken(phrases, cancel):
            span = slice(round(phrase.start * rate), round(phrase.end * rate))
            result[span] = faded(_laid(samples[span], spoken, rate), rate)
        warnings = tuple(
            f"From {start / rate:.1f} s to {end / rate:.1f} s of this piece no words are heard; it stays as recorded."
            for start, end in wordless
        )
        return Converted(result, warnings)

    def _spoken(self, phrases: Sequence[Phrase], cancel: CancelToken) -> Iterator[tuple[Phrase, Samples]]:
        """Each phrase with its speech; the model is at the next one while the present one is worked on."""
        waiting: deque[Future[Take]] = deque()
        try:
            for number, phrase in enumerate(phrases):
                for ahead in phrases[number + len(waiting) : number + 2]:
                    waiting.append(self._lane.submit(self._request(ahead), cancel, self._priority))
                yield phrase, wait_for(waiting.popleft(), cancel).samples
        finally:
            for future in waiting:
                future.cancel()

    def _request(self, phrase: Phrase) -> TakeRequest:
        reference = self._target if isinstance(self._target, Reference) else None
        return TakeRequest(phrase.text, self._target.name, self._language, 0, reference=reference)


def _laid(source: Samples, spoken: Samples, sample_rate: int) -> Samples:
    """`spoken` in the timing, intonation and loudness of `source`, exactly as long."""
    contour, moments = pitch_of(source, sample_rate)
    speech = analyse(spoken, sample_rate)
    moved = speech.at(_evenly(moments, sound_bounds(source, sample_rate), sound_bounds(spoken, sample_rate)))
    pitch = np.where(moved.pitch > 0, carried_pitch(contour, speech.pitch), 0.0)
    sound = synthesise(Analysis(pitch, moved.cepstra, moved.breath), sample_rate)
    laid = np.zeros_like(source)
    laid[: len(sound)] = sound[: len(source)]
    return _as_loud(laid, source)


def _evenly(moments: Frames, source: tuple[float, float], spoken: tuple[float, float]) -> Frames:
    """Frames of the speech for moments of the source, so that the first and the last sound of both fall together.

    Nothing inside a phrase is stretched more than the rest: following the source sound by sound was measured to
    swallow short words.
    """
    speed = (spoken[1] - spoken[0]) / max(source[1] - source[0], FRAME_SECONDS)
    places: Frames = (spoken[0] + (moments - source[0]) * speed) / FRAME_SECONDS
    return places


def _as_loud(sound: Samples, source: Samples) -> Samples:
    own, wanted = (float(np.sqrt(np.mean(part.astype(np.float64) ** 2))) for part in (sound, source))
    gain = wanted / own if own > 0 else 0.0
    peak = float(np.abs(sound).max(initial=0.0)) * gain
    louder: Samples = sound * np.float32(gain / max(1.0, peak))
    return louder


def _wordless(samples: Samples, sample_rate: int, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """First sample and the one after the last of each long loud stretch that belongs to no phrase."""
    levels = frame_levels(samples, sample_rate)
    loud = levels > levels.max(initial=0.0) * 10 ** (-_WORDLESS_BELOW_DB / 20)
    frame = int(LEVEL_SECONDS * sample_rate)
    for phrase in phrases:
        loud[int(phrase.start / LEVEL_SECONDS) : math.ceil(phrase.end / LEVEL_SECONDS)] = False
    joined = np.convolve(loud, np.ones(_BRIDGED_FRAMES), "same") > 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[False], joined, [False]]).astype(np.int8)))
    found = [(int(start) * frame, min(int(end) * frame, len(samples))) for start, end in edges.reshape(-1, 2)]
    return [span for span in found if span[1] - span[0] >= _WORDLESS_SECONDS * sample_rate]
