"""Uploads whose sender is gone: nobody decodes them to the end."""

import socket
import threading
from pathlib import Path

import pytest

from library.examiner import Examiner
from speech.cancel import CancelToken
from tests.conftest import CoreMaker
from tests.support.listening import serving
from tests.support.recordings import wav_bytes
from tests.support.validators import ListeningValidator

ROUTES = [("/api/v1/voice", "voice_file"), ("/api/v1/vc_input", "vc_input_file"), ("/v1/audio/transcriptions", "file")]


@pytest.mark.parametrize(("route", "field"), ROUTES)
def test_the_decoding_is_told_to_end(
    make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch, route: str, field: str
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def examine(self: Examiner, path: Path, longest: float, field: str, cancel: CancelToken) -> None:
        begun.set()
        while not ended.wait(0.02):
            if cancel.cancelled:
                ended.set()
        cancel.raise_if_stopped()

    monkeypatch.setattr(Examiner, "examine", examine)
    core = make_core(validator=ListeningValidator("One."))
    with serving(core) as client:
        data = {"model": "whisper-1"} if field == "file" else {}
        request = client.build_request("POST", route, data=data, files={field: ("x.wav", wav_bytes())})
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        with socket.create_connection((request.url.host, request.url.port or 80)) as caller:
            caller.sendall(f"POST {route} HTTP/1.1\r\n{head}\r\n".encode() + request.read())
            assert begun.wait(20)
            assert not ended.is_set()
        told = ended.wait(20)
        ended.set()
    assert told
