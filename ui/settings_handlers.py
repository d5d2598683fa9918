"""What presets, settings files, the kept form and the commands do; each handler gives new values by component."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from core_engine import CoreEngine
from exceptions import ChatterboxError
from ui.desk import Shown
from ui.form import FILES, SEPARATE, TEXT, changed_fields, form_requests, load_settings, shown_form
from ui.history import record_path
from ui.presets import PRESETS, preset_name, preset_values
from ui.snippets import curl_command, python_program
from ui.tables import table_html
from ui.wording import error_html, status_html, voice_choices

if TYPE_CHECKING:
    from ui.tabs.speak import SpeakTab

NOT_IN_PRESETS = frozenset({TEXT, FILES, SEPARATE, "voice"})


class SettingsHandlers:
    """The handlers.

    Args:
        core: has the operator's defaults.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, tab: SpeakTab) -> None:
        self._core = core
        self._tab = tab
        self._defaults = core.settings.tts_defaults

    def restore(self, kept_form: Any, kept_presets: Any) -> Shown:
        """The form as this browser left it, and its presets."""
        voices = self._core.casting.voices
        shown = shown_form(kept_form, list(self._tab.inputs), {voice.name for voice in voices})
        presets = _preset_names(kept_presets)
        chosen = kept_form.get("preset") if shown else None
        voice = {"value": shown["voice"]} if "voice" in shown else {}
        return {
            **self._set(shown),
            self._tab.inputs["voice"]: gr.update(choices=voice_choices(voices), **voice),
            self._tab.preset: gr.update(choices=presets, value=chosen if chosen in presets else presets[0]),
        }

    def load_file(self, path: str, kept_presets: Any) -> Shown:
        """Every control as a settings file has it; a shared preset joins the browser's own."""
        tab = self._tab
        try:
            loaded = load_settings(Path(path), list(tab.inputs))
        except ChatterboxError as error:
            return {tab.desk.status: error_html(error)}
        rest = f" Not known here: {', '.join(loaded.unknown[:5])}." if loaded.unknown else ""
        told = status_html(f"{len(loaded.shown)} settings were set.{rest}", "good", lead="Settings loaded.")
        presets = _own(kept_presets)
        if loaded.preset and loaded.preset not in PRESETS:
            presets = {**presets, loaded.preset: loaded.settings}
        chosen = loaded.preset if loaded.preset in {*presets, *PRESETS} else None
        return {
            **self._set(loaded.shown), tab.desk.status: told, tab.kept_presets: presets,
            tab.preset: gr.update(choices=_preset_names(presets), value=chosen),
        }  # fmt: skip

    def use_earlier(self, name: str) -> Shown:
        """Every control as it was for an earlier result."""
        try:
            loaded = load_settings(record_path(self._core.outputs, name), list(self._tab.inputs))
        except ChatterboxError as error:
            return {self._tab.desk.status: error_html(error)}
        told = status_html("Press Generate to make it again.", "good", lead="All controls are as they were.")
        return {**self._set(loaded.shown), self._tab.desk.status: told}

    def choose_preset(self, name: str, kept_presets: Any) -> Shown:
        """The controls that presets set."""
        try:
            shown = preset_values(name, _own(kept_presets), self._defaults)
        except ChatterboxError as error:
            return {self._tab.desk.status: error_html(error)}
        about = PRESETS[name].description if name in PRESETS else "Your own."
        return {**self._set(shown), self._tab.desk.status: status_html(about, lead=f"{name}.")}

    def save_preset(self, given: Mapping[Any, Any]) -> Shown:
        """Keep the present settings in the browser under a name."""
        tab = self._tab
        try:
            name = preset_name(given[tab.preset_name])
            values = {field: given[component] for field, component in tab.inputs.items()}
            fields = changed_fields({**values, TEXT: "-", FILES: None}, self._defaults, 1)
        except ChatterboxError as error:
            return {tab.desk.status: error_html(error)}
        settings = {field: value for field, value in fields.items() if field not in NOT_IN_PRESETS}
        presets = {**_own(given[tab.kept_presets]), name: settings}
        told = status_html(
            "“Share as a file” downloads it.", "good", lead=f"The preset {name} is kept in this browser."
        )
        return {
            tab.desk.status: told, tab.kept_presets: presets,
            tab.preset: gr.update(choices=_preset_names(presets), value=name),
        }  # fmt: skip

    def preview(self, given: Mapping[Any, Any]) -> Shown:
        """The chunks in which the form's text would be spoken, as the engine reads them; nothing is generated."""
        values = {name: given[component] for name, component in self._tab.inputs.items()}
        try:
            request = form_requests(values, self._core.settings.api.max_text_length)[0].request
            planned = self._core.plan(request)
        except ChatterboxError as error:
            return {self._tab.chunks: error_html(error)}
        rows = [
            (str(chunk.index + 1), chunk.text, chunk.read, chunk.voice, f"{chunk.pause_after_ms} ms")
            for chunk in planned.plan.chunks
        ]
        warnings = "".join(status_html(warning) for warning in planned.warnings)
        return {self._tab.chunks: warnings + table_html(("Chunk", "Text", "Read as", "Voice", "Pause after"), rows)}

    def commands(self, given: Mapping[Any, Any], request: gr.Request) -> Shown:
        """The form's request for the command line and for Python."""
        values = {name: given[component] for name, component in self._tab.inputs.items()}
        try:
            fields = changed_fields(values, self._defaults, self._core.settings.api.max_text_length)
        except ChatterboxError as error:
            return {self._tab.curl: f"# {error.message}", self._tab.python: f"# {error.message}"}
        base = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
        return {self._tab.curl: curl_command(base, fields), self._tab.python: python_program(base, fields)}

    def _set(self, shown: Mapping[str, Any]) -> Shown:
        return {self._tab.inputs[name]: gr.update(value=value) for name, value in shown.items()}


def _own(kept: Any) -> dict[str, Any]:
    return {str(name): settings for name, settings in kept.items()} if isinstance(kept, Mapping) else {}


def _preset_names(kept: Any) -> list[str]:
    return [*PRESETS, *(name for name in _own(kept) if name not in PRESETS)]
