"""docs/page.md tells where the page does what the API can do, and its tabs are those of the page."""

import re
from pathlib import Path

from starlette.testclient import TestClient

from core_engine import CoreEngine
from tests.conftest import CoreMaker
from ui.page import create_page_app

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "page.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `([^`]+)` \| (.+?) \|$", DOCUMENT, re.MULTILINE))


def test_every_address_has_its_place_on_the_page(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert [path for path in paths if not ROWS.get(path, "").strip()] == []
    assert sorted(ROWS.keys() - paths.keys()) == ["/api/v1/tts/stream"]  # a WebSocket, which the document cannot hold


def test_the_tabs_that_are_named_exist(make_core: CoreMaker) -> None:
    core: CoreEngine = make_core()
    with TestClient(create_page_app(core)) as page:
        parts = page.get("/config").json()["components"]
    tabs = {part["props"]["label"] for part in parts if part["type"] == "tabitem"} | {"Jobs"}

    named = {place.partition(":")[0] for place in ROWS.values() if ":" in place and place[0].isupper()}
    assert named <= tabs
