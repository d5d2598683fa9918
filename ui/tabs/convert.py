"""The Convert tab: a recording, a target voice and Convert beside the player; below, all settings, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from pydantic import ValidationError

from api_models import VCDefaults, VCOptions, VCRequest
from core.conversion_work import SourceRecording
from core.results import ConversionResult
from core_engine import CoreEngine
from exceptions import ChatterboxError, InvalidRequestError
from library.entries import Filter
from ui.browser import with_tab_key
from ui.controls import Control, build_controls
from ui.desk import QUICKLY, Desk, DeskHandlers, Shown, build_buttons, build_desk
from ui.examining import Examination, build_examination, connect_examination
from ui.settings_panel import SECTIONS
from ui.wording import conversion_html, error_html, invalid_request, quality_html, status_html, voice_choices

ROWS: Final = (
    (
        Control("export_formats", "File formats", "All are made from the same audio; the player takes the first."),
        Control("captions", "Captions"),
        Control("language", "Language of the recording"),
    ),
    (
        Control("pitch_shift", "Pitch (semitones)", step=0.5),
        Control("chunk_sec", "Longest piece (s)"),
        Control("overlap_sec", "Overlap of pieces (s)", step=0.05),
    ),
    (
        Control("seed", "Seed", "The same seed and recording give the same audio; 0 draws a new one."),
        Control("bypass_whisper_checking", "Do not check the words"),
    ),
)
FINISHING_ROWS: Final = tuple(
    tuple(control for control in row if control.field in VCDefaults.model_fields)
    for row in SECTIONS["Finishing the sound"]
)
"""The Speak tab's controls, as far as they concern recordings."""


@dataclass(frozen=True)
class ConvertTab:
    """The components that the handlers use; `inputs` by the request field that each sets."""

    recording: Any
    stored: Any
    target: Any
    inputs: dict[str, Any]
    desk: Desk
    quality: Any
    examination: Examination


def build_convert_tab(core: CoreEngine, page: Any, tab: Any) -> ConvertTab:
    """Lay the tab out inside the open ``gr.Tab`` `tab` of `page` and attach its handlers."""
    able = core.engine.capabilities.conversion
    if not able:
        name = core.engine.capabilities.engine
        told = f"The engine {name} that runs here speaks texts only; Chatterbox converts."
        gr.HTML(status_html(told, "bad", lead="No conversion here."), elem_classes="bare", padding=False)
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=300):
            recording = gr.Audio(
                label="Recording", sources=["upload", "microphone"], type="filepath", elem_id="convert-recording",
                elem_classes="player", buttons=[],
            )  # fmt: skip
            with gr.Row():
                stored = gr.Dropdown(
                    [], label="Or one of the service", elem_id="convert-stored", info="From the conversion inputs."
                )
                target = gr.Dropdown([], label="Target voice", elem_id="convert-target", info="Whose voice it becomes.")
            buttons = build_buttons("Convert", "convert")
        with gr.Column(scale=5, min_width=300):
            desk = build_desk(buttons, "convert", "Record or upload something, choose a voice and press Convert.")
    quality = gr.HTML(elem_id="convert-quality", elem_classes="bare", padding=False, visible=False)
    inputs = _build_settings(core)
    made = ConvertTab(recording, stored, target, inputs, desk, quality, build_examination())
    handlers = Converting(core, made)
    working = handlers.works.connect(page, quality)
    asked = {recording, stored, target, *inputs.values(), desk.key}
    desk.start.click(handlers.convert, asked, [*desk.shown, quality], js=with_tab_key(asked, desk.key), **working)
    connect_examination(core, made.examination, page, desk.key, (recording, stored), working)
    gr.on([page.load, tab.select], handlers.choices, None, [stored, target], **QUICKLY)
    return made


def _build_settings(core: CoreEngine) -> dict[str, Any]:
    defaults = core.settings.vc_defaults
    with gr.Accordion("More settings", open=False, elem_id="convert-settings"):
        inputs = build_controls(ROWS, defaults, prefix="convert")
        with gr.Row():
            inputs["title"] = gr.Textbox(label="Title", info="Written into the files.", elem_id="convert-title")
            inputs["folder"] = gr.Textbox(
                label="Folder", info="Below the outputs, made if missing.", elem_id="convert-folder"
            )
        with gr.Accordion("Finishing the sound", open=False):
            inputs.update(build_controls(FINISHING_ROWS, defaults, prefix="convert"))
    return inputs


class Converting:
    """The handlers.

    Args:
        core: does the work.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, tab: ConvertTab) -> None:
        self._core = core
        self._tab = tab
        self.works: DeskHandlers[ConversionResult] = DeskHandlers(core, tab.desk, self._finished)

    def choices(self) -> list[Any]:
        """Recordings and voices that can be chosen at the moment."""
        recordings = [entry.name for entry in self._core.vc_inputs.page(Filter(), 1, 100, newest_first=True)[0]]
        return [gr.update(choices=recordings), gr.update(choices=voice_choices(self._core.casting.voices))]

    def convert(self, given: Mapping[Any, Any]) -> Iterator[Shown]:
        """Convert the recording; yields what the page shows from moment to moment."""
        tab = self._tab
        try:
            options, upload = self._request(given)
        except ChatterboxError as error:
            yield {tab.desk.status: error_html(error)}
            return
        yield {tab.quality: gr.update(visible=False)}
        yield from self.works.begin(
            given[tab.desk.key], [lambda observer, cancel: self._core.vc(options, observer, cancel, upload=upload)]
        )

    def _request(self, given: Mapping[Any, Any]) -> tuple[VCOptions, SourceRecording | None]:
        tab = self._tab
        uploaded, stored = given[tab.recording], given[tab.stored]
        if not uploaded and not stored:
            raise InvalidRequestError("Record or upload something first, or choose a recording.")
        if not given[tab.target]:
            raise InvalidRequestError("Choose the target voice first.")
        fields = {name: given[component] for name, component in tab.inputs.items()}
        fields = {name: value for name, value in fields.items() if value is not None}
        fields["target_voice_source"] = given[tab.target]
        try:
            if uploaded:
                name = Path(uploaded).name
                return VCOptions.model_validate(fields), SourceRecording(Path(uploaded), name, "input_audio")
            return VCRequest.model_validate({**fields, "input_audio_source": stored}), None
        except ValidationError as error:
            raise invalid_request(error) from error

    def _finished(self, results: Sequence[ConversionResult]) -> Shown:
        tab, [result] = self._tab, results
        whole = [file for file in result.files if file.place.kind == "result"]
        others = [str(file.path) for file in result.files if file not in whole]
        others += [str(text.path) for text in result.texts]
        return {
            tab.desk.status: conversion_html(result),
            tab.desk.player: str(whole[0].path),
            tab.quality: gr.update(value=quality_html(result.quality, "Quality of each piece"), visible=True),
            tab.desk.more_files: gr.update(value=others or None, visible=bool(others)),
            **self.works.downloads({file.format: file.path for file in whole}),
        }
