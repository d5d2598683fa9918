"""What happens around every HTTP request: its id in all log lines, its line in the access log, its metrics."""

from __future__ import annotations

import logging
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitoring.context import log_facts_of
from monitoring.metrics import Metrics
from monitoring.recent import RecentTimes

access = logging.getLogger("chatterbox.access")

UNMATCHED: Final = "unmatched"
"""Route label of addresses that no route has, so that scanners make no new series."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLIENT_GONE: Final = 499
"""Status of requests that ended without a reply."""
PROBES: Final = ("/health/live", "/health/ready", "/metrics", "/metrics/prometheus")
"""Endings of addresses that machines ask all the time; they are logged as DEBUG."""
LONGEST_PATH: Final = 200


class RequestMonitor:
    """Pure ASGI middleware; expects the request's id in ``scope["state"]["request_id"]``.

    Args:
        app: what answers.
        metrics: counted in.
        responses: told how long each reply took.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, responses: RecentTimes) -> None:
        self.app = app
        self._metrics = metrics
        self._responses = responses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, size = CLIENT_GONE, 0

        async def send_and_count(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            size += len(message.get("body", b""))
            await send(message)

        path: str = scope["path"]
        method = method_of(scope)
        request_id = scope.get("state", {}).get("request_id", "")
        started = time.perf_counter()
        with (
            log_facts_of(request_id=request_id, operation=f"{method} {path[:LONGEST_PATH]}"),
            self._metrics.http_open.track_inprogress(),
        ):
            try:
                await self.app(scope, receive, send_and_count)
            finally:
                seconds = time.perf_counter() - started
                self._count(scope, method, status, seconds)
                self._log(scope, method, path, status, seconds, size)

    def _count(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = route_of(scope)
        self._metrics.http_requests.labels(method, route, str(status)).inc()
        self._metrics.http_seconds.labels(route).observe(seconds)
        self._responses.add(seconds)

    def _log(self, scope: Scope, method: str, path: str, status: int, seconds: float, size: int) -> None:
        level = logging.DEBUG if path.endswith(PROBES) else logging.INFO
        client = scope.get("client")
        facts = {"status": status, "bytes": size, "client": client[0] if client else None}
        shown = path[:LONGEST_PATH].encode("unicode_escape").decode()
        timing = {"duration_ms": round(seconds * 1000, 2), "data": facts}
        access.log(level, "%s %s %d", method, shown, status, extra=timing)


def method_of(scope: Scope) -> str:
    """The method of a request, ``OTHER`` for invented ones."""
    return scope["method"] if scope["method"] in METHODS else "OTHER"


def route_of(scope: Scope) -> str:
    """The template of the route that answered, such as ``/outputs/{path}``; that of the mount below a mount."""
    below = scope.get("app_root_path", "")
    mounted = scope.get("root_path", "")[len(below) :]
    if mounted:
        return f"{mounted}/*"
    route = scope.get("route")
    if route is None:
        return UNMATCHED
    # FastAPI's included routers know their own part of the path only; what stands before it is their prefix.
    served = route.path_format.format(**scope.get("path_params", {}))
    path: str = scope["path"]
    return f"{path.removesuffix(served) if path.endswith(served) else ''}{route.path_format}"
