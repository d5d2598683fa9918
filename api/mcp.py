"""Tools for language models over the Model Context Protocol: one that speaks, one that lists the voices."""

from __future__ import annotations

import asyncio
import base64
import contextvars
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar

from fastapi import FastAPI
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import AudioContent, TextContent
from pydantic import Field, ValidationError
from starlette.routing import Route

from api_models import TTSRequest, VoiceInfo
from api_models.replies import output_url
from core_engine import CoreEngine
from exceptions import ChatterboxError
from speech.cancel import CancelToken
from speech.engines.protocol import Voice
from utils import VERSION

MCP_PATH = "/mcp"

T = TypeVar("T")


class SpeechTools:
    """What a language model can do here; the descriptions below are what it reads."""

    def __init__(self, core: CoreEngine, workers: ThreadPoolExecutor) -> None:
        self._core = core
        self._workers = workers

    async def speak(
        self,
        text: Annotated[str, Field(description="What to say.")],
        voice: Annotated[str, Field(description="A name that list_voices gives; empty for the default voice.")] = "",
        language: Annotated[str, Field(description="BCP 47 tag of the text; empty for the voice's own.")] = "",
    ) -> list[AudioContent | TextContent]:
        """Speak a text. Gives the audio as MP3 and the address under which the service keeps it."""
        return await self._in_worker(functools.partial(self._speak, text, voice, language))

    async def list_voices(self) -> list[VoiceInfo]:
        """List the voices that `speak` can use."""
        return await self._in_worker(lambda cancel: [_described(voice) for voice in self._core.casting.voices])

    def _speak(self, text: str, voice: str, language: str, cancel: CancelToken) -> list[AudioContent | TextContent]:
        request = TTSRequest(text=text, voice=voice, language=language, export_formats=["mp3"])
        result = self._core.tts(request, cancel=cancel)
        [file] = result.files
        audio = base64.b64encode(file.path.read_bytes()).decode()
        said = f"Spoke {result.audio_seconds:.1f} s with the voice {result.voice}: {output_url(file.name)}"
        return [AudioContent(data=audio, mime_type="audio/mpeg"), TextContent(text=said)]

    async def _in_worker(self, work: Callable[[CancelToken], T]) -> T:
        """Result of `work`, which is stopped when the client gives up; what it refuses is told to the model."""
        cancel = CancelToken(time.monotonic() + self._core.settings.server.request_timeout_seconds)
        context = contextvars.copy_context()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, context.run, work, cancel)
        except asyncio.CancelledError:
            cancel.cancel()
            raise
        except ValidationError as error:
            first = error.errors()[0]
            raise ToolError(f"{first['loc'][0]}: {first['msg']}") from error
        except ChatterboxError as error:
            raise ToolError(error.message) from error


def add_speech_tools(app: FastAPI, core: CoreEngine, workers: ThreadPoolExecutor) -> StreamableHTTPSessionManager:
    """Add the tools to an application; its sessions have to run while it serves."""
    tools = SpeechTools(core, workers)
    server = MCPServer("chatterbox-tts-extended-plus", title=core.settings.ui.title, version=VERSION)
    server.add_tool(tools.speak)
    server.add_tool(tools.list_voices)
    # The gate in front of the whole application looks at names and origins.
    gated = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.streamable_http_app(stateless_http=True, transport_security=gated)
    sessions = server.session_manager
    app.router.routes.append(Route(MCP_PATH, StreamableHTTPASGIApp(sessions), methods=["POST"]))
    return sessions


def _described(voice: Voice) -> VoiceInfo:
    return VoiceInfo(name=voice.name, language=voice.language, gender=voice.gender, description=voice.description)
