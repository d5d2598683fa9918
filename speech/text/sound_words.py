"""Words that the user wants spoken otherwise or not at all, such as fillers and stage directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from speech.text.clean import one_line
from speech.text.gaps import apply_edits
from speech.text.markup import MARKUP
from speech.text.phrases import Phrases, fold, possessive_end

MAX_RULES: Final = 500
MAX_PATTERN: Final = 200
MAX_REPLACEMENT: Final = 500


@dataclass(frozen=True)
class SoundWord:
    """One rule.

    Attributes:
        pattern: what to look for, in any case; never empty.
        replacement: what to put there; empty takes the pattern out.
    """

    pattern: str
    replacement: str = ""


def parse_sound_words(field: str) -> tuple[SoundWord, ...]:
    r"""Return the rules of a text field with one ``pattern=>replacement`` a line.

    A line without ``=>``, or with nothing behind it, takes its pattern out. Blank lines and spaces around
    pattern and replacement do not count. A pattern given twice has the replacement of its last line.

    Raises:
        ValueError: a line has no pattern or is too long, or there are more rules than `MAX_RULES`; one
            sentence that names the line.

    Example:
        >>> parse_sound_words("um\nhmm => well")
        (SoundWord(pattern='um', replacement=''), SoundWord(pattern='hmm', replacement='well'))
    """
    rules: dict[str, SoundWord] = {}
    for number, line in enumerate(field.splitlines(), 1):
        if not line.strip():
            continue
        pattern, _, replacement = line.partition("=>")
        rule = SoundWord(one_line(pattern), one_line(replacement))
        if not rule.pattern:
            raise ValueError(f"Line {number} of the sound words has no pattern.")
        if len(rule.pattern) > MAX_PATTERN:
            raise ValueError(f"The pattern in line {number} of the sound words is over {MAX_PATTERN} characters long.")
        if len(rule.replacement) > MAX_REPLACEMENT:
            raise ValueError(
                f"The replacement in line {number} of the sound words is over {MAX_REPLACEMENT} characters long."
            )
        rules[fold(rule.pattern)] = rule
        if len(rules) > MAX_RULES:
            raise ValueError(f"Line {number} of the sound words is one rule too many: at most {MAX_RULES} are allowed.")
    return tuple(rules.values())


def apply_sound_words(text: str, rules: Sequence[SoundWord]) -> str:
    """Return `text` with the rules applied in one pass, the longest pattern first.

    Whole words only, in any case (`speech.text.phrases` has the details); a pattern of dashes is found
    everywhere. A replacement is not replaced again. A possessive 's behind a replaced word stays, behind a
    removed one it goes. The gap of a removed word is closed (`speech.text.gaps`). Inside our own markup,
    such as ``[pause:1s]``, nothing is found, but a pattern may be such a mark as a whole.

    Example:
        >>> apply_sound_words("Um, the sum of it.", parse_sound_words("um"))
        'the sum of it.'
    """
    if not rules:
        return text
    return apply_edits(text, _edits(text, {rule.pattern: rule.replacement for rule in rules}))


def _edits(text: str, replacements: dict[str, str]) -> Iterator[tuple[int, int, str]]:
    protected = [match.span() for match in MARKUP.finditer(text)]
    over = 0
    for start, end, pattern in Phrases(replacements).find(text, protected):
        if start < over:
            continue
        replacement = replacements[pattern]
        over = end if replacement else possessive_end(text, end)
        yield start, over, replacement
