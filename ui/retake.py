"""Making one chunk of the last result again: its controls below the quality table, and what is kept for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from core.kept_chunks import KeptChunks
from core.text_requests import NamedRequest
from exceptions import ResourceNotFoundError

MOST_TABS: Final = 8
"""Browser tabs whose last result is kept, up to 86 MB each."""


@dataclass(frozen=True)
class Retake:
    """The controls."""

    row: Any
    number: Any
    text: Any
    button: Any


def build_retake() -> Retake:
    """A hidden row that asks for a chunk, and for another text if that is wanted."""
    with gr.Row(elem_classes="bottom", visible=False, elem_id="retake") as row:
        number = gr.Number(1, label="Chunk", precision=0, minimum=1, elem_id="retake-chunk", min_width=80)
        text = gr.Textbox(
            label="Another text for it", placeholder="as it is", elem_id="retake-text",
            scale=5, min_width=200,
        )  # fmt: skip
        button = gr.Button("Make it again", elem_id="retake-button", min_width=120)
    return Retake(row, number, text, button)


class LastRequests:
    """The last request of each browser tab, with its chunks; thread-safe."""

    def __init__(self) -> None:
        self._requests: dict[str, tuple[NamedRequest, KeptChunks]] = {}
        self._lock = threading.Lock()

    def note(self, key: str, item: NamedRequest) -> KeptChunks:
        """Remember a tab's request in the place of the one before; returns what is to keep its chunks."""
        chunks = KeptChunks()
        with self._lock:
            self._requests.pop(key, None)
            while len(self._requests) >= MOST_TABS:
                del self._requests[next(iter(self._requests))]
            self._requests[key] = item, chunks
        return chunks

    def find(self, key: str) -> tuple[NamedRequest, KeptChunks]:
        """The tab's last request.

        Raises:
            ResourceNotFoundError: it has none, or others have spoken since.
        """
        with self._lock:
            found = self._requests.get(key)
        if found is None:
            raise ResourceNotFoundError("The chunks of this result are not kept any more; press Generate once more.")
        return found
