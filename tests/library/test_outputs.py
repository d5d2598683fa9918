import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from exceptions import DiskFullError, InvalidRequestError, ResourceNotFoundError
from library.outputs import OutputStore
from tests.support.tones import decode

RATE = 24_000
SOUND = np.linspace(-0.5, 0.5, RATE, dtype=np.float32)


def test_all_formats_hold_the_same_audio(tmp_path: Path) -> None:
    store = OutputStore(tmp_path)
    with store.recording("books/one", "take", ["wav", "flac"], RATE) as recording:
        recording.write(SOUND)
        recording.write(SOUND)
    assert recording.seconds == 2.0
    wav, flac = store.stored("books/one", "take", ["wav", "flac"], recording.seconds)
    assert np.array_equal(decode(wav.path)[0], decode(flac.path)[0])
    assert wav.name == "books/one/take.wav"
    assert flac.size_bytes == flac.path.stat().st_size


def test_nothing_stays_after_a_failure(tmp_path: Path) -> None:
    store = OutputStore(tmp_path)
    with pytest.raises(ZeroDivisionError), store.recording("", "take", ["wav", "mp3"], RATE) as recording:
        recording.write(SOUND)
        raise ZeroDivisionError
    assert list(tmp_path.rglob("*")) == []


def test_files_appear_only_when_complete(tmp_path: Path) -> None:
    store = OutputStore(tmp_path)
    with store.recording("", "take", ["wav"], RATE) as recording:
        recording.write(SOUND)
        assert list(tmp_path.glob("take*")) == []
    assert (tmp_path / "take.wav").is_file()


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from speech.audio.encode import AudioFileWriter

    def full(self: AudioFileWriter, samples: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AudioFileWriter, "write", full)
    store = OutputStore(tmp_path)
    with pytest.raises(DiskFullError), store.recording("", "take", ["wav"], RATE) as recording:
        recording.write(SOUND)
    assert list(tmp_path.rglob("*")) == []


def test_names_are_never_given_twice(tmp_path: Path) -> None:
    store = OutputStore(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        stems = list(pool.map(lambda _: store.new_stem("tts", 1), range(400)))
    assert len(set(stems)) == 400


def test_sidecars_are_written_and_not_served(tmp_path: Path) -> None:
    store = OutputStore(tmp_path)
    store.write_sidecar("", "take", {"text": "naïve — “quoted”", "n": 1})
    assert json.loads((tmp_path / "take.json").read_text("utf-8"))["text"] == "naïve — “quoted”"
    with pytest.raises(ResourceNotFoundError):
        store.find("take.json")


@pytest.mark.parametrize("folder", ["../x", "/abs", "a/../../b"])
def test_unsafe_folders_are_refused_before_anything_is_made(tmp_path: Path, folder: str) -> None:
    with pytest.raises(InvalidRequestError), OutputStore(tmp_path / "root").recording(folder, "t", ["wav"], RATE):
        pass
    assert list(tmp_path.iterdir()) == []
