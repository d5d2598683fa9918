"""From a text and its rules to a plan, refusing beforehand what the engine cannot say."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from exceptions import InvalidRequestError
from speech.engines.protocol import Capabilities, CloningEngine, Engine, Voice
from speech.plan import ChunkText, EngineSetup, Plan, make_plan
from speech.reading import SHORT_SENTENCE, Reader, ReadingRules
from speech.text.chunks import Piece, split_chunks
from speech.text.markup import MarkedText, Segment, parse_markup
from speech.text.opening import cut_opening
from speech.text.prepare import prepare_text

VoiceChoice: TypeAlias = Callable[[str, str], Voice]
"""Gives the voice that words in a field of the request mean; raises ``InvalidRequestError`` if there is none."""

CLAUSE_PAUSE_MS = 120
"""Where an over-long sentence had to be cut at a comma or the like."""


@dataclass(frozen=True)
class PlannedSpeech:
    """The plan, and what of the text it leaves out.

    Attributes:
        plan: what will be spoken.
        prepared: the text after its rules, markup taken out.
        wordless: pieces that have no word to speak (rows of stars, lone emoji).
        ignored_tags: paralinguistic tags that the engine does not know.
    """

    plan: Plan
    prepared: str
    wordless: tuple[str, ...]
    ignored_tags: tuple[str, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is left out, in sentences for people."""
        found = [f"Nothing to say in: {text[:80]}" for text in self.wordless]
        if self.ignored_tags:
            tags = ", ".join(f"[{tag}]" for tag in self.ignored_tags)
            found.append(f"The engine {self.plan.engine!r} does not know these tags; they were left out: {tags}.")
        return tuple(found)


def choose_voice(engine: Engine, name: str, field: str = "voice", known: Sequence[Voice] | None = None) -> Voice:
    """The engine's voice of that name, its first for an empty name, or that of a recording it finds.

    Raises:
        InvalidRequestError: no such voice; the detail lists those `known`, the engine's own unless given.
    """
    if not name:
        return engine.voices[0]
    for voice in engine.voices:
        if voice.name == name:
            return voice
    if isinstance(engine, CloningEngine) and (recorded := engine.recorded_voice(name)) is not None:
        return recorded
    raise InvalidRequestError(
        f"There is no voice named {name[:80]!r} here.",
        field=field,
        detail={"voices": [voice.name for voice in (known or engine.voices)]},
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
    parameters: Mapping[str, float],
    rules: ReadingRules,
    seed: int,
    choose: VoiceChoice | None = None,
) -> PlannedSpeech:
    """Prepare and split the text and fix everything that decides how it will sound; nothing is generated.

    Args:
        text: as the caller sent it.
        engine: asked for its voices, limits and what it cannot pronounce.
        voice: speaks wherever the text names no other.
        language: asked for by the caller, empty for each voice's own.
        parameters: of the engine, effective ones only.
        rules: how to read the text.
        seed: base seed.
        choose: for the voices that the text names; without, those that the engine knows by these names.

    Raises:
        InvalidRequestError: nothing to speak, faulty markup, an unknown voice in it, or words the engine cannot
            pronounce, which are named.
    """
    capabilities = engine.capabilities
    prepared = prepare_text(text, rules.text)
    marked = _marked(prepared, capabilities, rules)
    chooser = choose or functools.partial(choose_voice, engine)
    planner = _Planner(capabilities, Reader(capabilities, rules), rules, language, chooser)
    chunks, wordless, lead = planner.chunks(marked.segments, voice)
    if not chunks:
        raise InvalidRequestError("The text has no words to speak.", field="text")
    _refuse_unspeakable(chunks, engine)
    setup = EngineSetup(capabilities.engine, capabilities.version, capabilities.sample_rate, parameters)
    plan = make_plan(chunks, setup, seed, lead)
    return PlannedSpeech(plan, _joined(marked.segments), tuple(wordless), marked.ignored_tags)


def _marked(prepared: str, capabilities: Capabilities, rules: ReadingRules) -> MarkedText:
    if not rules.markup:
        return MarkedText((Segment(prepared, None, None, True),), (), ())
    marked = parse_markup(prepared, capabilities.tags)
    if marked.faults:
        raise InvalidRequestError(marked.faults[0], field="text", detail={"faults": list(marked.faults[:20])})
    return marked


def _joined(segments: Iterable[Segment]) -> str:
    return "".join(segment.text + ("\n\n" if segment.ends_paragraph else " ") for segment in segments).strip()


class _Planner:
    """Turns segments into chunk texts."""

    def __init__(
        self, capabilities: Capabilities, reader: Reader, rules: ReadingRules, language: str, choose: VoiceChoice
    ) -> None:
        self._capabilities = capabilities
        self._reader = reader
        self._rules = rules
        self._language = language
        self._said = 0
        self._choose = choose

    def chunks(self, segments: Iterable[Segment], voice: Voice) -> tuple[list[ChunkText], list[str], int]:
        """Chunk texts, pieces without words, and the pause before the first chunk."""
        chunks: list[ChunkText] = []
        wordless: list[str] = []
        lead, ends_explicitly = 0, False
        for segment in segments:
            found = self._segment(segment, voice, wordless)
            if segment.pause_after_ms is not None:
                if found or chunks:
                    last = (found or chunks)[-1]
                    before = 0 if found else last.pause_after_ms
                    (found or chunks)[-1] = replace(last, pause_after_ms=max(before, segment.pause_after_ms))
                else:
                    lead += segment.pause_after_ms
            ends_explicitly = segment.pause_after_ms is not None or (ends_explicitly and not found)
            chunks += found
        if chunks and not ends_explicitly:
            chunks[-1] = replace(chunks[-1], pause_after_ms=0)
        return chunks, wordless, lead

    def _segment(self, segment: Segment, voice: Voice, wordless: list[str]) -> list[ChunkText]:
        speaker = voice if segment.voice is None else self._choose(segment.voice, "text")
        capabilities = self._capabilities
        language = choose_language(capabilities, self._language, speaker)
        pieces = split_chunks(
            segment.text,
            language=language,
            limit=capabilities.max_characters,
            minimum=SHORT_SENTENCE if self._rules.join_short else 0,
            batch=self._rules.batch,
            measure=lambda part: len(self._reader.read(part, language)),
        )
        if self._rules.short_opening:
            pieces = list(cut_opening(pieces, self._said))
            self._said += len(segment.text)
        chunks: list[ChunkText] = []
        for number, piece in enumerate(pieces, start=1):
            forms = self._reader.forms(piece.text, language)
            if not any(character.isalnum() for character in forms.read):
                wordless.append(piece.text)
                continue
            ends = piece.ends if number < len(pieces) or segment.ends_paragraph else _end_of(piece)
            pause = self._pause(ends, piece.text)
            chunks.append(
                ChunkText(forms.text, forms.spoken, forms.read, speaker.name, speaker.content_hash, language, pause)
            )
        return chunks

    def _pause(self, ends: str, text: str) -> int:
        if ends == "paragraph":
            return self._rules.paragraph_pause_ms
        if ends == "sentence":
            return self._rules.sentence_pause_ms
        return 0 if text[-1].isalnum() else CLAUSE_PAUSE_MS


def _end_of(piece: Piece) -> str:
    """What ends with the last piece of a segment that stands within a paragraph."""
    bare = piece.text.rstrip("\"'”’»)]")
    return "sentence" if bare.endswith((".", "!", "?", "…", "。", "！", "？")) else "clause"


def _refuse_unspeakable(chunks: Iterable[ChunkText], engine: Engine) -> None:
    words: dict[str, None] = {}
    for chunk in chunks:
        words.update(dict.fromkeys(engine.unspeakable(chunk.read, chunk.language)))
    if words:
        listed = ", ".join(repr(word[:40]) for word in list(words)[:5])
        more = f" and {len(words) - 5} more" if len(words) > 5 else ""
        raise InvalidRequestError(
            f"The engine {engine.capabilities.engine!r} cannot pronounce {listed}{more}.",
            field="text",
            detail={"words": list(words)[:100]},
        )
