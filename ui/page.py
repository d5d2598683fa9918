"""The whole page: heading, tabs, and serving it inside the service or alone."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from core_engine import CoreEngine
from ui.speak import build_speak_tab, connect
from ui.theme import ANNOUNCE, ICON, page_options
from ui.wording import readiness_html

CACHE_CHECK_SECONDS = 3_600
CACHE_AGE_SECONDS = 86_400
READINESS_SECONDS = 3.0
SPARE_THREADS = 8
REFUSED_ROUTES = ("/gradio_api/file=http:", "/gradio_api/file=https:", "/gradio_api/proxy=", "/gradio_api/upload")
"""Routes of Gradio by which anybody could make this service fetch addresses or store files; the page needs none."""


class Guard:
    """Answers 403 to `REFUSED_ROUTES`, whatever the page is mounted on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else on."""
        if scope["type"] == "http" and any(route in scope["path"] for route in REFUSED_ROUTES):
            await JSONResponse({"detail": "This page does not offer that."}, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def build_page(core: CoreEngine) -> Any:
    """The page as ``gr.Blocks``, without a server."""
    _prepare_environment()
    import gradio as gr
    from anyio import CapacityLimiter

    title = core.settings.ui.title
    with gr.Blocks(title=title, delete_cache=(CACHE_CHECK_SECONDS, CACHE_AGE_SECONDS)) as page:
        gr.Markdown(f"# {title}\nSpeech that is checked before you hear it.", elem_id="heading")
        readiness = gr.HTML(elem_id="readiness", padding=False, visible=False)
        timer = gr.Timer(READINESS_SECONDS, active=False)
        tab = build_speak_tab(core)
        connect(core, tab)
        _watch_readiness(core, page, readiness, timer)
    server = core.settings.server
    at_once = server.max_concurrent_requests + server.max_waiting_requests + 1
    page.queue(max_size=2 * at_once)
    # Each running request keeps one thread; the default pool is the one that the HTTP interface works in.
    page.limiter = CapacityLimiter(at_once + SPARE_THREADS)
    return page


def mount_page(app: FastAPI, core: CoreEngine, path: str | None = None) -> None:
    """Serve the page under `path` of the application (default ``ui.mount_path``) and its icon at the root."""
    page = build_page(core)
    import gradio as gr

    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    # Results reach the browser as copies in Gradio's own cache, so no folder of ours is opened to it.
    gr.mount_gradio_app(
        app, page, path=path or core.settings.ui.mount_path, show_error=False, run_history=False, ssr_mode=False,
        mcp_server=False, pwa=False, enable_monitoring=False, **page_options(),
    )  # fmt: skip
    app.add_middleware(Guard)


def create_page_app(core: CoreEngine) -> FastAPI:
    """The page alone as an ASGI application; loads the models at its start and closes the core at its end."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        core.start()
        try:
            yield
        finally:
            core.close()

    app = FastAPI(
        title=core.settings.ui.title, lifespan=lifespan, openapi_url=None,
        max_body_size=core.settings.api.max_body_bytes,
    )  # fmt: skip
    mount_page(app, core, "/")
    return app


def _watch_readiness(core: CoreEngine, page: Any, banner: Any, timer: Any) -> None:
    import gradio as gr

    async def look() -> list[Any]:
        core.start()
        readiness = core.readiness
        html = readiness_html(readiness)
        return [gr.update(value=html, visible=bool(html)), gr.Timer(active=readiness.state == "starting")]

    quietly = {"api_visibility": "private", "show_progress": "hidden", "queue": False}
    page.load(look, None, [banner, timer], js=ANNOUNCE, **quietly)
    timer.tick(look, None, [banner, timer], **quietly)


async def _icon() -> FileResponse:
    return FileResponse(ICON, media_type="image/svg+xml")


def _prepare_environment() -> None:
    # Gradio reads these when it is imported or builds a component; there is no other way to tell it.
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    if "GRADIO_TEMP_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="chatterbox-page-")
        os.environ["GRADIO_TEMP_DIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
