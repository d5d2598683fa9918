"""Our Python client in both its forms, each speaking to the whole application."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from client import AsyncClient, Client
from core_engine import CoreEngine
from main_api import create_app
from tests.conftest import CoreMaker
from tests.support.listening import serving

Ask = Callable[..., Any]


@contextlib.contextmanager
def blocking(core: CoreEngine, **options: Any) -> Iterator[Ask]:
    """Over a socket."""
    with serving(core) as http, Client(str(http.base_url), **options) as client:
        yield lambda method, *arguments, **fields: getattr(client, method)(*arguments, **fields)


@contextlib.contextmanager
def awaited(core: CoreEngine, **options: Any) -> Iterator[Ask]:
    """Without a socket."""
    app = create_app(core.settings, core)
    loop = asyncio.new_event_loop()
    with contextlib.closing(loop):
        stack = contextlib.AsyncExitStack()
        loop.run_until_complete(stack.enter_async_context(app.router.lifespan_context(app)))
        client = AsyncClient(transport=httpx2.ASGITransport(app), **options)
        try:
            yield lambda method, *arguments, **fields: loop.run_until_complete(
                getattr(client, method)(*arguments, **fields)
            )
        finally:
            loop.run_until_complete(client.close())
            loop.run_until_complete(stack.aclose())
            loop.run_until_complete(loop.shutdown_default_executor())


@pytest.fixture(params=[blocking, awaited])
def ask(request: pytest.FixtureRequest, make_core: CoreMaker) -> Iterator[Ask]:
    """Calls a method of the client by its name, with the tone engine at the other end."""
    with request.param(make_core()) as ask:
        yield ask
