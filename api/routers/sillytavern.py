"""The addresses that SillyTavern's Chatterbox provider asks for, straight from the browser."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from api.deps import Core, Workers
from api.live import LiveAudio, LiveReply
from api_models import TTSRequest
from api_models.sillytavern import SillyTavernRequest, SillyTavernVoice

router = APIRouter(tags=["sillytavern"])


@router.get("/get_predefined_voices")
def predefined_voices(core: Core) -> list[SillyTavernVoice]:
    """All voices."""
    return [
        SillyTavernVoice(display_name=voice.name, filename=voice.name, voice_id=voice.name, language=voice.language)
        for voice in core.casting.voices
    ]


@router.get("/get_reference_files")
def reference_files(core: Core) -> list[str]:
    """The recordings among them."""
    own = {voice.name for voice in core.engine.voices}
    return [voice.name for voice in core.casting.voices if voice.name not in own]


@router.post("/tts", response_class=Response)
async def speak(body: SillyTavernRequest, core: Core, workers: Workers) -> LiveReply:
    """Speak a text; the audio is sent while it is being made."""
    return LiveAudio(core, workers, _spoken(body), body.output_format).reply()


@router.get("/tts-stream", response_class=Response)
async def speak_stream(body: Annotated[SillyTavernRequest, Query()], core: Core, workers: Workers) -> LiveReply:
    """The same with its fields in the address, for the browser's own player."""
    return LiveAudio(core, workers, _spoken(body), body.output_format).reply()


def _spoken(body: SillyTavernRequest) -> TTSRequest:
    voice = body.reference_audio_filename if body.voice_mode == "clone" else body.predefined_voice_id
    fields = {name: value for name in _SAME if (value := getattr(body, name)) is not None}
    return TTSRequest.model_validate(
        {**fields, "text": body.text, "voice": voice or "", "language": _LANGUAGES.get(body.language, body.language),
         "seed": max(0, body.seed)}
    )  # fmt: skip


_SAME = ("temperature", "exaggeration", "cfg_weight", "speed_factor")
_LANGUAGES = {"zh-cn": "zh"}
"""Codes of its menu that are called otherwise."""
