"""What every tab with long works has: a main button, Stop, a status line, the player and downloads of the result."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

import gradio as gr

from core_engine import CoreEngine
from speech.audio.encode import FORMATS
from speech.audio.wav import wav_bytes
from ui.browser import WITH_TAB_KEY
from ui.wording import download_label, error_html, progress_html, status_html
from ui.works import Part, Work, Works

Shown: TypeAlias = dict[Any, Any]
"""New values by component."""
Result = TypeVar("Result")

QUIETLY = {"api_visibility": "private", "show_progress": "hidden"}
QUICKLY = {**QUIETLY, "queue": False}
"""For handlers that need no place in the queue; files they show would get addresses that a mounted page has not."""


LIVE_SECONDS = 1.0
"""Shortest piece that is played while the rest is being made."""


@dataclass(frozen=True)
class Desk:
    """The components; `downloads` by format, `key` holds the secret of the browser tab, `live` what is played early."""

    start: Any
    stop: Any
    status: Any
    player: Any
    downloads: dict[str, Any]
    more_files: Any
    key: Any
    live: Any = None

    @property
    def shown(self) -> list[Any]:
        """Everything that a work changes."""
        live = [] if self.live is None else [self.live]
        return [self.start, self.stop, self.status, *live, self.player, self.more_files, *self.downloads.values()]


def build_buttons(start: str, name: str) -> tuple[Any, Any]:
    """The main button, labelled `start`, and Stop; `name` begins their element ids."""
    with gr.Row():
        main = gr.Button(start, variant="primary", elem_id=f"{name}-start", elem_classes="main-action", scale=3)
        stop = gr.Button("Stop", elem_id=f"{name}-stop", interactive=False, scale=1, min_width=90)
    return main, stop


def build_desk(buttons: tuple[Any, Any], name: str, greeting: str, *, plays_early: bool = False) -> Desk:
    """Status line, player and downloads for the buttons; `name` begins their element ids."""
    status = gr.HTML(
        status_html(greeting), elem_id=f"{name}-status", elem_classes=["status-line", "bare"], padding=False
    )
    live = gr.Textbox(visible="hidden", elem_id=f"{name}-live") if plays_early else None
    if live is not None:
        live.change(None, live, None, js="playPiece", **QUIETLY)
    player = gr.Audio(
        label="Result", interactive=False, elem_id=f"{name}-player", elem_classes="player", buttons=[],
        waveform_options=gr.WaveformOptions(
            waveform_color="#94a3b8", waveform_progress_color="#4f46e5", skip_length=5
        ),
    )  # fmt: skip
    with gr.Row(elem_classes="downloads"):
        downloads = {
            kind: gr.DownloadButton(kind, visible=False, size="sm", min_width=120, elem_id=f"{name}-download-{kind}")
            for kind in FORMATS
        }
    more_files = gr.File(
        label="Captions, settings and further files", file_count="multiple", interactive=False, visible=False,
        elem_id=f"{name}-files", elem_classes="more-files",
    )  # fmt: skip
    return Desk(*buttons, status, player, downloads, more_files, gr.Textbox(visible=False), live)


class DeskHandlers(Generic[Result]):
    """Begins, follows and stops the works of a desk.

    Args:
        core: does the work.
        desk: its components.
        finished: new values of components for finished results.
    """

    def __init__(self, core: CoreEngine, desk: Desk, finished: Callable[[Sequence[Result]], Shown]) -> None:
        self._core = core
        self._desk = desk
        self._finished = finished
        self._works: Works[Result] = Works()

    def begin(self, key: str, parts: Sequence[Part[Result]], *, aloud: bool = False) -> Iterator[Shown]:
        """Carry the parts out; yields what the page shows from moment to moment.

        Args:
            key: secret of the browser tab.
            parts: what to do, one after another.
            aloud: play what exists already.
        """
        seconds = self._core.settings.server.request_timeout_seconds
        work = self._works.start(key or secrets.token_hex(16), parts, seconds)
        desk = self._desk
        yield {
            **self.busy(), desk.player: gr.update(value=None, subtitles=None),
            desk.more_files: gr.update(visible=False), **self.downloads({}),
        }  # fmt: skip
        if desk.live is not None:
            yield {desk.live: ""}
        yield from self._follow(work, aloud=aloud)

    def come_back(self, key: str) -> Iterator[Shown]:
        """Show the work that this browser tab began before it was loaded anew."""
        yield {self._desk.key: key}
        work = self._works.find(key)
        if work is not None:
            yield self.busy()
            yield from self._follow(work)

    def stop(self, key: str) -> Any:
        """End the work of this browser tab."""
        self._works.stop(key)
        return gr.update(interactive=False)

    def busy(self) -> Shown:
        """Both buttons while a work runs."""
        return {self._desk.start: gr.update(interactive=False), self._desk.stop: gr.update(interactive=True)}

    def idle(self) -> Shown:
        """Both buttons while nothing runs."""
        return {self._desk.start: gr.update(interactive=True), self._desk.stop: gr.update(interactive=False)}

    def downloads(self, audio: Mapping[str, Path]) -> Shown:
        """The download buttons for these files."""
        hidden = gr.update(value=None, visible=False)
        return {
            button: gr.update(
                value=str(audio[kind]), label=download_label(kind, audio[kind].stat().st_size), visible=True
            )
            if kind in audio
            else hidden
            for kind, button in self._desk.downloads.items()
        }

    def connect(self, page: Any, *also_shown: Any) -> dict[str, Any]:
        """Attach Stop and finding the work again, and give the options for the event that begins works.

        Args:
            page: the ``gr.Blocks``.
            also_shown: components beside the desk's that finished results change.
        """
        server = self._core.settings.server
        # The core's own door decides who waits, so that a waiting user is told so; one more comes in to be refused.
        at_once = server.max_concurrent_requests + server.max_waiting_requests + 1
        working = {**QUIETLY, "concurrency_limit": at_once, "concurrency_id": "speech"}
        desk = self._desk
        desk.stop.click(self.stop, desk.key, desk.stop, js="() => { stopPieces(); return tabKey(); }", **QUICKLY)
        page.load(self.come_back, [desk.key], [*desk.shown, desk.key, *also_shown], js=WITH_TAB_KEY, **working)
        return working

    def _follow(self, work: Work[Result], *, aloud: bool = False) -> Iterator[Shown]:
        for status in work.follow():
            if aloud and not status.stopping:
                yield from self._play(work, rest=status.ended)
            if not status.ended:
                yield {self._desk.status: progress_html(self._core, status)}
            elif status.error is not None:
                silence = {} if self._desk.live is None else {self._desk.live: ""}
                yield {**self.idle(), **silence, self._desk.status: error_html(status.error, status)}
            else:
                yield {**self.idle(), **self._finished(work.results)}

    def _play(self, work: Work[Result], *, rest: bool) -> Iterator[Shown]:
        rate = self._core.engine.capabilities.sample_rate
        samples = work.heard(rate, 0.0 if rest else LIVE_SECONDS)
        if samples is not None:
            yield {self._desk.live: base64.b64encode(wav_bytes(samples, rate)).decode("ascii")}
