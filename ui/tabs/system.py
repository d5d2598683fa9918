"""The System tab: what runs here, how it is, and what it is busy with."""

from __future__ import annotations

import shutil
from typing import Any

import gradio as gr

from core_engine import CoreEngine
from ui.tables import facts_html
from ui.wording import size_words
from utils import VERSION

LOOK_SECONDS = 3.0


def build_system_tab(core: CoreEngine, tab: Any) -> None:
    """Lay the tab out inside the open ``gr.Tab`` `tab`; figures are read anew while it is looked at."""
    state = gr.HTML(elem_id="system-state", elem_classes="bare", padding=False)
    with gr.Accordion("The speech model", open=True):
        gr.HTML(_engine_html(core), elem_classes="bare", padding=False)
    refresh = gr.Button("Read again", size="sm", elem_id="system-refresh")

    def look() -> str:
        return _state_html(core)

    quietly = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
    gr.on([tab.select, refresh.click], look, None, state, **quietly)


def _state_html(core: CoreEngine) -> str:
    loaded = core.models_loaded
    disk = shutil.disk_usage(core.outputs.root if core.outputs.root.exists() else ".")
    return facts_html({
        "Service": f"version {VERSION}, {core.readiness.state}: {core.readiness.reason}",
        "Models in memory": ", ".join(name for name, there in loaded.items() if there) or "none",
        "Speech requests": f"{core.active_requests} at work or waiting, {core.lane.waiting} chunks waiting",
        "Free disk space": f"{size_words(disk.free)} of {size_words(disk.total)}",
    })  # fmt: skip


def _engine_html(core: CoreEngine) -> str:
    own = core.engine.capabilities
    checker = core.validator
    return facts_html({
        "Engine": f"{own.engine} {own.model}, version {own.version}",
        "Chosen because": core.chosen.reason,
        "Languages": ", ".join(own.languages),
        "Voices": f"{len(core.engine.voices)}" + (", and recordings can be cloned" if own.cloning else ""),
        "Sound": f"{own.sample_rate} Hz, {'with' if own.watermark else 'without'} an inaudible watermark",
        "Sounds in brackets": ", ".join(own.tags) or "none",
        "Takes are checked by": checker.name if checker else "nothing",
        "To know": " ".join(own.notes) or "nothing",
    })  # fmt: skip
