from pathlib import Path

import pytest

from exceptions import ChatterboxError, InvalidRequestError, ResourceNotFoundError
from library.examiner import Examiner
from library.recordings import RecordingStore


def store_of(root: Path) -> RecordingStore:
    return RecordingStore(root, Examiner(), 60.0)


@pytest.fixture
def store(tmp_path: Path) -> RecordingStore:
    for name in ("anna.wav", "anna.json", "men/otto.MP3", "women/eva.flac", "men/alex.wav", "women/alex.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return store_of(tmp_path)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("anna.wav", "anna.wav"),
        ("anna", "anna.wav"),
        ("ANNA.wav", "anna.wav"),
        ("men/otto.MP3", "men/otto.MP3"),
        ("men/otto", "men/otto.MP3"),
        ("otto", "men/otto.MP3"),
        ("eva.flac", "women/eva.flac"),
        ("men/alex", "men/alex.wav"),
    ],
)
def test_recordings_are_found_by_what_people_write(store: RecordingStore, words: str, name: str) -> None:
    found = store.find(words, "voice")
    assert found.name == name
    assert found.path == store.root.resolve() / name


@pytest.mark.parametrize("words", ["nobody", "anna.json", "men", "women/otto", "men/otto.wav", ""])
def test_what_is_no_recording_is_not_found(store: RecordingStore, words: str) -> None:
    with pytest.raises(ResourceNotFoundError):
        store.find(words, "voice")


def test_a_name_that_several_have_is_refused_with_their_paths(store: RecordingStore) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        store.find("alex", "voice")
    assert caught.value.detail == {"names": ["men/alex.wav", "women/alex.wav"]}
    assert caught.value.field == "voice"


def test_names_that_were_composed_otherwise_are_found(tmp_path: Path) -> None:
    (tmp_path / "cafe\u0301.wav").write_bytes(b"x")
    assert store_of(tmp_path).find("caf\u00e9.wav", "voice").path.name == "cafe\u0301.wav"


@pytest.mark.parametrize("words", ["../secret.wav", "link.wav", "link", "*.wav", "/etc/passwd", "a\\b.wav", "x\x00"])
def test_nothing_outside_is_found(tmp_path: Path, words: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    (root / "link.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(ChatterboxError):
        store_of(root).find(words, "voice")
