"""What is hidden from the rules comes back unchanged, whatever the text holds."""

from __future__ import annotations

import re

from hypothesis import given

from speech.text.kept import Kept, outside_markup
from speech.text.markup import MARKUP
from tests.speech.text.strategies import TEXTS


def test_hidden_parts_may_move_and_go() -> None:
    kept = Kept()
    hidden = kept.hide(re.compile(r"\d+"), "12 a 345")
    first, middle, last = hidden.split(" ")
    assert kept.restore(f"{last} {middle}") == "345 a"
    assert kept.restore(first) == "12"


def test_parts_may_be_hidden_in_parts() -> None:
    kept = Kept()
    inner = kept.hide(re.compile("b"), "abc")
    assert kept.restore(f"<{kept.token(inner)}>") == "<abc>"


@given(TEXTS)
def test_nothing_changes_where_the_rule_changes_nothing(text: str) -> None:
    assert outside_markup(text, lambda part: part) == text


@given(TEXTS)
def test_a_rule_sees_no_markup(text: str) -> None:
    changed = outside_markup(text, lambda part: re.sub(r"[a-zA-Z0-9]", "_", part))
    assert MARKUP.findall(changed) == MARKUP.findall(text)


def test_characters_of_tokens_in_the_text_are_no_tokens() -> None:
    text = "\ufdd0\ufdd1\ufdef [laugh] \ufdd0"
    assert outside_markup(text, str.upper) == text
