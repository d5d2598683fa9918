"""The Jobs tab: long texts and books, spoken in the background over restarts, each chunk open to another take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from core.job_service import JobService
from core_engine import CoreEngine
from library.books import BOOK_SUFFIXES
from library.text_files import KINDS
from ui.browser import browser_store
from ui.desk import QUICKLY, QUIETLY
from ui.job_list import JobHandlers
from ui.wording import status_html

LOOK_SECONDS: Final = 2.0


@dataclass(frozen=True)
class JobsTab:
    """The components that the handlers use; `settings` are the Speak tab's by request field, `book` is an id."""

    settings: Mapping[str, Any]
    text: Any
    files: Any
    book_file: Any
    book: Any
    book_options: Any
    chapters: Any
    title: Any
    author: Any
    cast: Any
    captions: Any
    priority: Any
    webhook: Any
    jobs: Any
    status: Any
    result: Any
    part: Any
    chunks: Any
    page: Any
    number: Any
    new_text: Any
    seed: Any
    clip: Any
    sure: Any
    timer: Any
    kept: Any


def build_jobs_tab(core: CoreEngine, service: JobService, settings: Mapping[str, Any], page: Any, tab: Any) -> JobsTab:
    """Lay the tab out inside the open ``gr.Tab`` `tab` of `page` and attach its handlers.

    Args:
        core: has the finished files.
        service: works on the jobs.
        settings: the Speak tab's components by the request field that each sets; jobs are made with them.
        page: the ``gr.Blocks``.
        tab: the tab.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=5, min_width=300):
            made = _build_request(webhooks=core.settings.jobs.webhooks)
            with gr.Row():
                estimate = gr.Button("Estimate", elem_id="jobs-estimate", scale=1, min_width=100)
                hand_in = gr.Button(
                    "Hand in", variant="primary", elem_id="jobs-hand-in", elem_classes="main-action", scale=2
                )
        with gr.Column(scale=6, min_width=300):
            parts, buttons = _build_progress()
    timer = gr.Timer(LOOK_SECONDS, active=False)
    parts |= {"settings": settings, "timer": timer, "kept": browser_store("jobs", [])}
    tab_parts = JobsTab(**made, **parts)
    handlers = JobHandlers(core, service, tab_parts)
    _connect_request(handlers, tab_parts, estimate, hand_in)
    _connect_list(handlers, tab_parts, buttons, page, tab)
    return tab_parts


def _build_request(*, webhooks: bool) -> dict[str, Any]:
    text = gr.Textbox(label="Long text", lines=5, max_lines=12, elem_id="jobs-text", info="Or upload it below.")
    with gr.Row():
        files = gr.File(
            label="Text files, joined in this order", file_count="multiple", file_types=list(KINDS),
            elem_id="jobs-files", elem_classes="drop", height=110, allow_reordering=True, min_width=200,
        )  # fmt: skip
        book_file = gr.File(
            label="Or a book",
            file_types=list(BOOK_SUFFIXES),
            elem_id="jobs-book",
            elem_classes="drop",
            height=110,
            min_width=200,
        )
    title = gr.Textbox(label="Title", elem_id="jobs-title")
    with gr.Column(visible=False) as book_options:
        author = gr.Textbox(label="Author", elem_id="jobs-author")
        chapters = gr.CheckboxGroup(
            [], label="Chapters to read", elem_id="jobs-chapters", elem_classes="long-list"
        )  # fmt: skip
        cast = gr.Textbox(
            label="Cast", lines=2, elem_id="jobs-cast", placeholder="Anna: voice", info="A speaker and a voice a line."
        )
        captions = gr.CheckboxGroup(["srt", "vtt"], label="Captions of the whole book", elem_id="jobs-captions")
    priority = gr.Slider(
        -10, 10, 0, step=1, label="Priority", elem_id="jobs-priority", info="Jobs with a higher one come first."
    )
    webhook = gr.Textbox(label="Address to tell of the end", visible=webhooks, elem_id="jobs-webhook")
    gr.Markdown("Voice, file formats and all other settings are those of the Speak tab.")
    return {
        "text": text, "files": files, "book_file": book_file, "book": gr.State(""), "book_options": book_options,
        "chapters": chapters, "title": title, "author": author, "cast": cast, "captions": captions,
        "priority": priority, "webhook": webhook,
    }  # fmt: skip


def _build_progress() -> tuple[dict[str, Any], dict[str, Any]]:
    jobs = gr.Radio([], label="Your jobs, the newest first", elem_id="jobs-list", elem_classes="long-list")
    status = gr.HTML(
        status_html("Hand in a text or a book; it is worked on even after the page is closed."), elem_id="jobs-status",
        elem_classes=["status-line", "bare"], padding=False,
    )  # fmt: skip
    with gr.Row():
        buttons = {
            name: gr.Button(name, size="sm", elem_id=f"jobs-{name.lower()}", min_width=80)
            for name in ("Pause", "Resume", "Cancel")
        }
    with gr.Row(elem_classes="level"):
        sure = gr.Checkbox(False, label="Yes, forget it", elem_id="jobs-sure", min_width=120)
        buttons["Delete"] = gr.Button("Delete", size="sm", variant="stop", elem_id="jobs-delete", min_width=80)
    result = gr.File(
        label="Result", interactive=False, visible=False, file_count="multiple", elem_id="jobs-result",
        elem_classes="more-files",
    )  # fmt: skip
    with gr.Row(elem_classes="bottom"):
        part = gr.Dropdown(
            [], label="Chapter", info="Heard as far as it is spoken.", elem_id="jobs-part", scale=3, min_width=160
        )
        buttons["Hear"] = gr.Button("Listen", size="sm", elem_id="jobs-hear", min_width=120)
    clip = gr.Audio(
        label="Chapter or chunk", interactive=False, elem_id="jobs-clip", elem_classes="player", buttons=["download"]
    )
    made, buttons["fold"] = _build_chunks(buttons)
    return {"jobs": jobs, "status": status, "result": result, "part": part, "clip": clip, "sure": sure, **made}, buttons


def _build_chunks(buttons: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    with gr.Accordion("Chunks", open=False, elem_id="jobs-chunks-fold") as fold:
        page = gr.Number(1, label="Page", precision=0, minimum=1, elem_id="jobs-page")
        chunks = gr.HTML(elem_id="jobs-chunks", elem_classes="bare", padding=False)
        with gr.Row():
            number = gr.Number(1, label="Chunk", precision=0, minimum=1, elem_id="jobs-chunk", min_width=80)
            new_text = gr.Textbox(label="Another text for it", placeholder="as it is", elem_id="jobs-new-text", scale=2)
            seed = gr.Number(None, label="Seed (0: next)", precision=0, elem_id="jobs-seed", min_width=130)
        with gr.Row():
            buttons["Listen"] = gr.Button("Listen", size="sm", elem_id="jobs-listen", min_width=80)
            buttons["Redo"] = gr.Button("Make it again", size="sm", elem_id="jobs-redo", min_width=110)
    return {"page": page, "chunks": chunks, "number": number, "new_text": new_text, "seed": seed}, fold


def _connect_request(handlers: JobHandlers, tab: JobsTab, estimate: Any, hand_in: Any) -> None:
    about_book = [tab.book_file, tab.book, tab.book_options, tab.chapters, tab.author]
    form = {
        tab.text, tab.files, tab.book, tab.chapters, tab.title, tab.author, tab.cast, tab.captions, tab.priority,
        tab.webhook, *tab.settings.values(),
    }  # fmt: skip
    gr.on(
        [tab.book_file.upload, tab.book_file.clear], handlers.requests.take_book, tab.book_file,
        [*about_book, tab.title, tab.status], **QUICKLY,
    )  # fmt: skip
    estimate.click(handlers.requests.estimate, form, tab.status, **QUIETLY)
    shown = [tab.jobs, tab.timer, tab.status, tab.result, tab.part, tab.kept, tab.text, tab.files, tab.title]
    hand_in.click(handlers.hand_in, {*form, tab.kept}, [*shown, *about_book], **QUIETLY)


def _connect_list(handlers: JobHandlers, tab: JobsTab, buttons: Mapping[str, Any], page: Any, opened: Any) -> None:
    seen = [tab.status, tab.result, tab.part]
    listing = [tab.jobs, tab.timer, *seen]
    # What the browser keeps may arrive after the page has been loaded and the tab opened, while a look is under way.
    looks = [page.load, opened.select, tab.timer.tick, tab.kept.change]
    gr.on(looks, handlers.look, [tab.kept, tab.jobs], listing, trigger_mode="always_last", **QUIETLY)
    tab.jobs.input(handlers.choose, tab.jobs, [*seen, tab.chunks, tab.clip, tab.sure], **QUIETLY)
    for name, steer in (("Pause", handlers.pause), ("Resume", handlers.resume), ("Cancel", handlers.cancel)):
        buttons[name].click(steer, tab.jobs, [tab.status, tab.timer], **QUICKLY)
    buttons["Delete"].click(handlers.delete, [tab.jobs, tab.sure, tab.kept], [*listing, tab.kept, tab.sure], **QUICKLY)
    gr.on([tab.page.submit, buttons["fold"].expand], handlers.list_chunks, [tab.jobs, tab.page], tab.chunks, **QUICKLY)
    buttons["Hear"].click(handlers.listen_to_part, [tab.jobs, tab.part], [tab.status, tab.clip], **QUIETLY)
    buttons["Listen"].click(handlers.listen, [tab.jobs, tab.number], [tab.status, tab.clip], **QUIETLY)
    buttons["Redo"].click(
        handlers.redo, [tab.jobs, tab.number, tab.new_text, tab.seed], [tab.status, tab.new_text, tab.timer], **QUICKLY
    )
