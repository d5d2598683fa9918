"""What the Files tab says of a file: in the list, and in full once it is ticked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from textwrap import shorten

from library.entries import Entry
from ui.wording import size_words


def file_label(entry: Entry) -> str:
    """A line of the list."""
    text = shorten(str(entry.details.get("text") or ""), 60, placeholder=" …")
    made = datetime.fromtimestamp(entry.created).strftime("%d.%m. %H:%M")
    kept = "kept" if entry.details.get("keep") else ""
    return " · ".join(part for part in (made, entry.name, f"{entry.seconds or 0:.1f} s", kept, text) if part)


def file_facts(entry: Entry, captions: Iterable[str] = ()) -> dict[str, str]:
    """All that is known, by its heading; `captions` are the names of their files."""
    about = entry.details
    quality = about.get("quality") or {}
    facts = {
        "Length": f"{entry.seconds or 0:.1f} s at {entry.sample_rate or 0} Hz, {size_words(entry.size_bytes)}",
        "Made": datetime.fromtimestamp(entry.created).strftime("%Y-%m-%d %H:%M"),
        "Says": str(about.get("text") or ""),
        "Voices": ", ".join(about.get("voices") or []),
        "Check": str(quality.get("verdict") or ""),
        "Made of": ", ".join(about.get("sources") or []),
        "Captions": ", ".join(captions),
        "Clean-up": "kept through every one" if about.get("keep") else "",
    }
    return {heading: said for heading, said in facts.items() if said}


def file_count(count: int) -> str:
    """How many files."""
    return "1 file" if count == 1 else f"{count} files"
