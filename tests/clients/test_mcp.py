"""What a client of the Model Context Protocol sends: the official package over HTTP."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from core_engine import CoreEngine
from guard.keys import KeyStore
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker
from tests.support.listening import decoded, serving
from tests.support.tones import voice_of

T = TypeVar("T")


def talk(core: CoreEngine, conversation: Callable[[Client], Awaitable[T]]) -> T:
    """Serve with the tools, and let a client of them talk."""

    async def run(url: str) -> T:
        async with Client(f"{url}/mcp") as client:
            return await asyncio.wait_for(conversation(client), 20)  # type: ignore[arg-type]

    with serving(core) as http:
        return asyncio.run(run(str(http.base_url).rstrip("/")))


def call(core: CoreEngine, tool: str, **arguments: Any) -> CallToolResult:
    return talk(core, lambda client: client.call_tool(tool, arguments))


@pytest.fixture
def core(make_core: CoreMaker) -> CoreEngine:
    return make_core(mcp={"enabled": True})


def test_the_tools_describe_themselves(core: CoreEngine) -> None:
    tools = {tool.name: tool for tool in talk(core, lambda client: client.list_tools()).tools}
    assert set(tools) == {"speak", "list_voices"}
    schema = tools["speak"].input_schema
    assert schema["required"] == ["text"] and set(schema["properties"]) == {"text", "voice", "language"}
    assert all(field["description"] for field in schema["properties"].values())
    assert "MP3" in (tools["speak"].description or "")


def test_a_text_is_spoken_and_kept(core: CoreEngine) -> None:
    result = call(core, "speak", text="The birch canoe slid on the planks.", voice="tone-c")
    audio, said = result.content
    assert not result.is_error
    assert (audio.type, audio.mime_type, said.type) == ("audio", "audio/mpeg", "text")
    content = base64.b64decode(audio.data)
    assert voice_of(*decoded(content, "mp3")) == "tone-c"
    [kept] = core.outputs.root.rglob("*.mp3")
    assert kept.read_bytes() == content
    assert said.text.endswith(f"with the voice tone-c: /outputs/{kept.name}")


def test_voices_are_listed(core: CoreEngine) -> None:
    result = call(core, "list_voices")
    voices = (result.structured_content or {})["result"]
    assert [voice["name"] for voice in voices] == [voice.name for voice in core.casting.voices]
    assert voices[0]["language"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"text": "Hello.", "voice": "nobody"}, "nobody"),
        ({"text": "Hello.", "language": "xx"}, "xx"),
        ({"text": " "}, "text"),
        ({}, "text"),
    ],
)
def test_what_cannot_be_spoken_is_told_to_the_model(core: CoreEngine, arguments: dict[str, Any], says: str) -> None:
    result = call(core, "speak", **arguments)
    assert result.is_error and says in result.content[0].text
    assert list(core.outputs.root.rglob("*.*")) == []


def test_a_failed_engine_is_told_in_a_sentence(make_core: CoreMaker) -> None:
    result = call(make_core(ToneFaults("raise", -1), mcp={"enabled": True}), "speak", text="Hello.")
    assert result.is_error and "chunk 1" in result.content[0].text


def test_a_client_that_gives_up_stops_the_work(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults(delay=0.2), mcp={"enabled": True})

    async def give_up(client: Client) -> None:
        calling = asyncio.ensure_future(client.call_tool("speak", {"text": "One sentence here. " * 200}))
        while not core.active_requests:
            await asyncio.sleep(0.02)
        calling.cancel()
        end = time.monotonic() + 5
        while core.active_requests and time.monotonic() < end:
            await asyncio.sleep(0.02)
        assert core.active_requests == 0

    talk(core, give_up)


def test_a_key_is_needed_where_there_is_one(make_core: CoreMaker, tmp_path: Path) -> None:
    key = KeyStore(tmp_path / "keys.json").add("model", ["speak"])
    core = make_core(mcp={"enabled": True}, paths={"keys_file": tmp_path / "keys.json"})

    async def voices(url: str) -> CallToolResult:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        ):
            return await client.call_tool("list_voices", {})

    with serving(core) as http:
        assert http.post("/mcp", json={}).status_code == 401
        assert not asyncio.run(voices(str(http.base_url).rstrip("/"))).is_error


def test_nothing_is_there_until_it_is_enabled(make_core: CoreMaker) -> None:
    with serving(make_core()) as http:
        assert http.post("/mcp", json={}).status_code == 404


def test_only_posts_are_answered(core: CoreEngine) -> None:
    with serving(core) as http:
        assert http.get("/mcp").status_code == 405


@pytest.mark.parametrize("version", HANDSHAKE_PROTOCOL_VERSIONS)
def test_clients_of_older_versions_are_answered(core: CoreEngine, version: str) -> None:
    hello = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}
    accepted = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version}
    with serving(core) as http:
        for number, (method, params) in enumerate([("initialize", hello), ("tools/list", {})]):
            body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            reply = http.post("/mcp", json=body, headers=accepted)
            [event] = httpx2.EventSource(reply)
            answer = event.json()["result"]
            assert answer.get("protocolVersion", version) == version
    assert [tool["name"] for tool in answer["tools"]] == ["speak", "list_voices"]
