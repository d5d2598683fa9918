"""Audio as server-sent events, in OpenAI's form."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any

from api.openai_edge import openai_error
from exceptions import ChatterboxError

log = logging.getLogger("chatterbox.api")

MEDIA_TYPE = "text/event-stream"
DELTA_BYTES = 49_152
"""Most bytes of one event, so that a reader line by line need not hold a long chunk; a multiple of three."""


async def speech_events(blocks: AsyncGenerator[bytes], usage: Callable[[], tuple[int, int]]) -> AsyncGenerator[bytes]:
    """``speech.audio.delta`` events with pieces of one file, then ``speech.audio.done``.

    A failure before the first piece is raised; later ones become an ``error`` event, which ends the stream.

    Args:
        blocks: the file.
        usage: input and output, asked for at the end.
    """
    async with contextlib.aclosing(blocks):
        begun = False
        try:
            async for block in blocks:
                for start in range(0, len(block), DELTA_BYTES):
                    piece = base64.b64encode(block[start : start + DELTA_BYTES]).decode()
                    yield _event({"type": "speech.audio.delta", "audio": piece})
                    begun = True
        except ChatterboxError as error:
            if not begun:
                raise
            log.error("ended a stream of events early: %s: %s", error.code, error.message)
            failure = openai_error(error.status, error.message, error.code, error.field)
            yield b"event: error\n" + _event(failure.model_dump())
            return
        spent, made = usage()
        tokens = {"input_tokens": spent, "output_tokens": made, "total_tokens": spent + made}
        yield _event({"type": "speech.audio.done", "usage": tokens})


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"
