"""The engine's switches, and whether this machine is one for Chatterbox."""

from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from exceptions import ConfigurationError, ModelLoadError
from speech.engines.chatterbox import choice, compat
from speech.engines.chatterbox.checkpoints import CHECKPOINTS
from speech.engines.chatterbox.settings import ChatterboxSettings, ModelName, read_settings


def test_the_defaults_change_nothing_in_the_sound() -> None:
    assert read_settings({}).sound == ""
    assert set(get_args(ModelName)) - {"auto"} == set(CHECKPOINTS) - {"vc"}


def test_every_switch_and_model_is_documented() -> None:
    page = (Path(__file__).parents[4] / "docs" / "chatterbox.md").read_text("utf-8")

    for name in (*(item.name for item in fields(ChatterboxSettings)), *get_args(ModelName)):
        assert f"`{name}`" in page


def test_switches_that_change_the_sound_say_so() -> None:
    settings = read_settings(
        {"arithmetic": "int8", "reference_seconds": 3, "cfm_steps": 5, "turbo_decoder": True, "watermark": False}
    )

    assert settings.sound == "int8, 3 s of reference, 5 steps, turbo decoder, unmarked"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"modle": "nano"}, "did you mean 'model'"),
        ({"model": "huge"}, "model must be one of auto, english"),
        ({"rows": 100}, "rows must be between 0 and 64"),
        ({"rows": True}, "rows must be a whole number"),
        ({"rows": 1.5}, "rows must be a whole number"),
        ({"reference_seconds": "ten"}, "reference_seconds must be a number"),
        ({"watermark": 1}, "watermark must be a yes or no"),
        ({"model": "turbo", "turbo_decoder": True}, "for the English model only"),
    ],
)
def test_wrong_switches_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_settings(options)
    assert str(caught.value.field).startswith("models.options")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "require", lambda: None)


def test_without_its_packages_it_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModelLoadError("torch is not installed.")

    monkeypatch.setattr(compat, "require", missing)
    found = choice.examine(None, True)

    assert not found.suitable
    assert "start.py setup --with chatterbox" in found.reason


@pytest.mark.parametrize(
    ("on_disk", "gpu", "hub", "suitable", "words"),
    [
        ("turbo", "", False, True, "turbo lies on this machine"),
        (None, "", True, False, "neither a GPU nor"),
        (None, "RTX", True, True, "RTX"),
        (None, "RTX", False, False, "allow_hub"),
    ],
)
@pytest.mark.usefixtures("installed")
def test_a_checkpoint_or_a_gpu_decides(
    monkeypatch: pytest.MonkeyPatch, on_disk: str | None, gpu: str, hub: bool, suitable: bool, words: str
) -> None:
    monkeypatch.setattr(choice, "on_disk", lambda local_dir: on_disk)
    monkeypatch.setattr(choice, "gpu_name", lambda: gpu)
    found = choice.examine(None, hub)

    assert found.suitable is suitable
    assert words in found.reason


def test_a_model_is_found_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = tmp_path / CHECKPOINTS["nano"].folder
    folder.mkdir()
    for file in CHECKPOINTS["nano"].files:
        (folder / file.name).write_bytes(b"")

    assert choice.on_disk(tmp_path) == "nano"
