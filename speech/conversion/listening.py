"""Judges a conversion by ear: are the words still there, and whose voice is it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from speech.quality import ChunkQuality
from speech.samples import Embedding, Samples
from speech.speakers.encoder import SpeakerEncoder, similarity
from speech.validation.compare import compare
from speech.validation.protocol import Listener, Transcript, Word

TOLERATED_LOSS = 0.15
"""Share of words that the listener may hear otherwise after the conversion, or one word: it errs that often itself."""


@dataclass(frozen=True)
class Likeness:
    """Similarities of voices, cosines up to 1; docs/voice-conversion.md tells how to read them.

    Attributes:
        target: of the result to the target voice.
        source: of the result to the recording it was made from.
        before: of the recording to the target voice.
    """

    target: float
    source: float
    before: float


class Ears:
    """Listens to the pieces of one recording before and after their conversion.

    Args:
        listener: hears words; ``None`` leaves them unchecked.
        encoder: knows voices.
        target: the voice that is wanted; ``None`` leaves the likeness unmeasured.
        language: BCP 47 tag of the recording.
        voice: name of the target, for the report.
    """

    def __init__(
        self, listener: Listener | None, encoder: SpeakerEncoder, target: Embedding | None, language: str, voice: str
    ) -> None:
        self._listener = listener
        self._encoder = encoder
        self._target = target
        self._language = language
        self._voice = voice
        self._before = np.zeros(256)
        self._after = np.zeros(256)

    def judge(self, index: int, source: Samples, result: Samples, sample_rate: int, start: float) -> ChunkQuality:
        """Listen to one piece.

        Args:
            index: of the piece.
            source: before.
            result: after, as it lies in the output.
            sample_rate: in Hz, of both.
            start: seconds of the output at which it begins.
        """
        if self._target is not None:
            self._before += self._voice_in(source, sample_rate)
            self._after += self._voice_in(result, sample_rate)
        said = heard = None
        if self._listener is not None:
            said = self._listener.transcribe(source, sample_rate, self._language)
            heard = self._listener.transcribe(result, sample_rate, self._language)
        return _report(index, self._voice, start, start + len(result) / sample_rate, self._language, said, heard)

    @property
    def likeness(self) -> Likeness | None:
        """Of all that was heard; ``None`` where there is nothing to compare."""
        before, after = (float(np.linalg.norm(total)) for total in (self._before, self._after))
        if self._target is None or not before or not after:
            return None
        source, result = self._before / before, self._after / after
        pairs = ((result, self._target), (result, source), (source, self._target))
        return Likeness(*(round(similarity(one, other), 4) for one, other in pairs))

    def _voice_in(self, samples: Samples, sample_rate: int) -> npt.NDArray[np.float64]:
        """The embedding weighted by its length, so that the sum over pieces is the whole recording's."""
        embedding = self._encoder.embed(samples, sample_rate)
        return np.zeros(256) if embedding is None else embedding.astype(np.float64) * len(samples)


def _report(
    index: int,
    voice: str,
    start: float,
    end: float,
    language: str,
    said: Transcript | None,
    heard: Transcript | None,
) -> ChunkQuality:
    wer: float | None = None
    passed: bool | None = None
    words: tuple[Word, ...] = ()
    if said is not None and heard is not None:
        comparison = compare([said.text], heard.text, language)
        wer = round(comparison.wer, 4)
        passed = comparison.errors <= max(1.0, TOLERATED_LOSS * comparison.expected)
        words = tuple(_placed(word, start, end) for word in heard.words)
    return ChunkQuality(
        index=index,
        text=said.text if said is not None else "",
        voice=voice,
        start=round(start, 3),
        end=round(end, 3),
        takes=1,
        spoken=True,
        seed=None,
        score=None,
        wer=wer,
        transcript=heard.text if heard is not None else None,
        words=words,
        repairs=(),
        warnings=("words_changed",) if passed is False else (),
        passed=passed,
    )


def _placed(word: Word, start: float, latest: float) -> Word:
    return Word(
        word.text,
        round(min(start + word.start, latest), 3),
        round(min(start + word.end, latest), 3),
        word.probability,
    )
