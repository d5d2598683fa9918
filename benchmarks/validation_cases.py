"""The cases of the validation benchmark: correct takes, and the same takes spoiled in eight ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.validation_spoil import KINDS, RATE, SLIGHT, Spoiled, Take, spoil
from benchmarks.validation_takes import Clip, Line, Part, Recorder, read_lines, schedule
from speech.samples import Samples
from speech.validation.protocol import Expected

CORRECT = "correct"
SPOKEN_DOUBLED = "doubled, spoken"
"""A word that the model itself says twice: no copy of the same samples."""

SLIGHTLY = "slight"
"""A word of 0.07 to 0.15 s cut out, doubled, replaced or added: often not noticed by a listener either."""

_KINDS_PER_TAKE: dict[Part, int] = {"learn": 6, "test": 3}
_WORD_KINDS = KINDS[:4]


@dataclass(frozen=True)
class Case:
    """A take to judge.

    Attributes:
        kind: ``correct``, one of the spoiled kinds, or ``doubled, spoken``.
        line: the sentence.
        voice: who speaks it.
        expected: what the take should say.
        samples: mono, ``RATE``.
        speech_end: seconds at which the last true word ends; ``None`` where that is not known.
        note: where it was spoiled.
    """

    kind: str
    line: Line
    voice: str
    expected: Expected
    samples: Samples
    speech_end: float | None
    note: str = ""


def make_cases(recorder: Recorder, part: Part, rounds: int, seed: int = 5) -> Iterator[Case]:
    """All cases of one set; the same for the same arguments.

    Args:
        recorder: renders or reads the clips.
        part: the set.
        rounds: how often each sentence is spoken, each time by another voice.
        seed: of the random places of the faults.
    """
    clips = recorder.clips(schedule(read_lines(part), rounds))
    takes = [clip.take() for clip in clips]
    by_voice: dict[str, list[Take]] = {}
    for take in takes:
        by_voice.setdefault(take.voice, []).append(take)
    for clip, take in zip(clips, takes, strict=True):
        yield _case(CORRECT, clip, clip.samples, take.edges[-1] / RATE)
    rng = np.random.default_rng(seed)
    for number, (clip, take) in enumerate(zip(clips, takes, strict=True)):
        for kind in rng.permutation(KINDS)[: _KINDS_PER_TAKE[part]]:
            found = _spoiled(str(kind), clip, take, by_voice[take.voice], rng)
            if found is not None:
                yield _case(str(kind), clip, found.samples, take.edges[-1] / RATE, found.note)
        if number % 3 == 0:
            kind = str(rng.choice(_WORD_KINDS))
            found = spoil(kind, take, by_voice[take.voice], rng, SLIGHT)
            if found is not None:
                yield _case(SLIGHTLY, clip, found.samples, take.edges[-1] / RATE, f"{kind} {found.note}")
    yield from _spoken_doubles(recorder, part, rounds, seed)


def _spoiled(kind: str, clip: Clip, take: Take, others: Sequence[Take], rng: np.random.Generator) -> Spoiled | None:
    if kind == "half speed":
        return None if clip.line.category == "paragraph" else Spoiled(slowed(clip.samples), "")
    return spoil(kind, take, others, rng)


def _spoken_doubles(recorder: Recorder, part: Part, rounds: int, seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed + 2)
    lines = [line for line in read_lines(part) if line.category != "paragraph"]
    for line, voice, speed in schedule(lines, min(rounds, 2))[::3]:
        words = line.spoken.split()
        i = int(rng.integers(len(words)))
        doubled = " ".join([*words[:i], words[i].rstrip(".,?!"), *words[i:]])
        clip = recorder.clip(Line(part, line.number, line.category, doubled, doubled), voice, speed)
        said = Clip(line, voice, speed, clip.samples, clip.phonemes, clip.ends)
        yield _case(SPOKEN_DOUBLED, said, clip.samples, None)


def _case(kind: str, clip: Clip, samples: Samples, end: float | None, note: str = "") -> Case:
    expected = Expected(clip.line.written, clip.line.spoken, "en-US", clip.speed)
    return Case(kind, clip.line, clip.voice, expected, samples, end, note)


def slowed(samples: Samples) -> Samples:
    """The take at half speed and the same pitch, by FFmpeg's overlap-add."""
    import av

    graph = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=RATE, layout="mono", time_base=f"1/{RATE}")
    tempo = graph.add("atempo", "0.5")
    sink = graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[np.newaxis]), format="flt", layout="mono")
    frame.sample_rate, frame.pts = RATE, 0
    source.push(frame)
    source.push(None)
    parts: list[Samples] = []
    while True:
        try:
            parts.append(sink.pull().to_ndarray().ravel())
        except (av.error.EOFError, av.error.BlockingIOError):
            return np.concatenate(parts).astype(np.float32)
