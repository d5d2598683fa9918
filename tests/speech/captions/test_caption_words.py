import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.captions import CaptionWord, caption_words, spread_words
from speech.quality import ChunkQuality
from speech.text.clean import clean
from speech.validation.protocol import Word
from speech.validation.words import word_spans


def chunk(
    text: str, index: int = 0, start: float = 0.0, end: float = 10.0, language: str = "en", **changed: object
) -> ChunkQuality:
    """A chunk whose words are a second long each."""
    spans = word_spans(text, language)
    words = tuple(Word(text[a:b], start + n, start + n + 1.0, 0.9) for n, (a, b) in enumerate(spans))
    facts = {
        "index": index, "text": text, "voice": "a", "start": start, "end": end, "takes": 1, "spoken": True,
        "seed": 1, "score": 0.9, "wer": None, "transcript": None, "words": words, "repairs": (), "warnings": (),
        "passed": True,
    }  # fmt: skip
    return ChunkQuality(**{**facts, **changed})  # type: ignore[arg-type]


def joined(words: list[CaptionWord]) -> str:
    return "".join(" " * word.space + word.text for word in words).strip()


def test_heard_words_keep_their_times_and_chunks() -> None:
    words = caption_words([chunk("One two.", 0), chunk("Three.", 1, start=5.0)])
    assert words == [
        CaptionWord("One", 0.0, 1.0, 0),
        CaptionWord("two.", 1.0, 2.0, 0),
        CaptionWord("Three.", 5.0, 6.0, 1),
    ]


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        ("Hello — world …", "en", ["Hello —", "world …"]),
        ("- first item", "en", ["- first", "item"]),
        ("„Hallo“ sagte er", "de", ["„Hallo“", "sagte", "er"]),
        ("彼は「はい」と言った。", "ja", ["彼", "は", "「は", "い」", "と", "言", "っ", "た。"]),
    ],
)
def test_signs_go_with_the_word_they_belong_to(text: str, language: str, parts: list[str]) -> None:
    words = caption_words([chunk(text, language=language)])
    assert [word.text for word in words] == parts
    assert joined(words) == text


def test_words_of_unspaced_languages_are_joined_without_spaces() -> None:
    words = caption_words([chunk("東京 ABC 大阪", language="ja")])
    assert joined(words) == "東京 ABC 大阪"
    assert [word.space for word in words] == [True, False, True, False, False, True, False]


def test_a_validator_that_spells_its_own_way_is_believed() -> None:
    own = (Word("three", 0.0, 0.5, 1.0), Word("dollars", 0.5, 1.0, 1.0))
    words = caption_words([chunk("$3", words=own)])
    assert [(word.text, word.start, word.end) for word in words] == [("three", 0.0, 0.5), ("dollars", 0.5, 1.0)]


def test_unchecked_chunks_are_estimated_and_unspoken_ones_left_out() -> None:
    words = caption_words([chunk("Not heard.", 0, words=()), chunk("Not spoken.", 1, spoken=False, words=())])
    assert [(word.text, word.estimated, word.chunk) for word in words] == [("Not", True, 0), ("heard.", True, 0)]


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("abc d, efgh!", [3, 1, 4]),
        ("— abc —", [3]),
        ("in 1999 — we", [2, 16, 2]),
        ("猫 abc 犬", [3, 3, 3]),
        ("don't", [4]),
        ('say "hi"', [3, 2]),
        ("...", [1]),
        ("", []),
        ("  ", []),
    ],
)
def test_time_is_shared_out_by_letters(text: str, shares: list[int]) -> None:
    words = spread_words(text, 2.0, 2.0 + sum(shares), chunk=4)
    assert [word.end - word.start for word in words] == pytest.approx(shares)
    assert joined(words) == text.strip()
    assert all(word.estimated and word.chunk == 4 for word in words)


def test_quotation_marks_stay_with_their_word() -> None:
    assert [word.text for word in spread_words('he said "no" to “me”', 0, 1)] == ["he", "said", '"no"', "to", "“me”"]


@given(st.text(max_size=80), st.floats(0, 1e5), st.floats(0, 1e3))
def test_spreading_keeps_every_character_in_order(text: str, start: float, length: float) -> None:
    text = clean(text).replace("\n", " ")
    words = spread_words(text, start, start + length)
    assert "".join(joined(words).split()) == "".join(text.split())
    times = [moment for word in words for moment in (word.start, word.end)]
    assert times == sorted(times)
    if words:
        assert times[0] == pytest.approx(start, abs=1e-3)
        assert times[-1] == pytest.approx(start + length, abs=1e-3)
        assert all(any(map(str.isalnum, word.text)) for word in words) or len(words) == 1


@given(st.text(max_size=80), st.sampled_from(["en", "ja", "th"]))
def test_heard_words_keep_every_character_in_order(text: str, language: str) -> None:
    text = clean(text).replace("\n", " ")
    words = caption_words([chunk(text, language=language)])
    assert "".join(joined(words).split()) == "".join(text.split())
