"""Roman numerals after the names and headings that take them."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken.numbers import cardinal, ordinal
from speech.text.spoken.rule import Rule

_NUMERAL: Final = r"[IVXLC]{1,8}"
_SMALL: Final = r"[IVX]{2,5}"
_VALID: Final = re.compile(r"(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}

_RULERS: Final = (
    "Henry|Louis|Charles|Elizabeth|George|Edward|Richard|James|William|Mary|Philip|Felipe|Peter|Catherine|"
    "Alexander|Nicholas|Napoleon|Frederick|Friedrich|Wilhelm|Ferdinand|Francis|Gregory|Clement|Innocent|Urban|Pius|"
    "Benedict|Leo|Paul|John|Ramses|Ramesses|Ptolemy|Cleopatra|Otto|Ivan|Olaf|Gustav|Christian|Haakon|Harald|Victor|"
    "Leopold|Albert|Alfonso|Juan|Carlos|Joseph|Rudolf|Maximilian|Xerxes|Darius|Theodosius|Constantine|Margaret|"
    "Margrethe|Beatrix|Sigismund|Boniface|Celestine|Sixtus|Julius|Stephen|Robert|Malcolm|Kenneth|Baldwin|Selim|"
    "Mehmed|Murad|Pedro|Amenhotep|Thutmose|Seti|Emmanuel|Augustus|Umberto"
)
_TITLES: Final = "King|Queen|Pope|Emperor|Empress|Tsar|Czar|Kaiser|Sultan|Pharaoh|Prince|Duke|Saint"
_HEADINGS: Final = (
    "[Cc]hapter|CHAPTER|[Pp]art|PART|[Vv]olume|VOLUME|[Bb]ook|BOOK|[Aa]ct|ACT|[Ss]cene|SCENE|[Ss]ection|SECTION|"
    "[Aa]ppendix|APPENDIX|[Aa]rticle|[Tt]itle|[Pp]hase|[Tt]ype|[Cc]lass|[Ll]evel|[Ss]tage|[Gg]rade|[Ee]pisode|"
    "[Ff]igure|[Tt]able|[Cc]anto|[Mm]ark|World War|Super Bowl|WORLD WAR|Division|Schedule"
)
_AFTER_FIRST: Final = re.compile(r"(?= of\b|['’]s\b|[,.;:!?)]|$| (?:ruled|reigned|became|died|succeeded|abdicated)\b)")


def value(numeral: str) -> int | None:
    """``"XIV"`` as 14; None if it is no numeral below 100."""
    if not _VALID.fullmatch(numeral):
        return None
    total = 0
    for letter, following in zip(numeral, numeral[1:] + "I", strict=True):
        worth = _VALUES[letter]
        total += -worth if worth < _VALUES[following] else worth
    return total


def _stands_alone(match: re.Match[str]) -> bool:
    """Whether an "I" is a numeral and not the pronoun of "the part I like"."""
    return _AFTER_FIRST.match(match.string, match.end()) is not None


def _ruler(match: re.Match[str], british: bool) -> str | None:
    title, name, numeral = match.groups()
    number = value(numeral)
    if number is None or (len(numeral) == 1 and not title and not (numeral in "IV" and _stands_alone(match))):
        return None
    return f"{title or ''}{name} the {ordinal(str(number), british).title()}"


def _part(match: re.Match[str], british: bool) -> str | None:
    number = value(match[2])
    if number is None or match[2] == "L" or (match[2] == "I" and match[1] != "World War" and not _stands_alone(match)):
        return None
    return f"{match[1]} {cardinal(str(number), british)}"


RULES: Final = (
    Rule(
        "ruler",
        re.compile(rf"\b((?:{_TITLES}) )?((?:{_RULERS})) ({_NUMERAL})\b(?!['’][a-rt-z])"),
        _ruler,
        (
            ("Henry VIII", "Henry the Eighth"),
            ("Elizabeth I of England", "Elizabeth the First of England"),
            ("Louis XIV", "Louis the Fourteenth"),
        ),
    ),
    Rule(
        "numbered part",
        re.compile(rf"\b({_HEADINGS}) ({_NUMERAL})\b(?!['’](?!s\b)|\.\w)"),
        _part,
        (("Chapter IV", "Chapter four"), ("World War II", "World War two")),
    ),
    Rule(
        "numeral after a name",
        re.compile(rf"\b([A-Z][a-z]{{1,30}}) ({_SMALL})\b(?!['’](?!s\b)|\.\w)"),
        _part,
        (("Rocky II", "Rocky two"), ("Final Fantasy VII", "Final Fantasy seven")),
    ),
)
