"""The System tab: what runs here, how it is, what it is busy with, what failed, and clean-up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import gradio as gr

from core_engine import CoreEngine
from exceptions import ChatterboxError
from speech.engines.registry import engine_names
from ui.desk import QUICKLY, QUIETLY
from ui.rights import lock, needing, shown_to
from ui.services import Services
from ui.tables import facts_html, table_html
from ui.wording import error_html, size_words, status_html
from utils import VERSION

ERRORS_SHOWN = 10
LOOK_SECONDS = 0.2
"""How often a load is looked at."""


def build_system_tab(core: CoreEngine, services: Services | None, tab: Any) -> None:
    """Lay the tab out inside the open ``gr.Tab`` `tab`; figures are read anew when it is opened."""
    state = gr.HTML(elem_id="system-state", elem_classes="bare", padding=False)
    refresh = gr.Button("Read again", size="sm", elem_id="system-refresh")
    with gr.Accordion("The speech model", open=True):
        gr.HTML(_engine_html(core), elem_classes="bare", padding=False)
        _build_models(core, tab, state, services)
    gr.on([tab.select, refresh.click], lambda: _state_html(core, services), None, state, **QUICKLY)
    if services is not None:
        _build_folders(services, tab, refresh)
        _build_errors(services, tab, refresh)


def _build_models(core: CoreEngine, tab: Any, state: Any, services: Services | None) -> None:
    with gr.Row(elem_classes="bottom"):
        model = gr.Radio(
            list(core.models.loaded), value=next(iter(core.models.loaded)), label="Model", elem_id="system-model"
        )
        load = gr.Button("Load", size="sm", elem_id="model-load", scale=0, min_width=110)
        unload = gr.Button("Unload", size="sm", elem_id="model-unload", scale=0, min_width=110)
    told = gr.HTML(elem_id="model-status", elem_classes=["status-line", "bare"], padding=False)

    def change(name: str, *, into_memory: bool) -> Iterator[list[str]]:
        yield [status_html("", "busy", lead=f"{name} is being {'loaded' if into_memory else 'unloaded'} …"), gr.skip()]
        try:
            if into_memory:
                yield from ([status, gr.skip()] for status in loading_html(core, name))
            else:
                core.models.unload(name)
        except ChatterboxError as error:
            yield [error_html(error), _state_html(core, services)]
            return
        words = "is in memory" if into_memory else "has left memory; the next request loads it again"
        yield [status_html("", "good", lead=f"{name} {words}."), _state_html(core, services)]

    def bring(name: str) -> Iterator[list[str]]:
        yield from change(name, into_memory=True)

    def free(name: str) -> Iterator[list[str]]:
        yield from change(name, into_memory=False)

    load.click(needing("admin", bring), model, [told, state], **QUIETLY)
    unload.click(needing("admin", free), model, [told, state], **QUIETLY)
    lock(tab.select, "admin", [load, unload])


def loading_html(core: CoreEngine, name: str) -> Iterator[str]:
    """Load a model; gives status lines until it is in memory. Raises what the load raises."""
    told: SimpleQueue[tuple[str, float]] = SimpleQueue()
    worker = ThreadPoolExecutor(1, thread_name_prefix="page-load")
    load = worker.submit(core.models.load, name, lambda sentence, share: told.put((sentence, share)))
    worker.shutdown(wait=False)
    while not (load.done() and told.empty()):
        with suppress(Empty):
            sentence, share = told.get(timeout=LOOK_SECONDS)
            yield status_html(f"{share:.0%}", "busy", lead=f"{sentence} …", share=share)
    load.result()


def _build_folders(services: Services, tab: Any, refresh: Any) -> None:
    with gr.Accordion("Folders and clean-up", open=False):
        usage = gr.HTML(elem_id="system-folders", elem_classes="bare", padding=False)
        with gr.Row():
            look = gr.Button("What would be removed?", size="sm", elem_id="cleanup-dry-run")
            clean = gr.Button("Remove it", size="sm", variant="stop", elem_id="cleanup")
        told = gr.HTML(elem_id="cleanup-status", elem_classes=["status-line", "bare"], padding=False)

    def clean_up(*, dry_run: bool) -> list[str]:
        try:
            report = services.folders.clean_up(dry_run=dry_run)
        except ChatterboxError as error:
            return [error_html(error), _usage_html(services)]
        return [_cleanup_html(report), _usage_html(services)]

    show = shown_to("admin", lambda: _usage_html(services))
    gr.on([tab.select, refresh.click], show, None, usage, **QUICKLY)
    look.click(needing("admin", lambda: clean_up(dry_run=True)), None, [told, usage], **QUICKLY)
    clean.click(needing("admin", lambda: clean_up(dry_run=False)), None, [told, usage], **QUICKLY)
    lock(tab.select, "admin", [look, clean])


def _build_errors(services: Services, tab: Any, refresh: Any) -> None:
    with gr.Accordion("Errors", open=False):
        errors = gr.HTML(elem_id="system-errors", elem_classes="bare", padding=False)
    show = shown_to("admin", lambda: _errors_html(services))
    gr.on([tab.select, refresh.click], show, None, errors, **QUICKLY)


def _state_html(core: CoreEngine, services: Services | None) -> str:
    loaded = [name for name, there in core.models.loaded.items() if there]
    facts = {
        "Service": f"version {VERSION}, {core.readiness.state}: {core.readiness.reason}",
        "Models in memory": ", ".join(loaded) or "none",
        "Requests now": f"{core.active_requests} at work or waiting, {core.lane.waiting} chunks waiting",
    }
    if services is not None:
        counters = services.figures.counters()
        facts["Since the start"] = (
            f"texts spoken: {counters['tts_generations']}, recordings converted: {counters['vc_generations']}, "
            f"errors: {sum(counters['errors_by_type'].values())}"
        )
        facts.update(_machine(services.figures.report()["system"]))
    return facts_html(facts)


def _machine(system: Mapping[str, Any]) -> dict[str, str]:
    facts = {
        "Memory": f"{system['memory']['rss_mb']:.0f} MB, {system['memory']['percent']:.0f} % of the machine's",
        "Processor": f"{system['cpu_percent']:.0f} % of one core",
        "Free disk space": f"{system['disk']['free_gb']:.1f} GB, {system['disk']['usage_percent']:.0f} % used",
    }
    if "gpu" in system:
        facts["Memory on the GPU"] = f"{system['gpu']['allocated_mb']:.0f} MB"
    return facts


def _engine_html(core: CoreEngine) -> str:
    own = core.engine.capabilities
    checker = core.validator
    return facts_html({
        "Engine": f"{' '.join(dict.fromkeys([own.engine, own.model]))}, version {own.version}",
        "Chosen because": core.chosen.reason,
        "Others to choose from": ", ".join(name for name in engine_names() if name != own.engine),
        "Languages": ", ".join(own.languages),
        "Voices": f"{len(core.engine.voices)}" + (", and recordings can be cloned" if own.cloning else ""),
        "Conversion": "yes" if own.conversion else "no",
        "Sound": f"{own.sample_rate} Hz, {'with' if own.watermark else 'without'} an inaudible watermark",
        "Sounds in brackets": ", ".join(own.tags) or "none",
        "Takes are checked by": checker.name if checker else "nothing",
        "To know": " ".join(own.notes) or "nothing",
    })  # fmt: skip


def _usage_html(services: Services) -> str:
    usage = services.folders.usage()
    rows = [
        (
            name.replace("_", " "), str(use["file_count"]), size_words(use["size_bytes"]),
            f"{use['max_files']} files" if "max_files" in use else f"{use['max_size_mb']:.0f} MB",
            f"{use['usage_percent']:.0f} %",
        )
        for name, use in usage["directories"].items()
    ]  # fmt: skip
    warnings = "".join(status_html(words, "bad") for words in usage["warnings"])
    return warnings + table_html(("Folder", "Files", "Size", "Limit", "Used"), rows)


def _cleanup_html(report: Mapping[str, Any]) -> str:
    files, size = report["total_files_removed"], size_words(report["total_bytes_freed"])
    verb = "would be removed" if report["dry_run"] else "were removed"
    names = [name for action in report["actions"].values() for name in action["files"]]
    return status_html("\n".join([f"{files} files {verb}, {size}.", *names[:10]]), "good", lead="Clean-up.")


def _errors_html(services: Services) -> str:
    recent = services.errors.recent(ERRORS_SHOWN)
    if not recent:
        return status_html("Nothing has failed.", "good")
    rows = [(item["timestamp"][:19], item["operation"], item["error_code"], item["error_message"]) for item in recent]
    return table_html(("Time (UTC)", "While", "Code", "What happened"), rows)
