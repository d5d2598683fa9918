"""Spaces and signs are set as a careful writer would, and only those."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from speech.text.clean import clean
from speech.text.markup import MARKUP
from speech.text.spacing import normalize_spacing
from tests.speech.text.strategies import TEXTS, letters


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("a  \t b \n c\n\n\nd", "a b\nc\n\nd"),
        ("so , what ? No !", "so, what? No!"),
        ("word ,word", "word, word"),
        ("« Quoi ? » (yes .)", "« Quoi? » (yes.)"),
        ("The end.Next one!Then two?Three", "The end. Next one! Then two? Three"),
        ("Mr.Smith", "Mr. Smith"),
        ("No!!!! What??? Why?!?! Eh!?", "No! What? Why?! Eh!?"),
        ("a,, b;; c", "a, b; c"),
        ("wait..... so……", "wait… so…"),
        ("wait ... so", "wait... so"),
        ("a\n_____\nb\n===\nc\n***\nd\n~~~~\ne", "a\n\nb\n\nc\n\nd\n\ne"),
        ("my name is ____ .", "my name is."),
        ("a ==== b", "a b"),
        ("noooooo HAAAAha", "nooo HAAAha"),
        ("哈哈哈哈哈！！！", "哈哈哈！"),
        ("[pause:1s] . Next", "[pause:1s]. Next"),
    ],
)
def test_spacing(written: str, result: str) -> None:
    assert normalize_spacing(written) == result


@pytest.mark.parametrize(
    "text",
    [
        "example.Com a.b.Com www.Foo.Bar",
        "System.Collections.Generic",
        "https://x.Yz/a.Bc",
        "me@Some.Host",
        "U.S.Army",
        "3.5 and 3 : 1",
        "smile :) or :-)",
        ".5 of it",
        "I like .NET",
        "a==b --x __init__ **bold**",
        "aaa eee",
        "#ffffff",
        "wait... what",
        "a_b_c",
        "www.aaaaaa.com",
        "F10000",
        "[voice:a , b!!]",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert normalize_spacing(text) == text


@given(TEXTS)
def test_letters_and_markup_stay_and_twice_is_once(text: str) -> None:
    once = normalize_spacing(text)
    stretched = re.compile(r"(.)\1{3,}", re.IGNORECASE)
    if not stretched.search(text):
        assert letters(once) == letters(clean(text))
    assert MARKUP.findall(once) == MARKUP.findall(clean(text))
    assert normalize_spacing(once) == once
