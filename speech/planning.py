"""From a text and a manner of speaking to a plan, refusing beforehand what the engine cannot say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from exceptions import InvalidRequestError
from speech.engines.protocol import Capabilities, Engine, Voice
from speech.plan import ChunkText, Plan, SpeakingManner, make_plan
from speech.text.chunks import Piece, split_chunks
from speech.text.clean import clean
from speech.text.spoken import spoken_form

CLAUSE_PAUSE_MS = 120
"""Where an over-long sentence had to be cut at a comma or the like."""


@dataclass(frozen=True)
class Pauses:
    """Silence after sentences and paragraphs, in milliseconds."""

    sentence_ms: int
    paragraph_ms: int


@dataclass(frozen=True)
class PlannedSpeech:
    """The plan, and the pieces of the text that have no word to speak (rows of stars, lone emoji)."""

    plan: Plan
    wordless: tuple[str, ...]


def choose_voice(engine: Engine, name: str) -> Voice:
    """The engine's voice of that name, its first for an empty name.

    Raises:
        InvalidRequestError: no such voice; the detail lists those there are.
    """
    if not name:
        return engine.voices[0]
    for voice in engine.voices:
        if voice.name == name:
            return voice
    raise InvalidRequestError(
        f"There is no voice named {name[:80]!r} here.",
        field="voice",
        detail={"voices": [voice.name for voice in engine.voices]},
    )


def choose_language(capabilities: Capabilities, asked: str, voice: Voice) -> str:
    """The engine's tag for the asked language; the voice's own for an empty one.

    Tags are compared without case; a bare language such as ``en`` finds the voice's accent of it, or the first.

    Raises:
        InvalidRequestError: the engine does not speak it; the detail lists what it speaks.
    """
    wanted = asked.strip().replace("_", "-").lower()
    if not wanted:
        return voice.language
    tags = sorted(capabilities.languages, key=lambda tag: tag != voice.language)
    for tag in tags:
        if tag.lower() == wanted or tag.lower().split("-")[0] == wanted:
            return tag
    raise InvalidRequestError(
        f"The engine {capabilities.engine!r} does not speak {asked[:40]!r}; it speaks: "
        f"{', '.join(capabilities.languages)}.",
        field="language",
        detail={"languages": list(capabilities.languages)},
    )


def plan_speech(
    text: str,
    engine: Engine,
    voice: Voice,
    language: str,
    parameters: dict[str, float],
    pauses: Pauses,
    seed: int,
) -> PlannedSpeech:
    """Split the text and fix everything that decides how it will sound; nothing is generated.

    Raises:
        InvalidRequestError: nothing to speak, or words the engine cannot pronounce, which are named.
    """
    capabilities = engine.capabilities
    in_words = _form(capabilities, language)
    pieces = split_chunks(
        clean(text),
        language=language,
        limit=capabilities.max_characters,
        measure=lambda part: len(in_words(part)),
    )
    chunks: list[ChunkText] = []
    wordless: list[str] = []
    for piece in pieces:
        spoken = spoken_form(piece.text, language)
        if any(character.isalnum() for character in spoken):
            chunks.append(ChunkText(piece.text, spoken, _pause(piece, pauses)))
        else:
            wordless.append(piece.text)
    if not chunks:
        raise InvalidRequestError("The text has no words to speak.", field="text")
    chunks[-1] = replace(chunks[-1], pause_after_ms=0)
    _refuse_unspeakable(chunks, engine, in_words, language)
    manner = SpeakingManner(
        engine=capabilities.engine,
        engine_version=capabilities.version,
        sample_rate=capabilities.sample_rate,
        voice=voice.name,
        voice_hash=voice.content_hash,
        language=language,
        parameters=parameters,
    )
    return PlannedSpeech(make_plan(chunks, manner, seed), tuple(wordless))


def _form(capabilities: Capabilities, language: str) -> Callable[[str], str]:
    if capabilities.text_form == "written":
        return lambda part: part
    return lambda part: spoken_form(part, language)


def _pause(piece: Piece, pauses: Pauses) -> int:
    if piece.ends == "paragraph":
        return pauses.paragraph_ms
    if piece.ends == "sentence":
        return pauses.sentence_ms
    return 0 if piece.text[-1].isalnum() else CLAUSE_PAUSE_MS


def _refuse_unspeakable(chunks: list[ChunkText], engine: Engine, in_words: Callable[[str], str], language: str) -> None:
    words: dict[str, None] = {}
    for chunk in chunks:
        words.update(dict.fromkeys(engine.unspeakable(in_words(chunk.text), language)))
    if words:
        listed = ", ".join(repr(word[:40]) for word in list(words)[:5])
        more = f" and {len(words) - 5} more" if len(words) > 5 else ""
        raise InvalidRequestError(
            f"The engine {engine.capabilities.engine!r} cannot pronounce {listed}{more}.",
            field="text",
            detail={"words": list(words)[:100]},
        )
