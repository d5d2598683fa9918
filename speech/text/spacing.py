"""Spaces and repeated signs as a careful writer would set them."""

from __future__ import annotations

import re
from typing import Final

from speech.text.clean import clean
from speech.text.kept import outside_markup

_RULER: Final = re.compile(r"^(?:_{3,}|={3,}|\*{3,}|~{3,})$", re.MULTILINE)
_RUN: Final = re.compile(r"_{3,}|={3,}|\*{3,}|~{3,}")
_REPEATED: Final = re.compile(r"[!?]{2,}|([,;！？])\1+|\.{4,}|…{2,}")
_SPACE_BEFORE: Final = re.compile(
    # Not in "3 : 1" nor ":-)".
    r"(?<=\S) (?!: \d)(?=[,.!?;:…]+(?:[\s\"'”’»]|$)|[,.!?…]+[)\]])"
)
_SPACE_BEFORE_COMMA: Final = re.compile(r"(?<=[^\W_]) ,(?=[^\W_])")
_SPACE_MISSING: Final = re.compile(r"(?<=[^\W\d_])[.!?](?=[^\W\d_]{2})")
_STRETCHED: Final = re.compile(r"([^\W\d_])\1{3,}", re.IGNORECASE)

_LONGEST_TOKEN: Final = 200
_ADDRESS: Final = re.compile(r"[@/\\#=_]|\bwww\.", re.IGNORECASE)
_INNER_DOT: Final = re.compile(r"\w\.(?=\w)")
_ENDING: Final = re.compile(r"(?:com|org|net|edu|gov|info|io|ai|co|de|uk|js|ts|py|txt|pdf|exe|md)\b", re.IGNORECASE)


def normalize_spacing(text: str) -> str:
    r"""Return `text` cleaned and with the spaces and signs of a careful writer.

    - White space as `speech.text.clean.clean` gives it.
    - Three or more of ``_ = * ~``: a paragraph break where they stand alone on a line, else a space.
    - No space before ``, . ! ? ; :`` that end something; one behind the end of a sentence between words
      ("end.Next"), but not inside addresses, file names and names with dots.
    - Repeated signs: "!!!" is "!", "???" is "?", "?!?!" is "?!", ",," is ",", four or more dots are "…".
    - Four or more of one letter are three ("noooooo").

    Idempotent. Our own markup stays.

    Example:
        >>> normalize_spacing("Nooooo !!!! The end.Next,, please .....")
        'Nooo! The end. Next, please…'
    """
    text = clean(text)
    normal = outside_markup(text, _normalize)
    return text if normal == text else clean(normal)


def _normalize(text: str) -> str:
    if _RUN.search(text):
        text = clean(_RUN.sub(" ", _RULER.sub("", text)))
    text = _REPEATED.sub(_once, text)
    text = _SPACE_BEFORE_COMMA.sub(", ", _SPACE_BEFORE.sub("", text))
    text = _REPEATED.sub(_once, text)
    text = _STRETCHED.sub(_shortened, text)
    return _SPACE_MISSING.sub(_apart, text)


def _once(match: re.Match[str]) -> str:
    run = match.group()
    if run[0] in ".…":
        return "…"
    if "!" in run and "?" in run:
        return run if len(run) == 2 else "?!"
    return run[0]


def _shortened(match: re.Match[str]) -> str:
    token = _token(match)
    exact = _ADDRESS.search(token) or any(map(str.isdigit, token))
    return match.group() if exact else match.group()[:3]


def _apart(match: re.Match[str]) -> str:
    text, end = match.string, match.end()
    if not (text[end - 2].islower() and text[end].isupper() and text[end + 1].islower()):
        return match.group()
    token = _token(match)
    name = match.group() == "." and (len(_INNER_DOT.findall(token)) > 1 or _ENDING.match(text, end))
    return match.group() if name or _ADDRESS.search(token) else match.group() + " "


def _token(match: re.Match[str]) -> str:
    """What stands around a match without white space."""
    text = match.string
    before = re.split(r"\s", text[max(0, match.start() - _LONGEST_TOKEN) : match.start()])[-1]
    after = re.split(r"\s", text[match.end() : match.end() + _LONGEST_TOKEN], maxsplit=1)[0]
    return before + match.group() + after
