import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.captions import CaptionWord, Cue, make_cues, spread_words, to_json, to_srt, to_vtt
from tests.support.caption_parsers import read_srt, read_vtt, visible

CUES = [
    Cue(1, 0.0, 1.5, ("Tom & Jerry <b>ran</b>", "{\\an8}up --> down.")),
    Cue(2, 3599.999, 360_000.25, ("مرحبا 👋",)),
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)


def test_subrip_looks_as_players_expect() -> None:
    assert to_srt(CUES).replace("\u200b", "") == (
        "1\n00:00:00,000 --> 00:00:01,500\nTom & Jerry <b>ran</b>\n{\\an8}up --> down.\n"
        "\n2\n00:59:59,999 --> 100:00:00,250\nمرحبا 👋\n"
    )
    text = to_srt(CUES)
    assert "<b>" not in text and "</b>" not in text and "{\\" not in text and text.count("-->") == 2


def test_webvtt_has_its_header_and_escapes() -> None:
    assert to_vtt(CUES) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nTom &amp; Jerry &lt;b&gt;ran&lt;/b&gt;\n{\\an8}up --&gt; down.\n"
        "\n00:59:59.999 --> 100:00:00.250\nمرحبا 👋\n"
    )


def test_without_words_the_files_are_empty_but_valid() -> None:
    assert (to_srt([]), to_vtt([])) == ("", "WEBVTT\n")
    assert json.loads(to_json([], [])) == {"version": 1, "duration": 0.0, "words": [], "cues": []}


@given(TEXTS, st.floats(0.1, 20_000))
def test_files_are_read_back(text: str, seconds: float) -> None:
    words = spread_words(text, 0.0, seconds)
    cues = make_cues(words, seconds)
    expected = [(cue.start, cue.end, list(cue.lines)) for cue in cues]
    without = [(start, end, [line.replace("\u200b", "") for line in lines]) for start, end, lines in expected]
    for read, wanted in ((read_srt(to_srt(cues)), without), (read_vtt(to_vtt(cues)), expected)):
        assert [lines for _, _, lines in read] == [lines for _, _, lines in wanted]
        assert [moment for cue in read for moment in cue[:2]] == pytest.approx(
            [moment for cue in wanted for moment in cue[:2]], abs=1e-6
        )
    shown = "".join("".join(line.split()) for _, _, lines in read_vtt(to_vtt(cues)) for line in lines)
    assert shown == visible(text)


def test_json_has_every_word_and_cue() -> None:
    words = [
        CaptionWord("Hello", 0.1004, 0.5, 0),
        CaptionWord("wörld.", 0.5, 0.9, 0),
        *spread_words("Yes.", 2.0, 2.5, 1),
    ]
    cues = make_cues(words, 3.0)
    assert json.loads(to_json(words, cues, 3.0)) == {
        "version": 1,
        "duration": 3.0,
        "words": [
            {"word": "Hello", "start": 0.1, "end": 0.5, "chunk": 0},
            {"word": "wörld.", "start": 0.5, "end": 0.9, "chunk": 0},
            {"word": "Yes.", "start": 2.0, "end": 2.5, "chunk": 1, "estimated": True},
        ],
        "cues": [
            {"index": 1, "start": 0.1, "end": 0.9, "text": "Hello wörld."},
            {"index": 2, "start": 2.0, "end": 2.7, "text": "Yes."},
        ],
    }
    assert json.loads(to_json(words, cues))["duration"] == 2.7
    assert "wörld" in to_json(words, cues)


@given(st.text(st.characters(), max_size=30))
def test_any_text_can_be_stored(text: str) -> None:
    words = [CaptionWord(text, 0.0, 1.0, 0)]
    cues = make_cues(words)
    for content in (to_srt(cues), to_vtt(cues), to_json(words, cues)):
        content.encode("utf-8")
