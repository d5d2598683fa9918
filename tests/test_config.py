from pathlib import Path

import pytest
import yaml

from config import Settings, load_settings, setting_names
from exceptions import ConfigurationError
from main_api import main

REPOSITORY = Path(__file__).resolve().parent.parent


def write(path: Path, text: str) -> Path:
    file = path / "config.yaml"
    file.write_text(text, "utf-8")
    return file


def test_shipped_file_shows_every_setting_with_its_default() -> None:
    shown = yaml.safe_load((REPOSITORY / "config.yaml").read_text("utf-8"))
    assert shown == Settings().model_dump(mode="json")


def test_file_then_environment_then_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "server: {port: 1, log_level: DEBUG, host: 127.0.0.2}")
    monkeypatch.setenv("CHATTERBOX_SERVER__PORT", "2")
    monkeypatch.setenv("CHATTERBOX_SERVER__HOST", "127.0.0.3")
    server = load_settings(file, {"server": {"port": 3}}).server
    assert (server.port, server.host, server.log_level) == (3, "127.0.0.3", "DEBUG")


@pytest.mark.checks
@pytest.mark.parametrize(
    ("text", "named", "nearest"),
    [
        ("server: {prot: 1}", "server.prot", "server.port"),
        ("sever: {port: 1}", "sever", "server"),
        ("tts_defaults: {speed: 1}", "tts_defaults.speed", "tts_defaults.s"),
    ],
)
def test_check_25_unknown_keys_are_named_with_the_nearest(tmp_path: Path, text: str, named: str, nearest: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(write(tmp_path, text))
    assert repr(named) in caught.value.message
    assert f"Did you mean '{nearest}" in caught.value.message


@pytest.mark.parametrize("text", ["server: {port: 99999}", "server: {port: x}", "models: {threads: -1}", "ui: 3"])
def test_impossible_values_are_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(write(tmp_path, text))
    assert caught.value.field is not None and caught.value.field in caught.value.message


@pytest.mark.parametrize("text", ["server: [", "\t- x", "a: b: c"])
def test_broken_yaml_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not valid YAML") as caught:
        load_settings(write(tmp_path, text))
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("text", ["just words", "- a\n- b", "3"])
def test_yaml_without_keys_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError):
        load_settings(write(tmp_path, text))


def test_an_empty_file_means_defaults(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, "")).server.port == 7860


@pytest.mark.checks
def test_check_25_mistyped_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATTERBOX_SERVER__PROT", "1")
    with pytest.raises(ConfigurationError, match="CHATTERBOX_SERVER__PORT"):
        load_settings()


def test_engine_options_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATTERBOX_MODELS__OPTIONS__VARIANT", "fast")
    assert load_settings().models.options == {"variant": "fast"}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        load_settings(tmp_path / "none.yaml")


def test_relative_folders_start_at_the_file(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "paths: {output_dir: out}\nmodels: {local_dir: here}"))
    assert settings.paths.output_dir == tmp_path.resolve() / "out"
    assert settings.models.local_dir == tmp_path.resolve() / "here"


def test_every_setting_is_documented() -> None:
    page = (REPOSITORY / "docs" / "configuration.md").read_text("utf-8")
    missing = [name for name in setting_names() if f"`{name}`" not in page]
    assert missing == []


@pytest.mark.checks
def test_check_25_a_mistyped_key_ends_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(write(tmp_path, "server: {prot: 1}"))]) == 2
    told = capsys.readouterr().err
    assert "server.prot" in told and "server.port" in told and "Traceback" not in told
