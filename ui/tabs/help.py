"""The Help tab: how to begin, and every setting with its range and default, from the descriptions of the API fields."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from api_models import TTSDefaults, TTSRequest
from core_engine import CoreEngine
from ui.controls import allowed_values, describe
from ui.effects import fields_without_effect
from ui.presets import PRESETS
from ui.settings_panel import SECTIONS
from ui.tables import table_html

_FIRST_STEPS = """
Write a text, choose a voice and press **Generate** (or Ctrl and Enter). The status line tells how far the work is;
**Stop** ends it within one chunk. A page that is reloaded finds its work again; a page that is closed ends it.

Results stay in the outputs folder of the service. **Earlier results** lists those of this browser; their settings can
be used again. What you write and set stays in this browser.
"""
_MARKUP = (
    ("an empty line", "begins a paragraph, with a longer pause"),
    ("[pause:1.5s]", "a pause of that length, also [pause:300ms]"),
    ("[voice:name] … [/voice]", "another voice, for dialogue"),
    ("tags such as [laugh]", "sounds, where the engine knows them"),
)


def build_help_tab(core: CoreEngine) -> None:
    """Lay the tab out inside the open ``gr.Tab``."""
    defaults = core.settings.tts_defaults
    idle = fields_without_effect(core)
    gr.Markdown(_FIRST_STEPS)
    with gr.Accordion("Signs in the text", open=False):
        gr.HTML(table_html(("In the text", "What it does"), _MARKUP), elem_classes="bare", padding=False)
    with gr.Accordion("Presets", open=False):
        presets = [(name, preset.description) for name, preset in PRESETS.items()]
        gr.HTML(table_html(("Preset", "Meant for"), presets), elem_classes="bare", padding=False)
    for title, rows in SECTIONS.items():
        with gr.Accordion(title, open=False):
            fields = {control.field: control.label for row in rows for control in row}
            gr.HTML(_field_table(fields, defaults, idle), elem_classes="bare", padding=False)


def _field_table(fields: Mapping[str, str], defaults: TTSDefaults, idle: frozenset[str]) -> str:
    rows = []
    for field, label in fields.items():
        words = describe(TTSRequest.model_fields[field])
        rows.append((
            label, f"{words} (No effect with this engine.)" if field in idle else words, allowed_values(field),
            _plain(getattr(defaults, field)), field,
        ))  # fmt: skip
    return table_html(("Control", "What it does", "Values", "Default", "Field of the API"), rows)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, dict)):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)
