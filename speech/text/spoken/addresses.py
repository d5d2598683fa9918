"""Web and e-mail addresses, IP addresses, version numbers, handles and hashtags."""

from __future__ import annotations

import re
from typing import Final

from speech.text.spoken.numbers import cardinal, label, spelled
from speech.text.spoken.rule import Rule

_DOMAINS: Final = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|co|me|tv|uk|us|ca|au|nz|ie|in|de|fr|es|it|nl|be|ch|at|eu|ru|"
    "cn|jp|kr|br|mx|pl|se|no|dk|fi|cz|za|xyz|tech|online|site|store|blog|news|cloud|gg|ly|fm|to|wiki"
)
_HOST: Final = rf"[A-Za-z0-9][A-Za-z0-9-]{{0,62}}(?:\.[A-Za-z0-9-]{{1,63}}){{0,5}}\.(?:{_DOMAINS})(?![\w@])(?!-\w)"
_TAIL: Final = r"(?::\d{1,5}\b)?(?:[/?#][^\s<>\"“”]{0,1000})?"
_URL: Final = re.compile(rf"\b(?:https?|ftp)://[^\s<>\"“”]{{1,1000}}|(?<![\w@.-]){_HOST}{_TAIL}")
_EMAIL: Final = re.compile(
    r"(?<![\w.+%-])(?:mailto:)?([A-Za-z0-9][\w.+%-]{0,63})@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})(?<![-.])"
)
_IP: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}|/\d{1,2})?(?![\w.]\w)")
_VERSION: Final = re.compile(
    r"(?<![\w.])([vV]\.? ?)?(\d{1,5}(?:\.\d{1,5}){1,4})(?:-?(alpha|beta|rc)\.?(\d{1,3})?)?(?![\w%°]|\.\d)"
)
_FILE: Final = re.compile(
    r"(?<![\w.@/\\])(\w[\w-]{0,60})\.(txt|pdf|py|js|ts|json|ya?ml|md|csv|xml|html?|css|mp[34]|wav|flac|ogg|m4a|jpe?g"
    r"|png|gif|svg|zip|tar|gz|exe|dll|docx?|xlsx?|pptx?|toml|ini|cfg|log|sh|bat|cpp|java|rs|go|rb)\b(?!\.\w)"
)
_HANDLE: Final = re.compile(r"(?<![\w@.])@(\w{1,60})")
_HASHTAG: Final = re.compile(r"(?<![\w#&])#(?=\d{0,20}[^\W\d_])(\w{1,100})")

_NAMES: Final = {
    ".": "dot",
    "/": "slash",
    "-": "dash",
    "_": "underscore",
    "@": "at",
    "?": "question mark",
    "=": "equals",
    "&": "and",
    "#": "hash",
    "%": "percent",
    "~": "tilde",
    ":": "colon",
    "+": "plus",
}
_WORD_DOMAINS: Final = frozenset(
    ("com", "org", "net", "gov", "info", "biz", "app", "dev", "co", "me", "to", "tech", "site")
)
_PIECES: Final = re.compile(r"\d+|[^\W\d_]+|[\W_]")
_CAMEL: Final = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")
_TRAILING: Final = ".,;:!?)]}'’"


_SHORT_WORDS: Final = frozenset(
    re.findall(r"\w+", "am an as at be by do go he hi if in is it me my no of on or so to up us we")
)


def _letters(word: str) -> str:
    """A name without vowels or a country's domain cannot be read as a word."""
    lower = word.lower()
    if lower not in _WORD_DOMAINS | _SHORT_WORDS and (
        len(word) == 2 or (len(word) == 3 and not re.search("[aeiouy]", lower))
    ):
        return " ".join(word.upper())
    return word


def _address(text: str) -> str:
    return " ".join(_piece(piece) for piece in _PIECES.findall(text)).strip()


def _piece(piece: str) -> str:
    if piece.isdecimal():
        return cardinal(piece) if len(piece) <= 2 else spelled(piece)
    if piece.isalpha():
        return _letters(piece)
    return _NAMES.get(piece, "")


def _url(match: re.Match[str], british: bool) -> str:
    address = match.group()
    kept = address.rstrip(_TRAILING)
    ending = address[len(kept) :]
    kept = re.sub(r"^(?:https?|ftp)://", "", kept).rstrip("/")
    return " ".join(_address(kept).split()) + ending


def _email(match: re.Match[str], british: bool) -> str:
    return " ".join(f"{_address(match[1])} at {_address(match[2])}".split())


def _file(match: re.Match[str], british: bool) -> str:
    return _address(match.group())


def _ip(match: re.Match[str], british: bool) -> str:
    names = {".": "dot", ":": "colon", "/": "slash"}
    return " ".join(names.get(piece) or spelled(piece) for piece in re.findall(r"\d+|\D", match.group()))


def _version(match: re.Match[str], british: bool) -> str | None:
    prefix, numbers, stage, stage_number = match.groups()
    if not prefix and not stage and numbers.count(".") < 2:
        return None
    parts = [cardinal(part, british) for part in numbers.split(".")]
    words = ("version " if prefix else "") + " point ".join(parts)
    if stage:
        words += f" {'R C' if stage == 'rc' else stage}"
    return words + (f" {cardinal(stage_number, british)}" if stage_number else "")


def _name(text: str) -> str:
    words = []
    for part in text.split("_"):
        words += [label(piece) if piece.isdecimal() else piece for piece in _CAMEL.findall(part)]
        words.append("underscore")
    return " ".join(words[:-1])


def _handle(match: re.Match[str], british: bool) -> str:
    return f"at {_name(match[1])}"


def _hashtag(match: re.Match[str], british: bool) -> str:
    return f"hashtag {_name(match[1])}"


RULES: Final = (
    Rule(
        "e-mail address",
        _EMAIL,
        _email,
        (("john.doe@example.com", "john dot doe at example dot com"),),
    ),
    Rule(
        "web address",
        _URL,
        _url,
        (
            ("https://www.example.com/docs/intro", "W W W dot example dot com slash docs slash intro"),
            ("example.co.uk", "example dot co dot U K"),
        ),
    ),
    Rule("file name", _FILE, _file, (("notes.txt", "notes dot T X T"), ("main.py", "main dot P Y"))),
    Rule("handle", _HANDLE, _handle, (("@jane_doe", "at jane underscore doe"),)),
    Rule("hashtag", _HASHTAG, _hashtag, (("#ClimateChange", "hashtag Climate Change"),)),
)

NUMBER_RULES: Final = (
    Rule("IP address", _IP, _ip, (("192.168.1.1", "one nine two dot one six eight dot one dot one"),)),
    Rule(
        "version number",
        _VERSION,
        _version,
        (("v1.2.3", "version one point two point three"), ("2.0.1", "two point zero point one")),
    ),
)
