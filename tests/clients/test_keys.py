"""Clients of other services behind the gate: keys in their form, refusals in their shape."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from guard.keys import KeyStore
from main_api import create_app
from tests.conftest import CoreMaker
from tests.support.listening import serving

TALK = "/api/v1/tts/stream"


@pytest.fixture
def key(tmp_path: Path) -> str:
    return KeyStore(tmp_path / "keys.json").add("client", ["speak"])


@pytest.fixture
def locked(make_core: CoreMaker, tmp_path: Path, key: str) -> Iterator[TestClient]:
    core = make_core(paths={"keys_file": tmp_path / "keys.json"}, openai={"public_lists": True})
    with TestClient(create_app(core.settings, core)) as client:
        yield client


def test_the_openai_package_is_let_in_with_its_key_only(make_core: CoreMaker, tmp_path: Path, key: str) -> None:
    with serving(make_core(paths={"keys_file": tmp_path / "keys.json"})) as http:
        for secret, refused in ((key, False), ("wrong", True)):
            with openai.OpenAI(base_url=f"{http.base_url}/v1", api_key=secret) as api:
                if not refused:
                    assert api.audio.speech.create(model="tts-1", voice="alloy", input="Hello.").content
                    continue
                with pytest.raises(openai.AuthenticationError) as caught:
                    api.audio.speech.create(model="tts-1", voice="alloy", input="Hello.")
                assert caught.value.code == "invalid_api_key"


def test_open_webui_reads_the_public_lists_without_a_key(locked: TestClient) -> None:
    assert locked.get("/v1/audio/voices").status_code == locked.get("/v1/audio/models").status_code == 200
    assert locked.post("/v1/audio/speech", json={}).status_code == 401


def test_the_websocket_and_sillytavern_need_the_key(locked: TestClient, key: str) -> None:
    assert locked.post("/tts", json={"text": "Hello."}).status_code == 401
    headers = {"Authorization": f"Bearer {key}"}
    assert locked.post("/tts", json={"text": "Hello."}, headers=headers).status_code == 200
    with pytest.raises(WebSocketDisconnect), locked.websocket_connect(TALK):
        pass
    with locked.websocket_connect(TALK, headers=headers) as socket:
        socket.send_json({"type": "text", "text": "Hello.\n"})
        assert socket.receive_json()["type"] == "started"
