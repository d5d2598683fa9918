"""What the page lets its users do: as much as their key opens, whoever sends its events."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api_models import TTSRequest
from config import Settings
from core_engine import CoreEngine
from exceptions import ResourceNotFoundError
from guard.keys import KeyStore
from main_api import create_app

# Gradio counts its events by ways of pandas that pandas 3 is about to drop.
pytestmark = [
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]

PAGE = "/ui/gradio_api"


class Visitor:
    """Somebody at the page who sends its events without a browser."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self.core: CoreEngine = client.app.state.core  # type: ignore[attr-defined]
        config = client.get("/ui/config").json()
        self._parts = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        self._values = {part["id"]: part["props"].get("value") for part in config["components"]}
        self._events = config["dependencies"]

    def send(self, elem_id: str, *given: Any, trigger: str = "click") -> dict[str, Any]:
        """The last message of the answer to an event."""
        return self._answer(self._handlers(elem_id, trigger)[0], given)

    def looks(self, elem_id: str) -> list[str]:
        """What all handlers of a click that need nothing show."""
        return [self._answer(event, [])["output"]["data"][0] for event in self._handlers(elem_id, "click")]

    def _handlers(self, elem_id: str, trigger: str) -> list[dict[str, Any]]:
        return [event for event in self._events if [self._parts[elem_id], trigger] in event["targets"]]

    def _answer(self, event: dict[str, Any], given: Sequence[Any]) -> dict[str, Any]:
        body = {"fn_index": event["id"], "data": list(given), "session_hash": "visitor"}
        assert self._client.post(f"{PAGE}/queue/join", json=body).status_code == 200
        answer = self._client.get(f"{PAGE}/queue/data", params={"session_hash": "visitor"}).text
        messages = [json.loads(line[6:]) for line in answer.splitlines() if line.startswith("data: ")]
        return next(message for message in messages if message["msg"] == "process_completed")

    def refused(self, elem_id: str, *given: Any, scope: str, trigger: str = "click") -> bool:
        """Whether the event, by itself of a page just opened, is answered with a sentence that names the scope."""
        values = given or [self._values[number] for number in self._handlers(elem_id, trigger)[0]["inputs"]]
        message = self.send(elem_id, *values, trigger=trigger)
        error = str(message["output"].get("error"))
        return not message["success"] and f"needs a key with the scope '{scope}'" in error


@pytest.fixture
def visit(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Visitor]]:
    """A visitor of the service, signed in with a key of these scopes; without any, the service has no key."""
    opened: list[TestClient] = []
    paths = settings.paths.model_copy(update={"keys_file": tmp_path / "keys.json"})
    ui = settings.ui.model_copy(update={"enable_ui": True})

    def visit(*scopes: str) -> Visitor:
        app = create_app(settings.model_copy(update={"paths": paths, "ui": ui}))
        client = TestClient(app)
        client.__enter__()
        opened.append(client)
        if scopes:
            key = KeyStore(paths.keys_file).add("visitor", scopes)
            client.post("/login", data={"key": key})
        assert app.state.core.wait_ready(10).ready
        return Visitor(client)

    yield visit
    for client in opened:
        client.__exit__(None, None, None)


def delete_a_result(visitor: Visitor) -> tuple[str, list[Any]]:
    """Name of a result that the visitor has ticked in the list, and what a click on Delete sends."""
    name = visitor.core.tts(TTSRequest(text="Hello.", export_formats=["wav"])).files[0].name
    shown = ["Results", "", "", "All", 1]
    assert visitor.send("files-search", *shown, trigger="submit")["success"]
    return name, [*shown, [name], True]


def test_a_key_that_may_speak_changes_nothing_through_the_page(visit: Callable[..., Visitor]) -> None:
    visitor = visit("speak")
    core = visitor.core

    for elem_id in ("model-load", "model-unload", "cleanup", "cleanup-dry-run"):
        assert visitor.refused(elem_id, scope="admin"), elem_id
    assert core.models.loaded["tts"]
    name, deletion = delete_a_result(visitor)
    assert visitor.refused("files-delete", *deletion, scope="voices")
    assert core.outputs.find(name)[0].is_file()
    changes = ("files-keep", "files-release", "files-save", "voices-default", "voices-save", "voices-delete")
    for elem_id in (*changes, "voices-add"):
        assert visitor.refused(elem_id, scope="voices"), elem_id
    assert visitor.refused("files-upload", scope="voices", trigger="upload")
    for shown in visitor.looks("system-refresh")[1:]:
        assert "needs a key with the scope" in shown


def test_a_key_for_voices_deletes_results_and_leaves_the_models(visit: Callable[..., Visitor]) -> None:
    visitor = visit("speak", "voices")

    name, deletion = delete_a_result(visitor)
    assert visitor.send("files-delete", *deletion)["success"]
    with pytest.raises(ResourceNotFoundError):
        visitor.core.outputs.find(name)
    assert visitor.refused("model-unload", "tts", scope="admin")


@pytest.mark.parametrize("scopes", [["admin"], []], ids=["admin", "no keys"])
def test_an_admin_and_everybody_where_there_is_no_key_may_do_all(
    visit: Callable[..., Visitor], scopes: list[str]
) -> None:
    visitor = visit(*scopes)

    assert visitor.send("model-unload", "tts")["success"]
    assert not visitor.core.models.loaded["tts"]
    assert "files would be removed" in visitor.send("cleanup-dry-run")["output"]["data"][0]
    name, deletion = delete_a_result(visitor)
    assert visitor.send("files-delete", *deletion)["success"]
    with pytest.raises(ResourceNotFoundError):
        visitor.core.outputs.find(name)
