"""Says how near an engine without cloning comes to the recordings that a request names as voices."""

from __future__ import annotations

from collections.abc import Iterable

from speech.cancel import CancelToken
from speech.engines.abilities import MatchingEngine, VoiceMatch
from speech.engines.protocol import Reference
from speech.lane import Lane
from speech.lane_wait import wait_for

SAME_SPEAKER = 0.74
"""Clips of different speakers stay below it nineteen times in twenty."""


def matched_voices(voices: Iterable[str | Reference], lane: Lane, cancel: CancelToken) -> tuple[str, ...]:
    """A sentence for each recording, once it is matched; none for the engine's own voices.

    Raises:
        GenerationError: a recording makes no voice.
    """
    engine = lane.engine
    if not isinstance(engine, MatchingEngine):
        return ()
    own = {voice.name for voice in engine.voices}
    sentences = []
    for voice in dict.fromkeys(voices):
        if voice not in own:
            match = wait_for(lane.run(lambda voice=voice: engine.match(voice, cancel), cancel), cancel)  # type: ignore[misc]
            sentences.append(_sentence(voice if isinstance(voice, str) else voice.name, match))
    return tuple(sentences)


def _sentence(name: str, match: VoiceMatch) -> str:
    voices = "a blend of shipped voices" if len(match.shares) > 1 else f"the shipped voice {next(iter(match.shares))}"
    near = "" if match.similarity >= SAME_SPEAKER else ", hardly like it"
    return f"Voice match (approximate): {name} is spoken by {voices}, similarity {match.similarity:.2f}{near}."
