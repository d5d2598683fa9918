"""What is done to the audio after the takes are chosen: to each chunk, and to the whole result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from speech.audio.denoise import denoise
from speech.audio.edge_trim import SoundEdges, find_edges, trim_blocks
from speech.audio.loudness import LoudnessPlan, LoudnessTarget, apply_loudness, plan_loudness
from speech.audio.silence_cut import cut_silence
from speech.audio.stretch import stretch
from speech.audio.timeline import TimeMap
from speech.samples import Samples
from speech.spool import Spool


@dataclass(frozen=True)
class SilenceCut:
    """auto-editor's rule: amplitude that counts as loud (0 to 1), and seconds kept around it."""

    threshold: float
    margin: float


@dataclass(frozen=True)
class FinishingRules:
    """Steps to take.

    Attributes:
        denoise: remove steady noise from each chunk.
        silence_cut: cut silence out of each chunk.
        stretch: speed of each chunk, 1 for none.
        trim_ms: silence at the ends of the result beyond which it is cut.
        loudness: of the whole result.
    """

    denoise: bool = False
    silence_cut: SilenceCut | None = None
    stretch: float = 1.0
    trim_ms: int | None = None
    loudness: LoudnessTarget | None = None

    @property
    def needs_whole(self) -> bool:
        """Whether a step has to hear the whole result before it can begin."""
        return self.trim_ms is not None or self.loudness is not None


@dataclass(frozen=True)
class FinishedChunk:
    """A chunk after its own steps.

    Attributes:
        samples: to be used.
        uncut: the same without the silence cut and the stretching.
        time_map: from the take's repaired audio to `samples`.
        seconds_cut: how much silence the cut took.
    """

    samples: Samples
    uncut: Samples
    time_map: TimeMap
    seconds_cut: float


def finish_chunk(samples: Samples, sample_rate: int, rules: FinishingRules) -> FinishedChunk:
    """Denoise, cut silence, stretch, in this order.

    Raises:
        ChatterboxError: a step is not available on this machine.
    """
    clean = denoise(samples, sample_rate) if rules.denoise else samples
    cut, time_map = clean, TimeMap.identity(len(clean) / sample_rate)
    if rules.silence_cut is not None:
        cut, time_map = cut_silence(clean, sample_rate, rules.silence_cut.threshold, rules.silence_cut.margin)
    seconds_cut = (len(clean) - len(cut)) / sample_rate
    if rules.stretch != 1.0:
        cut, stretched = stretch(cut, sample_rate, rules.stretch)
        time_map = time_map.then(stretched)
    return FinishedChunk(cut, clean, time_map, seconds_cut)


@dataclass(frozen=True)
class WholePlan:
    """How the assembled audio becomes the result.

    Attributes:
        edges: what is kept; ``None`` without trimming.
        loudness: gain and limits; ``None`` without that step.
        report: what the steps do, for the sidecar.
    """

    edges: SoundEdges | None
    loudness: LoudnessPlan | None
    report: dict[str, Any]

    def start(self, sample_rate: int) -> int:
        """First sample of the assembled audio that is kept."""
        return round(self.edges.start * sample_rate) if self.edges else 0


def plan_whole(spool: Spool, sample_rate: int, rules: FinishingRules, check: Callable[[], None]) -> WholePlan:
    """Measure the assembled audio; reads it a few times, holding a block at a time.

    Args:
        spool: the assembled audio.
        sample_rate: in Hz.
        rules: steps to take.
        check: called for every block; may raise to stop the work.
    """
    edges, plan, report = None, None, dict[str, Any]()
    if rules.trim_ms is not None:
        edges = find_edges(_checked(spool.blocks(), check), sample_rate).trimmed(rules.trim_ms)
        report["trim"] = {
            "head_seconds": round(edges.start, 3),
            "tail_seconds": round(edges.total - edges.end, 3),
        }
    if rules.loudness is not None:
        plan = plan_loudness(lambda: _kept(spool, sample_rate, edges, check), sample_rate, rules.loudness)
        report["loudness"] = plan.report.as_dict()
    return WholePlan(edges, plan, report)


def whole_blocks(spool: Spool, sample_rate: int, plan: WholePlan, check: Callable[[], None]) -> Iterator[Samples]:
    """The finished result, block by block; `check` as of `plan_whole`."""
    blocks = _kept(spool, sample_rate, plan.edges, check)
    return blocks if plan.loudness is None else apply_loudness(blocks, sample_rate, plan.loudness)


def _kept(spool: Spool, sample_rate: int, edges: SoundEdges | None, check: Callable[[], None]) -> Iterator[Samples]:
    blocks = _checked(spool.blocks(), check)
    return blocks if edges is None else trim_blocks(blocks, sample_rate, edges)


def _checked(blocks: Iterator[Samples], check: Callable[[], None]) -> Iterator[Samples]:
    for block in blocks:
        check()
        yield block
