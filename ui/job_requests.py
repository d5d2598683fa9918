"""What hands a new job in: a long text, text files, or a book with its chapters to choose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from pydantic import ValidationError

from api_models.jobs import AudiobookJob, AudiobookRequest, BookReply, ChapterReply, JobEstimate, SpeechJob
from core.job_service import JobService
from exceptions import ChatterboxError, InvalidRequestError
from ui.desk import Shown
from ui.form import FILES, SEPARATE, TEXT, form_requests
from ui.wording import error_html, invalid_request, size_words, status_html

if TYPE_CHECKING:
    from ui.tabs.jobs import JobsTab

MOST_CHARACTERS: Final = 10_000_000
BOOK_OWN: Final = ("title", "folder", "captions", "normalize_audio", "normalize_level", "normalize_tp")
"""Fields of a book that are not what the Speak tab says."""


class JobRequests:
    """The handlers.

    Args:
        service: plans, estimates and stores.
        tab: components that they read and change.
    """

    def __init__(self, service: JobService, tab: JobsTab) -> None:
        self._service = service
        self._tab = tab

    def take_book(self, path: str | None) -> Shown:
        """Read a book file, and offer its chapters; without one, there is no book."""
        tab = self._tab
        if not path:
            return {**self.no_book(), tab.title: ""}
        file = Path(path)
        try:
            book = self._service.add_book(file.name, file.read_bytes())
        except ChatterboxError as error:
            return {**self.no_book(), tab.status: error_html(error)}
        read = [chapter.index for chapter in book.chapters if not chapter.skipped]
        return {
            tab.book: book.id,
            tab.title: book.title,
            tab.author: book.author,
            tab.chapters: gr.update(choices=[(_label(it), it.index) for it in book.chapters], value=read),
            tab.book_options: gr.update(visible=True),
            tab.status: _understood(book),
        }

    def no_book(self) -> Shown:
        """Everything about a book empty and hidden."""
        tab = self._tab
        return {
            tab.book_file: None, tab.book: "", tab.author: "", tab.book_options: gr.update(visible=False),
            tab.chapters: gr.update(choices=[], value=[]),
        }  # fmt: skip

    def estimate(self, given: Mapping[Any, Any]) -> Shown:
        """What the job would come to."""
        try:
            return {self._tab.status: _estimate_html(self._service.estimate(self.job(given)))}
        except ChatterboxError as error:
            return {self._tab.status: error_html(error)}

    def job(self, given: Mapping[Any, Any]) -> SpeechJob | AudiobookJob:
        """The job that the form describes.

        Raises:
            InvalidRequestError: a value is missing or out of range.
            UnsupportedMediaError: an uploaded file is no text file.
        """
        tab = self._tab
        values = {name: given[component] for name, component in tab.settings.items()}
        values |= {TEXT: given[tab.text], FILES: given[tab.files], SEPARATE: False, "title": given[tab.title] or ""}
        options = {"priority": int(given[tab.priority] or 0), "webhook_url": given[tab.webhook] or None}
        try:
            if not given[tab.book]:
                return SpeechJob(type="tts", request=form_requests(values, MOST_CHARACTERS)[0].request, **options)
            return AudiobookJob(type="audiobook", request=self._book_request(values, given), **options)
        except ValidationError as error:
            raise invalid_request(error) from error

    def _book_request(self, values: Mapping[str, Any], given: Mapping[Any, Any]) -> AudiobookRequest:
        tab = self._tab
        speech = form_requests({**values, TEXT: "A book.", FILES: None}, MOST_CHARACTERS)[0].request
        same = set(AudiobookRequest.model_fields) - set(BOOK_OWN)
        if not given[tab.chapters]:
            raise InvalidRequestError("Choose at least one chapter.", field="chapters")
        return AudiobookRequest.model_validate({
            **speech.model_dump(exclude_unset=True, include=same),
            "book": given[tab.book],
            "chapters": sorted(given[tab.chapters]),
            "title": given[tab.title] or "",
            "author": given[tab.author] or "",
            "cast": _cast(given[tab.cast] or ""),
            "captions": given[tab.captions],
            "chapter_formats": speech.export_formats,
            "folder": speech.folder or "",
        })  # fmt: skip


def _cast(text: str) -> dict[str, str]:
    cast: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        name, colon, voice = line.partition(":")
        if not (name.strip() and colon and voice.strip()):
            raise InvalidRequestError(f"Cast: {line.strip()!r} is not “speaker: voice”.", field="cast")
        cast[name.strip()] = voice.strip()
    return cast


def _label(chapter: ChapterReply) -> str:
    skipped = f" (left out: {chapter.skipped})" if chapter.skipped else ""
    return f"{chapter.title} · {chapter.words:,} words{skipped}"


def _understood(book: BookReply) -> str:
    read = sum(not chapter.skipped for chapter in book.chapters)
    left_out = f", {len(book.chapters) - read} left out unless you tick them" if read < len(book.chapters) else ""
    return status_html(f"{read} chapters with {book.characters:,} characters{left_out}.", "good", lead=book.title)


def _estimate_html(found: JobEstimate) -> str:
    work = "" if found.work_seconds is None else f", about {_time(found.work_seconds)} of work"
    sentences = [
        f"{found.chunks} chunks, {found.chunks_spoken_already} of them spoken before: "
        f"about {_time(found.audio_seconds)} of speech{work}.",
        f"About {size_words(found.disk_bytes)} on the disk; {size_words(found.free_bytes)} are free.",
        *found.warnings,
    ]
    return status_html("\n".join(sentences), lead="Estimate.")


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
