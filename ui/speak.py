"""The Speak tab: text, voice and Generate beside the player; below, settings and what happened to each chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from api_models import TTSRequest
from core_engine import CoreEngine
from exceptions import ChatterboxError
from library.outputs import StoredFile
from results import SpeechResult
from speech.audio.encode import FORMATS
from ui.progress import speak_with_progress
from ui.settings_panel import build_settings_panel
from ui.wording import (
    GREETING,
    download_label,
    error_html,
    invalid_request,
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


@dataclass(frozen=True)
class SpeakTab:
    """The components that the handlers use; `inputs` by the request field that each sets, `downloads` by format."""

    inputs: dict[str, Any]
    generate: Any
    stop: Any
    status: Any
    player: Any
    downloads: dict[str, Any]
    quality: Any

    @property
    def outputs(self) -> list[Any]:
        """In the order in which `speak` and `stopped` give their values."""
        return [self.generate, self.stop, self.status, self.quality, self.player, *self.downloads.values()]


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
    settings = build_settings_panel(
        core.settings.tts_defaults, core.engine.capabilities.notes, checking=core.validator is not None
    )
    quality = gr.HTML(elem_id="quality", padding=False, visible=False)
    return SpeakTab({**inputs, **settings}, generate, stop, status, player, downloads, quality)


def connect(core: CoreEngine, tab: SpeakTab) -> None:
    """Attach the handlers; Generate is a generator so that Stop and a closed tab end it."""
    server = core.settings.server
    names = list(tab.inputs)

    def generate(*values: Any) -> Iterator[list[Any]]:
        yield from speak(core, dict(zip(names, values, strict=True)))

    # The core's own door decides who waits, so that a waiting user is told so; one more is let through to be refused.
    running = tab.generate.click(
        generate, list(tab.inputs.values()), tab.outputs, api_visibility="private", show_progress="hidden",
        concurrency_limit=server.max_concurrent_requests + server.max_waiting_requests + 1, concurrency_id="speech",
    )  # fmt: skip
    tab.stop.click(stopped, None, tab.outputs, cancels=[running], api_visibility="private", show_progress="hidden")


def speak(core: CoreEngine, values: dict[str, Any]) -> Iterator[list[Any]]:
    """Speak the form's values; yields what `SpeakTab.outputs` show from moment to moment."""
    import gradio as gr

    busy = [gr.update(interactive=False), gr.update(interactive=True)]
    preparing = status_html("", "busy", lead="Preparing the text …", share=0.0)
    yield [*busy, preparing, *_unchanged()]
    try:
        request = form_request(values)
        core.plan(request)
    except ChatterboxError as error:
        yield [*_idle(), error_html(error), *_unchanged()]
        return
    yield [*busy, preparing, gr.update(value=None, visible=False), None, *_download_updates(())]
    for status in speak_with_progress(core, request):
        if status.error is not None:
            yield [*_idle(), error_html(status.error), *_unchanged()]
        elif status.result is not None:
            yield [*_idle(), *_result_updates(status.result)]
        else:
            yield [*busy, progress_html(core, status), *_unchanged()]


async def stopped() -> list[Any]:
    """What the page shows after Stop."""
    return [*_idle(), status_html("Nothing was kept.", lead="Stopped."), *_unchanged()]


def form_request(values: dict[str, Any]) -> TTSRequest:
    """The request that the form's values describe.

    Raises:
        InvalidRequestError: a value is missing or out of range.
    """
    given = {name: value for name, value in values.items() if value is not None}
    # The slider has no empty position; its lowest stands for "no threshold of my own".
    given["whisper_threshold"] = given.get("whisper_threshold") or None
    try:
        return TTSRequest.model_validate(given)
    except ValidationError as error:
        raise invalid_request(error) from error


def _idle() -> list[Any]:
    import gradio as gr

    return [gr.update(interactive=True), gr.update(interactive=False)]


def _unchanged() -> list[Any]:
    import gradio as gr

    return [gr.skip()] * (2 + len(FORMATS))


def _result_updates(result: SpeechResult) -> list[Any]:
    import gradio as gr

    quality = gr.update(value=quality_html(result), visible=True)
    return [result_html(result), quality, str(result.files[0].path), *_download_updates(result.files)]


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
        if not any(parameter.name == "speed" for parameter in core.engine.capabilities.parameters):
            return {"text": text, "voice": voice}
        speed = gr.Slider(
            0.5, 2.0, defaults.speed_factor, step=0.05, label="Speed", elem_id="speed",
            info="2 is twice as fast.",
        )  # fmt: skip
    return {"text": text, "voice": voice, "speed_factor": speed}
