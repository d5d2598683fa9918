"""The Speak tab: text, voice and Generate beside the player; below, what happened to each chunk and all settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core_engine import CoreEngine
from exceptions import InvalidRequestError
from ui.browser import WITH_TAB_KEY, browser_store, keep_form, with_tab_key
from ui.desk import QUICKLY, QUIETLY, Desk, build_buttons, build_desk
from ui.effects import fields_without_effect
from ui.form import FILES, SEPARATE
from ui.presets import PRESETS
from ui.retake import Retake, build_retake
from ui.settings_handlers import SettingsHandlers
from ui.settings_panel import build_settings_panel
from ui.speaking import Speaking
from ui.wording import voice_choices

SAMPLE_TEXT = (
    "The old lighthouse stood at the edge of the harbor, and every evening its lamp swept across the quiet "
    "water.\n\nDr. Smith paid $3.50 at 7:45 p.m. and walked home."
)
GREETING = "Press Generate, or Ctrl and Enter, to hear the text."
TEXT_SUFFIXES = [".txt", ".text", ".md", ".markdown"]


@dataclass(frozen=True)
class SpeakTab:
    """The components that the handlers use; `inputs` by the request field that each sets."""

    inputs: dict[str, Any]
    preset: Any
    aloud: Any
    desk: Desk
    quality: Any
    retake: Retake
    history: Any
    use_settings: Any
    settings_file: Any
    preset_name: Any
    save_preset: Any
    share_preset: Any
    preview: Any
    chunks: Any
    commands: Any
    curl: Any
    python: Any
    new_names: Any
    kept_form: Any
    kept_presets: Any
    kept_names: Any


def build_speak_tab(core: CoreEngine, page: Any, *, with_api: bool) -> SpeakTab:
    """Lay the tab out inside the open ``gr.Tab`` and attach its handlers.

    Args:
        core: does the work.
        page: the ``gr.Blocks``, for what happens when it is opened.
        with_api: whether the HTTP interface runs beside the page, so that requests can be shown as commands.
    """
    tab = _build(core, with_api=with_api)
    _connect_work(core, tab, page)
    _connect_settings(core, tab, page)
    return tab


def _build(core: CoreEngine, *, with_api: bool) -> SpeakTab:
    with gr.Row(equal_height=False, elem_id="desk"):
        with gr.Column(scale=6, min_width=300):
            inputs, preset = _build_inputs(core)
            buttons = build_buttons("Generate", "speak")
            aloud = gr.Checkbox(True, label="Play while it is being made", elem_id="aloud")
        with gr.Column(scale=5, min_width=300):
            desk = build_desk(
                buttons, "speak", "Press Generate, or Ctrl and Enter, to hear the text.", plays_early=True
            )
    quality = gr.HTML(elem_id="quality", elem_classes="bare", padding=False, visible=False)
    retake = build_retake()
    with gr.Accordion("Earlier results", open=False, elem_id="history"):
        history = gr.Radio(
            [], label="Your results, the newest first", elem_id="results",
            info="Choose one to hear it again. Only this browser lists them; the files lie in the outputs folder.",
        )  # fmt: skip
        use_settings = gr.Button("Set all controls as they were", size="sm", interactive=False, elem_id="use-settings")
    files = _build_file_inputs()
    settings, panel = build_settings_panel(
        core.settings.tts_defaults, core.engine.capabilities, fields_without_effect(core)
    )
    with gr.Accordion("How the text will be read", open=False, elem_id="preview") as preview:
        chunks = gr.HTML(elem_id="preview-chunks", elem_classes="bare", padding=False)
    with gr.Accordion("As a command", open=False, elem_id="commands", visible=with_api) as commands:
        gr.Markdown("The same request over HTTP, with every setting that differs from the defaults.")
        curl = gr.Code(
            label="curl", language=None, interactive=False, elem_id="curl", wrap_lines=True, show_line_numbers=False
        )
        python = gr.Code(
            label="Python", language=None, interactive=False, elem_id="python", wrap_lines=True, show_line_numbers=False
        )
    return SpeakTab(
        inputs={**inputs, **files, **settings}, preset=preset, aloud=aloud, desk=desk, quality=quality, retake=retake,
        history=history, use_settings=use_settings, preview=preview, chunks=chunks,
        commands=commands, curl=curl, python=python, new_names=gr.State([]),
        kept_form=browser_store("form", {}), kept_presets=browser_store("presets", {}),
        kept_names=browser_store("results", []), **panel,
    )  # fmt: skip


def _build_inputs(core: CoreEngine) -> tuple[dict[str, Any], Any]:
    defaults = core.settings.tts_defaults
    text = gr.Textbox(
        SAMPLE_TEXT, label="Text", lines=7, max_lines=7, elem_id="text",
        info=f"Up to {core.settings.api.max_text_length:,} characters. An empty line starts a new paragraph.",
    )  # fmt: skip
    with gr.Row():
        voice = gr.Dropdown(
            voice_choices(core.casting.voices), value=defaults.voice or core.engine.voices[0].name, label="Voice",
            elem_id="voice", info="Type to search by name or kind.", scale=3, min_width=160,
        )  # fmt: skip
        preset = gr.Dropdown(
            list(PRESETS), value="Standard", label="Preset", elem_id="preset", filterable=False,
            info="Settings that go together.", scale=2, min_width=130,
        )  # fmt: skip
        speed = gr.Slider(
            0.5, 2.0, defaults.speed_factor, step=0.05, label="Speed", elem_id="speed", scale=2, min_width=160,
        )  # fmt: skip
    return {"text": text, "voice": voice, "speed_factor": speed}, preset


def _first_voice(core: CoreEngine) -> str:
    try:
        return core.casting.choose(core.settings.tts_defaults.voice).name
    except InvalidRequestError:
        # The configured voice does not exist; requests that name none are told so.
        return core.engine.voices[0].name


def _build_file_inputs() -> dict[str, Any]:
    with gr.Accordion("Text files", open=False, elem_id="text-files"):
        files = gr.File(
            label="Text files, spoken instead of the text above", file_count="multiple", file_types=TEXT_SUFFIXES,
            elem_id="files", elem_classes="drop", height=110,
        )  # fmt: skip
        separate = gr.Checkbox(False, label="A result of its own for each file", elem_id="separate")
    return {FILES: files, SEPARATE: separate}


def _connect_work(core: CoreEngine, tab: SpeakTab, page: Any) -> None:
    """Generate, Stop, finding running work again, and results of earlier visits."""
    speaking = Speaking(core, tab)
    working = speaking.works.connect(page, tab.quality, tab.new_names, tab.retake.row, tab.retake.text)
    shown = [*tab.desk.shown, tab.quality, tab.retake.row, tab.retake.text]
    asked = {*tab.inputs.values(), tab.desk.key, tab.aloud}
    tab.desk.start.click(
        speaking.generate, asked, [*shown, tab.new_names], js=with_tab_key(asked, tab.desk.key), **working
    )
    tab.retake.button.click(
        speaking.speak_again,
        [tab.desk.key, tab.retake.number, tab.retake.text],
        [*shown, tab.new_names],
        js=WITH_TAB_KEY,
        **working,
    )
    page.load(speaking.list_earlier, tab.kept_names, tab.history, **QUICKLY)
    tab.new_names.change(speaking.remember, [tab.new_names, tab.kept_names], [tab.kept_names, tab.history], **QUICKLY)
    tab.history.input(speaking.show_earlier, tab.history, [*shown, tab.use_settings], **QUIETLY)


def _connect_settings(core: CoreEngine, tab: SpeakTab, page: Any) -> None:
    """Presets, settings files, the form that the browser keeps, and commands."""
    handlers = SettingsHandlers(core, tab)
    controls = list(tab.inputs.values())
    tab.settings_file.upload(
        handlers.load_file, [tab.settings_file, tab.kept_presets],
        [*controls, tab.desk.status, tab.preset, tab.kept_presets], **QUICKLY,
    )  # fmt: skip
    tab.use_settings.click(handlers.use_earlier, tab.history, [*controls, tab.desk.status], **QUICKLY)
    tab.preset.input(handlers.choose_preset, [tab.preset, tab.kept_presets], [*controls, tab.desk.status], **QUICKLY)
    tab.save_preset.click(
        handlers.save_preset, {*controls, tab.preset_name, tab.kept_presets},
        [tab.desk.status, tab.preset, tab.kept_presets], **QUICKLY,
    )  # fmt: skip
    tab.share_preset.click(None, [tab.preset, tab.kept_presets], None, js="sharePreset", **QUIETLY)
    page.load(handlers.restore, [tab.kept_form, tab.kept_presets], [*controls, tab.preset], **QUICKLY)
    keep_form({**tab.inputs, "preset": tab.preset, "aloud": tab.aloud}, tab.kept_form)
    tab.preview.expand(handlers.preview, set(controls), tab.chunks, **QUICKLY)
    tab.commands.expand(handlers.commands, set(controls), [tab.curl, tab.python], **QUICKLY)
