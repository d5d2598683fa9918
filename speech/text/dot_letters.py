"""Letters with full stops, such as the initials of a name, without the stops."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from speech.text.kept import outside_markup
from speech.text.sentence_starters import SENTENCE_STARTERS

_LETTER: Final = r"[^\W\d_]"
_DOTTED: Final = re.compile(
    rf"(?<![\w.])((?:{_LETTER}\.){{2,}})({_LETTER}(?![\w.])|['’]s\b)?(?!\w)(?!\.\w)"
    rf"|(?<![\w.])((?:{_LETTER}\.){{2,}})(?={_LETTER}{{2}})"
)
_READ_OTHERWISE: Final = frozenset(
    re.findall(
        r"\S+",
        "e.g. i.e. a.m. p.m. a.k.a. q.v. z.b. d.h. u.a. o.ä. u.ä. s.o. s.u. i.d.r. o.s.v. u.s.w. m.a.w. d.w.z.",
    )
)
"""Abbreviations that are read in words: spoken_form and engines know them by their dots."""

_ENDS_SENTENCE: Final = re.compile(
    r"[\"'”’»)\]]*(?:$|\.|\s*\n\s*\n|\s+(?:[\"“‘«„(\[]\s?[^\W\d_a-z]|"
    rf"(?:{SENTENCE_STARTERS})\b(?!\.\w)))"
)


def fix_dot_letters(text: str) -> str:
    """Return `text` with two or more letters that each have a full stop set apart by spaces instead.

    The last stop stays where it ends the sentence too: at the end of the text or paragraph, before an opening
    quote, and before a capitalised word that begins sentences far more often than it is a name ("Then",
    "The"). "J.R.R. Tolkien" goes on, whoever follows. A possessive 's stays. Abbreviations that are read in
    words ("e.g.", "p.m.", "z.B.") keep their stops, as do domains and single letters ("plan b.").

    Example:
        >>> fix_dot_letters("J.R.R. Tolkien lived in the U.K. Then he died.")
        'J R R Tolkien lived in the U K. Then he died.'
    """
    return outside_markup(text, lambda part: _DOTTED.sub(_apart, part))


def _apart(match: re.Match[str]) -> str:
    dotted, tail, joined = match[1] or match[3], match[2] or "", match[3]
    if dotted.lower() in _READ_OTHERWISE or not _cased(dotted) or _mark_follows(match):
        return match.group()
    if joined and not (dotted.isupper() and match.string[match.end()].isupper()):
        return match.group()
    letters = dotted.rstrip(".").replace(".", " ")
    if tail:
        return letters + (tail if len(tail) > 1 else f" {tail}")
    if joined:
        return letters + " "
    return letters + ("." if _ENDS_SENTENCE.match(match.string, match.end()) else "")


def _mark_follows(match: re.Match[str]) -> bool:
    """Whether an accent stands on the last stop, which would end up on the letter."""
    following = match.string[match.end() : match.end() + 1]
    return following != "" and unicodedata.category(following)[0] == "M"


def _cased(letters: str) -> bool:
    return letters.lower() != letters.upper()
