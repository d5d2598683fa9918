import pytest
from starlette.testclient import TestClient

from main_api import create_app
from tests.conftest import CoreMaker

FIELDS = {"success", "error", "error_code", "detail", "timestamp", "request_id"}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/api/v1/nothing", 404, "RESOURCE_NOT_FOUND"),
        ("DELETE", "/api/v1/tts", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/outputs/none.wav", 404, "RESOURCE_NOT_FOUND"),
    ],
)
def test_framework_errors_have_our_shape(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    reply = client.request(method, path)
    assert reply.status_code == status
    assert set(reply.json()) == FIELDS
    assert reply.json()["error_code"] == code
    assert reply.json()["success"] is False


def test_broken_json_has_our_shape(client: TestClient) -> None:
    reply = client.post("/api/v1/tts", content=b"{nope", headers={"Content-Type": "application/json"})
    assert reply.status_code == 422
    assert reply.json()["error"] == "the body is not valid JSON"


@pytest.mark.parametrize(
    "media", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"]
)
def test_other_media_are_415(client: TestClient, media: str) -> None:
    reply = client.post("/api/v1/tts", content=b"text=hello", headers={"Content-Type": media})
    assert reply.status_code == 415
    assert reply.json()["error_code"] == "UNSUPPORTED_MEDIA"


@pytest.mark.parametrize("chunked", [False, True])
def test_large_bodies_are_413_in_our_shape(client: TestClient, chunked: bool) -> None:
    body = b'{"text": "' + b"x" * 1_100_000 + b'"}'
    content = iter([body[:600_000], body[600_000:]]) if chunked else body
    reply = client.post("/api/v1/tts", content=content, headers={"Content-Type": "application/json"})
    assert reply.status_code == 413
    assert set(reply.json()) == FIELDS
    assert reply.json()["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize("sane", ["abc-1.2_3", "A" * 64])
def test_a_sane_request_id_is_kept(client: TestClient, sane: str) -> None:
    assert client.get("/api/v1/health/live", headers={"X-Request-ID": sane}).headers["x-request-id"] == sane


@pytest.mark.parametrize("insane", ["", "a b", "x" * 65, "<script>", "a\tb"])
def test_other_request_ids_are_replaced(client: TestClient, insane: str) -> None:
    given = client.get("/api/v1/health/live", headers={"X-Request-ID": insane}).headers["x-request-id"]
    assert given != insane and len(given) == 32


def test_the_unforeseen_is_500_without_a_traceback(make_core: CoreMaker, caplog: pytest.LogCaptureFixture) -> None:
    core = make_core()

    def broken(*arguments: object, **keywords: object) -> None:
        raise ZeroDivisionError("secret detail")

    core.tts = broken  # type: ignore[method-assign, assignment]
    with TestClient(create_app(core.settings, core), raise_server_exceptions=False) as client:
        reply = client.post("/api/v1/tts", json={"text": "Hello."})
    assert reply.status_code == 500
    assert reply.json()["error_code"] == "INTERNAL_ERROR"
    assert "secret" not in reply.text and "Traceback" not in reply.text
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert "secret detail" in caplog.text
