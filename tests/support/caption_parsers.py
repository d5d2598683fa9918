"""Tiny readers of caption files, written from the formats' descriptions."""

import html
import re
import unicodedata

Shown = tuple[float, float, list[str]]


def visible(text: str) -> str:
    """What of a text captions show: no white space, no controls, whole characters."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return "".join(c for c in "".join(whole.split()) if unicodedata.category(c) != "Cc")


def read_srt(text: str) -> list[Shown]:
    """Cues of a SubRip file; fails on anything out of order."""
    shown: list[Shown] = []
    for number, block in enumerate(re.split(r"\n\n+", text.strip("\n")) if text else [], start=1):
        index, times, *lines = block.split("\n")
        assert index == str(number)
        shown.append((*_times(times, ","), [line.replace("\u200b", "") for line in lines]))
    return shown


def read_vtt(text: str) -> list[Shown]:
    """Cues of a WebVTT file."""
    header, *blocks = re.split(r"\n\n+", text.rstrip("\n"))
    assert header == "WEBVTT"
    shown: list[Shown] = []
    for block in blocks:
        times, *lines = block.split("\n")
        assert not any("-->" in line or "<" in line for line in lines)
        shown.append((*_times(times, "."), [html.unescape(line) for line in lines]))
    return shown


def _times(line: str, point: str) -> tuple[float, float]:
    clock = rf"(\d\d+):([0-5]\d):([0-5]\d){re.escape(point)}(\d\d\d)"
    found = re.fullmatch(f"{clock} --> {clock}", line)
    assert found is not None
    parts = list(map(int, found.groups()))
    start, end = (h * 3600 + m * 60 + s + ms / 1000 for h, m, s, ms in (parts[:4], parts[4:]))
    return start, end
