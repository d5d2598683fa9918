"""Typed settings: defaults, then config.yaml, then ``CHATTERBOX_*`` variables, then the command line."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from api_models import TTSDefaults
from exceptions import ConfigurationError

ENVIRONMENT_PREFIX = "CHATTERBOX_"
NESTING = "__"
OWN_VARIABLES = frozenset({"CHATTERBOX_VENV", "CHATTERBOX_CONFIG"})
"""Variables with our prefix that the launcher reads; they are no settings."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class ServerSettings(_Section):
    """Where the service listens and what it writes to its log."""

    host: str = "127.0.0.1"
    """Address to listen on. Everything but loopback is open to the network: there is no key check yet."""
    port: int = Field(7860, ge=0, le=65535)
    """TCP port; 0 takes any free one."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severe message that is logged."""
    max_concurrent_requests: int = Field(8, ge=1, le=1000)
    """Speech requests worked on at the same time; their chunks take turns on the model."""
    max_waiting_requests: int = Field(32, ge=0, le=10_000)
    """Further speech requests that may wait; beyond, the answer is 429 with Retry-After."""
    request_timeout_seconds: float = Field(3600.0, gt=0)
    """Longest time one speech request may take, waiting included."""
    drain_seconds: float = Field(20.0, ge=0)
    """How long a stop waits for running speech requests; what is left then is answered with NOT_READY."""


class PathSettings(_Section):
    """Folders; relative ones start at the folder of the configuration file, or the working directory without one."""

    output_dir: Path = Path("outputs")
    """Finished audio with its sidecars."""
    temp_dir: Path = Path("temp")
    """Audio under way; emptied by itself."""
    reference_audio_dir: Path = Path("reference_audio")
    """Recordings that engines with cloning take as voices, each named by its file."""
    vc_input_dir: Path = Path("vc_inputs")
    """Recordings whose voice is to be converted."""
    models_dir: Path = Path("models")
    """Prepared models and downloads; may be deleted at any time and is made again."""


class ModelSettings(_Section):
    """Which engine speaks and where its files come from."""

    engine: str = "auto"
    """`auto`, `chatterbox`, `embedded`, `tone` (makes tones for tests, never chosen by auto) or a plug-in's name."""
    local_dir: Path | None = None
    """Folder of model files under the names that `start.py models list` shows; looked at first."""
    allow_hub: bool = True
    """Whether a model file that neither the local folder nor a package has may be downloaded."""
    threads: int = Field(0, ge=0, le=256)
    """Processor threads of the speech model; 0 means all cores."""
    idle_unload_minutes: float = Field(0.0, ge=0.0, le=10_080.0)
    """Minutes without a request after which the speech model leaves memory; the next one loads it. 0 for never."""
    preload_models: bool = True
    """Load the models at start rather than at the first request."""
    options: dict[str, str | int | float | bool] = {}
    """Settings of the chosen engine itself: for embedded `variant`, for chatterbox those in docs/chatterbox.md."""


class ValidationSettings(_Section):
    """How takes are checked."""

    enabled: bool = True
    """Check takes with Whisper; without, every reply says not_checked."""
    backend: Literal["faster-whisper", "openai-whisper"] = "faster-whisper"
    """Library that runs the model."""
    model: str = "base"
    """Model name, or a folder with a model in the backend's format."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where the Whisper model runs; cuda needs CUDA's libraries for CTranslate2 and was never run by us."""
    threads: int = Field(0, ge=0, le=256)
    """Processor threads of the Whisper model; 0 means half of the cores, at most 4."""


class ApiSettings(_Section):
    """Limits of the HTTP interface."""

    max_text_length: int = Field(10_000, ge=1, le=10_000_000)
    """Longest text of one request in characters."""
    max_body_bytes: int = Field(1_048_576, ge=1024)
    """Largest request body; more is refused with 413 before it is read."""


class UiSettings(_Section):
    """The browser page."""

    enable_ui: bool = True
    """Serve the page."""
    title: str = "Chatterbox TTS Extended Plus"
    """Shown in the browser's tab and at the top of the page."""
    mount_path: str = Field("/ui", pattern=r"^(/[A-Za-z0-9_-]+)+$")
    """Where the page is served."""


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=NESTING,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    server: ServerSettings = ServerSettings()
    paths: PathSettings = PathSettings()
    models: ModelSettings = ModelSettings()
    validation: ValidationSettings = ValidationSettings()
    api: ApiSettings = ApiSettings()
    tts_defaults: TTSDefaults = TTSDefaults()
    """Values of the fields that a speech request leaves out; see the API reference for each."""
    ui: UiSettings = UiSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line before environment before file; the file is set by `load_settings`."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls)


def load_settings(config_file: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings.

    Args:
        config_file: must exist if given; without, ``config.yaml`` beside this module is read if there.
        overrides: command-line values as nested mappings; they win over everything.

    Raises:
        ConfigurationError: unreadable file, unknown key (with the nearest valid one) or impossible value.
    """
    file = _config_file(config_file)
    _require_keys(file)
    _refuse_unknown_environment(os.environ)

    class FileSettings(Settings):
        model_config = SettingsConfigDict(yaml_file=file)

    try:
        settings = FileSettings(**(overrides or {}))
    except ValidationError as error:
        raise ConfigurationError(_explain(error), field=_path(error)) from error
    return _anchored(settings, file.parent if file else Path.cwd())


def setting_names() -> tuple[str, ...]:
    """Dotted names of all settings, in order."""
    return tuple(_names(Settings))


def _config_file(asked: Path | None) -> Path | None:
    if asked is not None:
        if not asked.is_file():
            raise ConfigurationError(f"The configuration file {asked} does not exist.")
        return asked.resolve()
    default = Path(__file__).resolve().parent / "config.yaml"
    return default if default.is_file() else None


def _require_keys(file: Path | None) -> None:
    if file is None:
        return
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The configuration file {file} cannot be read: {_one_line(error)}.") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file} is not valid YAML: {_one_line(error)}.") from error
    if content is not None and not isinstance(content, dict):
        raise ConfigurationError(f"{file} must hold keys with values, such as 'server:'.")


def _anchored(settings: Settings, base: Path) -> Settings:
    paths = settings.paths
    anchored = PathSettings(**{name: base / getattr(paths, name) for name in PathSettings.model_fields})
    models = settings.models
    if models.local_dir is not None:
        models = models.model_copy(update={"local_dir": base / models.local_dir})
    return settings.model_copy(update={"paths": anchored, "models": models})


def _names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _names(annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _refuse_unknown_environment(environment: Mapping[str, str]) -> None:
    # pydantic-settings ignores a mistyped variable; an operator would never learn of it.
    known = {f"{ENVIRONMENT_PREFIX}{name.replace('.', NESTING)}".upper() for name in setting_names()}
    sections = {name.rsplit(NESTING, 1)[0] for name in known}
    open_ended = tuple(name + NESTING for name in known if name.endswith("__OPTIONS"))
    for variable in environment:
        name = variable.upper()
        if not name.startswith(ENVIRONMENT_PREFIX) or name in known | sections | OWN_VARIABLES:
            continue
        if name.startswith(open_ended):
            continue
        raise ConfigurationError(
            f"The environment variable {variable} is no setting{_nearest(name, known)}", field=variable
        )


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    path = _path(error)
    if first["type"] == "extra_forbidden":
        return f"The configuration has an unknown key {path!r}{_nearest(path, setting_names())}"
    return f"The setting {path!r} is not valid: {first['msg']}."


def _path(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors()[0]["loc"])


def _nearest(name: str, candidates: Any) -> str:
    close = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.5)
    return f". Did you mean {close[0]!r}?" if close else "."


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
