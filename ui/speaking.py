"""What Generate, Stop and the list of earlier results do; each handler gives new values by component."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import gradio as gr

from core.results import SpeechResult
from core.text_requests import NamedRequest
from core_engine import CoreEngine
from exceptions import ChatterboxError
from speech.audio.encode import FORMATS
from speech.captions import caption_words, make_cues
from speech.quality import Quality
from ui.form import form_requests
from ui.history import entries, read_record, recorded_audio, recorded_quality, remember
from ui.wording import download_label, error_html, progress_html, quality_html, result_html, status_html
from ui.works import Part, Work, Works

if TYPE_CHECKING:
    from ui.tabs.speak import SpeakTab

Shown: TypeAlias = dict[Any, Any]
"""New values by component."""


class Speaking:
    """The handlers.

    Args:
        core: does the work.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, tab: SpeakTab) -> None:
        self._core = core
        self._tab = tab
        self._works: Works[SpeechResult] = Works()

    def generate(self, given: Mapping[Any, Any]) -> Iterator[Shown]:
        """Speak the form's values; yields what the page shows from moment to moment."""
        tab = self._tab
        preparing = status_html("", "busy", lead="Preparing the text …", share=0.0)
        yield {tab.generate: gr.update(interactive=False), tab.status: preparing}
        try:
            values = {name: given[component] for name, component in tab.inputs.items()}
            requests = form_requests(values, self._core.settings.api.max_text_length)
            for item in requests:
                self._core.plan(item.request)
        except ChatterboxError as error:
            yield {**self._idle(), tab.status: error_html(error)}
            return
        seconds = self._core.settings.server.request_timeout_seconds
        key = given[tab.key] or secrets.token_hex(16)
        work = self._works.start(key, [self._part(item) for item in requests], seconds)
        yield {
            tab.stop: gr.update(interactive=True), tab.player: None, tab.quality: gr.update(visible=False),
            tab.more_files: gr.update(visible=False), **self._downloads({}),
        }  # fmt: skip
        yield from self._follow(work, given[tab.kept_names])

    def come_back(self, key: str, kept_names: Any) -> Iterator[Shown]:
        """Show the work that this browser tab began before it was loaded anew, and the list of earlier results."""
        tab = self._tab
        yield {tab.key: key, tab.history: gr.update(choices=entries(self._core.outputs, kept_names))}
        work = self._works.find(key)
        if work is not None:
            yield {tab.generate: gr.update(interactive=False), tab.stop: gr.update(interactive=True)}
            yield from self._follow(work, kept_names)

    def stop(self, key: str) -> Any:
        """End the work of this browser tab."""
        self._works.stop(key)
        return gr.update(interactive=False)

    def show_earlier(self, name: str) -> Shown:
        """Player, downloads and table of an earlier result."""
        tab = self._tab
        try:
            record = read_record(self._core.outputs, name)
            quality = recorded_quality(record)
            audio = recorded_audio(self._core.outputs, name)
        except ChatterboxError as error:
            return {tab.status: error_html(error), tab.use_settings: gr.update(interactive=False)}
        first = next(iter(audio.values()), None)
        return {
            tab.status: status_html("Its settings can be used again.", lead="An earlier result."),
            tab.player: self._player(first, quality),
            tab.quality: gr.update(value=quality_html(quality), visible=True),
            tab.more_files: gr.update(visible=False),
            tab.use_settings: gr.update(interactive=True),
            **self._downloads(audio),
        }

    def _part(self, item: NamedRequest) -> Part[SpeechResult]:
        return lambda observer, cancel: self._core.tts(item.request, observer, cancel, name=item.name)

    def _follow(self, work: Work[SpeechResult], kept_names: Any) -> Iterator[Shown]:
        for status in work.follow():
            if not status.ended:
                yield {self._tab.status: progress_html(self._core, status)}
            elif status.error is not None:
                yield {**self._idle(), self._tab.status: error_html(status.error, status)}
            else:
                yield {**self._idle(), **self._finished(work.results, kept_names)}

    def _finished(self, results: Sequence[SpeechResult], kept_names: Any) -> Shown:
        tab, first = self._tab, results[0]
        whole = [file for file in first.files if file.place.kind == "result" and file.place.generation == 1]
        others = [str(file.path) for result in results for file in result.files if file not in whole]
        others += [str(text.path) for result in results for text in result.texts]
        names = remember(kept_names, results)
        return {
            tab.status: "".join(result_html(result) for result in results),
            tab.player: self._player(whole[0].path, first.quality),
            tab.quality: gr.update(value="".join(quality_html(result.quality) for result in results), visible=True),
            tab.more_files: gr.update(value=others or None, visible=bool(others)),
            tab.kept_names: names,
            tab.history: gr.update(choices=entries(self._core.outputs, names), value=None),
            **self._downloads({file.format: file.path for file in whole}),
        }

    def _player(self, path: Path | None, quality: Quality) -> Any:
        cues = make_cues(caption_words(quality.chunks))
        subtitles = [{"text": cue.text, "timestamp": [cue.start, cue.end]} for cue in cues]
        return gr.update(value=str(path) if path else None, subtitles=subtitles)

    def _downloads(self, audio: Mapping[str, Path]) -> Shown:
        hidden = gr.update(value=None, visible=False)
        return {
            self._tab.downloads[name]: gr.update(
                value=str(audio[name]), label=download_label(name, audio[name].stat().st_size), visible=True
            )
            if name in audio
            else hidden
            for name in FORMATS
        }

    def _idle(self) -> Shown:
        return {self._tab.generate: gr.update(interactive=True), self._tab.stop: gr.update(interactive=False)}
