"""Lower case, for engines that read a word in capitals in another way than the same word in small letters."""

from __future__ import annotations

import re
from typing import Final

from speech.text.kept import outside_markup

_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+|\n|(?<=[。！？])")
_WORD: Final = re.compile(r"[^\W_]+(?:&[^\W_]+)*(?:['’][^\W_]+)*")
_PLURAL: Final = re.compile(r"(?<=.)['’]?s$")
_LONGEST_ACRONYM: Final = 5
_NO_WORD: Final = frozenset("BCDFGHJKLMNPQRSTVWXYZ")
"""Letters whose plural is no word as "As", "Is" and "Us" are."""


def lower_case(text: str) -> str:
    """Return `text` in lower case, but for what is read letter by letter.

    Engines read capitals as a hint: "us" is a word, "US" two letters, and a shouted line is spelled or
    shouted. So capitals stay only where they tell how to read:

    - single letters ("I", "F B I", "plan B"), also beside digits ("4K", "B12") and joined by & ("R&D");
    - acronyms, that is two to five capitals, with digits, & or a plural or possessive s ("GPUs", "AT&T",
      "NASA's"), in a sentence that has words in lower case too. Where all is in capitals, nothing tells an
      acronym from a shouted word.

    The result has the length of `text`, character by character; the few characters whose lower case is
    longer stay. Our own markup stays. Idempotent.

    Example:
        >>> lower_case("The CEO of NASA said WONDERFUL things. BUY NOW")
        'the CEO of NASA said wonderful things. buy now'
    """
    return outside_markup(text, _lower)


def _lower(text: str) -> str:
    done: list[str] = []
    position = 0
    for end in [match.end() for match in _SENTENCE_END.finditer(text)] + [len(text)]:
        done.append(_sentence(text[position:end]))
        position = end
    return "".join(done)


def _sentence(sentence: str) -> str:
    if sentence == _small(sentence):
        return sentence
    mixed = any(_has_lower(word) for word in _WORD.findall(sentence))
    return _WORD.sub(lambda match: _word(match.group(), mixed), sentence)


def _has_lower(word: str) -> bool:
    return any(character.islower() for character in _PLURAL.sub("", word))


def _word(word: str, mixed: bool) -> str:
    if word == _small(word):
        return word
    head = re.split("['’]", word, maxsplit=1)[0]
    letters = [character for character in head if not character.isdigit()]
    if _spelled(head, letters):
        return head + _small(word[len(head) :])
    core = _PLURAL.sub("", word)
    capitals = sum(map(str.isupper, core))
    plain = all(c.isupper() or c.isdigit() or c == "&" for c in core)
    return word if mixed and plain and 2 <= capitals <= _LONGEST_ACRONYM else _small(word)


def _spelled(head: str, letters: list[str]) -> bool:
    if len(letters) == 1:
        return True
    if len(letters) == 2 and head[1] == "s" and head[0] in _NO_WORD:
        return True
    return all(len(part) == 1 for part in head.split("&"))


def _small(text: str) -> str:
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
