"""The deterministic, JSON-able list of chunks that a request will speak, made before anything is generated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

SEED_LIMIT = 2**32


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True, sort_keys=True).encode()).hexdigest()


def derive_seed(base: int, content_hash: str, take: int, attempt: int) -> int:
    """Seed of one take, from the request's base seed and *what* the chunk says rather than where it stands.

    So an edited text keeps the audio of every chunk that did not change. SHA-256 spreads the four values
    evenly over 1 to 2**32 - 1; 0 is left out because many engines read it as "random".

    Args:
        base: the request's seed.
        content_hash: `PlannedChunk.content_hash`.
        take: candidate number within one attempt, from 0.
        attempt: round of takes, from 0.
    """
    return 1 + int(_digest("seed", base, content_hash, take, attempt)[:16], 16) % (SEED_LIMIT - 1)


@dataclass(frozen=True)
class PlannedChunk:
    """One chunk as it will be spoken.

    Attributes:
        index: place in the plan, from 0.
        text: as written, for reports and captions.
        spoken: in words, as a listener hears it; what a take is checked against beside `text`.
        read: what the engine is given.
        voice: name of the voice.
        voice_hash: content hash of that voice.
        language: BCP 47 tag.
        parameters: engine parameters by name, effective ones only.
        pause_after_ms: silence between this chunk and the next.
        content_hash: identifies the sound of this chunk apart from its seed.
    """

    index: int
    text: str
    spoken: str
    read: str
    voice: str
    voice_hash: str
    language: str
    parameters: Mapping[str, float]
    pause_after_ms: int
    content_hash: str


@dataclass(frozen=True)
class Plan:
    """All chunks of one request, in order, for one engine version; begins with a pause of `lead_pause_ms`."""

    engine: str
    engine_version: str
    sample_rate: int
    seed: int
    chunks: tuple[PlannedChunk, ...]
    lead_pause_ms: int = 0

    @property
    def length(self) -> int:
        """Characters of all chunks."""
        return sum(len(chunk.text) for chunk in self.chunks)

    def to_json(self) -> str:
        """Serialise; `from_json` gives an equal plan back."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read what `to_json` wrote.

        Raises:
            ValueError: the text is no plan.
        """
        try:
            raw: dict[str, Any] = json.loads(text)
            chunks = tuple(PlannedChunk(**chunk) for chunk in raw.pop("chunks"))
            return cls(chunks=chunks, **raw)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a plan") from error


@dataclass(frozen=True)
class ChunkText:
    """Text of a chunk in its three forms (see `PlannedChunk`), who says it, and the pause that follows."""

    text: str
    spoken: str
    read: str
    voice: str
    voice_hash: str
    language: str
    pause_after_ms: int


@dataclass(frozen=True)
class EngineSetup:
    """The engine and how it is set for the whole plan."""

    engine: str
    engine_version: str
    sample_rate: int
    parameters: Mapping[str, float]


def make_plan(texts: Iterable[ChunkText], setup: EngineSetup, seed: int, lead_pause_ms: int = 0) -> Plan:
    """Put texts and engine together; equal arguments give an equal plan."""
    parameters = dict(sorted(setup.parameters.items()))
    chunks = tuple(
        PlannedChunk(
            index=index,
            text=item.text,
            spoken=item.spoken,
            read=item.read,
            voice=item.voice,
            voice_hash=item.voice_hash,
            language=item.language,
            parameters=parameters,
            pause_after_ms=item.pause_after_ms,
            content_hash=_digest(
                setup.engine, setup.engine_version, item.voice_hash, item.language, parameters, item.text, item.read
            ),
        )
        for index, item in enumerate(texts)
    )
    return Plan(setup.engine, setup.engine_version, setup.sample_rate, seed, chunks, lead_pause_ms)
