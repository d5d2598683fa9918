"""Captions as files: SubRip, WebVTT, and JSON with every word."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from speech.captions.columns import plain_text
from speech.captions.cues import Cue
from speech.captions.words import CaptionWord

JSON_VERSION: Final = 1

# SubRip has no escapes: players take these for tags, and readers for the line of times. A space without width
# between their characters keeps the look and ends the likeness.
_LIKE_SUBRIP_MARKUP: Final = re.compile(r"<(?=[A-Za-z/!])|\{(?=\\)|--(?=>)")
_NO_WIDTH: Final = "\u200b"
_VTT_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def to_srt(cues: Sequence[Cue]) -> str:
    """SubRip, to be stored as UTF-8."""
    return "\n".join(
        f"{cue.index}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n"
        f"{_LIKE_SUBRIP_MARKUP.sub(lambda match: match.group() + _NO_WIDTH, cue.text)}\n"
        for cue in cues
    )


def to_vtt(cues: Sequence[Cue]) -> str:
    """WebVTT (W3C), to be stored as UTF-8; ``&``, ``<`` and ``>`` are escaped, and with them any arrow."""
    shown = (
        f"\n{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{cue.text.translate(_VTT_ESCAPES)}\n" for cue in cues
    )
    return "WEBVTT\n" + "".join(shown)


def to_json(words: Sequence[CaptionWord], cues: Sequence[Cue], duration: float | None = None) -> str:
    """A JSON object with ``version``, ``duration``, ``words`` and ``cues``; all times in seconds.

    A word whose times were not heard has ``"estimated": true``.

    Args:
        words: of the whole result.
        cues: made of them.
        duration: of the result; the end of the last word or cue if it is not given.
    """
    last = max([*(word.end for word in words), *(cue.end for cue in cues)], default=0.0)
    content = {
        "version": JSON_VERSION,
        "duration": round(last if duration is None else duration, 3),
        "words": [_word(word) for word in words],
        "cues": [{"index": cue.index, "start": cue.start, "end": cue.end, "text": cue.text} for cue in cues],
    }
    return json.dumps(content, ensure_ascii=False)


def _word(word: CaptionWord) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "word": plain_text(word.text),
        "start": round(word.start, 3),
        "end": round(word.end, 3),
        "chunk": word.chunk,
    }
    return {**facts, "estimated": True} if word.estimated else facts


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(1000 * seconds), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
