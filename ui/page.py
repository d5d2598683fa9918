"""The whole page: heading, tabs, and serving it inside the service or alone."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse
from starlette.datastructures import Headers
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from config import Settings
from config_sections import ApiSettings
from core_engine import CoreEngine
from guard.gate import Gate
from guard.keys import KeyStore
from ui.assets import assets_of
from ui.services import Services
from ui.theme import ICON, page_options
from ui.wording import readiness_html

T = TypeVar("T")

CACHE_CHECK_SECONDS = 3_600
CACHE_AGE_SECONDS = 86_400
READINESS_SECONDS = 3.0
SPARE_THREADS = 8
REFUSED_ROUTES = ("/gradio_api/file=http:", "/gradio_api/file=https:", "/gradio_api/proxy=")
"""Routes of Gradio by which anybody could make this service fetch addresses; the page needs none."""
FORM_ROUTE = "/gradio_api/queue/join"


class Guard:
    """Refuses `REFUSED_ROUTES` and oversized forms of the page in a form that its script can show.

    Args:
        app: everything behind.
        api: limits; the framework's own refusal of a large body is plain text.
    """

    def __init__(self, app: ASGIApp, api: ApiSettings) -> None:
        self._app = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        path = scope["path"].lower()
        if any(route in path for route in REFUSED_ROUTES):
            return JSONResponse({"error": "This page does not offer that."}, 403)
        length = Headers(scope=scope).get("content-length", "")
        if FORM_ROUTE in path and length.isdecimal() and int(length) > self._api.max_body_bytes:
            limit = self._api.max_text_length
            return JSONResponse({"error": f"The text is too long; at most {limit:,} characters are allowed."}, 413)
        return None


def build_page(core: CoreEngine, services: Services | None = None) -> Any:
    """The page as ``gr.Blocks``, without a server; `services` are those of the HTTP interface that runs beside it."""
    return inside_a_loop(lambda: _build_page(core, services))


def _build_page(core: CoreEngine, services: Services | None) -> Any:
    _prepare_environment()
    import gradio as gr
    from anyio import CapacityLimiter

    title = core.settings.ui.title
    with gr.Blocks(title=title, delete_cache=(CACHE_CHECK_SECONDS, CACHE_AGE_SECONDS)) as page:
        gr.Markdown(f"# {title}", elem_id="heading")
        readiness = gr.HTML(elem_id="readiness", elem_classes="bare", padding=False, visible=False)
        _build_tabs(core, services, page)
        _watch_readiness(core, page, readiness)
    server = core.settings.server
    at_once = server.max_concurrent_requests + server.max_waiting_requests + 1
    page.queue(max_size=2 * at_once)
    # Each running request keeps one thread; the default pool is the one that the HTTP interface works in.
    page.limiter = CapacityLimiter(at_once + SPARE_THREADS)
    return page


def _build_tabs(core: CoreEngine, services: Services | None, page: Any) -> None:
    import gradio as gr

    from ui.tabs.convert import build_convert_tab
    from ui.tabs.files import build_files_tab
    from ui.tabs.help import build_help_tab
    from ui.tabs.jobs import build_jobs_tab
    from ui.tabs.join import build_join_tab
    from ui.tabs.speak import build_speak_tab
    from ui.tabs.system import build_system_tab
    from ui.tabs.voices import build_voices_tab

    with gr.Tabs(elem_id="tabs"):
        with gr.Tab("Speak"):
            speak = build_speak_tab(core, page, with_api=services is not None)
        if services is not None:
            with gr.Tab("Jobs") as tab:
                build_jobs_tab(core, services.jobs, speak.inputs, page, tab)
        with gr.Tab("Convert") as tab:
            build_convert_tab(core, page, tab)
        with gr.Tab("Voices") as tab:
            build_voices_tab(core, page, tab)
        with gr.Tab("Join") as tab:
            build_join_tab(core, page, tab)
        with gr.Tab("Files") as tab:
            build_files_tab(core, tab)
        with gr.Tab("System") as tab:
            build_system_tab(core, services, tab)
        with gr.Tab("Help"):
            build_help_tab(core)


class PageApp(FastAPI):
    """FastAPI with the guards outside of everything, the body limiter included."""

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap what FastAPI builds."""
        settings: Settings = self.state.core.settings
        inner = Guard(super().build_middleware_stack(), settings.api)
        return Gate(inner, KeyStore(settings.paths.keys_file), settings.security, "/")


def mount_page(app: FastAPI, core: CoreEngine, services: Services | None = None) -> None:
    """Serve the page under ``ui.mount_path`` of the application and its icon at the root.

    ``app.state.release_page`` ends the connection that every open page holds; without, a stop waits for them.
    """
    _mount(app, core, core.settings.ui.mount_path, services)
    app.add_middleware(Guard, api=core.settings.api)


def _mount(app: FastAPI, core: CoreEngine, path: str, services: Services | None) -> None:
    page = build_page(core, services)
    import gradio as gr

    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    # Results reach the browser as copies in Gradio's own cache, so no folder of ours is opened to it.
    inside_a_loop(
        lambda: gr.mount_gradio_app(
            app,
            page,
            path=path,
            show_error=False,
            run_history=False,
            ssr_mode=False,
            mcp_server=False,
            pwa=False,
            enable_monitoring=False,
            **page_options(),
        )
    )
    app.router.routes.insert(0, assets_of(path))
    app.state.release_page = _gradio_of(app).stop_event.set


def create_page_app(core: CoreEngine) -> FastAPI:
    """The page alone as an ASGI application; loads the models at its start and closes the core at its end."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        core.start()
        try:
            yield
        finally:
            core.close()

    app = PageApp(
        title=core.settings.ui.title, lifespan=lifespan, openapi_url=None,
        max_body_size=core.settings.api.max_body_bytes,
    )  # fmt: skip
    app.state.core = core
    _mount(app, core, "/", None)
    return app


def _watch_readiness(core: CoreEngine, page: Any, banner: Any) -> None:
    import gradio as gr

    timer = gr.Timer(READINESS_SECONDS, active=False)

    async def look() -> list[Any]:
        core.start()
        readiness = core.readiness
        html = readiness_html(readiness)
        return [gr.update(value=html, visible=bool(html)), gr.Timer(active=readiness.state == "starting")]

    quietly = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
    page.load(look, None, [banner, timer], js="announceStatus", **quietly)
    timer.tick(look, None, [banner, timer], **quietly)


def _gradio_of(app: FastAPI) -> Any:
    from gradio.routes import App

    return next(route.app for route in app.routes if isinstance(route, Mount) and isinstance(route.app, App))


async def _icon() -> FileResponse:
    return FileResponse(ICON, media_type="image/svg+xml")


def inside_a_loop(make: Callable[[], T]) -> T:
    """What `make` gives; Gradio opens an event loop wherever none is running, and never closes it."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:

        async def run() -> T:
            return make()

        return asyncio.run(run())
    return make()


def _prepare_environment() -> None:
    # Gradio reads these when it is imported or builds a component; there is no other way to tell it.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    if "GRADIO_TEMP_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="chatterbox-page-")
        os.environ["GRADIO_TEMP_DIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
