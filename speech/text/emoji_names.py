"""Words for emoji: the names of Unicode, shortened to what a reader would say."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SKIN_TONES: Final = re.compile("[\U0001f3fb-\U0001f3ff]")
_UNSEEN: Final = re.compile("[\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f]")
_PEOPLE: Final = frozenset("👨👩👦👧🧑👶🧒👴👵🧓")
_GENDERS: Final = {"♀": "woman", "♂": "man"}
_KEYS: Final = {"#": "number sign", "*": "asterisk"}
_OWN_NAMES: Final = {
    "❤": "red heart",
    "☺": "smiling face",
    "☹": "frowning face",
    "✌": "victory hand",
    "☎": "telephone",
    "⚡": "lightning",
    "⭐": "star",
    "✨": "sparkles",
    "⚽": "football",
    "💩": "pile of poo",
    "🏻": "",
    "🏼": "",
    "🏽": "",
    "🏾": "",
    "🏿": "",
    "🏳\u200d🌈": "rainbow flag",
    "🏳\u200d⚧": "transgender flag",
    "🏴\u200d☠": "pirate flag",
    "❤\u200d🔥": "heart on fire",
    "❤\u200d🩹": "mending heart",
    "🐻\u200d❄": "polar bear",
    "🐈\u200d⬛": "black cat",
    "🐕\u200d🦺": "service dog",
    "👁\u200d🗨": "eye in speech bubble",
    "😶\u200d🌫": "face in clouds",
    "😮\u200d💨": "face exhaling",
    "😵\u200d💫": "face with spiral eyes",
    "🧑\u200d🎄": "Santa Claus",
}
_ROLES: Final = {
    "⚕": "health worker",
    "⚖": "judge",
    "✈": "pilot",
    "🌾": "farmer",
    "🍳": "cook",
    "🍼": "feeding a baby",
    "🎓": "student",
    "🎤": "singer",
    "🎨": "artist",
    "🏫": "teacher",
    "🏭": "factory worker",
    "💻": "technologist",
    "💼": "office worker",
    "🔧": "mechanic",
    "🔬": "scientist",
    "🚀": "astronaut",
    "🚒": "firefighter",
    "🦯": "with a white cane",
    "🦰": "with red hair",
    "🦱": "with curly hair",
    "🦲": "with no hair",
    "🦳": "with white hair",
    "🦼": "in a motorized wheelchair",
    "🦽": "in a wheelchair",
}
_COUNTRIES: Final = dict(
    re.findall(
        "([A-Z]{2}) ([^|]+)",
        "AE the United Arab Emirates|AF Afghanistan|AR Argentina|AT Austria|AU Australia|BD Bangladesh|BE Belgium"
        "|BG Bulgaria|BR Brazil|CA Canada|CH Switzerland|CL Chile|CN China|CO Colombia|CU Cuba|CY Cyprus|CZ Czechia"
        "|DE Germany|DK Denmark|DZ Algeria|EE Estonia|EG Egypt|ES Spain|ET Ethiopia|EU Europe|FI Finland|FR France"
        "|GB the United Kingdom|GE Georgia|GH Ghana|GR Greece|HK Hong Kong|HR Croatia|HU Hungary|ID Indonesia"
        "|IE Ireland|IL Israel|IN India|IQ Iraq|IR Iran|IS Iceland|IT Italy|JM Jamaica|JP Japan|KE Kenya"
        "|KP North Korea|KR South Korea|KZ Kazakhstan|LB Lebanon|LT Lithuania|LU Luxembourg|LV Latvia|MA Morocco"
        "|MT Malta|MX Mexico|MY Malaysia|NG Nigeria|NL the Netherlands|NO Norway|NP Nepal|NZ New Zealand|PE Peru"
        "|PH the Philippines|PK Pakistan|PL Poland|PR Puerto Rico|PS Palestine|PT Portugal|RO Romania|RS Serbia"
        "|RU Russia|SA Saudi Arabia|SE Sweden|SG Singapore|SI Slovenia|SK Slovakia|SY Syria|TH Thailand|TR Turkey"
        "|TW Taiwan|TZ Tanzania|UA Ukraine|UG Uganda|UN the United Nations|US the United States|UY Uruguay"
        "|VE Venezuela|VN Vietnam|ZA South Africa",
    )
)
_REGIONS: Final = {"gbeng": "England", "gbsct": "Scotland", "gbwls": "Wales"}
_AFFIX: Final = re.compile(r"^(?:(?:white|black|heavy) )+| (?:sign|symbol)$")


def emoji_name(emoji: str) -> str:
    r"""Return English words for one emoji, or nothing where there are none.

    Skin tones and the parts that only style are not named. Flags are called by their country, keycaps by
    their key, joined people by what they do, other joined emoji by their parts.

    Args:
        emoji: one whole sequence, as `speech.text.emoji` finds it.

    Example:
        >>> emoji_name("👩🏽\u200d🚒")
        'woman firefighter'
    """
    region = "".join(chr(ord(c) - 0xE0000) for c in emoji if "\U000e0030" <= c <= "\U000e007a")
    if region:
        return f"flag of {_REGIONS.get(region, ' '.join(region.upper()))}"
    plain = _UNSEEN.sub("", emoji)
    bare = _SKIN_TONES.sub("", plain) or plain
    if bare in _OWN_NAMES:
        return _OWN_NAMES[bare]
    letters = "".join(chr(ord(c) - 0x1F1E6 + ord("A")) for c in bare if "\U0001f1e6" <= c <= "\U0001f1ff")
    if letters:
        return f"flag of {_COUNTRIES.get(letters, ' '.join(letters))}" if len(letters) == 2 else letters
    if "\u20e3" in emoji:
        return _KEYS.get(bare, bare)
    return _joined(bare.split("\u200d"))


def _joined(parts: list[str]) -> str:
    first, others = parts[0], parts[1:]
    if not others:
        return _single(first)
    if all(part in _PEOPLE for part in parts):
        return "family"
    if "❤" in others:
        return "kiss" if "💋" in others else "couple with heart"
    if others[-1] in _GENDERS:
        return f"{_GENDERS[others[-1]]} {_single(first)}"
    if first in _PEOPLE and others[0] in _ROLES:
        return f"{'person' if first == '🧑' else _single(first)} {_ROLES[others[0]]}"
    return " and ".join(filter(None, map(_single, parts)))


def _single(character: str) -> str:
    if character in _OWN_NAMES:
        return _OWN_NAMES[character]
    name = unicodedata.name(character[:1] or " ", "").lower().replace("-", " ")
    # Only the old signs are called white or black for how they were printed.
    return _AFFIX.sub("", name) if character < "\U0001f000" else re.sub(r" (?:sign|symbol)$", "", name)
