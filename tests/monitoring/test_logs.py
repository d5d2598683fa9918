import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from config import Settings
from core_engine import CoreEngine
from exceptions import ConfigurationError
from main_api import create_app
from monitoring.logs import configure_logging

pytestmark = pytest.mark.usefixtures("logging_as_before")


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_the_file_has_one_object_per_line(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "service.log"
    configure_logging("INFO", file, 1, 1, console=io.StringIO())
    logging.getLogger("part").info("said %s", "Grüße\nzwei", extra={"duration_ms": 3.5, "data": {"a": 1}})
    logging.getLogger("part").debug("not this")
    (entry,) = lines(file)
    assert entry["message"] == "said Grüße\nzwei" and entry["level"] == "INFO" and entry["logger"] == "part"
    assert entry["module"] == "test_logs" and entry["function"].startswith("test_the_file") and entry["line"] > 0
    assert entry["duration_ms"] == 3.5 and entry["data"] == {"a": 1}
    assert entry["timestamp"].endswith("Z")


def test_an_exception_is_an_object_without_values_of_variables(tmp_path: Path) -> None:
    file, console = tmp_path / "service.log", io.StringIO()
    configure_logging("INFO", file, 1, 1, console=console)
    secret = "hunter" + "2"
    try:
        {}[len(secret)]
    except KeyError as error:
        logging.getLogger("part").error("failed", exc_info=error)
    (entry,) = lines(file)
    assert entry["exception"]["type"] == "KeyError"
    assert any("test_logs.py" in line for line in entry["exception"]["traceback"])
    assert "hunter2" not in file.read_text()
    assert "Traceback" in console.getvalue()


def test_the_file_rotates(tmp_path: Path) -> None:
    configure_logging("INFO", tmp_path / "service.log", 0.001, 2, console=io.StringIO())
    for number in range(50):
        logging.getLogger("part").info("line %d", number)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["service.log", "service.log.1", "service.log.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())


def test_the_console_can_have_json_and_the_file_be_left_out() -> None:
    console = io.StringIO()
    configure_logging("WARNING", None, 1, 1, "json", console)
    logging.getLogger("part").warning("careful")
    assert json.loads(console.getvalue())["message"] == "careful"


def test_a_log_file_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written") as caught:
        configure_logging("INFO", tmp_path / "file" / "service.log", 1, 1, console=io.StringIO())
    assert caught.value.field == "server.log_file_path"


def test_every_line_of_a_request_has_its_id(client: TestClient, tmp_path: Path) -> None:
    file = tmp_path / "service.log"
    configure_logging("INFO", file, 1, 1, console=io.StringIO())
    reply = client.post("/api/v1/tts", json={"text": "Hello."}, headers={"X-Request-ID": "mine-1"})
    assert reply.status_code == 200
    client.get("/api/v1/health/live")
    entries = [entry for entry in lines(file) if entry["operation"] != "model_load"]
    assert [entry["message"] for entry in entries] == ["tts done", "POST /api/v1/tts 200"]
    assert {entry["request_id"] for entry in entries} == {"mine-1"}
    access = entries[1]
    assert access["logger"] == "chatterbox.access" and access["data"]["status"] == 200
    assert access["data"]["bytes"] == len(reply.content) and access["duration_ms"] > 0


def test_a_failure_is_logged_under_the_id_of_its_reply(settings: Settings, tmp_path: Path) -> None:
    core = CoreEngine(settings)

    def broken(*arguments: object, **keywords: object) -> None:
        raise ZeroDivisionError("inside")

    core.tts = broken  # type: ignore[method-assign, assignment]
    file = tmp_path / "service.log"
    configure_logging("INFO", file, 1, 1, console=io.StringIO())
    with TestClient(create_app(settings, core), raise_server_exceptions=False) as client:
        reply = client.post("/api/v1/tts", json={"text": "Hello."})
    (failure,) = [entry for entry in lines(file) if "exception" in entry]
    assert failure["request_id"] == reply.json()["request_id"] == reply.headers["x-request-id"]


def test_the_lane_logs_a_fault_under_the_id_of_the_request(settings: Settings, tmp_path: Path) -> None:
    core = CoreEngine(settings)

    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("inside")

    core.engine.generate = broken  # type: ignore[method-assign, assignment]
    file = tmp_path / "service.log"
    configure_logging("INFO", file, 1, 1, console=io.StringIO())
    with TestClient(create_app(settings, core)) as client:
        assert (
            client.post("/api/v1/tts", json={"text": "Hello."}, headers={"X-Request-ID": "mine-1"}).status_code == 502
        )
    faults = [entry for entry in lines(file) if entry["logger"] == "chatterbox.lane"]
    assert faults and {entry["request_id"] for entry in faults} == {"mine-1"}
    assert faults[0]["exception"]["type"] == "ZeroDivisionError"


def test_addresses_cannot_forge_lines(client: TestClient, tmp_path: Path) -> None:
    console = io.StringIO()
    configure_logging("INFO", None, 1, 1, console=console)
    client.get("/evil%0A2026-01-01 ERROR forged")
    (line,) = [line for line in console.getvalue().splitlines() if "forged" in line]
    assert "evil" in line
