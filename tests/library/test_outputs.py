import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from exceptions import DiskFullError, InvalidRequestError, ResourceNotFoundError
from library.outputs import OutputStore
from library.result_files import Place
from tests.support.tones import decode

RATE = 24_000
SOUND = np.linspace(-0.5, 0.5, RATE, dtype=np.float32)


def test_all_formats_hold_the_same_audio(tmp_path: Path) -> None:
    with OutputStore(tmp_path).result("books/one") as files:
        recording = files.audio("take", ["wav", "flac"], RATE)
        recording.write(SOUND)
        recording.write(SOUND)
    wav, flac = files.stored
    assert wav.duration_seconds == 2.0
    assert np.array_equal(decode(wav.path)[0], decode(flac.path)[0])
    assert wav.name == "books/one/take.wav"
    assert flac.size_bytes == flac.path.stat().st_size


def test_all_files_of_a_result_appear_together(tmp_path: Path) -> None:
    with OutputStore(tmp_path).result("") as files:
        first = files.audio("take_gen1", ["wav"], RATE)
        first.write(SOUND)
        first.close()
        files.audio("take_gen2", ["wav"], RATE, place=Place("result", 2)).write(SOUND)
        files.text("take_gen1.srt", "1", "captions", "srt", 1)
        assert list(tmp_path.glob("take*")) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take_gen1.srt", "take_gen1.wav", "take_gen2.wav"]
    assert [file.place.generation for file in files.stored] == [1, 2]


@pytest.mark.parametrize("finished", [False, True])
def test_nothing_stays_after_a_failure(tmp_path: Path, finished: bool) -> None:
    with pytest.raises(ZeroDivisionError), OutputStore(tmp_path).result("") as files:
        recording = files.audio("take", ["wav", "mp3"], RATE)
        recording.write(SOUND)
        if finished:
            recording.close()
        files.text("take.json", "{}", "record", "json", 1)
        raise ZeroDivisionError
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("failing", [".wav", ".json"])
def test_a_result_that_cannot_be_put_in_place_is_not_there_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    replace = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if target.suffix == failing:
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(DiskFullError), OutputStore(tmp_path).result("") as files:
        files.audio("take", ["wav"], RATE).write(SOUND)
        files.text("take.json", "{}", "record", "json", 1)
    assert list(tmp_path.rglob("*")) == []


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from speech.audio.encode import AudioFileWriter

    def full(self: AudioFileWriter, samples: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AudioFileWriter, "write", full)
    with pytest.raises(DiskFullError), OutputStore(tmp_path).result("") as files:
        files.audio("take", ["wav"], RATE).write(SOUND)
    assert list(tmp_path.rglob("*")) == []


def test_names_are_never_given_twice(tmp_path: Path) -> None:
    store = OutputStore(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        stems = list(pool.map(lambda _: store.new_stem("tts", 1), range(400)))
    assert len(set(stems)) == 400


def test_captions_are_served_and_records_are_not(tmp_path: Path) -> None:
    store = OutputStore(tmp_path)
    with store.result("") as files:
        files.text("take.json", json.dumps({"text": "naïve — “quoted”"}), "record", "json", 1)
        files.text("take.settings.csv", b"a", "record", "csv", 1)
        files.text("take.captions.json", "{}", "captions", "json", 1)
        files.text("take.vtt", "WEBVTT", "captions", "vtt", 1)
    assert json.loads((tmp_path / "take.json").read_text("utf-8"))["text"] == "naïve — “quoted”"
    assert store.find("take.vtt")[1] == "text/vtt"
    assert store.find("take.captions.json")[1] == "application/json"
    for name in ("take.json", "take.settings.csv"):
        with pytest.raises(ResourceNotFoundError):
            store.find(name)


@pytest.mark.parametrize("folder", ["../x", "/abs", "a/../../b"])
def test_unsafe_folders_are_refused_before_anything_is_made(tmp_path: Path, folder: str) -> None:
    with pytest.raises(InvalidRequestError):
        OutputStore(tmp_path / "root").result(folder)
    assert list(tmp_path.iterdir()) == []
