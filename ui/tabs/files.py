"""The Files tab: results and recordings for conversion; hear, inspect, download, keep, upload and delete them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import gradio as gr
from pydantic import ValidationError

from api_models.library import VCInputDetails
from core_engine import CoreEngine
from exceptions import ChatterboxError, InvalidRequestError
from library.entries import Filter
from library.recordings import NewRecording
from library.temp_folders import request_folder
from library.zip_stream import zip_blocks
from speech.atomic_file import disk_failures
from ui.desk import QUICKLY, QUIETLY, Shown
from ui.file_words import file_count, file_facts, file_label
from ui.rights import lock, needing
from ui.tables import facts_html
from ui.wording import error_html, invalid_request, status_html

OUTPUTS: Final = "Results"
INPUTS: Final = "Recordings to convert"
KINDS: Final = {"All": "", "Speech": "tts", "Conversions": "vc", "Joined": "concat"}
ON_A_PAGE: Final = 20


@dataclass(frozen=True)
class FilesTab:
    """The components that the handlers use."""

    store: Any
    search: Any
    folder: Any
    kind: Any
    number: Any
    files: Any
    status: Any
    player: Any
    facts: Any
    archive: Any
    sure: Any
    upload: Any
    name: Any
    text: Any
    description: Any
    tags: Any


def build_files_tab(core: CoreEngine, tab: Any) -> FilesTab:
    """Lay the tab out inside the open ``gr.Tab`` `tab` and attach its handlers."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=6, min_width=300):
            parts = _build_list()
        with gr.Column(scale=5, min_width=300):
            shown, buttons = _build_file()
    made = FilesTab(**parts, **shown)
    _connect(FileHandlers(core, made), made, buttons, tab)
    return made


def _build_list() -> dict[str, Any]:
    store = gr.Radio([OUTPUTS, INPUTS], value=OUTPUTS, label="Which files", elem_id="files-store")
    with gr.Row():
        search = gr.Textbox(label="Search", placeholder="Words", elem_id="files-search")
        folder = gr.Dropdown([""], value="", label="Folder", elem_id="files-folder", min_width=120)
        kind = gr.Dropdown(list(KINDS), value="All", label="Made by", elem_id="files-kind", min_width=120)
        number = gr.Number(1, label="Page", precision=0, minimum=1, elem_id="files-page", min_width=80)
    files = gr.CheckboxGroup([], label="The newest first", elem_id="files-list", elem_classes="long-list")
    return {"store": store, "search": search, "folder": folder, "kind": kind, "number": number, "files": files}


def _build_file() -> tuple[dict[str, Any], dict[str, Any]]:
    status = gr.HTML(
        status_html("Tick files to hear the first, and to download or delete all that are ticked."),
        elem_id="files-status", elem_classes=["status-line", "bare"], padding=False,
    )  # fmt: skip
    player = gr.Audio(
        label="The first ticked file", interactive=False, elem_id="files-player", elem_classes="player",
        buttons=["download"],
    )  # fmt: skip
    with gr.Row():
        buttons = {
            "pack": gr.Button("Pack as ZIP", size="sm", elem_id="files-zip", min_width=100),
            "keep": gr.Button("Keep", size="sm", elem_id="files-keep", min_width=70),
            "release": gr.Button("Keep no longer", size="sm", elem_id="files-release", min_width=110),
        }
    with gr.Row(elem_classes="level"):
        sure = gr.Checkbox(False, label="Yes, delete them", elem_id="files-sure", min_width=130)
        buttons["delete"] = gr.Button("Delete", size="sm", variant="stop", elem_id="files-delete", min_width=80)
    archive = gr.File(
        label="Packed", interactive=False, visible=False, elem_id="files-archive", elem_classes="more-files"
    )
    facts = gr.HTML(elem_id="files-facts", elem_classes="bare", padding=False)
    with gr.Accordion("Add a recording to convert", open=False, elem_id="files-add"):
        upload = gr.File(
            label="Recording", file_types=["audio"], elem_id="files-upload", elem_classes="drop", height=110
        )
    described, buttons["describe"] = _build_description()
    shown = {"status": status, "player": player, "sure": sure, "archive": archive, "facts": facts, "upload": upload}
    return {**shown, **described}, buttons


def _build_description() -> tuple[dict[str, Any], Any]:
    with gr.Accordion("Describe a recording to convert", open=False, elem_id="files-describe"):
        described = {
            "name": gr.Textbox(label="New name", placeholder="as it is", elem_id="files-name"),
            "text": gr.Textbox(label="What is said in it", elem_id="files-text"),
            "description": gr.Textbox(label="Description", elem_id="files-description"),
            "tags": gr.Textbox(label="Tags", info="Separated by commas.", elem_id="files-tags"),
        }
        return described, gr.Button("Save", size="sm", elem_id="files-save")


def _connect(handlers: FileHandlers, tab: FilesTab, buttons: Mapping[str, Any], opened: Any) -> None:
    asked = [tab.store, tab.search, tab.folder, tab.kind, tab.number]
    gr.on(
        [opened.select, tab.search.submit, tab.folder.input, tab.kind.input, tab.number.submit],
        handlers.look, asked, [tab.files, tab.number, tab.folder], **QUICKLY,
    )  # fmt: skip
    tab.store.input(
        handlers.change_store, tab.store, [tab.search, tab.folder, tab.kind, tab.number, tab.files], **QUICKLY
    )
    tab.files.input(handlers.show, [tab.store, tab.files], [tab.status, tab.player, tab.facts, tab.sure], **QUIETLY)
    buttons["pack"].click(handlers.pack, [tab.store, tab.files], [tab.status, tab.archive], **QUIETLY)
    for button, kept in ((buttons["keep"], True), (buttons["release"], False)):
        keep = needing("voices", partial(handlers.keep, keep=kept))
        button.click(keep, [*asked, tab.files], [tab.status, tab.files], **QUICKLY)
    removed = [tab.status, tab.files, tab.player, tab.facts, tab.sure]
    buttons["delete"].click(needing("voices", handlers.delete), [*asked, tab.files, tab.sure], removed, **QUICKLY)
    described = {tab.store, tab.files, tab.name, tab.text, tab.description, tab.tags}
    buttons["describe"].click(needing("voices", handlers.describe), described, [tab.status, tab.files], **QUICKLY)
    lock(opened.select, "voices", [*(buttons[n] for n in ("keep", "release", "delete", "describe")), tab.upload])
    taken = [tab.status, tab.upload, tab.store, tab.files]
    tab.upload.upload(needing("voices", handlers.add), tab.upload, taken, **QUICKLY)


class FileHandlers:
    """The handlers.

    Args:
        core: has the files.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, tab: FilesTab) -> None:
        self._core = core
        self._tab = tab

    def look(self, store: str, search: str, folder: str, kind: str, number: float | None) -> Shown:
        """One page of files."""
        tab, library = self._tab, self._library(store)
        page = max(1, int(number or 1))
        wanted = Filter(folder=folder or "", search=search or "", kind=KINDS.get(kind, "") if store == OUTPUTS else "")
        entries, total = library.page(wanted, page, ON_A_PAGE)
        pages = max(1, -(-total // ON_A_PAGE))
        return {
            tab.files: gr.update(
                choices=[(file_label(entry), entry.name) for entry in entries], value=[],
                label=f"{file_count(total)}, page {page} of {pages}",
            ),
            tab.number: gr.update(value=min(page, pages), maximum=pages),
            tab.folder: gr.update(choices=[("All", ""), *(name for name in sorted(library.folders()) if name)]),
        }  # fmt: skip

    def change_store(self, store: str) -> Shown:
        """The other files from their first page."""
        tab = self._tab
        return {
            **self.look(store, "", "", "All", 1), tab.search: "", tab.folder: gr.update(value=""),
            tab.kind: gr.update(value="All", interactive=store == OUTPUTS),
        }  # fmt: skip

    def show(self, store: str, names: Sequence[str]) -> Shown:
        """The first of the ticked files."""
        tab = self._tab
        if not names:
            return {tab.status: status_html("Nothing is ticked."), tab.player: None, tab.facts: "", tab.sure: False}
        try:
            path, facts = self._facts(store, names[0])
        except ChatterboxError as error:
            return {tab.status: error_html(error), tab.player: None, tab.facts: ""}
        told = status_html(f"{len(names)} ticked.", lead=names[0])
        return {tab.status: told, tab.player: str(path), tab.facts: facts_html(facts), tab.sure: False}

    def pack(self, store: str, names: Sequence[str]) -> Iterator[Shown]:
        """The ticked files as one ZIP file, which is gone once the page has its copy."""
        tab = self._tab
        try:
            if not names or store != OUTPUTS:
                raise InvalidRequestError("Tick results first; recordings are downloaded below the player.")
            files = self._core.outputs.archive(names)
            with request_folder(self._core.settings.paths.temp_dir) as folder:
                target = folder / "outputs.zip"
                with disk_failures(target.name), target.open("wb") as archive:
                    archive.writelines(zip_blocks(files))
                told = status_html("", "good", lead=f"Packed: {file_count(len(files))}.")
                yield {tab.status: told, tab.archive: gr.update(value=str(target), visible=True)}
        except ChatterboxError as error:
            yield {tab.status: error_html(error), tab.archive: gr.update(visible=False)}

    def keep(
        self, store: str, search: str, folder: str, kind: str, number: float, names: Sequence[str], *, keep: bool
    ) -> Shown:
        """Protect the ticked results from clean-up, or no longer."""
        tab = self._tab
        try:
            if not names or store != OUTPUTS:
                raise InvalidRequestError("Tick results first; recordings are never cleaned up one by one.")
            entries = [self._core.outputs.keep(name, keep=keep) for name in names]
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        kept = sum(bool(entry.details["keep"]) for entry in entries)
        if keep:
            told = status_html("", "good", lead=f"Kept through every clean-up: {file_count(kept)}.")
        elif kept:
            told = status_html(f"A file named .keep in their folder keeps {file_count(kept)}.", "bad")
        else:
            told = status_html("", "good", lead=f"May go with a clean-up: {file_count(len(names))}.")
        listed = self.look(store, search, folder, kind, number)[tab.files]
        return {tab.status: told, tab.files: {**listed, "value": list(names)}}

    def delete(
        self, store: str, search: str, folder: str, kind: str, number: float, names: Sequence[str], sure: bool
    ) -> Shown:
        """Delete the ticked files for good."""
        tab = self._tab
        if not names or not sure:
            words = "Tick “Yes, delete them” first." if names else "Nothing is ticked."
            return {tab.status: status_html(words, "bad")}
        try:
            for name in names:
                self._library(store).delete(name)
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        shown = self.look(store, search, folder, kind, number)
        told = status_html("", "good", lead=f"Deleted: {file_count(len(names))}.")
        return {tab.files: shown[tab.files], tab.status: told, tab.player: None, tab.facts: "", tab.sure: False}

    def add(self, path: str) -> Shown:
        """Take a recording in for conversion."""
        tab, source = self._tab, Path(path)
        try:
            entry = self._core.vc_inputs.register(NewRecording(source, source.name, "", {}), "vc_input_file")
        except ChatterboxError as error:
            return {tab.status: error_html(error), tab.upload: None}
        return {
            tab.status: status_html("", "good", lead=f"{entry.name} can be converted now."), tab.upload: None,
            tab.store: INPUTS, tab.files: self.look(INPUTS, "", "", "All", 1)[tab.files],
        }  # fmt: skip

    def describe(self, given: Mapping[Any, Any]) -> Shown:
        """Change what is said of the ticked recording; empty fields stay as they are."""
        tab, names = self._tab, given[self._tab.files]
        if given[tab.store] != INPUTS or len(names) != 1:
            return {tab.status: status_html("Tick one recording to convert first.", "bad")}
        tags = [item.strip() for item in (given[tab.tags] or "").split(",") if item.strip()]
        said = {"text": given[tab.text], "description": given[tab.description], "tags": tags}
        try:
            changes = VCInputDetails.model_validate({key: value for key, value in said.items() if value})
            entry = self._core.vc_inputs.edit(
                names[0], changes.model_dump(exclude_unset=True), name=given[tab.name] or None
            )
        except ValidationError as error:
            return {tab.status: error_html(invalid_request(error))}
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        told = status_html("", "good", lead=f"{entry.name} is changed.")
        return {tab.status: told, tab.files: self.look(INPUTS, "", "", "All", 1)[tab.files]}

    def _library(self, store: str) -> Any:
        return self._core.outputs if store == OUTPUTS else self._core.vc_inputs

    def _facts(self, store: str, name: str) -> tuple[Path, dict[str, str]]:
        if store == OUTPUTS:
            outputs = self._core.outputs
            return outputs.find(name)[0], file_facts(outputs.record(name)[0], outputs.captions(name).values())
        inputs = self._core.vc_inputs
        return inputs.find(name, "name").path, file_facts(inputs.entry(name))
