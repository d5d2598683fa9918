import io
import zipfile
from pathlib import PurePosixPath
from typing import Any

import pytest
from starlette.testclient import TestClient

from config import Settings

API = "/api/v1"


def speak(client: TestClient, text: str = "Hello there, dear friend.", **fields: Any) -> list[str]:
    body = {"text": text, "export_formats": ["wav"], **fields}
    reply = client.post(f"{API}/tts", json=body, params={"response_mode": "url"}).json()
    return [file["filename"] for file in reply["output_files"]]


def test_outputs_show_what_made_them(client: TestClient, settings: Settings) -> None:
    [name] = speak(client, folder="book", seed=7, captions=["srt"], voice="tone-b")
    [entry] = client.get(f"{API}/outputs").json()["files"]
    assert entry["filename"] == name and entry["folder_path"] == "book" and entry["generation_type"] == "tts"
    assert entry["parameters"]["seed"] == 7 and "text" not in entry["parameters"]
    assert entry["text"] == "Hello there, dear friend." and entry["voices"] == ["tone-b"]
    assert entry["quality"]["verdict"] == "not_checked"
    assert entry["sample_rate"] == 24_000 and entry["duration_seconds"] > 0.1
    [captions] = entry["captions"]
    assert captions["format"] == "srt" and b"Hello there" in client.get(captions["url"]).content
    record = client.get(f"{API}/output/{name}").json()["record"]
    assert record["quality"]["chunks"][0]["text"] == "Hello there, dear friend."
    assert str(settings.paths.output_dir) not in client.get(f"{API}/outputs").text


def test_outputs_are_filtered_and_the_newest_come_first(client: TestClient) -> None:
    first, second = speak(client, folder="a"), speak(client, "Something quite different.", folder="a/b")
    listed = client.get(f"{API}/outputs").json()["files"]
    assert [entry["filename"] for entry in listed] == [*second, *first]

    def total(**query: str) -> int:
        return int(client.get(f"{API}/outputs", params=query).json()["total"])

    assert total(folder="a") == 2 and total(folder="a/b") == 1 and total(folder="b") == 0
    assert total(search="different") == 1 and total(generation_type="vc") == 0 and total(generation_type="tts") == 2
    folders = client.get(f"{API}/outputs/folders").json()["folders"]
    assert [(each["path"], each["file_count"]) for each in folders] == [("", 0), ("a", 1), ("a/b", 1)]


def test_what_belongs_to_a_result_goes_with_its_last_audio(client: TestClient, settings: Settings) -> None:
    names = speak(client, export_formats=["wav", "mp3"], captions=["vtt"], separate_chunks=True, folder="x")
    assert len(names) == 4
    for number, name in enumerate(names, start=1):
        left = {path.suffix for path in (settings.paths.output_dir / "x").iterdir()}
        assert {".json", ".csv", ".vtt"} <= left
        gone = client.delete(f"{API}/output/{name}", params={"confirm": True}).json()
        assert gone["deleted_files"] == [name]
        assert client.get(f"{API}/outputs").json()["total"] == len(names) - number
    assert not (settings.paths.output_dir / "x").exists()


def test_deletion_takes_the_file_that_is_meant(client: TestClient, settings: Settings) -> None:
    for folder in ("one", "two"):
        (settings.paths.output_dir / folder).mkdir(parents=True)
        (settings.paths.output_dir / folder / "same.wav").write_bytes(b"x")
    client.delete(f"{API}/outputs", params={"confirm": True, "folder": "two"})
    assert (settings.paths.output_dir / "one" / "same.wav").exists()
    assert not (settings.paths.output_dir / "two").exists()


def test_kept_results_are_marked(client: TestClient) -> None:
    [name] = speak(client)
    assert client.put(f"{API}/output/{name}/metadata", json={"keep": True}).json()["keep"] is True
    [entry] = client.get(f"{API}/outputs").json()["files"]
    assert entry["keep"] is True and entry["parameters"]["sentence_pause_ms"] == 250


@pytest.mark.parametrize("marker", ["a/{stem}.keep", "a/.keep", ".keep"])
def test_results_that_were_marked_by_hand_are_shown_as_kept(
    client: TestClient, settings: Settings, marker: str
) -> None:
    [name] = speak(client, folder="a")
    assert client.get(f"{API}/output/{name}").json()["keep"] is False
    (settings.paths.output_dir / marker.format(stem=PurePosixPath(name).stem)).touch()
    [entry] = client.get(f"{API}/outputs").json()["files"]
    assert entry["keep"] is True and client.get(f"{API}/output/{name}").json()["keep"] is True


def test_a_zip_holds_what_was_asked_for(client: TestClient, settings: Settings) -> None:
    names = speak(client, folder="a") + speak(client, captions=["srt"])
    reply = client.post(f"{API}/outputs/zip", json={"filenames": [*names, names[0]]})
    assert reply.status_code == 200 and reply.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == names
        for name in names:
            assert archive.read(name) == (settings.paths.output_dir / name).read_bytes()


@pytest.mark.parametrize("name", ["missing.wav", "../x.wav", "x.json"])
def test_a_zip_of_what_is_not_there_is_refused(client: TestClient, name: str) -> None:
    assert client.post(f"{API}/outputs/zip", json={"filenames": [name]}).status_code in (404, 422)
