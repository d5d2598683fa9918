from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.plan import ChunkText, EngineSetup, Plan, derive_seed, make_plan

SETUP = EngineSetup("tone", "1", 24_000, {"speed": 1.0})
texts = st.lists(
    st.builds(
        ChunkText, st.text(min_size=1), st.text(), st.text(), st.text(), st.text(), st.text(), st.integers(0, 5000)
    ),
    min_size=1,
    max_size=5,
)


def said(text: str, pause: int = 0) -> ChunkText:
    return ChunkText(text, text, text, "tone-a", "hash-a", "en-US", pause)


@given(texts, st.integers(0, 2**32 - 1))
def test_plan_survives_json(chunks: list[ChunkText], seed: int) -> None:
    plan = make_plan(chunks, SETUP, seed, lead_pause_ms=seed % 1000)
    assert Plan.from_json(plan.to_json()) == plan


@given(texts)
def test_equal_arguments_give_an_equal_plan(chunks: list[ChunkText]) -> None:
    assert make_plan(chunks, SETUP, 1) == make_plan(list(chunks), SETUP, 1)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"chunks": [1]}', '{"chunks": [], "more": 1}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Plan.from_json(text)


def test_content_hash_depends_on_sound_and_not_on_place() -> None:
    hello, world = said("Hello."), said("World.", 250)
    first = make_plan([hello, world], SETUP, 1).chunks
    second = make_plan([world, hello], SETUP, 2).chunks
    assert first[0].content_hash == second[1].content_hash
    own = first[0].content_hash
    for other in (
        make_plan([replace(hello, voice_hash="hash-b")], SETUP, 1),
        make_plan([replace(hello, language="en-GB")], SETUP, 1),
        make_plan([replace(hello, read="hullo.")], SETUP, 1),
        make_plan([hello], replace(SETUP, parameters={"speed": 1.1}), 1),
        make_plan([hello], replace(SETUP, engine_version="2"), 1),
    ):
        assert other.chunks[0].content_hash != own


@given(st.integers(0, 2**32 - 1), st.text(), st.integers(0, 9), st.integers(0, 9))
def test_seeds_are_valid_and_repeatable(base: int, content: str, take: int, attempt: int) -> None:
    seed = derive_seed(base, content, take, attempt)
    assert 1 <= seed < 2**32
    assert seed == derive_seed(base, content, take, attempt)


def test_every_take_has_its_own_seed() -> None:
    seeds = {derive_seed(7, "chunk", take, attempt) for take in range(10) for attempt in range(10)}
    assert len(seeds) == 100
