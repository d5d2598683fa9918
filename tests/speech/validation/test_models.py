"""Where Whisper models come from, and what is said when they come from nowhere."""

from pathlib import Path

import pytest

from exceptions import ConfigurationError, ModelLoadError
from speech.validation import create_validator
from speech.validation.faster_whisper_backend import FasterWhisperBackend
from speech.validation.models import PACKAGED, WhisperFolders
from speech.weights import WeightStore


def folders(tmp_path: Path, local: Path | None = None) -> WhisperFolders:
    return WhisperFolders(WeightStore(tmp_path / "cache", local, allow_hub=False), local, allow_hub=False)


def make_model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"weights")
    return folder


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "mine")

    assert folders(tmp_path).folder(str(folder)) == folder


def test_a_model_in_the_local_folder_is_found_by_name(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "local" / "whisper-small")

    assert folders(tmp_path, tmp_path / "local").folder("small") == folder


def test_a_damaged_copy_of_a_packaged_model_is_refused(tmp_path: Path) -> None:
    make_model(tmp_path / "local" / "whisper-base")

    with pytest.raises(ModelLoadError, match="damaged"):
        folders(tmp_path, tmp_path / "local").folder("base")


def test_a_model_that_is_nowhere_is_named_with_what_can_be_done(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match=r"Whisper small is not on this machine.*base, tiny\.en"):
        folders(tmp_path).folder("small")


def test_packaged_models_are_known_to_the_rules() -> None:
    assert set(PACKAGED) == {"base", "tiny.en"}


def test_unknown_backends_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no validation backend"):
        create_validator(cache_dir=tmp_path, backend="whisper.cpp")


@pytest.mark.parametrize("backend", ["faster-whisper", "openai-whisper"])
def test_building_loads_nothing(tmp_path: Path, backend: str) -> None:
    validator = create_validator(cache_dir=tmp_path, backend=backend, model="base")

    assert validator.name == f"{backend} base"
    assert validator.languages == ("en",)
    assert not list(tmp_path.iterdir())


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "mine")

    with pytest.raises(ModelLoadError, match="tokenizer"):
        FasterWhisperBackend("mine", lambda report: folder).load()
