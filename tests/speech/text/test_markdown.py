"""Markdown leaves its words, and text that only looks like it stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.text.markdown import strip_markdown
from speech.text.markup import MARKUP
from tests.speech.text.strategies import LONG, TEXTS, letters
from tests.support.timing import seconds

LOOKS_LIKE_IT = st.text("ab1 \n*_~#>-+|(){}!;:=^.\"'\ufdd0x/", max_size=60)
ANY_SIGNS = st.text("ab1 \n*_~`#>-+|[](){}<>!\\;:=^.\"'\ufdd0x/", max_size=60)


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("# Title\ntext", "Title\n\ntext"),
        ("text\n## Title ##\ntext", "text\n\nTitle\n\ntext"),
        ("# C#", "C#"),
        ("Title\n=====\ntext", "Title\n\ntext"),
        ("Title\n---\ntext", "Title\n\ntext"),
        ("a\n***\nb", "a\n\nb"),
        ("a\n\n- - -\n\nb", "a\n\nb"),
        ("> a quote\n> > in a quote", "a quote\nin a quote"),
        ("```python\nx = *y*\n```\nafter", "x = *y*\n\nafter"),
        ("~~~\na\n```\nb\n~~~", "a\n```\nb"),
        ("````\n```\n````", "```"),
        ("a <!-- not\nthis --> b", "a  b"),
    ],
)
def test_blocks(written: str, plain: str) -> None:
    assert strip_markdown(written) == plain


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("- milk\n- two *eggs*\n  and more\n+ bread!\n* (tea)", "milk.\ntwo eggs\n  and more.\nbread!\n(tea)."),
        ("Text\n- item", "Text\nitem."),
        ("1. one\n2) two", "1. one.\n2) two."),
        ("- [ ] open\n- [x] done", "open.\ndone."),
        ("- - deep", "deep."),
        ("- milk 😀\n- eggs.[3]\n- tea [4]\n- `ham`", "milk 😀.\neggs.[3]\ntea [4].\nham."),
        ("- milk [pause:1s]\n- [voice:anna]", "milk [pause:1s].\n[voice:anna]"),
        ("| Name | Age |\n|:--|---|\n| Anna | 12 |\n| a\\|b | |\nafter", "Name, Age.\nAnna, 12.\na|b.\nafter"),
        ("a | b\n--|--\nc | d", "a, b.\nc, d."),
    ],
)
def test_lists_and_tables(written: str, plain: str) -> None:
    assert strip_markdown(written) == plain


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("**bold** *it* __b__ _i_ ~~no~~ ***both***", "bold it b i no both"),
        ("**a*b*c**", "a*b*c"),
        ("*a **b* c**", "a b c"),
        ('**Note:** "*(x)*"', 'Note: "(x)"'),
        ("un**frigging**believable 这是**重点**内容", "unfriggingbelievable 这是重点内容"),
        ("a\n*b\nc*", "a\nb\nc"),
        ("`code *x*` and ``a `b` c``", "code *x* and a `b` c"),
        ("[text](http://x.org/a_(b) 'title')", "text"),
        ("![alt](a.png) [![deep](b)](c)", "alt deep"),
        ("<https://x.org/a_b_c> <me@x.org> <mailto:you@x.org>", "https://x.org/a_b_c me@x.org you@x.org"),
        ("[a][1], [1][], [1] and [b]\n\n[1]: http://x.org 'title'", "a, 1, 1 and [b]"),
        ("a word[^1]\n\n[^1]: The note.", "a word\n\nThe note."),
        ("a<br>b <b>c</b> <EM class='x'>d</em><p>e</p>f", "a\nb c d\n\ne\n\nf"),
        ('<img src="x.png" alt="a cat"> <td>b</td><td>c</td>', "a cat  b  c "),
        ("m<sup>2</sup> H<sub>2</sub>O", "m² H2O"),
        ("R&amp;D&nbsp;&#39;x&#39; &lt;b&gt; &copy;&NewLine;5", "R&D 'x' <b> © 5"),
        (r"\*no\* \# \[x\] \\", r"*no* # [x] \\"[:-1]),
    ],
)
def test_inline(written: str, plain: str) -> None:
    assert strip_markdown(written).strip("\n") == plain


@pytest.mark.parametrize(
    "text",
    [
        "snake_case_name",
        "2*3*4",
        "2**3**4",
        "5 * 3 * 2",
        "a lone * star",
        "word* and *word",
        "~5 and ~6~",
        "a_b_ _c",
        "#hashtag #5",
        ">5 people",
        "-5 degrees",
        "+3",
        "*args, **kwargs",
        "a < b > c",
        "a <b and c> d",
        "<name>",
        "AT&T; R&D &nope; &copy 5",
        "[see this] and [Anna]: hello",
        "[a](not a link)",
        "[a] (b)",
        "a | b",
        "~~~~\nopen",
        "*a\n\nb*",
        "one line\ntwo lines",
        "a ` tick",
        "<!-- open",
        "C:\\dir",
    ],
)
def test_what_is_no_markdown_stays(text: str) -> None:
    assert strip_markdown(text) == text


def test_our_markup_stays() -> None:
    text = "**[laugh]** [pause:1s](x) [voice:a_b_ *c*] _[/voice]_ [voice: <b>]"
    assert strip_markdown(text) == "[laugh] [pause:1s](x) [voice:a_b_ *c*] [/voice] [voice: <b>]"


def test_literals_stay() -> None:
    assert strip_markdown("**so** *sigh* [laughs](x)", ["*sigh*", "[laughs]"]) == "so *sigh* [laughs](x)"


@given(LOOKS_LIKE_IT)
def test_no_letter_is_lost_outside_of_constructs(text: str) -> None:
    assert letters(strip_markdown(text)) == letters(text)


@given(ANY_SIGNS | TEXTS)
def test_nothing_is_added_but_what_entities_stand_for(text: str) -> None:
    text = text.replace("&", "").replace("<sup", "")
    source = iter(letters(text))
    assert all(letter in source for letter in letters(strip_markdown(text)))


@given(TEXTS)
def test_markup_outside_of_constructs_stays(text: str) -> None:
    text = "".join(character for character in text if character not in "<>()`&\\")
    assert MARKUP.findall(strip_markdown(text)) == MARKUP.findall(text)


@pytest.mark.parametrize(
    "unit",
    [
        *LONG,
        "[",
        "``a`",
        "*a",
        "<!--",
        "&amp;",
        "> ",
        "```\n",
        "~~~a\n",
        "[a][b]",
        "[a]: /x\n",
        "< a=",
        "| ",
        "*_~`",
        "[^1]",
    ],
)
def test_time_grows_in_proportion_to_the_text(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    assert seconds(lambda: strip_markdown(text)) < 3
