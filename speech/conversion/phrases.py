"""The phrases of a transcript: words that are spoken together, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from speech.validation.protocol import Word

LONGEST_SECONDS: Final = 6.0
"""Longer phrases would drift from the timing of the recording."""
_PAUSE_SECONDS: Final = 0.3
_MARGIN_SECONDS: Final = 0.12
"""Kept around the words: their times are good to a tenth of a second."""
_ENDS: Final = (".", "!", "?", "…")


@dataclass(frozen=True)
class Phrase:
    """Words and the span in which they are heard, in seconds of the recording; spans do not overlap."""

    text: str
    start: float
    end: float


def phrases_of(words: Sequence[Word], seconds: float) -> list[Phrase]:
    """Group words at pauses and sentence ends, and where a phrase gets too long.

    Args:
        words: with their times, in order.
        seconds: length of the recording.
    """
    groups: list[list[Word]] = []
    for word in words:
        if not groups or _ends(groups[-1], word):
            groups.append([])
        groups[-1].append(word)
    found: list[Phrase] = []
    for number, group in enumerate(groups):
        earliest = found[-1].end if found else 0.0
        latest = seconds if number + 1 == len(groups) else (group[-1].end + groups[number + 1][0].start) / 2
        start = max(earliest, group[0].start - _MARGIN_SECONDS)
        end = min(max(latest, start), group[-1].end + _MARGIN_SECONDS)
        found.append(Phrase(" ".join(word.text for word in group), start, max(start, end)))
    return found


def _ends(group: Sequence[Word], following: Word) -> bool:
    last = group[-1]
    pause = following.start - last.end
    return (
        pause >= _PAUSE_SECONDS
        or following.end - group[0].start > LONGEST_SECONDS
        or (last.text.endswith(_ENDS) and pause > 0.0)
    )
