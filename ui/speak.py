"""The Speak tab: text, voice and Generate beside the player; below, settings and what happened to each chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.results import SpeechResult
from core_engine import CoreEngine
from exceptions import ChatterboxError
from library.result_files import StoredFile
from speech.audio.encode import FORMATS
from ui.effects import fields_without_effect
from ui.form import FILES, SEPARATE, form_requests, load_settings_file
from ui.progress import speak_with_progress
from ui.settings_panel import build_settings_panel
from ui.wording import (
    GREETING,
    download_label,
    error_html,
    progress_html,
    quality_html,
    result_html,
    status_html,
    voice_choices,
)

SAMPLE_TEXT = (
    "The old lighthouse stood at the edge of the harbor, and every evening its lamp swept across the quiet "
    "water.\n\nDr. Smith paid $3.50 at 7:45 p.m. and walked home."
)
TEXT_SUFFIXES = [".txt", ".text", ".md", ".markdown"]


@dataclass(frozen=True)
class SpeakTab:
    """The components that the handlers use; `inputs` by the request field that each sets, `downloads` by format."""

    inputs: dict[str, Any]
    generate: Any
    stop: Any
    status: Any
    player: Any
    downloads: dict[str, Any]
    more_files: Any
    settings_file: Any
    quality: Any

    @property
    def outputs(self) -> list[Any]:
        """In the order in which `speak` and `stopped` give their values."""
        return [
            self.generate, self.stop, self.status, self.quality, self.player, self.more_files,
            *self.downloads.values(),
        ]  # fmt: skip


def build_speak_tab(core: CoreEngine) -> SpeakTab:
    """Lay the tab out inside the open ``gr.Blocks``."""
    import gradio as gr

    with gr.Row(equal_height=False, elem_id="desk"):
        with gr.Column(scale=6, min_width=300):
            inputs = _build_inputs(core)
            with gr.Row():
                generate = gr.Button("Generate", variant="primary", elem_id="generate", scale=3)
                stop = gr.Button("Stop", elem_id="stop", interactive=False, scale=1, min_width=90)
        with gr.Column(scale=5, min_width=300):
            status = gr.HTML(GREETING, elem_id="status", padding=False)
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
                label="Captions, settings and further files", file_count="multiple", interactive=False,
                visible=False, elem_id="more-files",
            )  # fmt: skip
    files = _build_file_inputs()
    settings, settings_file = build_settings_panel(
        core.settings.tts_defaults, core.engine.capabilities.notes, fields_without_effect(core)
    )
    quality = gr.HTML(elem_id="quality", padding=False, visible=False)
    return SpeakTab(
        {**inputs, **files, **settings}, generate, stop, status, player, downloads, more_files, settings_file, quality
    )


def connect(core: CoreEngine, tab: SpeakTab) -> None:
    """Attach the handlers; Generate is a generator so that Stop and a closed tab end it."""
    server = core.settings.server
    names = list(tab.inputs)

    def generate(*values: Any) -> Iterator[list[Any]]:
        yield from speak(core, dict(zip(names, values, strict=True)))

    def restore(path: str) -> list[Any]:
        return restored(path, names)

    # The core's own door decides who waits, so that a waiting user is told so; one more is let through to be refused.
    running = tab.generate.click(
        generate, list(tab.inputs.values()), tab.outputs, api_visibility="private", show_progress="hidden",
        concurrency_limit=server.max_concurrent_requests + server.max_waiting_requests + 1, concurrency_id="speech",
    )  # fmt: skip
    tab.stop.click(stopped, None, tab.outputs, cancels=[running], api_visibility="private", show_progress="hidden")
    tab.settings_file.upload(
        restore, tab.settings_file, [tab.status, *tab.inputs.values()], api_visibility="private",
        show_progress="hidden",
    )  # fmt: skip


def speak(core: CoreEngine, values: dict[str, Any]) -> Iterator[list[Any]]:
    """Speak the form's values; yields what `SpeakTab.outputs` show from moment to moment."""
    import gradio as gr

    busy = [gr.update(interactive=False), gr.update(interactive=True)]
    preparing = status_html("", "busy", lead="Preparing the text …", share=0.0)
    yield [*busy, preparing, *_unchanged()]
    try:
        requests = form_requests(values, core.settings.api.max_text_length)
        for item in requests:
            core.plan(item.request)
    except ChatterboxError as error:
        yield [*_idle(), error_html(error), *_unchanged()]
        return
    cleared = [gr.update(value=None, visible=False), None, gr.update(value=None, visible=False)]
    yield [*busy, preparing, *cleared, *_download_updates(())]
    results: list[SpeechResult] = []
    for number, item in enumerate(requests, start=1):
        which = f"Text {number} of {len(requests)}. " if len(requests) > 1 else ""
        for status in speak_with_progress(core, item):
            if status.error is not None:
                yield [*_idle(), error_html(status.error, which), *_unchanged()]
                return
            if status.result is not None:
                results.append(status.result)
            else:
                yield [*busy, progress_html(core, status, which), *_unchanged()]
    yield [*_idle(), *_result_updates(results)]


async def stopped() -> list[Any]:
    """What the page shows after Stop."""
    return [*_idle(), status_html("Nothing was kept.", lead="Stopped."), *_unchanged()]


def restored(path: str, names: Sequence[str]) -> list[Any]:
    """The status line and every control, as a settings file has them."""
    import gradio as gr

    try:
        shown, unknown = load_settings_file(Path(path), names)
    except ChatterboxError as error:
        return [error_html(error), *([gr.skip()] * len(names))]
    rest = f" Not known here: {', '.join(unknown[:5])}." if unknown else ""
    status = status_html(f"{len(shown)} settings were set.{rest}", "good", lead="Settings loaded.")
    return [status, *(gr.update(value=shown[name]) if name in shown else gr.skip() for name in names)]


def _idle() -> list[Any]:
    import gradio as gr

    return [gr.update(interactive=True), gr.update(interactive=False)]


def _unchanged() -> list[Any]:
    import gradio as gr

    return [gr.skip()] * (3 + len(FORMATS))


def _result_updates(results: Sequence[SpeechResult]) -> list[Any]:
    import gradio as gr

    first = results[0]
    whole = [file for file in first.files if file.place.kind == "result" and file.place.generation == 1]
    others: list[str] = []
    for result in results:
        others += [str(file.path) for file in result.files if file not in whole]
        others += [str(text.path) for text in result.texts]
    quality = gr.update(value="".join(quality_html(result) for result in results), visible=True)
    more = gr.update(value=others or None, visible=bool(others))
    return ["".join(result_html(result) for result in results), quality, str(whole[0].path), more,
            *_download_updates(whole)]  # fmt: skip


def _download_updates(files: Sequence[StoredFile]) -> list[Any]:
    import gradio as gr

    made = {file.format: file for file in files}
    return [
        gr.update(value=str(made[name].path), label=download_label(made[name]), visible=True)
        if name in made
        else gr.update(value=None, visible=False)
        for name in FORMATS
    ]


def _build_inputs(core: CoreEngine) -> dict[str, Any]:
    import gradio as gr

    defaults = core.settings.tts_defaults
    text = gr.Textbox(
        SAMPLE_TEXT, label="Text", lines=8, max_lines=8, elem_id="text",
        info=f"Up to {core.settings.api.max_text_length:,} characters. An empty line starts a new paragraph.",
    )  # fmt: skip
    with gr.Row():
        voice = gr.Dropdown(
            voice_choices(core.engine.voices), value=defaults.voice or core.engine.voices[0].name, label="Voice",
            elem_id="voice", info="Type to search by name or kind.",
        )  # fmt: skip
        speed = gr.Slider(
            0.5, 2.0, defaults.speed_factor, step=0.05, label="Speed", elem_id="speed",
            info="2 is twice as fast.",
        )  # fmt: skip
    return {"text": text, "voice": voice, "speed_factor": speed}


def _build_file_inputs() -> dict[str, Any]:
    import gradio as gr

    with gr.Accordion("Text files", open=False, elem_id="text-files"):
        files = gr.File(
            label="Text files, spoken instead of the text above", file_count="multiple", file_types=TEXT_SUFFIXES,
            elem_id="files", height=120,
        )  # fmt: skip
        separate = gr.Checkbox(False, label="A result of its own for each file", elem_id="separate")
    return {FILES: files, SEPARATE: separate}
