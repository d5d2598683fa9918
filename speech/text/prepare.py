"""Makes a text ready for speaking: everything that is done to it before it is cut up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from speech.text.clean import clean
from speech.text.dot_letters import fix_dot_letters
from speech.text.emoji import EmojiMode, treat_emoji
from speech.text.markdown import strip_markdown
from speech.text.references import remove_references
from speech.text.sound_words import SoundWord, apply_sound_words
from speech.text.spacing import normalize_spacing

_MARKDOWN_SIGN: Final = re.compile(r"[*_~`\[\]<>&\\#|]")


@dataclass(frozen=True)
class TextRules:
    """What is done to a text; each rule has a module of its own.

    Attributes:
        sound_words: words that are replaced or taken out.
        normalize_spacing: spaces and repeated signs as a careful writer sets them.
        fix_dot_letters: "J.R.R." as "J R R".
        remove_reference_numbers: numbers of footnotes and sources go.
        markdown: the signs of Markdown and HTML go.
        emoji: "remove", "name" or "keep".
    """

    sound_words: tuple[SoundWord, ...] = ()
    normalize_spacing: bool = True
    fix_dot_letters: bool = True
    remove_reference_numbers: bool = True
    markdown: bool = True
    emoji: EmojiMode = "remove"


def prepare_text(text: str, rules: TextRules) -> str:
    r"""Return `text` as it is to be spoken, with our own markup for `speech.text.markup.parse_markup` in it.

    In this order, since each rule needs what the ones before it leave:

    1. `clean`, and again after each rule that changed something: the others know one kind of space only.
    2. Markdown: takes signs from between words, so that phrases and references are found behind them
       ("**word**[3]"). What a sound word with such signs looks for (``*sigh*``) it leaves to the next rule.
    3. Sound words, while the emoji are there, so that a rule can say something for one ("😀=>[laugh]").
    4. Emoji, whose removal leaves words and sentence ends beside each other.
    5. References, while the stops of letters are there, behind which they may stand ("the U.S.12 Then").
    6. Dot letters.
    7. Spacing, last, for what the other rules left between the words.

    The text is prepared whole and its markup read afterwards, since Markdown pairs signs across pauses and
    changes of voice. No rule changes markup.

    Preparing ordinary text twice changes nothing more. It may where a rule uncovers what another or itself
    looks for: escapes, entities, code and nested signs of Markdown, sound words that bring in or move
    together signs and words, stray signs ("a****[3]"), and items of a numbered list, which get their full
    stop when a comma at their end has gone with an emoji.

    Never raises; linear in the length of the text.

    Args:
        text: as the client sent it.
        rules: which rules are used.

    Example:
        >>> prepare_text("## J.R.R. Tolkien\n**wrote** it.[3] 😀", TextRules())
        'J R R Tolkien\n\nwrote it.'
    """
    text = clean(text)
    for rule in _chosen(rules):
        changed = rule(text)
        if changed != text:
            text = clean(changed)
    return text


def _chosen(rules: TextRules) -> Iterator[Callable[[str], str]]:
    if rules.markdown:
        # Markdown would take these apart, and no rule would find them any more.
        literals = [rule.pattern for rule in rules.sound_words if _MARKDOWN_SIGN.search(rule.pattern)]
        yield partial(strip_markdown, literals=literals)
    if rules.sound_words:
        yield partial(apply_sound_words, rules=rules.sound_words)
    yield partial(treat_emoji, mode=rules.emoji)
    if rules.remove_reference_numbers:
        yield remove_references
    if rules.fix_dot_letters:
        yield fix_dot_letters
    if rules.normalize_spacing:
        yield normalize_spacing
