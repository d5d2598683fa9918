"""The Jobs tab: long texts that are spoken in the background, over restarts, each chunk open to another take."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gradio as gr

from api_models.jobs import JobChunk, JobReply, RedoRequest, SpeechJob
from core.job_service import JobService
from core_engine import CoreEngine
from exceptions import ChatterboxError, ResourceNotFoundError
from ui.browser import browser_store
from ui.desk import QUICKLY, QUIETLY, Shown
from ui.form import FILES, SEPARATE, TEXT, form_requests
from ui.tables import table_html
from ui.wording import error_html, job_html, status_html

LOOK_SECONDS: Final = 2.0
UNFINISHED: Final = ("queued", "running", "assembling")
ON_A_PAGE: Final = 20
MOST_KEPT: Final = 50
MOST_CHARACTERS: Final = 10_000_000
TEXT_SUFFIXES: Final = [".txt", ".text", ".md", ".markdown"]


@dataclass(frozen=True)
class JobsTab:
    """The components that the handlers use; `settings` are the Speak tab's by request field."""

    settings: Mapping[str, Any]
    text: Any
    files: Any
    title: Any
    jobs: Any
    status: Any
    result: Any
    chunks: Any
    page: Any
    number: Any
    new_text: Any
    clip: Any
    sure: Any
    timer: Any
    kept: Any


def build_jobs_tab(core: CoreEngine, service: JobService, settings: Mapping[str, Any], page: Any, tab: Any) -> JobsTab:
    """Lay the tab out inside the open ``gr.Tab`` `tab` of `page` and attach its handlers.

    Args:
        core: plans what is asked for.
        service: works on it.
        settings: the Speak tab's components by the request field that each sets; jobs are made with them.
        page: the ``gr.Blocks``.
        tab: the tab.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=300):
            made, hand_in = _build_request(settings)
        with gr.Column(scale=6, min_width=300):
            parts, buttons = _build_progress()
    timer = gr.Timer(LOOK_SECONDS, active=False)
    tab_parts = JobsTab(**made, **parts, timer=timer, kept=browser_store("jobs", []))
    _connect(JobHandlers(core, service, tab_parts), tab_parts, hand_in, buttons, page, tab)
    return tab_parts


def _build_request(settings: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    title = gr.Textbox(label="Title", elem_id="jobs-title")
    text = gr.Textbox(label="Long text", lines=6, max_lines=12, elem_id="jobs-text", info="Or upload it below.")
    files = gr.File(
        label="Text files, joined in this order", file_count="multiple", file_types=TEXT_SUFFIXES,
        elem_id="jobs-files", height=110, allow_reordering=True,
    )  # fmt: skip
    gr.Markdown("Voice and all settings are those of the Speak tab.")
    hand_in = gr.Button("Hand in", variant="primary", elem_id="jobs-hand-in", elem_classes="main-action")
    return {"settings": settings, "title": title, "text": text, "files": files}, hand_in


def _build_progress() -> tuple[dict[str, Any], dict[str, Any]]:
    jobs = gr.Radio([], label="Your jobs, the newest first", elem_id="jobs-list", elem_classes="long-list")
    status = gr.HTML(
        status_html("Hand in a text; it is worked on even after the page is closed."), elem_id="jobs-status",
        elem_classes=["status-line", "bare"], padding=False,
    )  # fmt: skip
    with gr.Row(elem_classes="bottom"):
        buttons = {
            name: gr.Button(name, size="sm", elem_id=f"jobs-{name.lower()}", min_width=80)
            for name in ("Pause", "Resume", "Cancel")
        }
        sure = gr.Checkbox(False, label="Yes, forget it", elem_id="jobs-sure", min_width=120)
        buttons["Delete"] = gr.Button("Delete", size="sm", variant="stop", elem_id="jobs-delete", min_width=80)
    result = gr.File(label="Result", interactive=False, visible=False, file_count="multiple", elem_id="jobs-result")
    with gr.Accordion("Chunks", open=False, elem_id="jobs-chunks-fold") as fold:
        page = gr.Number(1, label="Page", precision=0, minimum=1, elem_id="jobs-page")
        chunks = gr.HTML(elem_id="jobs-chunks", elem_classes="bare", padding=False)
        with gr.Row(elem_classes="bottom"):
            number = gr.Number(1, label="Chunk", precision=0, minimum=1, elem_id="jobs-chunk", min_width=90)
            new_text = gr.Textbox(label="Another text for it", placeholder="as it is", elem_id="jobs-new-text", scale=3)
            buttons["Listen"] = gr.Button("Listen", size="sm", elem_id="jobs-listen", min_width=80)
            buttons["Redo"] = gr.Button("Make it again", size="sm", elem_id="jobs-redo", min_width=110)
        clip = gr.Audio(label="The chunk", interactive=False, elem_id="jobs-clip", elem_classes="player", buttons=[])
    buttons["fold"] = fold
    parts = {
        "jobs": jobs, "status": status, "result": result, "chunks": chunks, "page": page, "number": number,
        "new_text": new_text, "clip": clip, "sure": sure,
    }  # fmt: skip
    return parts, buttons


def _connect(
    handlers: JobHandlers, tab: JobsTab, hand_in: Any, buttons: Mapping[str, Any], page: Any, opened: Any
) -> None:
    seen = [tab.status, tab.result]
    listing = [tab.jobs, tab.timer, *seen]
    hand_in.click(
        handlers.hand_in, {tab.text, tab.files, tab.title, tab.kept, *tab.settings.values()},
        [*listing, tab.kept, tab.text, tab.files], **QUIETLY,
    )  # fmt: skip
    gr.on([page.load, opened.select, tab.timer.tick], handlers.look, [tab.kept, tab.jobs], listing, **QUIETLY)
    tab.jobs.input(handlers.choose, tab.jobs, [*seen, tab.chunks, tab.clip, tab.sure], **QUIETLY)
    for name, steer in (("Pause", handlers.pause), ("Resume", handlers.resume), ("Cancel", handlers.cancel)):
        buttons[name].click(steer, tab.jobs, [tab.status, tab.timer], **QUICKLY)
    buttons["Delete"].click(handlers.delete, [tab.jobs, tab.sure, tab.kept], [*listing, tab.kept, tab.sure], **QUICKLY)
    gr.on([tab.page.submit, buttons["fold"].expand], handlers.list_chunks, [tab.jobs, tab.page], tab.chunks, **QUICKLY)
    buttons["Listen"].click(handlers.listen, [tab.jobs, tab.number], [tab.status, tab.clip], **QUIETLY)
    buttons["Redo"].click(
        handlers.redo, [tab.jobs, tab.number, tab.new_text], [tab.status, tab.new_text, tab.timer], **QUICKLY
    )


class JobHandlers:
    """The handlers; a browser sees the jobs that it handed in.

    Args:
        core: plans what is asked for.
        service: works on it.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, service: JobService, tab: JobsTab) -> None:
        self._core = core
        self._service = service
        self._tab = tab

    def hand_in(self, given: Mapping[Any, Any]) -> Shown:
        """Store the text as a job."""
        tab = self._tab
        values = {name: given[component] for name, component in tab.settings.items()}
        values |= {TEXT: given[tab.text], FILES: given[tab.files], SEPARATE: False, "title": given[tab.title] or ""}
        try:
            request = form_requests(values, MOST_CHARACTERS)[0].request
            job = self._service.submit(SpeechJob(type="tts", request=request))
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        kept = [job.id, *_ids(given[tab.kept])][:MOST_KEPT]
        return {**self.look(kept, job.id), tab.kept: kept, tab.text: "", tab.files: None}

    def look(self, kept: Any, chosen: str | None) -> Shown:
        """The browser's jobs as they stand, and more of the chosen one."""
        jobs = [job for job in map(self._find, _ids(kept)) if job is not None]
        ids = [job.id for job in jobs]
        picked = chosen if chosen in ids else None
        return {
            self._tab.jobs: gr.update(choices=[(_label(job), job.id) for job in jobs], value=picked),
            self._tab.timer: gr.Timer(active=any(job.state in UNFINISHED for job in jobs)),
            **self._seen(next((job for job in jobs if job.id == picked), None)),
        }

    def choose(self, job_id: str) -> Shown:
        """The chosen job."""
        tab = self._tab
        return {
            **self._seen(self._find(job_id)),
            tab.chunks: self.list_chunks(job_id, 1),
            tab.clip: None,
            tab.sure: False,
        }

    def pause(self, job_id: str | None) -> Shown:
        """Begin no more chunks."""
        return self._steer(job_id, self._service.pause)

    def resume(self, job_id: str | None) -> Shown:
        """Go on."""
        return self._steer(job_id, self._service.resume)

    def cancel(self, job_id: str | None) -> Shown:
        """Stop for good."""
        return self._steer(job_id, self._service.cancel)

    def delete(self, job_id: str | None, sure: bool, kept: Any) -> Shown:
        """Forget a job; its finished files stay."""
        tab = self._tab
        if not job_id or not sure:
            return {tab.status: status_html("Choose a job and tick “Yes, forget it” first.", "bad")}
        try:
            self._service.delete(job_id)
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        left = [kept_id for kept_id in _ids(kept) if kept_id != job_id]
        return {**self.look(left, None), tab.kept: left, tab.sure: False}

    def list_chunks(self, job_id: str | None, page: float | None) -> str:
        """One page of the chunks."""
        if not job_id:
            return ""
        try:
            found = self._service.chunks(job_id, max(1, int(page or 1)), ON_A_PAGE)
        except ChatterboxError as error:
            return error_html(error)
        pages = max(1, -(-found.total // ON_A_PAGE))
        rows = [_row(chunk) for chunk in found.chunks]
        caption = status_html(f"{found.total} chunks, page {found.page} of {pages}.")
        return caption + table_html(("Chunk", "Text", "Voice", "State", "Check"), rows)

    def listen(self, job_id: str | None, number: float | None) -> Shown:
        """A finished chunk."""
        tab = self._tab
        try:
            content = self._service.chunk_audio(_chosen(job_id), int(number or 1) - 1)
        except ChatterboxError as error:
            return {tab.status: error_html(error), tab.clip: None}
        target = Path(tempfile.mkdtemp(prefix="chatterbox-chunk-")) / "chunk.wav"
        target.write_bytes(content)
        return {tab.clip: gr.update(value=str(target), autoplay=True)}

    def redo(self, job_id: str | None, number: float | None, text: str) -> Shown:
        """Make a chunk again with another seed, or with another text."""
        tab = self._tab
        try:
            job = self._service.redo(_chosen(job_id), int(number or 1) - 1, RedoRequest(text=text or None))
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        return {tab.status: job_html(job), tab.new_text: "", tab.timer: gr.Timer(active=True)}

    def _steer(self, job_id: str | None, how: Callable[[str], JobReply]) -> Shown:
        try:
            told = job_html(how(_chosen(job_id)))
        except ChatterboxError as error:
            told = error_html(error)
        return {self._tab.status: told, self._tab.timer: gr.Timer(active=True)}

    def _find(self, job_id: str) -> JobReply | None:
        try:
            return self._service.get(job_id)
        except ResourceNotFoundError:
            return None

    def _seen(self, job: JobReply | None) -> Shown:
        tab = self._tab
        if job is None:
            return {tab.status: gr.skip(), tab.result: gr.update(visible=False)}
        result = job.result
        names = [file.filename for file in result.output_files] if result else []
        names += [captions.filename for captions in result.captions] if result else []
        files = [path for path in map(self._path, names) if path]
        return {tab.status: job_html(job), tab.result: gr.update(value=files or None, visible=bool(files))}

    def _path(self, name: str) -> str | None:
        try:
            return str(self._core.outputs.find(name)[0])
        except ResourceNotFoundError:
            # Deleted meanwhile, or just being assembled anew.
            return None


def _chosen(job_id: str | None) -> str:
    if not job_id:
        raise ResourceNotFoundError("Choose a job first.")
    return job_id


def _ids(kept: Any) -> list[str]:
    return [job_id for job_id in kept if isinstance(job_id, str)] if isinstance(kept, list) else []


def _label(job: JobReply) -> str:
    return f"{job.created[:16].replace('T', ' ')} · {job.title or 'Untitled'} · {job.state} · {job.progress.share:.0%}"


def _row(chunk: JobChunk) -> tuple[str, ...]:
    passed = {True: "passed", False: "not passed", None: ""}[chunk.passed]
    return str(chunk.number + 1), chunk.text, chunk.voice, chunk.state, passed
