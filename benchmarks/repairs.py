"""What comes back of takes with an invented tail or head: the text and nothing else, or not.

Each take is spoiled in its audio and handed out as the first take of its chunk; further takes are clean, as a
model's next attempt usually is. The pipeline's own `ChunkSpeaker` checks, mends or takes again. Run from the
repository's root::

    python -m benchmarks.repairs [--takes 50]

*Good*: the kept audio ends no more than 0.08 s before the true end of the last word and no more than 0.15 s after the
margin of 0.05 s that the pipeline keeps, and the same at the front. Ends with 1 if fewer than
97 of 100 tails come back good.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.validation import machine
from benchmarks.validation_spoil import RATE, Spoiled, Take, join, spoil
from benchmarks.validation_takes import Clip, Recorder, read_lines, schedule
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneEngine
from speech.lane import Lane
from speech.plan import ChunkText, EngineSetup, make_plan
from speech.repairs import MARGIN_SECONDS
from speech.samples import Samples
from speech.takes import ChunkResult, ChunkSpeaker, TakeRules
from speech.validation import create_validator
from speech.weights import WeightStore

TAIL_KINDS = ("babble tail", "noise tail")
CUT_INTO = 0.08
LEFT_OVER = 0.15 + MARGIN_SECONDS
GOAL = 0.97


@dataclass
class Outcome:
    """What happened to the takes of one kind."""

    count: int = 0
    good: int = 0
    mended: int = 0
    retaken: int = 0
    cut_into: int = 0
    left_over: int = 0


class ScriptedEngine(ToneEngine):
    """Hands out the spoiled take first and the clean one after."""

    def __init__(self) -> None:
        super().__init__()
        self.takes: Sequence[Samples] = ()

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        return [self.takes[min(request.retake, 1)] for request in batch]


def head_babble(rng: np.random.Generator, take: Take, others: Sequence[Take]) -> Spoiled:
    """0.5 to 1.2 s of speech from another sentence, and a gap, before the text."""
    other = others[int(rng.integers(len(others)))]
    span = int(rng.uniform(0.5, 1.2) * RATE)
    start = int(rng.integers(other.edges[0], max(other.edges[0] + 1, other.edges[-1] - span)))
    gap = np.zeros(int(rng.uniform(0.15, 0.4) * RATE), np.float32)
    return Spoiled(join((other.samples[start : start + span], gap, take.samples[take.edges[0] :])), "")


def _spoil_end(kind: str, rng: np.random.Generator, take: Take, others: Sequence[Take]) -> Spoiled | None:
    return spoil(kind, take, others, rng)


def speak(speaker: ChunkSpeaker, clip: Clip) -> ChunkResult:
    text = ChunkText(clip.line.written, clip.line.spoken, clip.line.spoken, clip.voice, "", "en-US", 0)
    setup = EngineSetup("tone", "1", RATE, {"speed": clip.speed})
    return speaker.finish(make_plan([text], setup, 1).chunks[0])


def judge(outcome: Outcome, result: ChunkResult, lead: float, start: float, end: float) -> None:
    """Compare the kept audio's ends with the true ones of the take it was cut from.

    Args:
        outcome: counts it.
        result: of the pipeline.
        lead: seconds before the first word of the clean take.
        start: of the first word in the take that was kept.
        end: of its last word.
    """
    outcome.count += 1
    outcome.retaken += result.takes > 1
    assert result.kept is not None
    repaired = result.kept.repaired
    outcome.mended += result.takes == 1 and bool(repaired.repairs)
    length = len(repaired.samples) / RATE
    true_start, true_end = repaired.time_map(start), repaired.time_map(end)
    cut_into = true_end > length + CUT_INTO or true_start < -CUT_INTO
    left_over = length - true_end > LEFT_OVER or true_start - lead > LEFT_OVER
    outcome.cut_into += cut_into
    outcome.left_over += left_over
    outcome.good += not cut_into and not left_over


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, default=Path("temp") / "validation-benchmark")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--takes", type=int, default=50, help="of each kind")
    options = parser.parse_args()
    recorder = Recorder(options.work / "clips", WeightStore(options.models))
    lines = [line for line in read_lines("test") if line.category != "paragraph"]
    clips = recorder.clips(schedule(lines, 1)[:: len(lines) // options.takes][: options.takes])
    takes = [clip.take() for clip in clips]
    validator = create_validator(cache_dir=options.models)
    engine = ScriptedEngine()
    lane = Lane(engine)
    rng = np.random.default_rng(11)
    outcomes: dict[str, Outcome] = {}
    makers: dict[str, Callable[[Take, Sequence[Take]], Spoiled | None]] = {
        kind: functools.partial(_spoil_end, kind, rng) for kind in TAIL_KINDS
    }
    makers["babble head"] = functools.partial(head_babble, rng)
    for kind, make in makers.items():
        outcome = outcomes.setdefault(kind, Outcome())
        for clip, take in zip(clips, takes, strict=True):
            others = [other for other in takes if other.voice == take.voice]
            spoiled = make(take, others)
            assert spoiled is not None
            engine.takes = (spoiled.samples, clip.samples)
            speaker = ChunkSpeaker(lane, validator, 1, TakeRules(), CancelToken(), lambda index, judged: None)
            result = speak(speaker, clip)
            moved = len(spoiled.samples) - len(take.samples) if kind == "babble head" and result.takes == 1 else 0
            lead = take.edges[0] / RATE
            judge(outcome, result, lead, lead + moved / RATE, (take.edges[-1] + moved) / RATE)
    lane.close()
    return report(outcomes)


def report(outcomes: dict[str, Outcome]) -> int:
    print(f"{machine()}\n")
    print("| kind | takes | good | mended in place | taken again | cut into a word | something left |")
    print("|---|---|---|---|---|---|---|")
    for kind, found in outcomes.items():
        print(
            f"| {kind} | {found.count} | {found.good} | {found.mended} | {found.retaken} | {found.cut_into} "
            f"| {found.left_over} |"
        )
    tails = [found for kind, found in outcomes.items() if kind in TAIL_KINDS]
    share = sum(found.good for found in tails) / sum(found.count for found in tails)
    print(f"\n{'held  ' if share >= GOAL else 'MISSED'} {share:.1%} of the tails come back good (goal {GOAL:.0%})")
    return 0 if share >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
