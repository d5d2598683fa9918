"""Clients of an application without a socket."""

import httpx2
from starlette.types import ASGIApp


def asgi_client(app: ASGIApp) -> httpx2.AsyncClient:
    """Calls the application in the running event loop; its start-up and shutdown are not run."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1", timeout=60)
