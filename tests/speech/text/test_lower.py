"""Only what is read letter by letter keeps its capitals."""

from __future__ import annotations

import pytest
from hypothesis import given

from speech.text.lower import lower_case
from speech.text.markup import MARKUP
from tests.speech.text.strategies import TEXTS


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("The Cat and McDonald", "the cat and mcdonald"),
        ("I'm in the F B I, plan B", "I'm in the F B I, plan B"),
        ("The CEO of NASA's US team", "the CEO of NASA's US team"),
        ("GPUs at AT&T do R&D", "GPUs at AT&T do R&D"),
        ("MP3, H2O and B12 in 4K", "MP3, H2O and B12 in 4K"),
        ("It is WONDERFUL.", "it is wonderful."),
        ("BUY NOW. Then go", "buy now. then go"),
        ("STOP!\nhe said", "stop!\nhe said"),
        ("I SAY R&D ROCKS", "I say R&D rocks"),
        ("THE CEOs", "the ceos"),
        ("He has two P H Ds. As Is", "he has two P H Ds. as is"),
        ("COVID-19 in the UK", "COVID-19 in the UK"),
        ("В США и Россия", "В США и россия"),
        ("İstanbul ΣΟΦΟΚΛΗΣ", "İstanbul σοφοκλης"),
        ("[voice:Anna] Hello [LAUGH] Bob", "[voice:Anna] hello [LAUGH] bob"),
        ("", ""),
    ],
)
def test_lower_case(written: str, result: str) -> None:
    assert lower_case(written) == result


@given(TEXTS)
def test_length_letters_and_markup_stay_and_twice_is_once(text: str) -> None:
    once = lower_case(text)
    assert len(once) == len(text)
    assert all(a == b or a == b.lower() or b in "Σ" for a, b in zip(once, text, strict=True))
    assert MARKUP.findall(once) == MARKUP.findall(text)
    assert lower_case(once) == once
