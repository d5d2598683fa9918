"""How much a reader is disturbed by a break between two words; 0 not at all."""

from __future__ import annotations

import re
from typing import Final

from speech.captions.columns import OPENING

SENTENCE: Final = 0.0
CLAUSE: Final = 1.5
BRACKET: Final = 2.5
CONJUNCTION: Final = 3.0
PREPOSITION: Final = 4.0
PLAIN: Final = 5.0
NAME: Final = 7.0
WEAK: Final = 8.0
"""Behind an article, a preposition and the like."""
BOUND: Final = 20.0
"""Inside "Dr. Smith" or "5 kg"."""
INSIDE: Final = 30.0
"""Inside a word."""

_CLOSING: Final = "\"'”’»›)]}」』）】》〉"
_ENDS: Final = ".!?…。！？؟۔।॥։"
_CLAUSE_ENDS: Final = ",;:—–、，；：،؛…"
_NO_LINE_START: Final = "ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々〻、。，．！？：；・」』）】》〉〕］｝…"
"""Japanese and Chinese signs that begin no line (JIS X 4051, "kinsoku")."""


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_CONJUNCTIONS: Final = _words(
    "and but or nor because which while who when where that if so until than since although though unless whereas",
    "und oder aber denn weil dass wenn als ob damit et ou mais que qui car donc y o pero porque e ma che perché mas",
)
_PREPOSITIONS: Final = _words(
    "in on at to for from with by of into over under after before about through during against between without",
    "mit von zu auf für bei nach aus dans pour avec sur par en con por para da di",
)
_WEAK: Final = (
    _CONJUNCTIONS
    | _PREPOSITIONS
    | _words(
        "a an the my your his her its our their this these those no not very is are was were be been will would can",
        "could has have had i you he she it we they der die das den dem des ein eine einen le la les un une el los las",
        "il lo gli uno una do os as",
    )
)
_TITLES: Final = re.compile(
    r"(?:dr|mr|mrs|ms|prof|rev|hon|gen|col|maj|capt|cmdr|lt|sgt|st|mt|ft|fr|hr|sen|gov|pres|mme|mlle|sra?|vs|cf)\.",
    re.IGNORECASE,
)
_BEFORE_NUMBERS: Final = re.compile(
    r"(?:nos?|nr|vol|figs?|pp?|chap|ch|sec|art|approx|ca|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.",
    re.IGNORECASE,
)
_INITIAL: Final = re.compile(r"[^\W\d_]\.")
_NUMBER_END: Final = re.compile(r"\d\Z")
_CURRENCY: Final = re.compile(r"[$€£¥]\Z")
_SIGNS_AROUND: Final = re.compile(r"\A[\W_]+|[\W_]+\Z")
_LATIN: Final = re.compile(r"[0-9A-Za-z]")
_HIRAGANA: Final = re.compile("[\u3041-\u309f]")


def ends_sentence(left: str, right: str | None, chunk_ends: bool = False) -> bool:
    """Whether a sentence is over after the word `left`.

    Args:
        left: a word with its punctuation.
        right: the word after it, ``None`` at the end of the text.
        chunk_ends: `left` is the last word of a chunk; chunks end with sentences or, if those are long, clauses.
    """
    bare = left.rstrip(_CLOSING)
    over = bare.endswith(tuple(_ENDS))
    if right is None:
        return True
    if chunk_ends:
        return over or (not bare.endswith(tuple(_CLAUSE_ENDS)) and _is_capital(right))
    if not over or _core(right)[:1].islower():
        return False
    return not _needs_next(left, right)


def break_cost(left: str, right: str, *, space: bool = True, chunk_ends: bool = False) -> float:
    """What a break between two words of a text costs.

    Args:
        left: a word with its punctuation.
        right: the word after it.
        space: whether white space stands between them.
        chunk_ends: `left` is the last word of a chunk.
    """
    if ends_sentence(left, right, chunk_ends):
        return SENTENCE
    cost = _inside(left, right) if space else _unspaced(left, right)
    return min(cost, CLAUSE) if chunk_ends else cost


def _inside(left: str, right: str) -> float:
    bare = left.rstrip(_CLOSING)
    if bare.endswith(tuple(_CLAUSE_ENDS)) or bare.endswith(" -") or right.startswith(("—", "–")):
        return CLAUSE
    if _is_bound(left, right):
        return BOUND
    before, after = _core(left), _core(right)
    if left != bare or right[:1] in OPENING:
        return BRACKET
    if before.lower() in _WEAK:
        return WEAK
    if after.lower() in _CONJUNCTIONS:
        return CONJUNCTION
    if after.lower() in _PREPOSITIONS:
        return PREPOSITION
    return NAME if before[:1].isupper() and after[:1].isupper() else PLAIN


def _is_bound(left: str, right: str) -> bool:
    if _needs_next(left, right) or _CURRENCY.search(left):
        return True
    after = _core(right)
    if _NUMBER_END.search(left):
        return right[:1] in "%°‰" or after.lower() not in _WEAK
    named = left[:1].isupper() and left.lower() not in _WEAK and left[-1].isalpha()
    return named and after[:1].isdigit()


def _needs_next(left: str, right: str) -> bool:
    """Whether `left` is an abbreviation that says nothing without the word after it."""
    word = left.lstrip(OPENING + "\"'")
    if _BEFORE_NUMBERS.fullmatch(word):
        return _core(right)[:1].isdigit()
    return _is_capital(right) and bool(_TITLES.fullmatch(word) or _INITIAL.fullmatch(word))


def _unspaced(left: str, right: str) -> float:
    if right[0] in _NO_LINE_START or left[-1] in OPENING:
        return BOUND
    if left.rstrip(_CLOSING).endswith(tuple(_CLAUSE_ENDS + _ENDS)):
        return CLAUSE
    if _LATIN.match(left[-1]) and _LATIN.match(right[0]):
        return INSIDE
    if _HIRAGANA.match(left[-1]) and not _HIRAGANA.match(right[0]):
        return PREPOSITION  # a Japanese phrase ends in hiragana and the next begins with another script
    return PLAIN


def _core(word: str) -> str:
    """A word without the signs around it."""
    return _SIGNS_AROUND.sub("", word)


def _is_capital(word: str) -> bool:
    return _core(word)[:1].isupper()
