"""Typed settings: defaults, then config.yaml, then ``CHATTERBOX_*`` variables, then the command line."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from api_models import TTSDefaults, VCDefaults
from config_sections import (
    ApiSettings,
    ClusterSettings,
    ErrorHandlingSettings,
    JobSettings,
    LibrarySettings,
    McpSettings,
    ModelSettings,
    OpenAISettings,
    PathSettings,
    ResourceManagementSettings,
    SecuritySettings,
    ServerSettings,
    SillyTavernSettings,
    SpeedFactorSettings,
    UiSettings,
    ValidationSettings,
    WyomingSettings,
)
from exceptions import ConfigurationError

ENVIRONMENT_PREFIX = "CHATTERBOX_"
NESTING = "__"
OWN_VARIABLES = frozenset({"CHATTERBOX_VENV", "CHATTERBOX_CONFIG", "CHATTERBOX_API_KEY"})
"""Variables with our prefix that the launcher and its commands read; they are no settings."""


class Settings(BaseSettings):
    """Everything an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=NESTING,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    server: ServerSettings = ServerSettings()
    security: SecuritySettings = SecuritySettings()
    paths: PathSettings = PathSettings()
    models: ModelSettings = ModelSettings()
    validation: ValidationSettings = ValidationSettings()
    api: ApiSettings = ApiSettings()
    library: LibrarySettings = LibrarySettings()
    openai: OpenAISettings = OpenAISettings()
    sillytavern: SillyTavernSettings = SillyTavernSettings()
    wyoming: WyomingSettings = WyomingSettings()
    mcp: McpSettings = McpSettings()
    tts_defaults: TTSDefaults = TTSDefaults()
    """Values of the fields that a speech request leaves out; see the API reference for each."""
    vc_defaults: VCDefaults = VCDefaults()
    """Values of the fields that a voice conversion request leaves out."""
    speed_factor: SpeedFactorSettings = SpeedFactorSettings()
    resource_management: ResourceManagementSettings = ResourceManagementSettings()
    error_handling: ErrorHandlingSettings = ErrorHandlingSettings()
    jobs: JobSettings = JobSettings()
    cluster: ClusterSettings = ClusterSettings()
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
    return _with_speed(_anchored(settings, file.parent if file else Path.cwd()))


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
    server = settings.server
    if server.log_file_path is not None:
        server = server.model_copy(update={"log_file_path": base / server.log_file_path})
    return settings.model_copy(update={"paths": anchored, "models": models, "server": server})


def _with_speed(settings: Settings) -> Settings:
    """The section `speed_factor` where `tts_defaults` leaves the rate as it is."""
    own, defaults = settings.speed_factor, settings.tts_defaults
    update: dict[str, object] = {}
    if defaults.speed_factor == 1.0:
        update["speed_factor"] = own.default_speed_factor
    if defaults.speed_factor_library == "auto":
        update["speed_factor_library"] = own.preferred_library
    return settings.model_copy(update={"tts_defaults": defaults.model_copy(update=update)})


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
