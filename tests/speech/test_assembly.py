import numpy as np
import pytest

from speech.assembly import ChunkSource, spoken_chunks
from speech.audio.timeline import TimeMap
from speech.finishing import FinishingRules
from speech.plan import ChunkText, EngineSetup, PlannedChunk, make_plan
from speech.repairs import Repaired
from speech.takes import ChunkResult, JudgedTake, KeptTake

PLAN = make_plan(
    [ChunkText(text, text, text, "tone-a", "hash-a", "en-US", 0) for text in ("One.", "Two.", "Three.", "Four.")],
    EngineSetup("tone", "1", 24_000, {}),
    1,
)


class Recorded(ChunkSource):
    """Has all audio already, and notes how many chunks were begun before each was finished."""

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self._begun = 0
        self.begun_before: list[int] = []

    @property
    def ahead(self) -> int:
        return self._ahead

    def begin(self, chunk: PlannedChunk) -> None:
        self._begun += 1

    def finish(self, chunk: PlannedChunk) -> ChunkResult:
        self.begun_before.append(self._begun)
        samples = np.full(2_400, 0.1, np.float32)
        take = JudgedTake(samples, 1, 0, 0.1, None)
        return ChunkResult(chunk, KeptTake(take, Repaired(samples, TimeMap.identity(0.1), ())), 1)

    def abandon(self) -> None:
        self._begun = 0


@pytest.mark.parametrize(
    ("early_start", "ahead", "begun"),
    [(False, 1, [2, 3, 4, 4]), (True, 1, [1, 2, 4, 4]), (False, 8, [4, 4, 4, 4]), (True, 8, [1, 2, 4, 4])],
)
def test_the_first_two_chunks_of_an_early_start_are_made_alone(early_start: bool, ahead: int, begun: list[int]) -> None:
    source = Recorded(ahead)
    spoken = list(spoken_chunks(PLAN, source, FinishingRules(), early_start=early_start))
    assert [chunk.result.chunk.index for chunk in spoken] == [0, 1, 2, 3]
    assert source.begun_before == begun
