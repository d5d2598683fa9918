"""Sound words hit whole words only, once, and leave tidy text."""

from __future__ import annotations

import pytest
from hypothesis import given

from speech.text.markup import MARKUP
from speech.text.sound_words import MAX_RULES, SoundWord, apply_sound_words, parse_sound_words
from tests.speech.text.strategies import LONG, TEXTS, letters
from tests.support.timing import seconds


def applied(field: str, text: str) -> str:
    return apply_sound_words(text, parse_sound_words(field))


def test_a_field_is_read_line_by_line() -> None:
    assert parse_sound_words("um\n\n  hmm => well  \r\nuh=>\na=>b=>c, d\nyou  know") == (
        SoundWord("um"),
        SoundWord("hmm", "well"),
        SoundWord("uh"),
        SoundWord("a", "b=>c, d"),
        SoundWord("you know"),
    )


def test_the_last_line_for_a_pattern_counts() -> None:
    assert parse_sound_words("Um=>a\num=>b") == (SoundWord("um", "b"),)


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("a\n=>b", "Line 2 of the sound words has no pattern."),
        ("x" * 201, "The pattern in line 1 of the sound words is over 200 characters long."),
        ("\nx=>" + "y" * 501, "The replacement in line 2 of the sound words is over 500 characters long."),
        (
            "\n".join(f"w{number}" for number in range(MAX_RULES + 1)),
            "Line 501 of the sound words is one rule too many: at most 500 are allowed.",
        ),
    ],
)
def test_a_bad_line_is_named(field: str, sentence: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_sound_words(field)
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("um", "Um, the sum of umbrellas.", "the sum of umbrellas."),
        ("um", "um2 2um _um_ UM", "um2 2um __"),
        ("cat=>dog", "Cats, cat's, CAT’s cat.", "Cats, dog's, dog’s dog."),
        ("um", "um's day", "day"),
        ("don\nt\nI=>we", "don't, I'm", "don't, I'm"),
        ("amour=>love", "l'amour", "l'love"),
        ("all\nclock", "y'all at five o'clock", "y'all at five o'clock"),
        ("-\n—=>,", "well-known—yes — no", "well known, yes, no"),
        ("[laughs]=>[laugh]\n*sigh*", "ha[laughs]ha *sigh* [LAUGHS]", "ha[laugh]ha [laugh]"),
        ('"hm"=>x', "say “hm” now", "say x now"),
        ("you know", "You\nknow, it is. You,know", "it is. You,know"),
        ("a=>b\nb=>c", "a b", "b c"),
        ("um\num um=>two", "um um um", "two"),
        ("don’t=>do not", "Don't", "do not"),
        ("北京=>东京", "我爱北京吗", "我爱东京吗"),
        ("कि", "किताब कि", "किताब"),
        ("1s\npause\nlaugh\nanna", "[pause:1s] [laugh] [voice:anna] laugh", "[pause:1s] [laugh] [voice:anna]"),
        ("[laugh]=>ha ha\n[pau", "so [laugh] [pause:1s]", "so ha ha [pause:1s]"),
        ("", "as it was", "as it was"),
    ],
)
def test_rules_apply(field: str, before: str, after: str) -> None:
    assert applied(field, before) == after


@given(TEXTS)
def test_only_the_pattern_is_lost_and_markup_stays(text: str) -> None:
    result = applied("um\nzzz=>y", text)
    assert letters(result).replace("um", "") == letters(text).replace("um", "")
    assert MARKUP.findall(result) == MARKUP.findall(text)


@pytest.mark.parametrize("unit", [LONG[0], "um ", "-um, ", "w1 "])
def test_many_rules_on_long_texts_are_fast(unit: str) -> None:
    rules = parse_sound_words("\n".join(["um", "-um", *(f"w{number}=>x" for number in range(MAX_RULES - 2))]))
    text = unit * (100_000 // len(unit))
    assert seconds(lambda: apply_sound_words(text, rules)) < 3
