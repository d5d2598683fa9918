"""What Generate and the list of earlier results do; each handler gives new values by component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from core.kept_chunks import NOTHING_KEPT, NothingKept
from core.results import SpeechResult
from core.text_requests import NamedRequest
from core_engine import CoreEngine
from exceptions import ChatterboxError, InvalidRequestError
from speech.captions import caption_words, make_cues
from speech.quality import Quality
from ui.desk import DeskHandlers, Shown
from ui.form import form_requests
from ui.history import entries, made_by, read_record, recorded_audio, recorded_quality, remember
from ui.retake import LastRequests
from ui.wording import error_html, quality_html, result_html, status_html
from ui.works import Part

if TYPE_CHECKING:
    from ui.tabs.speak import SpeakTab


class Speaking:
    """The handlers.

    Args:
        core: does the work.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, tab: SpeakTab) -> None:
        self._core = core
        self._tab = tab
        self._last = LastRequests()
        self.works: DeskHandlers[SpeechResult] = DeskHandlers(core, tab.desk, self._finished)

    def generate(self, given: Mapping[Any, Any]) -> Iterator[Shown]:
        """Speak the form's values; yields what the page shows from moment to moment."""
        tab = self._tab
        preparing = status_html("", "busy", lead="Preparing the text …", share=0.0)
        yield {**self.works.busy(), tab.desk.status: preparing}
        try:
            values = {name: given[component] for name, component in tab.inputs.items()}
            requests = form_requests(values, self._core.settings.api.max_text_length)
            for item in requests:
                self._core.plan(item.request)
        except ChatterboxError as error:
            yield {**self.works.idle(), tab.desk.status: error_html(error)}
            return
        yield {tab.quality: gr.update(visible=False), tab.retake.row: gr.update(visible=False)}
        key, parts = given[tab.desk.key], [self._part(item) for item in requests]
        if len(requests) == 1 and requests[0].request.num_generations == 1:
            parts = [self._part(requests[0], self._last.note(key, requests[0]))]
        yield from self.works.begin(key, parts, aloud=bool(given[tab.aloud]))

    def speak_again(self, key: str, number: float | None, text: str) -> Iterator[Shown]:
        """Make one chunk of the last result again, and the result with it."""
        tab = self._tab
        yield {**self.works.busy(), tab.desk.status: status_html("", "busy", lead="Preparing the chunk …", share=0.0)}
        try:
            item, chunks = self._last.find(key)
            if not text.strip() and not self._core.engine.capabilities.seeded:
                raise InvalidRequestError("This model says a text the same way every time; change the text.")
            chunks.change(int(number or 1) - 1, text.strip(), item.request, self._core.plan)
        except ChatterboxError as error:
            yield {**self.works.idle(), tab.desk.status: error_html(error)}
            return
        yield {tab.retake.text: ""}
        yield from self.works.begin(key, [self._part(item, chunks)])

    def list_earlier(self, kept_names: Any) -> Any:
        """The results of this browser."""
        return gr.update(choices=entries(self._core.outputs, kept_names))

    def remember(self, new_names: Any, kept_names: Any) -> Shown:
        """New results among those of this browser."""
        names = remember(kept_names, new_names)
        return {
            self._tab.kept_names: names,
            self._tab.history: gr.update(choices=entries(self._core.outputs, names), value=None),
        }

    def show_earlier(self, name: str) -> Shown:
        """Player, downloads and table of an earlier result."""
        tab = self._tab
        try:
            record = read_record(self._core.outputs, name)
            quality = recorded_quality(record)
            audio = recorded_audio(self._core.outputs, name)
        except ChatterboxError as error:
            return {tab.desk.status: error_html(error), tab.use_settings: gr.update(interactive=False)}
        first = next(iter(audio.values()), None)
        return {
            tab.desk.status: status_html("Its settings can be used again.", lead="An earlier result."),
            tab.desk.player: gr.update(value=str(first) if first else None, subtitles=_subtitles(quality)),
            tab.quality: gr.update(value=quality_html(quality), visible=True),
            tab.desk.more_files: gr.update(visible=False),
            tab.use_settings: gr.update(interactive=True),
            tab.retake.row: gr.update(visible=False),
            **self.works.downloads(audio),
        }

    def _part(self, item: NamedRequest, chunks: NothingKept = NOTHING_KEPT) -> Part[SpeechResult]:
        return lambda observer, cancel: self._core.tts(item.request, observer, cancel, name=item.name, chunks=chunks)

    def _finished(self, results: Sequence[SpeechResult]) -> Shown:
        tab, first = self._tab, results[0]
        whole = [file for file in first.files if file.place.kind == "result" and file.place.generation == 1]
        others = [str(file.path) for result in results for file in result.files if file not in whole]
        others += [str(text.path) for result in results for text in result.texts]
        return {
            tab.desk.status: "".join(result_html(result) for result in results),
            tab.desk.player: gr.update(value=str(whole[0].path), subtitles=_subtitles(first.quality)),
            tab.quality: gr.update(value="".join(quality_html(result.quality) for result in results), visible=True),
            tab.desk.more_files: gr.update(value=others or None, visible=bool(others)),
            tab.new_names: made_by(results),
            tab.retake.row: gr.update(visible=len(results) == len(first.generations) == 1),
            **self.works.downloads({file.format: file.path for file in whole}),
        }


def _subtitles(quality: Quality) -> list[dict[str, Any]]:
    cues = make_cues(caption_words(quality.chunks))
    return [{"text": cue.text, "timestamp": [cue.start, cue.end]} for cue in cues]
