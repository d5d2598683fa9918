"""The Join tab: files of the outputs, uploads and silences in an order, joined into one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr
from pydantic import ValidationError

from api_models import MixedConcatRequest
from api_models.concat import PRESETS, ConcatOptions, silence_ms
from core.concat_report import JoinedResult
from core.concat_sources import UploadedAudio
from core_engine import CoreEngine
from exceptions import ChatterboxError, InvalidRequestError
from library.entries import Filter
from speech.cancel import CancelToken
from speech.progress import Observer
from ui.browser import with_tab_key
from ui.controls import Control, build_controls
from ui.desk import QUICKLY, Desk, DeskHandlers, Shown, build_buttons, build_desk
from ui.tables import table_html
from ui.wording import error_html, invalid_request, status_html

ROWS: Final = (
    (
        Control("export_formats", "File formats", "All are made from the same audio; the player takes the first."),
        Control("pause_duration_ms", "Pause between files (ms)", step=10),
        Control("pause_variation_ms", "Pauses vary by (ms)", step=10),
    ),
    (
        Control("crossfade_ms", "Crossfade (ms)", step=10),
        Control("normalize_levels", "Same loudness for all"),
        Control("normalize_level", "Loudness (LUFS)", step=0.5),
    ),
    (
        Control("trim", "Trim both ends of each file"),
        Control("trim_threshold_ms", "Silence that may stay (ms)", step=10),
        Control("seed", "Seed", "Of the pauses' lengths; 0 draws one."),
    ),
)
AS_SET: Final = "As set below"
LISTED: Final = 200


@dataclass(frozen=True)
class JoinTab:
    """The components that the handlers use; `inputs` by the request field that each sets."""

    stored: Any
    add: Any
    uploads: Any
    order: Any
    inputs: dict[str, Any]
    desk: Desk
    timeline: Any


def build_join_tab(core: CoreEngine, page: Any, tab: Any) -> JoinTab:
    """Lay the tab out inside the open ``gr.Tab`` `tab` of `page` and attach its handlers."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=300):
            with gr.Row(elem_classes="bottom"):
                stored = gr.Dropdown(
                    [], label="Files of the service", multiselect=True, elem_id="join-stored", scale=4,
                    info="The newest first; type to search.",
                )  # fmt: skip
                add = gr.Button("Add to the list", size="sm", elem_id="join-add", min_width=110)
            uploads = gr.File(
                label="Files of your own", file_count="multiple", file_types=["audio"], elem_id="join-uploads",
                elem_classes="drop", height=110, allow_reordering=True,
            )  # fmt: skip
            order = gr.Textbox(
                label="Order", lines=5, max_lines=12, elem_id="join-order", placeholder="intro.wav\n(1.5s)\nmain.wav",
                info="One file a line; move lines to change the order. (500ms) or (1.5s) is a silence.",
            )  # fmt: skip
            buttons = build_buttons("Join", "join")
        with gr.Column(scale=5, min_width=300):
            desk = build_desk(buttons, "join", "Choose files, put them in order and press Join.")
    timeline = gr.HTML(elem_id="join-timeline", elem_classes="bare", padding=False, visible=False)
    preset, inputs = _build_settings()
    made = JoinTab(stored, add, uploads, order, inputs, desk, timeline)
    handlers = Joining(core, made)
    working = handlers.works.connect(page, timeline)
    asked = {uploads, order, *inputs.values(), desk.key}
    desk.start.click(handlers.join, asked, [*desk.shown, timeline], js=with_tab_key(asked, desk.key), **working)
    gr.on([page.load, tab.select], handlers.choices, None, stored, **QUICKLY)
    add.click(handlers.add, [stored, order], [stored, order], **QUICKLY)
    uploads.change(handlers.note_uploads, [uploads, order], order, **QUICKLY)
    preset.input(handlers.choose_preset, preset, list(inputs.values()), **QUICKLY)
    return made


def _build_settings() -> tuple[Any, dict[str, Any]]:
    with gr.Accordion("How they are joined", open=True, elem_id="join-settings"):
        preset = gr.Dropdown(
            [AS_SET, *PRESETS], value=AS_SET, label="Preset", filterable=False, elem_id="join-preset",
            info="Settings for a podcast, for a video, or for an archive that changes nothing.",
        )  # fmt: skip
        inputs = build_controls(ROWS, ConcatOptions(), prefix="join")
        with gr.Row():
            inputs["output_filename"] = gr.Textbox(
                label="Name of the result", info="Without one it gets the time.", elem_id="join-name"
            )
            inputs["folder"] = gr.Textbox(
                label="Folder", info="Below the outputs, made if missing.", elem_id="join-folder"
            )
    return preset, inputs


class Joining:
    """The handlers.

    Args:
        core: does the work.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, tab: JoinTab) -> None:
        self._core = core
        self._tab = tab
        self.works: DeskHandlers[JoinedResult] = DeskHandlers(core, tab.desk, self._finished)

    def choices(self) -> Any:
        """Files that can be chosen at the moment."""
        entries, _ = self._core.outputs.page(Filter(), 1, LISTED)
        return gr.update(choices=[entry.name for entry in entries])

    def add(self, stored: Sequence[str] | None, order: str) -> list[Any]:
        """Chosen files at the end of the list."""
        return [gr.update(value=[]), "\n".join([*_lines(order), *(stored or [])])]

    def note_uploads(self, uploads: Sequence[str] | None, order: str) -> str:
        """New uploads at the end of the list."""
        names = [Path(path).name for path in uploads or []]
        lines = _lines(order)
        return "\n".join([*lines, *(name for name in names if name not in lines)])

    def choose_preset(self, name: str) -> Shown:
        """The controls as the preset has them."""
        options = ConcatOptions.model_validate({} if name == AS_SET else {"preset": name})
        return {
            component: gr.update(value=getattr(options, field))
            for field, component in self._tab.inputs.items()
            if field not in ("output_filename", "folder")
        }

    def join(self, given: Mapping[Any, Any]) -> Iterator[Shown]:
        """Join the listed files; yields what the page shows from moment to moment."""
        tab = self._tab
        paths = [Path(path) for path in given[tab.uploads] or []]
        fields = {name: given[component] for name, component in tab.inputs.items()}
        try:
            request = _request(_lines(given[tab.order]), [path.name for path in paths], fields)
        except ChatterboxError as error:
            yield {tab.desk.status: error_html(error)}
            return

        def part(observer: Observer, cancel: CancelToken) -> JoinedResult:
            with ExitStack() as opened:
                uploads = [UploadedAudio(path.name, opened.enter_context(path.open("rb"))) for path in paths]
                return self._core.concat(request, uploads, observer, cancel)

        yield {tab.timeline: gr.update(visible=False)}
        yield from self.works.begin(given[tab.desk.key], [part])

    def _finished(self, results: Sequence[JoinedResult]) -> Shown:
        tab, [result] = self._tab, results
        sentence = f"{result.file_count} files, {result.audio_seconds:.1f} s, in {result.processing_seconds:.1f} s."
        rows = [
            (
                span.kind,
                span.source or "",
                f"{span.start:.2f} s",
                f"{span.end - span.start:.2f} s",
                f"{span.gain_db:+.1f} dB",
            )
            for span in result.metadata.timeline
        ]
        return {
            tab.desk.status: status_html("\n".join([sentence, *result.warnings]), "good", lead="Done."),
            tab.desk.player: str(result.files[0].path),
            tab.timeline: gr.update(
                value=table_html(("What", "File", "Starts", "Length", "Level"), rows), visible=True
            ),
            **self.works.downloads({file.format: file.path for file in result.files}),
        }


def _request(lines: Sequence[str], uploads: Sequence[str], fields: Mapping[str, Any]) -> MixedConcatRequest:
    unlisted = [name for name in uploads if name not in lines]
    if unlisted:
        raise InvalidRequestError(f"{unlisted[0]} was uploaded and is not in the list.")
    try:
        segments = [_segment(line, uploads) for line in lines]
        given = {name: value for name, value in fields.items() if value not in (None, "")}
        return MixedConcatRequest.model_validate({**given, "segments": segments})
    except ValidationError as error:
        raise invalid_request(error) from error
    except ValueError as error:
        raise InvalidRequestError(f"Order: {error}.") from error


def _segment(line: str, uploads: Sequence[str]) -> dict[str, Any]:
    if line in uploads:
        return {"type": "upload", "index": uploads.index(line)}
    if silence_ms(line) is not None:
        return {"type": "silence", "source": line}
    return {"type": "server_file", "source": line}


def _lines(order: str | None) -> list[str]:
    return [line.strip() for line in (order or "").splitlines() if line.strip()]
