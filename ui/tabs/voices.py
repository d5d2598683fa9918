"""The Voices tab: choose, hear, describe and delete voices; record or upload new ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from pydantic import ValidationError

from api_models.library import RecordingQuality, VoiceDetails
from core_engine import CoreEngine
from exceptions import ChatterboxError, InvalidRequestError
from library.entries import Entry, Filter
from library.recordings import NewRecording
from ui.desk import QUICKLY, QUIETLY, Shown
from ui.rights import lock, needing
from ui.tables import facts_html
from ui.wording import Tone, error_html, invalid_request, status_html, voice_choices


@dataclass(frozen=True)
class VoiceFields:
    """What people say of a voice, one control for each field."""

    name: Any
    folder: Any
    description: Any
    tags: Any
    aliases: Any
    consent: Any
    parameters: Any

    def all(self) -> list[Any]:
        """In the order of `values_of`."""
        return [self.name, self.folder, self.description, self.tags, self.aliases, self.consent, self.parameters]

    def details(self, given: Mapping[Any, Any]) -> dict[str, Any]:
        """The fields as the library keeps them.

        Raises:
            InvalidRequestError: one cannot be used.
        """
        try:
            parameters = json.loads(given[self.parameters] or "{}")
        except (ValueError, RecursionError) as error:
            raise InvalidRequestError('The default parameters are not JSON, such as {"exaggeration": 0.7}.') from error
        try:
            details = VoiceDetails.model_validate({
                "description": given[self.description] or "", "tags": _items(given[self.tags]),
                "aliases": _items(given[self.aliases]), "consent": given[self.consent] or "",
                "default_parameters": parameters,
            })  # fmt: skip
        except ValidationError as error:
            raise invalid_request(error) from error
        return details.model_dump()


@dataclass(frozen=True)
class VoicesTab:
    """The components that the handlers use."""

    voice: Any
    clip: Any
    status: Any
    facts: Any
    edit: VoiceFields
    sure: Any
    recording: Any
    new: VoiceFields
    replace: Any


def build_voices_tab(core: CoreEngine, page: Any, tab: Any) -> VoicesTab:
    """Lay the tab out inside the open ``gr.Tab`` `tab` of `page` and attach its handlers."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=300):
            voice = gr.Dropdown([], label="Voice", elem_id="voices-voice", info="Type to search by name or kind.")
            with gr.Row():
                listen = gr.Button("Listen", variant="primary", elem_id="voices-listen", min_width=90)
                default = gr.Button("Use where none is named", elem_id="voices-default", min_width=180)
            status = gr.HTML(
                status_html("Choose a voice."), elem_id="voices-status", elem_classes=["status-line", "bare"],
                padding=False,
            )  # fmt: skip
            clip = gr.Audio(
                label="The voice", interactive=False, elem_id="voices-clip", elem_classes="player", buttons=[]
            )
            facts = gr.HTML(elem_id="voices-facts", elem_classes="bare", padding=False)
            with gr.Accordion("Change or delete it", open=False, elem_id="voices-change"):
                edit = _build_fields("edit")
                with gr.Row(elem_classes="bottom"):
                    save = gr.Button("Save changes", size="sm", elem_id="voices-save")
                    sure = gr.Checkbox(False, label="Yes, delete it", elem_id="voices-sure", min_width=120)
                    delete = gr.Button("Delete", size="sm", variant="stop", elem_id="voices-delete")
        with gr.Column(scale=1, min_width=300):
            recording = gr.Audio(
                label="New voice", sources=["upload", "microphone"], type="filepath", elem_id="voices-recording",
                elem_classes="player", buttons=[],
            )  # fmt: skip
            new = _build_fields("new")
            replace = gr.Checkbox(False, label="Replace a voice of that name", elem_id="voices-replace")
            add = gr.Button("Add the voice", variant="primary", elem_id="voices-add", elem_classes="main-action")
            advice = gr.HTML(elem_id="voices-advice", elem_classes=["status-line", "bare"], padding=False)
    made = VoicesTab(voice, clip, status, facts, edit, sure, recording, new, replace)
    handlers = VoiceHandlers(core, made)
    shown = [voice, status, facts, *edit.all(), sure]
    gr.on([page.load, tab.select], handlers.choices, voice, voice, **QUICKLY)
    voice.input(handlers.show, voice, [*shown, clip], **QUICKLY)
    listen.click(handlers.listen, voice, [status, clip], **QUIETLY)
    default.click(needing("voices", handlers.use_as_default), voice, status, **QUICKLY)
    save.click(needing("voices", handlers.save), {voice, *edit.all()}, shown, **QUICKLY)
    delete.click(needing("voices", handlers.delete), [voice, sure], [*shown, clip], **QUICKLY)
    given = {recording, replace, *new.all()}
    add.click(needing("voices", handlers.add), given, [advice, voice, recording], **QUIETLY)
    lock(tab.select, "voices", [default, save, delete, add])
    return made


def _build_fields(name: str) -> VoiceFields:
    def text(field: str, label: str, info: str = "", **more: Any) -> Any:
        return gr.Textbox(label=label, info=info or None, elem_id=f"voices-{name}-{field}", **more)

    with gr.Row():
        first = text("name", "Name", "Without suffix."), text("folder", "Folder", "Made if missing.")
    description = text("description", "Description")
    with gr.Row():
        second = text("tags", "Tags", "Separated by commas."), text("aliases", "Further names", "Separated by commas.")
    consent = text("consent", "Consent", "Who agreed to the use of this voice, and when.")
    parameters = text("parameters", "Default parameters", "Request fields it sets, as JSON.", placeholder="{}")
    return VoiceFields(*first, description, *second, consent, parameters)


class VoiceHandlers:
    """The handlers.

    Args:
        core: has the voices.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, tab: VoicesTab) -> None:
        self._core = core
        self._tab = tab
        self._library = core.voices

    def choices(self, chosen: str | None) -> Any:
        """The engine's voices and all recordings."""
        return gr.update(choices=self._names(), value=chosen)

    def show(self, name: str | None) -> Shown:
        """What is known of a voice."""
        tab = self._tab
        entry = self._entry(name or "")
        if entry is None:
            own = next((voice for voice in self._core.engine.voices if voice.name == name), None)
            told = f"{own.description}, {own.language}" if own else "Choose a voice."
            return {
                tab.status: status_html(told, lead=own.name if own else ""), tab.facts: "", tab.clip: None,
                **dict.fromkeys(tab.edit.all(), ""), tab.sure: False,
            }  # fmt: skip
        return {tab.status: status_html("A recording.", lead=entry.name), tab.clip: None, **self._details(entry)}

    def listen(self, name: str | None) -> Iterator[Shown]:
        """The voice's clip, which is spoken at its first time."""
        tab = self._tab
        if not name:
            yield {tab.status: status_html("Choose a voice first.", "bad")}
            return
        yield {tab.status: status_html("", "busy", lead="The voice introduces itself …")}
        try:
            path = self._clip(name)
        except ChatterboxError as error:
            yield {tab.status: error_html(error)}
            return
        yield {tab.status: status_html("", lead=name), tab.clip: gr.update(value=str(path), autoplay=True)}

    def use_as_default(self, name: str | None) -> str:
        """Make it the voice of requests that name none."""
        try:
            chosen = self._core.casting.set_default(name or "")
        except ChatterboxError as error:
            return error_html(error)
        return status_html("Requests that name no voice use it.", "good", lead=f"{chosen}.")

    def save(self, given: Mapping[Any, Any]) -> Shown:
        """Change what is said of a recording, its name or its folder."""
        tab, edit = self._tab, self._tab.edit
        entry = self._entry(given[tab.voice] or "")
        if entry is None:
            return {tab.status: status_html("Only recordings can be changed, not the engine's own voices.", "bad")}
        try:
            changed = self._library.edit(
                entry.name, edit.details(given), name=given[edit.name] or None, folder=given[edit.folder] or ""
            )
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        return {
            tab.voice: gr.update(choices=self._names(), value=changed.name), **self._details(changed),
            tab.status: status_html("", "good", lead=f"{changed.name} is changed."),
        }  # fmt: skip

    def delete(self, name: str | None, sure: bool) -> Shown:
        """Delete a recording for good."""
        tab = self._tab
        entry = self._entry(name or "")
        if entry is None:
            return {tab.status: status_html("Only recordings can be deleted, not the engine's own voices.", "bad")}
        if not sure:
            return {tab.status: status_html("Tick “Yes, delete it” first.", "bad")}
        try:
            self._library.delete(entry.name)
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        return {
            **self.show(None), tab.voice: gr.update(choices=self._names(), value=None),
            tab.status: status_html("", "good", lead=f"{entry.name} is deleted."),
        }  # fmt: skip

    def add(self, given: Mapping[Any, Any]) -> list[Any]:
        """Take a recording in as a voice, and say what to expect of its clone."""
        tab, new = self._tab, self._tab.new
        try:
            if not given[tab.recording]:
                raise InvalidRequestError("Record or upload something first.")
            source = Path(given[tab.recording])
            asked = NewRecording(
                source, given[new.name] or source.name, given[new.folder] or "", new.details(given),
                bool(given[tab.replace]),
            )  # fmt: skip
            entry = self._library.register(asked, "voice_file")
        except ChatterboxError as error:
            return [error_html(error), gr.skip(), gr.skip()]
        self._core.casting.prepare(entry.name)
        told = _advice_html(entry.name, _quality(entry))
        return [told, gr.update(choices=self._names(), value=entry.name), None]

    def _clip(self, name: str) -> Path:
        able = self._core.engine.capabilities.cloning
        if self._entry(name) is not None and not able:
            return self._library.find(name, "voice").path
        return self._core.casting.preview(name, self._core.tts)

    def _names(self) -> list[tuple[str, str]]:
        own = voice_choices(self._core.engine.voices)
        return [*own, *((entry.name, entry.name) for entry in self._library.select(Filter()))]

    def _entry(self, name: str) -> Entry | None:
        if not name or any(voice.name == name for voice in self._core.engine.voices):
            return None
        try:
            return self._library.entry(name)
        except ChatterboxError:
            return None

    def _details(self, entry: Entry) -> Shown:
        tab, about = self._tab, entry.details
        quality = _quality(entry)
        facts = {
            "Length": f"{entry.seconds or 0:.1f} s at {entry.sample_rate or 0} Hz",
            "For cloning": quality.verdict if quality else "not measured",
            "Advice": " ".join(remark.sentence for remark in quality.remarks) if quality else "",
            "Used": f"{about.get('usage_count', 0)} times",
        }
        values = [
            Path(entry.name).stem, entry.folder, about.get("description", ""), ", ".join(about.get("tags", [])),
            ", ".join(about.get("aliases", [])), about.get("consent", ""),
            json.dumps(about.get("default_parameters", {}), ensure_ascii=False),
        ]  # fmt: skip
        shown = {name: value for name, value in facts.items() if value}
        return {tab.facts: facts_html(shown), tab.sure: False, **dict(zip(tab.edit.all(), values, strict=True))}


def _quality(entry: Entry) -> RecordingQuality | None:
    try:
        return RecordingQuality.model_validate(entry.details.get("quality"))
    except ValidationError:
        return None


def _items(text: str | None) -> Sequence[str]:
    return [item.strip() for item in (text or "").split(",") if item.strip()]


def _advice_html(name: str, quality: RecordingQuality | None) -> str:
    """What to expect of a new voice."""
    if quality is None:
        return status_html("", "good", lead=f"{name} is a voice now.")
    tone: Tone = "bad" if quality.verdict == "poor" else "good"
    advice = [remark.sentence for remark in quality.remarks] or ["Nothing about it will trouble a clone."]
    sentence = f"A {quality.verdict} recording for cloning."
    return status_html("\n".join([sentence, *advice]), tone, lead=f"{name} is a voice now.")
