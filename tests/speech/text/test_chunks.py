"""Chunks carry the whole text, respect the limit by any measure and are cut where a reader would."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.text.chunks import Piece, split_chunks
from speech.text.clean import clean
from speech.text.spoken import spoken_form
from tests.support.timing import seconds

LONG = (
    "It was a dark and stormy night; the rain fell in torrents, except at occasional intervals, when it was checked by "
    "a violent gust of wind which swept up the streets (for it is in London that our scene lies), rattling along the "
    "house-tops, and fiercely agitating the scanty flame of the lamps that struggled against the darkness."
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400)
PROSE = st.lists(
    st.sampled_from(
        ["Hello", "world.", "Yes!", "No?", "and", "3.5", "Dr.", "well,", "so;", "it’s", "\n", "\n\n", "—", "你好。"]
    ),
    max_size=120,
).map(" ".join)


def squeezed(text: str) -> str:
    return "".join(text.split())


def cut(text: str, limit: int = 300, language: str = "en-US") -> list[Piece]:
    return split_chunks(text, language=language, limit=limit)


@settings(max_examples=300)
@given(
    ANY_TEXT | PROSE,
    st.integers(1, 80),
    st.integers(0, 30),
    st.sampled_from(["en", "zh", "th", "ja"]),
    st.booleans(),
)
def test_nothing_is_lost_and_no_piece_is_empty_or_over_the_limit(
    text: str, limit: int, minimum: int, tag: str, batch: bool
) -> None:
    pieces = split_chunks(text, language=tag, limit=limit, minimum=minimum, batch=batch)
    assert squeezed("".join(piece.text for piece in pieces)) == squeezed(clean(text))
    for piece in pieces:
        assert piece.text and piece.text == piece.text.strip() and "\n" not in piece.text
        assert len(piece.text) <= limit


@given(PROSE, st.integers(20, 90))
def test_a_measure_that_does_not_add_up_is_respected(text: str, limit: int) -> None:
    pieces = split_chunks(text, language="en-US", limit=limit, measure=lambda part: len(spoken_form(part)))
    assert squeezed("".join(piece.text for piece in pieces)) == squeezed(clean(text))
    assert all(len(spoken_form(piece.text)) <= limit or " " not in piece.text for piece in pieces)


def test_words_stay_whole_where_they_fit() -> None:
    words = [word for piece in cut(LONG, 40) for word in piece.text.split()]
    assert words == LONG.split()


def test_one_sentence_per_piece() -> None:
    pieces = cut("This is the first sentence here. And this is another one! Is this the last sentence?")
    assert [piece.ends for piece in pieces] == ["sentence", "sentence", "paragraph"]
    assert pieces[1].text == "And this is another one!"


def test_short_sentences_join_the_next_one() -> None:
    assert cut("No. I will certainly not go there today.") == [
        Piece("No. I will certainly not go there today.", "paragraph")
    ]


def test_a_short_last_sentence_joins_the_previous_one() -> None:
    assert [piece.text for piece in cut("I will certainly not go there today. No.")] == [
        "I will certainly not go there today. No."
    ]


def test_short_sentences_stay_alone_where_joining_breaks_the_limit() -> None:
    assert [piece.text for piece in cut("No. I will not go there.", 21)] == ["No.", "I will not go there."]


def test_sentences_of_two_paragraphs_are_never_joined() -> None:
    assert cut("Yes.\n\nNo.") == [Piece("Yes.", "paragraph"), Piece("No.", "paragraph")]


def test_a_batch_takes_as_many_sentences_as_fit() -> None:
    text = "One is here. Two is here. Three is here! Four? Five."
    pieces = split_chunks(text, language="en", limit=26, batch=True)
    assert pieces == [
        Piece("One is here. Two is here.", "sentence"),
        Piece("Three is here! Four? Five.", "paragraph"),
    ]


@given(PROSE, st.integers(1, 90))
def test_a_batch_leaves_no_room_for_the_next_sentence(text: str, limit: int) -> None:
    pieces = split_chunks(text, language="en", limit=limit, batch=True)
    alone = split_chunks(text, language="en", limit=limit, minimum=0)
    assert len(pieces) <= len(alone)
    assert all(len(piece.text) <= limit for piece in pieces)


def test_a_batch_ends_with_its_paragraph_and_before_a_long_sentence() -> None:
    text = f"Short one. {'word ' * 20}end. Short two.\n\nNext."
    pieces = split_chunks(text, language="en", limit=60, batch=True)
    assert pieces[0] == Piece("Short one.", "sentence")
    assert [piece.text for piece in pieces[-2:]] == ["Short two.", "Next."]


def test_without_a_minimum_every_sentence_is_alone() -> None:
    pieces = split_chunks("No. Yes. Oh! It is.", language="en", limit=300, minimum=0)
    assert [piece.text for piece in pieces] == ["No.", "Yes.", "Oh!", "It is."]


@pytest.mark.parametrize(
    ("text", "tag", "pieces"),
    [
        ("今天很好。我们去公园！是吗？", "zh", ["今天很好。我们去公园！是吗？"]),
        (
            "名前はまだ無い。どこで生れたか、とんと見当がつかぬ。",
            "ja",
            ["名前はまだ無い。", "どこで生れたか、とんと見当がつかぬ。"],
        ),
        ("สวัสดีครับ ผมชื่อจอห์น วันนี้", "th", ["สวัสดีครับ", "ผมชื่อจอห์น", "วันนี้"]),
    ],
)
def test_batches_of_scripts_without_spaces(text: str, tag: str, pieces: list[str]) -> None:
    found = split_chunks(text, language=tag, limit=18 if tag != "th" else 12, batch=True)
    assert [piece.text for piece in found] == pieces


def test_thai_vowels_stay_with_their_consonant() -> None:
    pieces = cut("เกาะ" * 60, 30, "th")
    assert not any(piece.text[-1] in "เแโใไ" or piece.text[0] in "ะาำ" for piece in pieces)


def test_long_sentences_are_cut_at_clauses() -> None:
    pieces = cut(LONG, 160)
    assert [piece.ends for piece in pieces] == ["clause", "clause", "paragraph"]
    assert all(piece.text[-1] in ";,)." for piece in pieces)
    assert min(len(piece.text) for piece in pieces) > 50


def test_cuts_are_balanced() -> None:
    pieces = cut("word " * 61, 300)
    assert len(pieces) == 2
    assert all(len(piece.text) > 120 for piece in pieces)


def test_numbers_keep_their_unit() -> None:
    text = "We measured the whole length of that old bridge and it came to 350 million millimeters at the end of day"
    for limit in range(40, 100, 3):
        assert any("350 million" in piece.text for piece in cut(text, limit))


def test_hard_wrapped_lines_are_one_sentence() -> None:
    text = "The quick brown fox jumps over the lazy dog, and then the\nlazy dog jumps over the quick brown fox at noon."
    assert len(cut(text)) == 1


def test_headings_and_list_items_are_sentences() -> None:
    text = (
        "A heading of some length\nThe text below it begins here.\n- the first item of a list\n- the second item of it"
    )
    assert [piece.text for piece in cut(text)] == text.split("\n")


@pytest.mark.parametrize("cluster", ["é\u0323", "👨\u200d👩\u200d👧", "🇩🇪", "👍🏽", "각"])
def test_hard_cuts_keep_what_looks_like_one_character(cluster: str) -> None:
    cluster = unicodedata.normalize("NFC", cluster)
    pieces = cut(cluster * 100, 30)
    assert all(len(piece.text) % len(cluster) == 0 for piece in pieces)


def test_chinese_is_cut_at_its_own_marks() -> None:
    text = "今天天气很好，我们一起去公园散步，看到了很多美丽的花朵，孩子们在草地上玩耍，老人们在树下下棋聊天。"
    pieces = cut(text, 20, "zh")
    assert all(piece.text[-1] in "，。" for piece in pieces)


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        cut("text", 0)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "Hello there, it is me. " * 5_000,
        "hello world " * 9_000,
        "." * 100_000,
        "你好吗我很好谢谢" * 12_000,
        "a\nB\n" * 25_000,
        "“" * 100_000,
        "![a](" * 20_000,
        "!?" * 50_000,
    ],
)
def test_a_hundred_thousand_characters_take_less_than_a_second(text: str) -> None:
    assert seconds(lambda: cut(text)) < 1


@pytest.mark.no_cover
def test_a_million_combining_marks_do_not_hang() -> None:
    text = "e" + "\u0323" * 1_000_000
    assert seconds(lambda: cut(text)) < 2
    assert all(len(piece.text) <= 300 for piece in cut(text))


@pytest.mark.no_cover
@pytest.mark.parametrize("text", ["Hello there, it is me. " * 9_000, "ab" * 25_000, "A. " * 60_000, "你好。" * 60_000])
def test_batches_of_long_texts_are_fast(text: str) -> None:
    assert seconds(lambda: split_chunks(text, language="en", limit=300, batch=True)) < 3


def test_a_batch_measures_each_sentence_a_few_times_only() -> None:
    measured: list[int] = []

    def measure(part: str) -> int:
        measured.append(len(part))
        return len(part)

    split_chunks("A b. " * 2_000, language="en", limit=300, measure=measure, batch=True)
    assert sum(measured) < 100 * 10_000
