import queue
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from config import Settings
from core_engine import CoreEngine
from main_api import create_app
from speech.engines.tone import ToneEngine, recording_pitch
from tests.support.recordings import speechlike, wav_bytes

API = "/api/v1"


def upload(client: TestClient, name: str = "anna.wav", content: bytes | None = None, **fields: Any) -> Any:
    files = {"voice_file": (name, wav_bytes() if content is None else content, "audio/wav")}
    return client.post(f"{API}/voice", data=fields, files=files)


def test_an_uploaded_voice_is_listed_found_and_served(client: TestClient, settings: Settings) -> None:
    sound = wav_bytes(speechlike(20.0))
    made = upload(client, content=sound, description="A calm voice", tags="calm, low", folder_path="narrators")
    assert made.status_code == 200, made.text
    voice = made.json()["voice_metadata"]
    assert voice["filename"] == "narrators/anna.wav"
    assert voice["duration_seconds"] == 20.0 and voice["sample_rate"] == 24_000 and voice["tags"] == ["calm", "low"]
    assert voice["quality"]["verdict"] == "good" and voice["quality"]["remarks"] == []
    listed = client.get(f"{API}/voices").json()
    assert listed["total"] == 1 and listed["voices"][0] == voice
    for words in ("narrators/anna.wav", "narrators/anna", "anna", "ANNA.wav"):
        assert client.get(f"{API}/voice/{words}").json() == voice
    audio = client.get(voice["audio_url"], headers={"Range": "bytes=0-3"})
    assert (audio.status_code, audio.content, audio.headers["content-type"]) == (206, b"RIFF", "audio/wav")
    assert audio.headers["x-content-type-options"] == "nosniff"
    assert str(settings.paths.reference_audio_dir) not in made.text


def test_files_put_there_by_hand_appear_and_go(client: TestClient, settings: Settings) -> None:
    assert client.get(f"{API}/voices").json()["total"] == 0
    folder = settings.paths.reference_audio_dir / "by hand"
    folder.mkdir(parents=True)
    (folder / "otto.wav").write_bytes(wav_bytes(speechlike(2.0)))
    [voice] = client.get(f"{API}/voices").json()["voices"]
    assert voice["filename"] == "by hand/otto.wav" and voice["duration_seconds"] == 2.0 and voice["quality"] is None
    (folder / "otto.wav").unlink()
    assert client.get(f"{API}/voices").json()["total"] == 0


def test_lists_are_searched_filtered_and_paged(client: TestClient) -> None:
    for number in range(7):
        upload(client, f"v{number}.wav", tags="even" if number % 2 == 0 else "odd", folder_path=f"f{number % 3}")
    upload(client, "extra.wav", description="Very Deep")

    def names(**query: Any) -> list[str]:
        reply = client.get(f"{API}/voices", params=query)
        assert reply.status_code == 200, reply.text
        return [voice["filename"] for voice in reply.json()["voices"]]

    assert names(search="deep") == ["extra.wav"]
    assert names(tag="odd") == ["f0/v3.wav", "f1/v1.wav", "f2/v5.wav"]
    assert names(folder="f1") == names(project="f1") == ["f1/v1.wav", "f1/v4.wav"]
    assert names(filenames=["f1/v1.wav,extra.wav", "f0/v0.wav"]) == ["extra.wav", "f0/v0.wav", "f1/v1.wav"]
    second = client.get(f"{API}/voices", params={"page": 2, "page_size": 3}).json()
    assert (second["count"], second["total"], second["total_pages"]) == (3, 8, 3)
    assert second["has_next"] and second["has_previous"]
    folders = client.get(f"{API}/voices/folders").json()
    assert [(each["path"], each["file_count"]) for each in folders["folders"]] == [
        ("", 1),
        ("f0", 3),
        ("f1", 2),
        ("f2", 2),
    ]
    assert folders["folders"][0]["subfolders"] == ["f0", "f1", "f2"]


def test_a_voice_is_described_renamed_and_moved(client: TestClient, settings: Settings) -> None:
    upload(client, tags="old", consent="Anna agreed on 2026-11-01")
    change = {"name": "Änne", "folder_path": "women/low", "tags": ["new"], "aliases": ["narrator"]}
    voice = client.put(f"{API}/voice/anna.wav/metadata", json=change).json()
    assert voice["filename"] == "women/low/Änne.wav" and voice["tags"] == ["new"] and voice["aliases"] == ["narrator"]
    assert voice["consent"] == "Anna agreed on 2026-11-01"
    assert client.get(f"{API}/voice/narrator").json()["filename"] == voice["filename"]
    assert client.get(f"{API}/voice/anna").status_code == 404
    kept = {
        path.name for path in settings.paths.reference_audio_dir.rglob("*") if path.is_file() and path.name[0] != "."
    }
    assert kept == {"Änne.wav", "Änne.wav.json"}
    back = client.put(f"{API}/voice/narrator/metadata", json={"folder_path": ""}).json()
    assert back["filename"] == "Änne.wav"
    assert not (settings.paths.reference_audio_dir / "women").exists()


def test_names_that_are_taken_are_refused(client: TestClient) -> None:
    first = upload(client, aliases="boss")
    assert upload(client).status_code == 409
    assert upload(client, "ANNA.WAV").status_code == 409
    assert upload(client, "otto.wav", aliases="boss").status_code == 409
    assert upload(client, "otto.wav", aliases="anna").status_code == 409
    again = upload(client, content=wav_bytes(speechlike(2.0)), overwrite="true", description="second")
    assert again.json()["voice_metadata"]["duration_seconds"] == 2.0
    assert first.json()["filename"] == again.json()["filename"]
    upload(client, "otto.wav")
    assert client.put(f"{API}/voice/otto.wav/metadata", json={"name": "Anna"}).status_code == 409


def test_deleting_takes_audio_and_sidecar(client: TestClient, settings: Settings) -> None:
    for name in ("a.wav", "b.wav", "c.wav"):
        upload(client, name, folder_path="x" if name != "c.wav" else "")
    assert client.delete(f"{API}/voice/x/a.wav").status_code == 422
    assert client.delete(f"{API}/voice/nobody.wav", params={"confirm": True}).status_code == 404
    gone = client.delete(f"{API}/voice/x/a.wav", params={"confirm": True}).json()
    assert gone["deleted_files"] == ["x/a.wav"] and gone["deleted_count"] == 1
    client.delete(f"{API}/voices", params={"confirm": True, "folder": "x"})
    left = {path.name for path in settings.paths.reference_audio_dir.rglob("*") if not path.name.startswith(".")}
    assert left == {"c.wav", "c.wav.json"}


def test_a_voice_speaks_with_its_default_parameters(client: TestClient) -> None:
    made = upload(
        client, folder_path="men", default_parameters='{"sentence_pause_ms": 900, "export_formats": ["flac"]}'
    )
    assert made.status_code == 200, made.text
    body = {"text": "The first one is here with us today. The second one is here too, you know.", "voice": "anna"}
    spoken = client.post(f"{API}/tts", json=body, params={"response_mode": "url"}).json()
    assert spoken["voice"] == "men/anna.wav"
    assert [file["format"] for file in spoken["output_files"]] == ["flac"]
    first, second = spoken["quality"]["chunks"]
    assert second["start"] - first["end"] == pytest.approx(0.9, abs=0.05)
    own = {**body, "voice": "tone-a", "export_formats": ["wav"]}
    assert client.post(f"{API}/tts", json=own).headers["content-type"] == "audio/wav"
    voice = client.get(f"{API}/voice/anna").json()
    assert voice["usage_count"] == 1 and voice["last_used"]


class Preparing(ToneEngine):
    """Remembers the recordings that it was to prepare, and takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = threading.Event()
        self.prepared: queue.Queue[str] = queue.Queue()

    def prepare_voice(self, name: str) -> None:
        assert self.may_go_on.wait(10)
        self.prepared.put(name)


def test_a_voice_is_prepared_behind_the_answer_to_its_upload(settings: Settings) -> None:
    engine = Preparing()
    core = CoreEngine(settings, engine=engine)
    with TestClient(create_app(settings, core)) as client:
        assert core.wait_ready(10).ready
        assert upload(client, folder_path="men").status_code == 200
        assert engine.prepared.empty()
        engine.may_go_on.set()
        assert engine.prepared.get(timeout=10) == "men/anna.wav"


def test_conversions_and_jobs_count_as_uses(client: TestClient) -> None:
    name = upload(client).json()["filename"]
    assert client.get(f"{API}/voice/{name}").json()["usage_count"] == 0
    files = {"input_audio": ("talk.wav", wav_bytes(), "audio/wav")}
    reply = client.post(f"{API}/vc", files=files, data={"target_voice_source": name})
    assert reply.status_code == 200, reply.text
    assert client.get(f"{API}/voice/{name}").json()["usage_count"] == 1
    job = client.post(f"{API}/jobs", json={"type": "tts", "request": {"text": "A first one. A second.", "voice": name}})
    assert client.get(f"{API}/jobs/{job.json()['id']}/events").status_code == 200
    assert client.get(f"{API}/voice/{name}").json()["usage_count"] == 2


@pytest.mark.parametrize("parameters", ['{"voice": "x"}', '{"speed_factor": 9}', '{"bogus": 1}', "[1]", "nonsense"])
def test_impossible_default_parameters_are_refused(client: TestClient, parameters: str) -> None:
    reply = upload(client, default_parameters=parameters)
    assert reply.status_code == 422
    assert reply.json()["detail"][0]["field"].startswith("default_parameters")


def test_the_default_voice_speaks_where_none_is_named(client: TestClient, settings: Settings) -> None:
    upload(client, aliases="boss")

    def voice_of(**fields: Any) -> str:
        reply = client.post(f"{API}/tts", json={"text": "Hello there.", **fields}, params={"response_mode": "url"})
        return str(reply.json()["voice"])

    assert voice_of() == "tone-a"
    assert client.put(f"{API}/voices/default", json={"voice": "boss"}).json() == {"voice": "anna.wav"}
    assert voice_of() == "anna.wav" and voice_of(voice="tone-b") == "tone-b"
    assert client.get(f"{API}/voices").json()["voices"][0]["is_default"] is True
    client.put(f"{API}/voice/anna/metadata", json={"name": "anne"})
    assert voice_of() == "anne.wav"
    assert client.put(f"{API}/voices/default", json={"voice": "nobody"}).status_code == 422
    client.put(f"{API}/voices/default", json={"voice": ""})
    assert voice_of() == "tone-a"


def test_markup_and_older_names_take_recordings_too(client: TestClient) -> None:
    upload(client, folder_path="men", aliases="boss")
    text = "Hello to you all. [voice:boss] This is me speaking. [/voice] And that was it."
    body = {"text": text, "reference_audio_filename": "men/anna.wav"}
    spoken = client.post(f"{API}/tts", json=body, params={"response_mode": "url"}).json()
    assert {chunk["voice"] for chunk in spoken["quality"]["chunks"]} == {"men/anna.wav"}


def test_a_preview_is_made_once(client: TestClient, settings: Settings) -> None:
    voice = upload(client).json()["voice_metadata"]
    first = client.get(voice["preview_url"])
    assert first.status_code == 200 and first.headers["content-type"] == "audio/mpeg"
    [clip] = (settings.paths.models_dir / "voice-previews").iterdir()
    made = clip.stat().st_mtime_ns
    assert client.get(voice["preview_url"]).content == first.content
    assert clip.stat().st_mtime_ns == made
    assert client.get(f"{API}/voice/tone-b/preview").content != first.content
    assert client.get(f"{API}/voice/{voice['filename']}").json()["usage_count"] == 0
    assert client.get(f"{API}/outputs").json()["total"] == 0


def test_capabilities_list_recordings(client: TestClient) -> None:
    upload(client, folder_path="men")
    voices = client.get(f"{API}/capabilities").json()["active"]["voices"]
    assert voices[-1]["name"] == "men/anna.wav" and len(voices) == 9


def test_the_pitch_tells_the_recording(client: TestClient, settings: Settings, tmp_path: Path) -> None:
    import hashlib

    import numpy as np

    from tests.support.tones import decode

    content = wav_bytes()
    upload(client, content=content)
    reply = client.post(f"{API}/tts", json={"text": "Hello there, you.", "voice": "anna", "export_formats": ["wav"]})
    (tmp_path / "spoken.wav").write_bytes(reply.content)
    samples, rate = decode(tmp_path / "spoken.wav")
    spectrum = np.abs(np.fft.rfft(samples))
    pitch = float(np.argmax(spectrum[: int(1_950 * len(samples) / rate)]) * rate / len(samples))
    assert pitch == pytest.approx(recording_pitch(hashlib.sha256(content).hexdigest()), abs=5)
