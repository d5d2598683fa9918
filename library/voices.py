"""The voices people brought: recordings with aliases, default parameters, a default voice and a count of their use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from exceptions import ConflictError, ResourceNotFoundError
from library.disk_folder import read_sidecar
from library.entries import Entry
from library.pairs import write_sidecar
from library.recordings import NewRecording, RecordingStore, StoredRecording, texts
from speech.cancel import CancelToken
from utils import utc_timestamp

CHOICES_FILE: Final = ".choices.json"


class VoiceLibrary(RecordingStore):
    """A `RecordingStore` of voices."""

    def register(self, new: NewRecording, field: str, cancel: CancelToken | None = None) -> Entry:
        """As of `RecordingStore`; an alias that another voice has is a ``ConflictError``."""
        self._refuse_taken(texts(new.about.get("aliases")), None)
        return super().register(new, field, cancel)

    def edit(
        self, words: str, changes: Mapping[str, Any], *, name: str | None = None, folder: str | None = None
    ) -> Entry:
        """As of `RecordingStore`; the default voice stays so under its new name."""
        with self._changing:
            before = self.find(words, "name").name
            self._refuse_taken(texts(changes.get("aliases")), before)
            edited = super().edit(words, changes, name=name, folder=folder)
            if self.default == before:
                self.default = edited.name
        return edited

    def note_use(self, voices: Iterable[StoredRecording]) -> None:
        """Count one use of each of these voices."""
        for voice in voices:
            with self._changing:
                known = read_sidecar(self._pair(voice.path).sidecar)
                count = known.get("usage_count", 0)
                count = count + 1 if isinstance(count, int) else 1
                self.note(voice, {"usage_count": count, "last_used": utc_timestamp()})

    def default_parameters(self, voice: StoredRecording) -> dict[str, Any]:
        """Values of request fields that this voice wants where a request says nothing."""
        known = read_sidecar(self._pair(voice.path).sidecar).get("default_parameters")
        return known if isinstance(known, dict) else {}

    @property
    def default(self) -> str:
        """Name of the voice for requests that name none; empty for none chosen. May be an engine's own voice."""
        chosen = read_sidecar(self.root / CHOICES_FILE).get("default_voice", "")
        return chosen if isinstance(chosen, str) else ""

    @default.setter
    def default(self, name: str) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        write_sidecar(self.root / CHOICES_FILE, {"default_voice": name})

    def _refuse_taken(self, aliases: Iterable[str], owner: str | None) -> None:
        for alias in aliases:
            try:
                other = self.find(alias, "aliases").name
            except ResourceNotFoundError:
                continue
            if other != owner:
                raise ConflictError(f"The alias {alias!r} names another voice already: {other}.", field="aliases")
