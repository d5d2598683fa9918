"""Cuts a stream of samples anew, so that a step sees parts of one size with what surrounds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from speech.samples import Samples


def windows(blocks: Iterable[Samples], size: int, before: int = 0, after: int = 0) -> Iterator[Samples]:
    """Consecutive parts of a stream, each with the samples in front of it and behind it.

    Args:
        blocks: the stream, in blocks of any lengths.
        size: samples of each part; the last one may have fewer.
        before: samples in front of each part, zeros where the stream has not begun.
        after: samples behind each part, zeros where the stream has ended.

    Yields:
        arrays of shape ``(before + part + after,)``, to be read only: neighbours share memory.
    """
    held = np.zeros(before, dtype=np.float32)
    waiting: list[Samples] = []
    length = before
    full = before + size + after
    for block in blocks:
        waiting.append(block)
        length += len(block)
        if length < full:
            continue
        held = np.concatenate([held, *waiting])
        waiting = []
        while len(held) >= full:
            yield held[:full]
            held = held[size:]
        length = len(held)
    held = np.concatenate([held, *waiting, np.zeros(after, dtype=np.float32)])
    while len(held) > before + after:
        yield held[:full]
        held = held[size:]
