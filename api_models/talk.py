"""Messages of the WebSocket that takes text as it is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from api_models.base import StreamFormatName, Strict
from api_models.speech import TTSDefaults


class TalkStart(TTSDefaults):
    """Fields of a speech request for all that follows, and the format of the audio."""

    type: Literal["start"]
    format: StreamFormatName = "pcm"
    """`pcm` is 16-bit little-endian mono."""


class TalkText(Strict):
    """The next piece of text."""

    type: Literal["text"]
    text: str


class TalkSignal(Strict):
    """`flush`: speak what waits for the end of its sentence. `end`: that was all. `cancel`: be silent at once."""

    type: Literal["flush", "end", "cancel"]


TalkMessage = Annotated[TalkStart | TalkText | TalkSignal, Field(discriminator="type")]
TALK_MESSAGES: TypeAdapter[TalkStart | TalkText | TalkSignal] = TypeAdapter(TalkMessage)
