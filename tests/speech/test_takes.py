from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from exceptions import CancelledError, GenerationError
from speech.cancel import CancelToken
from speech.engines.tone import ToneEngine, ToneFaults
from speech.lane import Lane
from speech.plan import ChunkText, EngineSetup, PlannedChunk, make_plan
from speech.takes import ChunkSpeaker, JudgedTake, TakeRules
from speech.validation.protocol import Check, Expected, Word
from tests.support.validators import ScriptedValidator, scores

SETUP = EngineSetup("tone", "1", 24_000, {})


def chunk(text: str = "The birch canoe slid.") -> PlannedChunk:
    return make_plan([ChunkText(text, text, text, "tone-a", "hash-a", "en-US", 0)], SETUP, 1).chunks[0]


class Speaking:
    """A lane and the takes that were reported."""

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.judged: list[JudgedTake] = []
        self.cancel = CancelToken()

    def speaker(
        self, rules: TakeRules, validator: ScriptedValidator | None = None, faults: ToneFaults | None = None
    ) -> ChunkSpeaker:
        lane = Lane(ToneEngine(faults))
        self.lanes.append(lane)
        return ChunkSpeaker(lane, validator, 7, rules, self.cancel, lambda _, take: self.judged.append(take))


@pytest.fixture
def speaking() -> Iterator[Speaking]:
    speaking = Speaking()
    yield speaking
    speaking.cancel.cancel()
    for lane in speaking.lanes:
        lane.close()


def test_first_pass_makes_one_take_when_it_passes(speaking: Speaking) -> None:
    result = speaking.speaker(TakeRules(), scores(0.9)).finish(chunk())
    assert result.takes == 1
    assert result.kept is not None and result.kept.take.passed


def test_first_pass_goes_on_until_one_passes_with_new_seeds(speaking: Speaking) -> None:
    result = speaking.speaker(TakeRules(candidates=2, attempts=3), scores(0.1, 0.2, 0.3, 0.9)).finish(chunk())
    assert result.takes == 4
    assert result.kept is not None and result.kept.take.take == 3
    assert len({take.seed for take in speaking.judged}) == 4


def test_nothing_is_checked_without_a_validator(speaking: Speaking) -> None:
    result = speaking.speaker(TakeRules()).finish(chunk())
    assert result.takes == 1
    assert result.kept is not None and result.kept.take.check is None


def test_best_score_makes_a_whole_round(speaking: Speaking) -> None:
    rules = TakeRules(candidates=3, policy="best_score")
    result = speaking.speaker(rules, scores(0.6, 0.9, 0.7)).finish(chunk())
    assert result.takes == 3
    assert result.kept is not None and result.kept.take.score == 0.9


def test_shortest_chooses_the_shortest_that_passes(speaking: Speaking) -> None:
    def verdict(expected: Expected, number: int) -> Check:
        end = (0.30, 0.20, 0.10)[number]
        return Check(number < 2, 0.9, "forced", words=(Word("x", 0.0, end, 1.0),), speech_end=end)

    rules = TakeRules(candidates=3, policy="shortest")
    result = speaking.speaker(rules, ScriptedValidator(verdict)).finish(chunk())
    assert result.takes == 3
    assert result.kept is not None and result.kept.take.take == 1


@pytest.mark.parametrize(("candidates", "attempts"), [(1, 1), (3, 3), (2, 4)])
def test_takes_never_exceed_candidates_times_attempts(speaking: Speaking, candidates: int, attempts: int) -> None:
    result = speaking.speaker(TakeRules(candidates, attempts), scores(0.1)).finish(chunk())
    assert result.takes == candidates * attempts


def test_an_engine_without_chance_gets_one_round(speaking: Speaking) -> None:
    speaker = speaking.speaker(TakeRules(candidates=3, attempts=3), scores(0.1))
    engine = speaker.lane.engine
    engine.capabilities = replace(engine.capabilities, seeded=False)  # type: ignore[misc]

    assert speaker.finish(chunk()).takes == 3


def test_best_failed_take_is_kept_by_default(speaking: Speaking) -> None:
    result = speaking.speaker(TakeRules(3, 1), scores(0.2, 0.4, 0.3)).finish(chunk())
    assert result.kept is not None and result.kept.take.score == 0.4
    assert not result.kept.take.passed


def test_mark_leaves_the_chunk_out_and_says_so(speaking: Speaking) -> None:
    result = speaking.speaker(TakeRules(2, 1, on_failure="mark"), scores(0.2)).finish(chunk())
    assert result.kept is None
    assert result.takes == 2


def test_fail_names_the_chunk(speaking: Speaking) -> None:
    with pytest.raises(GenerationError) as caught:
        speaking.speaker(TakeRules(2, 1, on_failure="fail"), scores(0.2)).finish(chunk())
    assert caught.value.detail == {"chunk": 0, "text": "The birch canoe slid.", "takes": 2, "faults": []}


@pytest.mark.parametrize("kind", ["raise", "silence", "nan", "empty"])
def test_faulty_takes_are_made_again(speaking: Speaking, kind: str) -> None:
    result = speaking.speaker(TakeRules(), scores(0.9), ToneFaults(kind, 2)).finish(chunk())
    assert result.takes == 3
    assert len(result.faults) == 2
    assert result.kept is not None and np.isfinite(result.kept.repaired.samples).all()


@pytest.mark.parametrize("on_failure", ["fail", "best"])
def test_an_engine_that_always_fails_fails_the_chunk(speaking: Speaking, on_failure: str) -> None:
    rules = TakeRules(2, 2, on_failure=on_failure)  # type: ignore[arg-type]
    with pytest.raises(GenerationError, match="None of 4 takes"):
        speaking.speaker(rules, None, ToneFaults("raise", -1)).finish(chunk())


def test_cancelling_ends_the_wait_for_a_hanging_engine(speaking: Speaking) -> None:
    speaker = speaking.speaker(TakeRules(), None, ToneFaults("hang", -1))
    speaker.begin(chunk())
    speaking.cancel.cancel()
    with pytest.raises(CancelledError):
        speaker.finish(chunk())


def test_begun_chunks_are_finished_with_the_same_take(speaking: Speaking) -> None:
    speaker = speaking.speaker(TakeRules(), scores(0.9))
    speaker.begin(chunk())
    begun = speaker.finish(chunk())
    direct = speaking.speaker(TakeRules(), scores(0.9)).finish(chunk())
    assert begun.kept is not None and direct.kept is not None
    assert np.array_equal(begun.kept.repaired.samples, direct.kept.repaired.samples)


def test_whole_rounds_take_back_what_nobody_waits_for(speaking: Speaking) -> None:
    speaker = speaking.speaker(TakeRules(candidates=4, policy="best_score"), None, ToneFaults("hang", -1))
    speaking.cancel.cancel()
    with pytest.raises(CancelledError):
        speaker.finish(chunk())
    speaker.abandon()
    assert speaker.lane.waiting == 0 or speaking.cancel.cancelled


def test_most_said_comes_before_the_score(speaking: Speaking) -> None:
    def verdict(expected: Expected, number: int) -> Check:
        return Check(False, (0.4, 0.2)[number], "forced", said=(0.5, 0.9)[number])

    for most_said, kept in ((True, 1), (False, 0)):
        rules = TakeRules(2, 1, most_said=most_said)
        result = speaking.speaker(rules, ScriptedValidator(verdict)).finish(chunk())
        assert result.kept is not None and result.kept.take.take == kept


def test_no_take_is_begun_after_the_budget(speaking: Speaking) -> None:
    rules = TakeRules(3, 3, budget_seconds=0.05)
    result = speaking.speaker(rules, scores(0.1), ToneFaults(delay=0.06)).finish(chunk())
    assert result.takes == 1
