"""Pauses, voices and tags cut a text up without losing any of it."""

from __future__ import annotations

import pytest
from hypothesis import given

from speech.text.markup import MARKUP, MarkedText, Segment, parse_markup, split_tags, strip_tags
from tests.speech.text.strategies import LONG, TEXTS, letters
from tests.support.timing import seconds

KNOWN = ("laugh", "clear throat")


def parsed(text: str) -> MarkedText:
    return parse_markup(text, KNOWN)


def shape(text: str) -> list[tuple[str, str | None, int | None]]:
    return [(segment.text, segment.voice, segment.pause_after_ms) for segment in parsed(text).segments]


@pytest.mark.parametrize(
    ("mark", "milliseconds"),
    [
        ("[pause:1.5s]", 1500),
        ("[pause:500ms]", 500),
        ("[pause:2]", 2000),
        ("[PAUSE : 2 S]", 2000),
        ("[ pause:0,25s ]", 250),
        ("[pause:.5]", 500),
        ("[pause:0]", 0),
        ("[pause:30s]", 30_000),
        ("[pause:1s][pause:250ms] [pause:1s]", 2250),
        ("[pause:20s]\n[pause:20s]", 30_000),
    ],
)
def test_pauses(mark: str, milliseconds: int) -> None:
    assert shape(f"One. {mark} Two.") == [("One.", None, milliseconds), ("Two.", None, None)]


def test_a_pause_before_any_text_is_kept() -> None:
    assert shape("[pause:1s] Hi") == [("", None, 1000), ("Hi", None, None)]
    assert shape("[voice:anna][pause:1s] Hi") == [("", "anna", 1000), ("Hi", "anna", None)]
    assert shape("[pause:1s]") == [("", None, 1000)]


def test_voices_hold_until_the_next() -> None:
    assert shape("A [voice:An na] B [Voice: bob ] C [/voice] D [voice:x]E[voice]F[voice:y]G[voice:]H") == [
        ("A", None, None),
        ("B", "An na", None),
        ("C", "bob", None),
        ("D", None, None),
        ("E", "x", None),
        ("F", None, None),
        ("G", "y", None),
        ("H", None, None),
    ]


def test_empty_segments_vanish_and_leave_their_pause() -> None:
    assert shape("A [voice:x] [pause:1s] [voice:y] [pause:1s] B") == [("A", None, 2000), ("B", "y", None)]
    assert shape("[voice:x]") == []
    assert shape("") == []


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("Hi [pause:1s]. Then", ["Hi.", "Then"]),
        ("“Hi[pause:1s]”, he", ["“Hi”,", "he"]),
        ("Hi [pause:1s] — [pause:1s] then", ["Hi —", "then"]),
        ("Hi [pause:1s] .5 of it", ["Hi", ".5 of it"]),
        ("你好[pause:1s]。好", ["你好。", "好"]),
    ],
)
def test_signs_stay_with_the_text_before(text: str, segments: list[str]) -> None:
    assert [segment.text for segment in parsed(text).segments] == segments


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("A\n\n[pause:1s]B", [True, True]),
        ("A[pause:1s]\n \nB", [True, True]),
        ("A[voice:x]\n\n[pause:1s]B", [True, True]),
        ("A\n[pause:1s]\nB", [False, True]),
        ("A [pause:1s].\n\nB", [True, True]),
        ("[pause:1s]\n\nB", [True, True]),
        ("A\n\nB", [True]),
        ("A[pause:1s]", [True]),
    ],
)
def test_ends_of_paragraphs(text: str, ends: list[bool]) -> None:
    assert [segment.ends_paragraph for segment in parsed(text).segments] == ends


def test_known_tags_stay_and_others_are_listed() -> None:
    marked = parsed("So [Laugh] I, [sigh], [SIGH] and [clear  throat] [yawn] no [note] x.")
    assert marked == MarkedText(
        (Segment("So [laugh] I, and [clear throat] no [note] x.", ends_paragraph=True),), ("sigh", "yawn")
    )


def test_an_engine_may_know_tags_of_its_own() -> None:
    assert parse_markup("A [Hum] b [hum]", ("hum",)).segments[0].text == "A [hum] b [hum]"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a [pause:abc] b", "The pause [pause:abc] has no length such as 1.5s or 500ms."),
        ("a [pause:] b", "The pause [pause:] has no length such as 1.5s or 500ms."),
        ("a [pause:1m] b", "The pause [pause:1m] has no length such as 1.5s or 500ms."),
        ("a [pause:-1s] b", "The pause [pause:-1s] is negative."),
        ("a [pause:500s] b", "The pause [pause:500s] is over 30 seconds long."),
        ("a [pause:30001ms] b", "The pause [pause:30001ms] is over 30 seconds long."),
        (f"a [voice:{'x' * 201}] b", f"The voice name in [voice:{'x' * 53}… is over 200 characters long."),
    ],
)
def test_malformed_marks_are_faults_and_stay(text: str, fault: str) -> None:
    marked = parsed(text)
    assert marked.faults == (fault,)
    assert [segment.text for segment in marked.segments] == [text]


@pytest.mark.parametrize("text", ["[pause]", "[Anna] hi", "a[3]", "[voices:x]", "[pause 1s]", "[[x]]", r"\[pause:1s]"])
def test_other_brackets_stay_text(text: str) -> None:
    assert shape(text) == [(text, None, None)]


def test_tags_are_stripped_and_split() -> None:
    text = "[Laugh] Well, [clear throat], no [sigh]."
    assert strip_tags(text, KNOWN) == "Well, no [sigh]."
    assert split_tags(text, KNOWN) == ["", "[Laugh]", " Well, ", "[clear throat]", ", no [sigh]."]


@given(TEXTS)
def test_no_letter_outside_of_markup_is_lost(text: str) -> None:
    marked = parsed(text)
    spoken = letters("".join(strip_tags(segment.text, KNOWN) for segment in marked.segments))
    faulty = MARKUP.sub(lambda match: match.group() if "pause:x" in match.group() else "", text)
    assert spoken == letters(faulty)
    for segment in marked.segments[1:]:
        assert segment.text and segment.text == segment.text.strip()


@given(TEXTS)
def test_parts_joined_are_the_text(text: str) -> None:
    assert "".join(split_tags(text, KNOWN)) == text


@pytest.mark.parametrize("unit", [*LONG, "[voice:x", "[laugh] a", "[pause:1s] a ", "[ ", "] "])
def test_time_grows_in_proportion_to_the_text(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    assert seconds(lambda: parsed(text)) < 3
