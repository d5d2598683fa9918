from typing import Any

from starlette.testclient import TestClient

from config import Settings
from tests.support.recordings import speechlike, wav_bytes

API = "/api/v1"


def upload(client: TestClient, name: str, seconds: float = 1.0, **fields: Any) -> Any:
    files = {"vc_input_file": (name, wav_bytes(speechlike(seconds)), "audio/wav")}
    return client.post(f"{API}/vc_input", data=fields, files=files)


def test_an_input_is_kept_with_what_is_said_in_it(client: TestClient, settings: Settings) -> None:
    made = upload(client, "talk.wav", 2.0, text="Good morning", project="show/one")
    assert made.status_code == 200, made.text
    entry = made.json()["metadata"]
    assert entry["filename"] == "show/one/talk.wav" and entry["text"] == "Good morning"
    assert entry["duration_seconds"] == 2.0
    assert client.get(f"{API}/vc_inputs", params={"search": "MORNING good"}).json()["files"] == [entry]
    assert client.get(f"{API}/vc_inputs", params={"search": "evening"}).json()["total_files"] == 0
    assert client.get(entry["audio_url"]).content[:4] == b"RIFF"
    changed = client.put(f"{API}/vc_input/talk/metadata", json={"text": "Good evening", "tags": ["x"]}).json()
    assert changed["text"] == "Good evening" and changed["tags"] == ["x"]
    assert client.get(f"{API}/vc_input/talk").json() == changed
    folders = client.get(f"{API}/vc_inputs/folders").json()["folders"]
    assert [each["path"] for each in folders] == ["", "show", "show/one"]
    gone = client.delete(f"{API}/vc_input/show/one/talk.wav", params={"confirm": True})
    assert gone.json()["deleted_files"] == ["show/one/talk.wav"]
    assert not (settings.paths.vc_input_dir / "show").exists()


def test_the_newest_comes_first_and_filters_delete(client: TestClient) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        upload(client, name)
    files = client.get(f"{API}/vc_inputs").json()["files"]
    assert [each["filename"] for each in files] == ["c.wav", "b.wav", "a.wav"]
    gone = client.delete(f"{API}/vc_inputs", params={"confirm": True, "filenames": "a.wav,c.wav"}).json()
    assert gone["deleted_files"] == ["a.wav", "c.wav"]
    assert client.get(f"{API}/vc_inputs").json()["total"] == 1


def test_contradicting_folders_and_unknown_fields_are_refused(client: TestClient) -> None:
    assert upload(client, "a.wav", folder_path="x", project="y").status_code == 422
    unknown = upload(client, "a.wav", bogus="1")
    assert unknown.status_code == 422 and unknown.json()["detail"][0]["field"] == "bogus"
    assert client.post(f"{API}/vc_input", data={"text": "no file"}).status_code == 422
