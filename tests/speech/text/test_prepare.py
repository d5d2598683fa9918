"""The rules work together: in order, without loss, on any text, and fast."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.text.clean import clean
from speech.text.markup import MARKUP, parse_markup
from speech.text.prepare import TextRules, prepare_text
from speech.text.sound_words import parse_sound_words
from speech.text.spoken import spoken_form
from speech.text.spoken.order import RULES
from tests.speech.text.strategies import LONG, TEXTS, letters
from tests.support.timing import seconds

NO_RULES = TextRules((), False, False, False, False, "keep")
FAST = TextRules(parse_sound_words("um\nuh=>so"))
SOUNDS = parse_sound_words("um\n*sigh*=>[sigh]\n[laughs]=>[laugh]\n😀=>[laugh]\nyou know\n1s=>one second")

PROSE = st.lists(
    st.sampled_from(
        [
            "Hello",
            "there,",
            "um,",
            "the",
            "end.12",
            "Next",
            "text[3]",
            "J.R.R.",
            "Tolkien's",
            "U.S.",
            "😀",
            "👍🏽",
            "(yes)",
            "“No.”",
            "Nooooo!!!!",
            "[pause:1s]",
            "[voice:anna]",
            "[laugh]",
            "—",
            "3.5",
            "m²",
            "word¹²",
            "*so*",
            "**now**",
            "snake_case",
            "`code`",
            "[a](b)",
            "\n",
            "\n\n",
            "\n\n# Title\n",
            "\n- item",
            "...",
            ",,",
            "www.x.com",
            "end.Next",
            "*sigh*",
            "you know",
            "你好。",
            "e.g.",
            "?!?!",
            "\n---\n",
            "\n> said",
            "😀",
            "~~gone~~",
            "<b>x</b>",
        ]
    ),
    max_size=30,
).map(" ".join)


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("## J.R.R. Tolkien\n**wrote** it.[3] 🎉", "J R R Tolkien\n\nwrote it."),
        ("Well *sigh* I **um**, you *know*, [laughs] go 😀!!!!", "Well [sigh] I, [laugh] go [laugh]!"),
        ("**Um**, hello [pause:1s] there", "hello [pause:1s] there"),
        ("born in the U.S.12 Then he", "born in the U S. Then he"),
        ("A **word**[3] &amp; m² .", "A word & m²."),
        ("- [voice:anna] Hi.Then\n- [pause:1s]", "[voice:anna] Hi. Then.\n[pause:1s]"),
    ],
)
def test_rules_work_together(written: str, result: str) -> None:
    assert prepare_text(written, TextRules(SOUNDS)) == result


@pytest.mark.parametrize(
    ("rules", "result"),
    [
        (NO_RULES, "**J.R.** 😀 end.12 So !! um"),
        (TextRules(parse_sound_words("um"), False, False, False, False, "keep"), "**J.R.** 😀 end.12 So !!"),
        (TextRules((), True, False, False, False, "keep"), "**J.R.** 😀 end.12 So! um"),
        (TextRules((), False, True, False, False, "keep"), "**J R** 😀 end.12 So !! um"),
        (TextRules((), False, False, True, False, "keep"), "**J.R.** 😀 end. So !! um"),
        (TextRules((), False, False, False, True, "keep"), "J.R. 😀 end.12 So !! um"),
        (TextRules((), False, False, False, False, "name"), "**J.R.** grinning face, end.12 So !! um"),
        (TextRules((), False, False, False, False, "remove"), "**J.R.** end.12 So !! um"),
    ],
)
def test_each_rule_can_be_chosen_alone(rules: TextRules, result: str) -> None:
    assert prepare_text("**J.R.** 😀 end.12  So !! um", rules) == result


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        pytest.param(written, spoken, id=f"{rule.name}: {written}")
        for rule in RULES
        for written, spoken in rule.examples
        if written != "see note⁵"  # the number of a note, which goes
    ],
)
def test_the_spoken_form_understands_what_is_prepared(written: str, spoken: str) -> None:
    assert spoken_form(prepare_text(written, TextRules())) == spoken


def words(text: str) -> str:
    """Letters without their accents, which a number between them may have kept apart."""
    return "".join(character for character in unicodedata.normalize("NFD", text) if character.isalpha())


@given(TEXTS)
def test_without_rules_the_text_is_only_cleaned(text: str) -> None:
    assert prepare_text(text, NO_RULES) == clean(text)


@given(TEXTS)
def test_the_result_is_clean_and_words_are_not_lost(text: str) -> None:
    for mode in ("remove", "name"):
        prepared = prepare_text(text, TextRules(emoji=mode))
        assert prepared == clean(prepared)
    prepared = prepare_text(text, TextRules(normalize_spacing=False, emoji="keep"))
    if not any(sign in text for sign in ("[", "](", "<", "&")):
        assert words(prepared) == words(clean(text))


@given(PROSE)
def test_twice_is_once(text: str) -> None:
    once = prepare_text(text, TextRules())
    assert prepare_text(once, TextRules()) == once


@given(TEXTS)
def test_markup_stays(text: str) -> None:
    text = clean("".join(character for character in text if character not in "<>()`&\\\ufe0f"))
    assert MARKUP.findall(prepare_text(text, TextRules())) == MARKUP.findall(text)


@given(TEXTS)
def test_what_is_prepared_can_be_parsed(text: str) -> None:
    prepared = prepare_text(text, TextRules(SOUNDS))
    segments = parse_markup(prepared, ("laugh",)).segments
    assert len(letters("".join(segment.text for segment in segments))) <= len(letters(prepared))


@pytest.mark.parametrize("unit", [*LONG, "ab"])
def test_four_times_the_text_takes_about_four_times_as_long(unit: str) -> None:
    short, long = (unit * (size // len(unit)) for size in (50_000, 200_000))
    once = seconds(lambda: prepare_text(short, FAST))
    assert seconds(lambda: prepare_text(long, FAST)) < 10 * once + 0.5  # 16 times, if each character looked at all


def test_a_million_combining_marks_take_as_long_as_four_quarters() -> None:
    once = seconds(lambda: prepare_text("e" + "\u0323" * 250_000, FAST))
    assert seconds(lambda: prepare_text("e" + "\u0323" * 1_000_000, FAST)) < 10 * once + 0.5
