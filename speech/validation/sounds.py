"""How alike two English texts sound by their consonants: mishearings differ little, other words much."""

from __future__ import annotations

import re
from collections.abc import Sequence

from speech.validation.compare import Comparison

_RULES = (
    ("tch|sch(?=e)|sh|ch|dg(?=[eiy])|ti(?=on|al)|ci(?=al|an)", "x"),
    ("ph|gh(?=$)", "f"),
    ("gh|(?<=m)b(?=$)", ""),
    ("(?:^|(?<= ))(?:kn|gn)", "n"),
    ("(?:^|(?<= ))wr", "r"),
    ("th", "t"),
    ("c(?=[eiy])", "s"),
    ("ck|c|q", "k"),
    ("x(?=[^aeiou ]|$)", "ks"),
    ("z", "s"),
    ("j", "x"),
    ("v", "f"),
    ("b", "p"),
    ("d", "t"),
    ("g", "k"),
)
"""English spelling to classes of consonants; voiced and voiceless ones, which recognisers confuse, are one."""

_COMPILED = tuple((re.compile(pattern), replacement) for pattern, replacement in _RULES)


def skeleton(words: Sequence[str]) -> str:
    """Consonants of a text in classes, with an "a" for a word that begins with a vowel.

    Digits stay as they are. Equal neighbours count once.
    """
    text = " ".join(words).lower()
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    text = re.sub(r"(?:^|(?<= ))[aeiou]", "A", text)
    text = re.sub(r"[^A-Za-z0-9]|[aeiouyhw]", "", text).lower()
    return re.sub(r"([a-z])\1+", r"\1", text)


def sound_errors(comparison: Comparison) -> tuple[int, int]:
    """Consonants by which the transcript differs: in all, and in the worst stretch of wrong words."""
    counts = [distance(skeleton(expected), skeleton(heard)) for expected, heard in _wrong_stretches(comparison)]
    return sum(counts), max(counts, default=0)


def distance(left: str, right: str) -> int:
    """Levenshtein distance of two strings."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def _wrong_stretches(comparison: Comparison) -> list[tuple[list[str], list[str]]]:
    stretches: list[tuple[list[str], list[str]]] = []
    open_stretch = False
    for kind, expected, heard in comparison.edits:
        if kind == "same":
            open_stretch = False
            continue
        if not open_stretch:
            stretches.append(([], []))
            open_stretch = True
        stretches[-1][0].extend(filter(None, [expected]))
        stretches[-1][1].extend(filter(None, [heard]))
    return stretches
