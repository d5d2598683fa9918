"""The whole service as one ASGI application: core, routes and page, wired together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from api.body_limit import BodyLimit
from api.context import RequestContext
from api.errors import ERROR_RESPONSES, install_error_handlers, refusal
from api.interfaces import add_interfaces, other_servers, public_addresses
from api.openai_edge import OpenAIEdge
from api.routers import (
    books,
    concat,
    errors,
    jobs,
    metrics,
    models,
    outputs,
    resources,
    system,
    text,
    tts,
    vc,
    vc_inputs,
    voices,
    watermark,
)
from config import Settings
from core_engine import CoreEngine
from guard.gate import Gate
from guard.keys import KeyStore
from guard.slow_bodies import SlowBodies
from management.resources import ResourceManager
from management.scheduler import CleanupScheduler
from monitoring.monitor import Monitor
from resilience.capture import FailureCapture
from resilience.journal import ErrorJournal
from resilience.retries import download_policy, model_download_policy
from resilience.tracker import ErrorTracker
from utils import VERSION

API_PREFIX = "/api/v1"
FILE_THREADS = 8


class SpeechApp(FastAPI):
    """FastAPI with request context, monitoring and gate outside of everything, its own last error handler included."""

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap what FastAPI builds."""
        settings: Settings = self.state.core.settings
        page = settings.ui.mount_path if settings.ui.enable_ui else "/docs"
        keys = KeyStore(settings.paths.keys_file)
        gate = Gate(
            super().build_middleware_stack(), keys, settings.security, page, refusal, public_addresses(settings)
        )
        inner = _with_origins(gate, settings.security.allowed_origins)
        monitor: Monitor = self.state.monitor
        failures: FailureCapture = self.state.failures
        return RequestContext(monitor.around(failures.around(OpenAIEdge(inner))))


def _with_origins(app: ASGIApp, origins: list[str]) -> ASGIApp:
    """Answer browsers' questions about other origins, where there are any that may use the service."""
    if not origins:
        return app
    exposed = ["X-Request-ID", "X-Output-URL", "X-Generation-Seed", "X-Quality-Verdict", "Retry-After"]
    return CORSMiddleware(app, origins, allow_methods=["*"], allow_headers=["*"], expose_headers=exposed)


def build_application(settings: Settings, core: CoreEngine | None = None) -> SpeechApp:
    """The whole service as an ASGI application.

    Args:
        settings: as `config.load_settings` gives them.
        core: instead of one built from the settings; closed with the application.

    Raises:
        ConfigurationError: the settings name something that does not exist.
    """
    engine = core or CoreEngine(settings, retry=model_download_policy(settings.error_handling))
    engine.downloads.retry = download_policy(settings.error_handling, settings.api.download_timeout_seconds)
    app = SpeechApp(
        title=settings.ui.title,
        version=VERSION,
        lifespan=_lifespan,
        responses=ERROR_RESPONSES,
    )
    app.state.core = engine
    app.state.jobs = _job_service(engine)
    _watch(app, engine)
    server = settings.server
    app.state.workers = ThreadPoolExecutor(
        server.max_concurrent_requests + server.max_waiting_requests + 2, thread_name_prefix="request"
    )
    app.state.files = ThreadPoolExecutor(FILE_THREADS, thread_name_prefix="files")
    app.add_middleware(SlowBodies)
    app.add_middleware(BodyLimit, most=settings.api.max_body_bytes, most_upload=settings.api.max_upload_bytes)
    install_error_handlers(app)
    speech = (tts, text, vc, concat, jobs, books, watermark)
    library = (voices, vc_inputs, outputs)
    operation = (system, metrics, errors, resources, models)
    for part in (*speech, *library, *operation):
        app.include_router(part.router, prefix=API_PREFIX)
    app.include_router(outputs.files_router)
    app.add_api_route("/", _root(settings, add_interfaces(app, settings)), include_in_schema=False)
    if settings.ui.enable_ui:
        from ui.page import mount_page
        from ui.services import Services

        state = app.state
        mount_page(app, engine, Services(state.resources, state.tracker, state.monitor, state.jobs))
    return app


def _watch(app: SpeechApp, engine: CoreEngine) -> None:
    """Monitoring, error tracking and clean-up around requests and core."""
    app.state.monitor = monitor = Monitor(engine)
    tracking = engine.settings.error_handling.error_tracking
    app.state.tracker = ErrorTracker(
        tracking.max_errors_stored,
        ErrorJournal(engine.settings.paths.logs_dir / "errors.jsonl"),
        log_summaries=tracking.log_error_summaries,
    )
    app.state.failures = FailureCapture(app.state.tracker, monitor.count_error, tracking.auto_categorization)
    engine.operations.watch(app.state.failures.watch)
    resources = ResourceManager(engine.settings.paths, engine.settings.resource_management.cleanup)
    app.state.resources = resources
    app.state.cleanup = CleanupScheduler(resources)


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    core: CoreEngine = app.state.core
    if core.settings.models.preload_models:
        core.start()
    app.state.cleanup.start()
    app.state.jobs.start()
    try:
        async with other_servers(app):
            yield
    finally:
        app.state.jobs.close()
        core.close()
        app.state.cleanup.close()
        app.state.tracker.close()
        for pool in (app.state.workers, app.state.files):
            pool.shutdown(wait=False, cancel_futures=True)
        if core.settings.api.cleanup_temp_files:
            app.state.resources.empty_temp()


def _job_service(core: CoreEngine) -> Any:
    # SQLAlchemy takes a third of a second to import, which only those wait for who serve.
    from jobs.service import Jobs

    return Jobs(core)


def _root(settings: Settings, interfaces: dict[str, str]) -> Any:
    endpoints = {
        "page": settings.ui.mount_path if settings.ui.enable_ui else None,
        "docs": "/docs",
        "speech": f"{API_PREFIX}/tts",
        "health": f"{API_PREFIX}/health",
        "capabilities": f"{API_PREFIX}/capabilities",
        **interfaces,
    }

    async def root() -> dict[str, Any]:
        return {"message": settings.ui.title, "version": VERSION, "endpoints": endpoints}

    return root
