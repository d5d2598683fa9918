"""Abbreviations with and without dots, and titles."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken.dates import month_name
from speech.text.spoken.rule import Rule
from speech.text.spoken.times import ends_sentence

_TITLES: Final = {
    "Dr": "Doctor",
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Prof": "Professor",
    "Rev": "Reverend",
    "Hon": "Honorable",
    "Gen": "General",
    "Col": "Colonel",
    "Maj": "Major",
    "Capt": "Captain",
    "Cmdr": "Commander",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Cpl": "Corporal",
    "Pvt": "Private",
    "Adm": "Admiral",
    "Gov": "Governor",
    "Sen": "Senator",
    "Rep": "Representative",
    "Pres": "President",
    "Msgr": "Monsignor",
    "Fr": "Father",
    "St": "Saint",
    "Ste": "Sainte",
    "Mt": "Mount",
    "Ft": "Fort",
}
_ALSO_WITHOUT_DOT: Final = "Dr|Mrs|Mr|Ms|Prof|St|Mt"
_STREETS: Final = {
    "St": "Street",
    "Ave": "Avenue",
    "Rd": "Road",
    "Blvd": "Boulevard",
    "Ln": "Lane",
    "Dr": "Drive",
    "Ct": "Court",
    "Pl": "Place",
    "Sq": "Square",
    "Hwy": "Highway",
    "Pkwy": "Parkway",
    "Ter": "Terrace",
}
_BEFORE_NUMBER: Final = {
    "no": "number",
    "nos": "numbers",
    "vol": "volume",
    "vols": "volumes",
    "fig": "figure",
    "figs": "figures",
    "ch": "chapter",
    "chap": "chapter",
    "sec": "section",
    "p": "page",
    "pp": "pages",
    "pg": "page",
    "art": "article",
    "apt": "apartment",
    "ste": "suite",
    "rm": "room",
    "ext": "extension",
    "eq": "equation",
    "ca": "circa",
    "c": "circa",
    "approx": "approximately",
    "op": "opus",
    "ep": "episode",
    "tel": "telephone",
    "est": "established",
    "lot": "lot",
}
_ANYWHERE: Final = {
    "vs.": "versus",
    "vs": "versus",
    "e.g.": "for example",
    "eg.": "for example",
    "i.e.": "that is",
    "ie.": "that is",
    "etc.": "et cetera",
    "etc": "et cetera",
    "approx.": "approximately",
    "cf.": "compare",
    "viz.": "namely",
    "et al.": "et al",
    "a.k.a.": "A K A",
    "dept.": "department",
    "Dept.": "Department",
    "govt.": "government",
    "Govt.": "Government",
    "assn.": "association",
    "Assn.": "Association",
    "Univ.": "University",
    "Inc.": "Incorporated",
    "Ltd.": "Limited",
    "Ltd": "Limited",
    "Corp.": "Corporation",
    "Co.": "Company",
    "Bros.": "Brothers",
    "Jr.": "Junior",
    "Jr": "Junior",
    "Sr.": "Senior",
    "Esq.": "Esquire",
    "Ph.D.": "P H D",
    "PhD": "P H D",
    "Ph.D": "P H D",
    "PhDs": "P H Ds",
    "BSc": "B S C",
    "MSc": "M S C",
    "max.": "maximum",
    "avg.": "average",
    "misc.": "miscellaneous",
    "incl.": "including",
    "excl.": "excluding",
    "temp.": "temperature",
    "w/o": "without",
    "w/": "with",
    "b/c": "because",
    "c/o": "care of",
    "n/a": "N A",
    "N/A": "N A",
    "and/or": "and or",
    "24/7": "twenty-four seven",
    "9/11": "nine eleven",
    "50/50": "fifty fifty",
    "50-50": "fifty fifty",
    "24-7": "twenty-four seven",
    "C++": "C plus plus",
    "C#": "C sharp",
    "F#": "F sharp",
    "OK'd": "okayed",
}
_DAYS: Final = {
    "Mon": "Monday",
    "Tues": "Tuesday",
    "Tue": "Tuesday",
    "Wed": "Wednesday",
    "Thurs": "Thursday",
    "Thur": "Thursday",
    "Thu": "Thursday",
    "Fri": "Friday",
    "Sat": "Saturday",
    "Sun": "Sunday",
}

_NAME_BEFORE: Final = re.compile(r"(?:[A-Z][\w'’-]*|\d+(?:st|nd|rd|th)) $")
_NUMBERED_BEFORE: Final = re.compile(r"\b\d+[A-Z]? (?:[NESW]\.? )?(?:(?:[A-Z][\w'’-]*|\d+(?:st|nd|rd|th)) ){1,3}$")
_ABBREVIATED_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)"


def _alternatives(table: dict[str, str]) -> str:
    return "|".join(sorted(map(re.escape, table), key=len, reverse=True))


def _stop(match: re.Match[str]) -> str:
    return "." if match.group().endswith(".") and ends_sentence(match.string, match.end()) else ""


def _street(match: re.Match[str], british: bool) -> str | None:
    text, start, end = match.string, match.start(), match.end()
    before = text[max(0, start - 60) : start]
    if not _NAME_BEFORE.search(before):
        return None
    name_follows = re.match(r" [A-Z][a-z]", text[end : end + 3]) is not None
    if match[1] in _TITLES and name_follows and not _NUMBERED_BEFORE.search(before):
        return None
    return _STREETS[match[1]] + _stop(match)


def _title(match: re.Match[str], british: bool) -> str:
    return _TITLES[match[1] or match[2]] + " "


def _before_number(match: re.Match[str], british: bool) -> str:
    word = _BEFORE_NUMBER[match[1].lower()]
    return (word.capitalize() if match[1][0].isupper() else word) + " "


def _anywhere(match: re.Match[str], british: bool) -> str:
    return _ANYWHERE[match.group()] + _stop(match)


def _day(match: re.Match[str], british: bool) -> str:
    return _DAYS[match[1]] + _stop(match)


def _month(match: re.Match[str], british: bool) -> str:
    return month_name(match[1]) + _stop(match)


RULES: Final = (
    Rule(
        "common abbreviation",
        re.compile(rf"(?<![\w.])(?:{_alternatives(_ANYWHERE)})(?![\w+])(?!\.\w)"),
        _anywhere,
        (
            ("cats vs. dogs", "cats versus dogs"),
            ("fruit, e.g. apples", "fruit, for example apples"),
            ("that is, i.e., so", "that is, that is, so"),
            ("pens, etc.", "pens, et cetera."),
            ("Acme Inc. won", "Acme Incorporated won"),
            ("yes and/or no", "yes and or no"),
            ("C++ or C#", "C plus plus or C sharp"),
        ),
    ),
    Rule(
        "street",
        re.compile(rf"\b({_alternatives(_STREETS)})\b\.?"),
        _street,
        (
            ("on Baker St. today", "on Baker Street today"),
            ("5th Ave.", "fifth Avenue."),
            ("at 12 Main St. Paul left", "at twelve Main Street. Paul left"),
        ),
    ),
    Rule(
        "title",
        re.compile(rf"\b(?:({_alternatives(_TITLES)})\. ?|({_ALSO_WITHOUT_DOT}) )(?=[A-Z])"),
        _title,
        (
            ("Dr. Smith", "Doctor Smith"),
            ("St. John", "Saint John"),
            ("Mr and Mrs Jones", "Mr and Missus Jones"),
            ("Prof. Dr. Mrs. Li", "Professor Doctor Missus Li"),
        ),
    ),
    Rule(
        "abbreviation before a number",
        re.compile(rf"(?<![\w.])((?i:{_alternatives(_BEFORE_NUMBER)}))\. ?(?=\d)"),
        _before_number,
        (("No. 5", "Number five"), ("see p. 12", "see page twelve"), ("Fig. 3", "Figure three")),
    ),
    Rule(
        "weekday",
        re.compile(rf"(?<![Tt]he )\b({'|'.join(_DAYS)})\.(?!\w)"),
        _day,
        (("on Mon. morning", "on Monday morning"),),
    ),
    Rule(
        "month",
        re.compile(rf"(?<![Tt]he )\b({_ABBREVIATED_MONTH})\.(?!\w)"),
        _month,
        (("since Jan. this year", "since January this year"),),
    ),
)
