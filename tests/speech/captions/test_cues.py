import math
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.captions import CaptionWord, Cue, make_cues, spread_words
from tests.support.caption_parsers import visible

LETTERS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=8)
PLAIN = st.sampled_from(
    [
        "the",
        "lighthouse",
        "and",
        "Dr.",
        "Smith",
        "harbor,",
        "evening.",
        "5",
        "kg",
        "?",
        "a",
        "-->",
        "<b>",
        "&",
        "x" * 60,
    ]
)
WIDE = st.sampled_from(
    ["東", "京。", "「は", "ー", "한국어", "שלום", "مرحبا،", "e\u0301" * 30, "👩‍👩‍👧" * 20, "👩\u200d" * 30, "\u0301"]
)


@st.composite
def spoken(draw: st.DrawFn, texts: st.SearchStrategy[str] = PLAIN | WIDE | LETTERS) -> list[CaptionWord]:
    """Words in order, with pauses and chunks of any length; some take no time."""
    words: list[CaptionWord] = []
    now, chunk = draw(st.sampled_from([0.0, 0.4, 3599.9])), 0
    for text in draw(st.lists(texts, max_size=40)):
        if draw(st.integers(0, 5)) == 0:
            chunk += 1
        now += draw(st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.4, 0.6, 0.9, 3.0]))
        end = now + draw(st.sampled_from([0.0, 0.05, 0.2, 0.3, 0.5, 1.0, 9.0]))
        words.append(CaptionWord(text, now, end, chunk, draw(st.booleans())))
        now = end
    return words


def width(text: str) -> int:
    narrow = {"Mn": 0, "Me": 0, "Cf": 0}
    return sum(narrow.get(unicodedata.category(c), 2 if unicodedata.east_asian_width(c) in "WF" else 1) for c in text)


def letters(cues: list[Cue]) -> str:
    return "".join("".join(line for cue in cues for line in cue.lines).split())


@given(spoken())
def test_every_word_is_shown_once_and_in_order(words: list[CaptionWord]) -> None:
    assert letters(make_cues(words)) == visible("".join(word.text for word in words))


@given(spoken())
def test_cues_are_narrow_and_do_not_overlap(words: list[CaptionWord]) -> None:
    cues = make_cues(words)
    assert [cue.index for cue in cues] == list(range(1, len(cues) + 1))
    for cue in cues:
        assert cue.start < cue.end
        assert 1 <= len(cue.lines) <= 2
        assert all(line.strip() == line != "" and width(line) <= 42 for line in cue.lines)
    for left, right in pairwise(cues):
        assert left.end == right.start or right.start - left.end >= 0.04 - 1e-9


def times_of(cues: list[Cue], words: list[CaptionWord]) -> list[list[CaptionWord]]:
    """The words of each cue, found by counting letters."""
    groups: list[list[CaptionWord]] = []
    rest = [(word, len(visible(word.text))) for word in words if visible(word.text)]
    for cue in cues:
        wanted, group = len("".join("".join(cue.lines).split())), []
        while wanted > 0:
            word, size = rest.pop(0)
            group.append(word)
            if size > wanted:
                rest.insert(0, (word, size - wanted))
            wanted -= size
        groups.append(group)
    return groups


@given(spoken(PLAIN))
def test_no_cue_spans_a_long_pause_or_is_too_long(words: list[CaptionWord]) -> None:
    cues = make_cues(words)
    for cue, group in zip(cues, times_of(cues, words), strict=True):
        assert cue.end - cue.start <= 7.001 or len(group) == 1
        for left, right in pairwise(group):
            pause = right.start - left.end
            assert left.chunk == right.chunk or pause <= 0.8
            assert not (left.text == "evening." and right.text[0].isupper() and pause > 0.5)


@given(spoken(PLAIN))
def test_cues_stay_long_enough_where_silence_follows(words: list[CaptionWord]) -> None:
    cues = make_cues(words)
    for number, cue in enumerate(cues):
        following = cues[number + 1] if number + 1 < len(cues) else None
        needed = max(0.7, sum(map(len, cue.lines)) / 20)
        free = math.inf if following is None else following.start - cue.start
        assert cue.end - cue.start >= min(needed, free) - 0.0015


@given(spoken(PLAIN), st.floats(0, 60))
def test_the_last_cue_does_not_outlast_the_result(words: list[CaptionWord], more: float) -> None:
    if words:
        duration = words[-1].end + more
        cues = make_cues(words, duration)
        assert cues[-1].end <= duration + 0.001 or cues[-1].end - cues[-1].start == pytest.approx(0.04)
        assert cues[-1].end >= words[-1].end - 0.001


def lines(text: str, seconds: float | None = None) -> list[tuple[str, ...]]:
    return [cue.lines for cue in make_cues(spread_words(text, 0, seconds or len(text) * 0.07))]


def test_lines_break_where_the_sense_does() -> None:
    assert lines("The lighthouse stood at the edge of the harbor, where all of the fishing boats came in.") == [
        ("The lighthouse stood", "at the edge of the harbor,"),
        ("where all of the fishing boats came in.",),
    ]
    assert lines("He waited for a long time in the rain and then he went home.") == [
        ("He waited for a long time in the rain", "and then he went home.")
    ]
    assert lines("It was already dark outside. Nobody answered the door.") == [
        ("It was already dark outside.", "Nobody answered the door.")
    ]


def test_what_belongs_together_stays_on_one_line() -> None:
    for text in (
        "The woman at the counter had asked for Dr. Smith, but nobody knew him.",
        "The whole of the package that he sent weighs 5 kg and nothing more.",
        "The very last train of the day leaves at 7:45 p.m. from the old station.",
    ):
        shown = " | ".join(line for cue in lines(text) for line in cue)
        assert any(kept in shown for kept in ("Dr. Smith", "5 kg", "7:45 p.m."))


def test_a_long_address_is_cut_and_nothing_else() -> None:
    address = "https://www.example.com/" + "a" * 60
    shown = lines(f"See {address} for more.")
    flat = [line for cue in shown for line in cue]
    assert flat[0] == "See"
    assert "".join(flat[1:]).startswith(address)
    assert max(map(len, flat)) == 42


def test_wide_characters_count_twice_and_lines_begin_with_no_closing_sign() -> None:
    text = "何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。「吾輩は人間というものを見た。」"
    shown = [line for cue in lines(text, 20.0) for line in cue]
    assert "".join(shown) == text
    assert all(width(line) <= 42 for line in shown)
    assert not any(line[0] in "。、」ー" or line[-1] == "「" for line in shown)


def test_right_to_left_text_keeps_its_order() -> None:
    text = "كانت المدينة هادئة في ذلك الصباح، ولم يكن في الشوارع سوى بائع الخبز وقطته الصغيرة."
    assert " ".join(line for cue in lines(text) for line in cue) == text


def test_a_result_in_one_breath_has_cues_that_touch() -> None:
    cues = make_cues(spread_words("word " * 60, 0, 20))
    assert all(left.end == right.start for left, right in pairwise(cues))
    assert cues[-1].end == 20.0


def test_words_without_signs_and_without_times_make_cues_too() -> None:
    cues = make_cues([CaptionWord("word", 1.0, 1.0, 0)] * 100)
    assert letters(cues) == "word" * 100
    assert make_cues([]) == []
    assert make_cues([CaptionWord(" \x00", 0.0, 1.0, 0)]) == []


@pytest.mark.parametrize("moment", [math.nan, math.inf])
def test_times_must_be_numbers(moment: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        make_cues([CaptionWord("a", moment, 1.0, 0)])
