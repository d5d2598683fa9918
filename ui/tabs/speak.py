"""The Speak tab: text, voice and Generate beside the player; below, what happened to each chunk and all settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from core_engine import CoreEngine
from speech.audio.encode import FORMATS
from ui.browser import WITH_TAB_KEY, browser_store, keep_form
from ui.effects import fields_without_effect
from ui.form import FILES, SEPARATE
from ui.presets import PRESETS
from ui.settings_handlers import SettingsHandlers
from ui.settings_panel import build_settings_panel
from ui.speaking import Speaking
from ui.wording import GREETING, voice_choices

SAMPLE_TEXT = (
    "The old lighthouse stood at the edge of the harbor, and every evening its lamp swept across the quiet "
    "water.\n\nDr. Smith paid $3.50 at 7:45 p.m. and walked home."
)
TEXT_SUFFIXES = [".txt", ".text", ".md", ".markdown"]
QUIETLY = {"api_visibility": "private", "show_progress": "hidden"}


@dataclass(frozen=True)
class SpeakTab:
    """The components that the handlers use; `inputs` by the request field that each sets, `downloads` by format."""

    inputs: dict[str, Any]
    preset: Any
    generate: Any
    stop: Any
    status: Any
    player: Any
    downloads: dict[str, Any]
    more_files: Any
    quality: Any
    history: Any
    use_settings: Any
    settings_file: Any
    preset_name: Any
    save_preset: Any
    share_preset: Any
    commands: Any
    curl: Any
    python: Any
    key: Any
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
            with gr.Row():
                generate = gr.Button(
                    "Generate", variant="primary", elem_id="generate", elem_classes="main-action", scale=3
                )
                stop = gr.Button("Stop", elem_id="stop", interactive=False, scale=1, min_width=90)
        with gr.Column(scale=5, min_width=300):
            result = _build_result()
    quality = gr.HTML(elem_id="quality", elem_classes="bare", padding=False, visible=False)
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
    with gr.Accordion("As a command", open=False, elem_id="commands", visible=with_api) as commands:
        gr.Markdown("The same request over HTTP, with every setting that differs from the defaults.")
        curl = gr.Code(
            label="curl", language=None, interactive=False, elem_id="curl", wrap_lines=True, show_line_numbers=False
        )
        python = gr.Code(
            label="Python", language=None, interactive=False, elem_id="python", wrap_lines=True, show_line_numbers=False
        )
    return SpeakTab(
        inputs={**inputs, **files, **settings}, preset=preset, generate=generate, stop=stop, quality=quality,
        history=history, use_settings=use_settings, commands=commands, curl=curl, python=python,
        key=gr.Textbox(visible=False), kept_form=browser_store("form", {}),
        kept_presets=browser_store("presets", {}), kept_names=browser_store("results", []), **result, **panel,
    )  # fmt: skip


def _build_inputs(core: CoreEngine) -> tuple[dict[str, Any], Any]:
    defaults = core.settings.tts_defaults
    text = gr.Textbox(
        SAMPLE_TEXT, label="Text", lines=7, max_lines=7, elem_id="text",
        info=f"Up to {core.settings.api.max_text_length:,} characters. An empty line starts a new paragraph.",
    )  # fmt: skip
    with gr.Row():
        voice = gr.Dropdown(
            voice_choices(core.engine.voices), value=defaults.voice or core.engine.voices[0].name, label="Voice",
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


def _build_result() -> dict[str, Any]:
    status = gr.HTML(GREETING, elem_id="status", elem_classes=["status-line", "bare"], padding=False)
    player = gr.Audio(
        label="Result", interactive=False, elem_id="player", buttons=[],
        waveform_options=gr.WaveformOptions(
            waveform_color="#94a3b8", waveform_progress_color="#4f46e5", skip_length=5
        ),
    )  # fmt: skip
    with gr.Row(elem_id="downloads"):
        downloads = {
            name: gr.DownloadButton(name, visible=False, size="sm", min_width=120, elem_id=f"download-{name}")
            for name in FORMATS
        }
    more_files = gr.File(
        label="Captions, settings and further files", file_count="multiple", interactive=False, visible=False,
        elem_id="more-files",
    )  # fmt: skip
    return {"status": status, "player": player, "downloads": downloads, "more_files": more_files}


def _build_file_inputs() -> dict[str, Any]:
    with gr.Accordion("Text files", open=False, elem_id="text-files"):
        files = gr.File(
            label="Text files, spoken instead of the text above", file_count="multiple", file_types=TEXT_SUFFIXES,
            elem_id="files", height=120,
        )  # fmt: skip
        separate = gr.Checkbox(False, label="A result of its own for each file", elem_id="separate")
    return {FILES: files, SEPARATE: separate}


def _connect_work(core: CoreEngine, tab: SpeakTab, page: Any) -> None:
    """Generate, Stop, finding running work again, and results of earlier visits."""
    server = core.settings.server
    speaking = Speaking(core, tab)
    shown = [
        tab.generate, tab.stop, tab.status, tab.quality, tab.player, tab.more_files, *tab.downloads.values(),
        tab.kept_names, tab.history,
    ]  # fmt: skip
    # The core's own door decides who waits, so that a waiting user is told so; one more is let through to be refused.
    at_once = server.max_concurrent_requests + server.max_waiting_requests + 1
    working = {**QUIETLY, "concurrency_limit": at_once, "concurrency_id": "speech"}
    tab.generate.click(speaking.generate, {*tab.inputs.values(), tab.key, tab.kept_names}, shown, **working)
    tab.stop.click(speaking.stop, tab.key, tab.stop, queue=False, **QUIETLY)
    page.load(speaking.come_back, [tab.key, tab.kept_names], [*shown, tab.key], js=WITH_TAB_KEY, **working)
    # Through the queue: only there Gradio gives files their address below the mounted page.
    tab.history.input(speaking.show_earlier, tab.history, [*shown, tab.use_settings], **QUIETLY)


def _connect_settings(core: CoreEngine, tab: SpeakTab, page: Any) -> None:
    """Presets, settings files, the form that the browser keeps, and commands."""
    handlers = SettingsHandlers(core, tab)
    controls = list(tab.inputs.values())
    quickly = {**QUIETLY, "queue": False}
    tab.settings_file.upload(
        handlers.load_file, [tab.settings_file, tab.kept_presets],
        [*controls, tab.status, tab.preset, tab.kept_presets], **quickly,
    )  # fmt: skip
    tab.use_settings.click(handlers.use_earlier, tab.history, [*controls, tab.status], **quickly)
    tab.preset.input(handlers.choose_preset, [tab.preset, tab.kept_presets], [*controls, tab.status], **quickly)
    tab.save_preset.click(
        handlers.save_preset, {*controls, tab.preset_name, tab.kept_presets},
        [tab.status, tab.preset, tab.kept_presets], **quickly,
    )  # fmt: skip
    tab.share_preset.click(None, [tab.preset, tab.kept_presets], None, js="sharePreset", **QUIETLY)
    page.load(handlers.restore, [tab.kept_form, tab.kept_presets], [*controls, tab.preset], **quickly)
    keep_form({**tab.inputs, "preset": tab.preset}, tab.kept_form)
    tab.commands.expand(handlers.commands, set(controls), [tab.curl, tab.python], **quickly)
