"""What a recording says, as text or captions, and whether it carries the engine's mark: a part of the Convert tab."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import gradio as gr

from core.concat_sources import UploadedAudio
from core.conversion_work import SourceRecording
from core.watermarks import MarkFindings
from core_engine import CoreEngine
from exceptions import ChatterboxError, InvalidRequestError
from speech.cancel import CancelToken
from speech.captions import make_cues, to_srt, to_vtt
from speech.progress import Observer
from speech.transcription import Transcription
from ui.browser import WITH_TAB_KEY
from ui.desk import QUICKLY, Shown
from ui.wording import error_html, progress_html, status_html
from ui.works import Work, Works

Form: TypeAlias = Literal["txt", "srt", "vtt"]

FORMS: Final[list[tuple[str, Form]]] = [("Text", "txt"), ("Captions (SRT)", "srt"), ("Captions (VTT)", "vtt")]


@dataclass(frozen=True)
class Answer:
    """What was found out: a status line, and the words where they were asked for."""

    told: str
    words: str | None = None


@dataclass(frozen=True)
class Examination:
    """The components."""

    language: Any
    form: Any
    write: Any
    mark: Any
    stop: Any
    status: Any
    words: Any
    save: Any

    @property
    def shown(self) -> list[Any]:
        """Everything that a work changes."""
        return [self.write, self.mark, self.stop, self.status, self.words, self.save]


def build_examination() -> Examination:
    """A folded section inside the open ``gr.Tab``."""
    with gr.Accordion("Write it down, or look for the mark", open=False, elem_id="examine"):
        with gr.Row():
            language = gr.Textbox(
                label="Language", placeholder="as it is heard", elem_id="examine-language", min_width=160,
                info="Such as en or pt-BR; empty to find out.",
            )  # fmt: skip
            form = gr.Radio(
                FORMS,
                value="txt",
                label="Write as",
                elem_id="examine-form",
                info="Captions have times.",
                scale=2,
                min_width=280,
            )
        with gr.Row():
            write = gr.Button("Write down what it says", size="md", elem_id="examine-write", min_width=180)
            mark = gr.Button("Look for the engine's mark", size="md", elem_id="examine-mark", min_width=180)
            stop = gr.Button("Stop", size="md", elem_id="examine-stop", interactive=False, min_width=90)
        status = gr.HTML(
            status_html("Both are about the recording above; nothing of it is kept."),
            elem_id="examine-status", elem_classes=["status-line", "bare"], padding=False,
        )  # fmt: skip
        words = gr.Textbox(
            label="What it says", lines=5, max_lines=15, visible=False, elem_id="examine-words", buttons=["copy"]
        )
        save = gr.Button("Save as a file", size="sm", visible=False, elem_id="examine-save", min_width=120)
    return Examination(language, form, write, mark, stop, status, words, save)


def connect_examination(
    core: CoreEngine, section: Examination, page: Any, key: Any, recording: tuple[Any, Any], working: dict[str, Any]
) -> None:
    """Attach the handlers.

    Args:
        core: does the work.
        section: the components.
        page: the ``gr.Blocks``.
        key: holds the secret of the browser tab.
        recording: components with the path of an upload and with the name of one of the service's recordings.
        working: options of events that begin works.
    """
    handlers = Examining(core, section)
    asked = [key, *recording]
    options = {"outputs": section.shown, "js": WITH_TAB_KEY, **working}
    section.write.click(handlers.write_down, [*asked, section.language, section.form], **options)
    section.mark.click(handlers.look_for_mark, asked, **options)
    page.load(handlers.come_back, [key], **options)
    section.stop.click(handlers.stop, key, section.stop, js="tabKey", **QUICKLY)
    section.save.click(None, [section.words, section.form], js="saveWords", **QUICKLY)


class Examining:
    """The handlers.

    Args:
        core: does the work.
        section: components that they read and change.
    """

    def __init__(self, core: CoreEngine, section: Examination) -> None:
        self._core = core
        self._section = section
        self._works: Works[Answer] = Works()

    def write_down(
        self, key: str, upload: str | None, stored: str | None, language: str, form: Form
    ) -> Iterator[Shown]:
        """Write down what the recording says; yields what the page shows from moment to moment."""

        def listen(path: Path, observer: Observer, cancel: CancelToken) -> Answer:
            with path.open("rb") as stream:
                upload = UploadedAudio(path.name, stream)
                return _transcript(self._core.transcriptions.make(upload, language.strip(), observer, cancel), form)

        yield from self._begin(key, upload, stored, listen)

    def look_for_mark(self, key: str, upload: str | None, stored: str | None) -> Iterator[Shown]:
        """Look for the engine's mark in the recording; yields what the page shows from moment to moment."""

        def search(path: Path, observer: Observer, cancel: CancelToken) -> Answer:
            found = self._core.find_mark(SourceRecording(path, path.name, "file"), observer, cancel)
            return _verdict(found, self._core.engine.capabilities.engine)

        yield from self._begin(key, upload, stored, search)

    def come_back(self, key: str) -> Iterator[Shown]:
        """Show the work that this browser tab began before it was loaded anew."""
        yield self._buttons(running=False)
        work = self._works.find(key)
        if work is not None:
            yield from self._follow(work)

    def stop(self, key: str) -> Any:
        """End the work of this browser tab."""
        self._works.stop(key)
        return gr.update(interactive=False)

    def _begin(
        self, key: str, upload: str | None, stored: str | None, examine: Callable[[Path, Observer, CancelToken], Answer]
    ) -> Iterator[Shown]:
        section = self._section
        try:
            path = self._path(upload, stored)
        except ChatterboxError as error:
            yield {section.status: error_html(error)}
            return
        seconds = self._core.settings.server.request_timeout_seconds
        work = self._works.start(key or secrets.token_hex(16), [partial(examine, path)], seconds)
        yield {section.words: gr.update(visible=False), section.save: gr.update(visible=False)}
        yield from self._follow(work)

    def _path(self, upload: str | None, stored: str | None) -> Path:
        if upload:
            return Path(upload)
        if stored:
            return self._core.vc_inputs.find(stored, "recording").path
        raise InvalidRequestError("Record or upload something first, or choose a recording.")

    def _follow(self, work: Work[Answer]) -> Iterator[Shown]:
        section = self._section
        yield self._buttons(running=True)
        for status in work.follow():
            if not status.ended:
                yield {section.status: progress_html(self._core, status)}
            elif status.error is not None:
                yield {**self._buttons(running=False), section.status: error_html(status.error, status)}
            else:
                [answer] = work.results
                shown = answer.words is not None
                yield {
                    **self._buttons(running=False), section.status: answer.told,
                    section.words: gr.update(value=answer.words, visible=shown),
                    section.save: gr.update(visible=shown),
                }  # fmt: skip

    def _buttons(self, *, running: bool) -> Shown:
        section = self._section
        begin = gr.update(interactive=not running)
        return {section.write: begin, section.mark: begin, section.stop: gr.update(interactive=running)}


def _transcript(heard: Transcription, form: Form) -> Answer:
    if form == "txt":
        words = heard.text
    else:
        words = (to_srt if form == "srt" else to_vtt)(make_cues(heard.words, heard.seconds))
    if not heard.text:
        return Answer(status_html(f"{heard.seconds:.1f} s were heard.", lead="No words in it."))
    told = f"{heard.seconds:.1f} s were heard, language {heard.language}."
    return Answer(status_html(told, "good", lead="Done."), words)


def _verdict(found: MarkFindings, engine: str) -> Answer:
    if not found.present:
        return Answer(status_html(f"{found.audio_seconds:.1f} s were searched.", lead=f"No mark of {engine}."))
    told = f"In {found.marked_seconds:.1f} s of {found.audio_seconds:.1f} s, confidence {found.confidence:.2f}."
    return Answer(status_html(told, "good", lead=f"It carries the mark of {engine}."))
