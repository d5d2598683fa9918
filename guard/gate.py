"""The gate in front of every address: names, origins, keys, scopes, rates, and the sign-in form of the page."""

from __future__ import annotations

from collections.abc import Callable, Collection
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from config_sections import SecuritySettings
from exceptions import ChatterboxError, ForbiddenError, PayloadTooLargeError, UnauthorizedError
from guard.browsers import refuse_foreign_pages, refuse_rebound_names
from guard.keys import Key, KeyStore
from guard.limits import RateLimits
from guard.scopes import READING, needed_scope
from guard.sessions import LOGIN_PAGE, Sessions, session_cookie

MOST_FORM_BYTES = 4_096
_KEY = "api_key"
"""Name under which the ASGI state carries the key that a request came with."""

Refuse = Callable[[Scope, ChatterboxError], ASGIApp]
"""Makes the reply of a refusal in the shape of whoever is behind the gate."""


def plain_refusal(scope: Scope, error: ChatterboxError) -> Response:
    """A refusal for browsers and whoever has no shape of their own."""
    return JSONResponse({"error": error.message}, error.status)


class Gate:
    """Pure ASGI middleware. As long as there is no key, everybody may do everything.

    Args:
        app: what is behind it.
        keys: that open it.
        settings: origins, names and rates.
        page: where the browser page is, ``/`` included; where browsers go after the sign-in.
        refuse: makes the replies of refusals.
        public: addresses that need no key.
    """

    def __init__(
        self,
        app: ASGIApp,
        keys: KeyStore,
        settings: SecuritySettings,
        page: str,
        refuse: Refuse = plain_refusal,
        public: Collection[str] = (),
    ) -> None:
        self._app = app
        self._keys = keys
        self._settings = settings
        self._page = page
        self._refuse = refuse
        self._public = frozenset(public)
        self._limits = RateLimits(settings.requests_per_minute)
        self._sessions = Sessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass, or refuse; a WebSocket is refused by closing it, which a browser sees as 403."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            answer = await self._answer(scope, receive)
        except ChatterboxError as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            answer = self._refuse(scope, error)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        headers = Headers(scope=scope)
        # A WebSocket comes as a reading request, but makes the service work.
        method, path = scope.get("method", "POST"), scope["path"]
        refuse_foreign_pages(method, headers, self._settings.allowed_origins)
        if not self._keys.keys:
            refuse_rebound_names(headers, self._settings.allowed_hosts)
        if path == "/login" and self._keys.keys:
            return await self._sign_in(scope, receive)
        scope_needed = None if path in self._public else needed_scope(method, path, self._page)
        if scope_needed is None:
            return self._app
        key = None
        if self._keys.keys:
            key = self._identify(scope, headers)
            if key is None and method in READING and "text/html" in headers.get("accept", ""):
                return RedirectResponse("/login", 303)
            _require(key, scope_needed)
            scope.setdefault("state", {})[_KEY] = key
        if not path.startswith("/api/v1/health"):
            self._limits.count_request(key.id if key else _address(scope))
        return self._app

    def _identify(self, scope: Scope, headers: Headers) -> Key | None:
        """The key that the request carries in a header, or whose session its cookie names.

        Raises:
            UnauthorizedError: it carries a wrong one.
            RateLimitedError: too many wrong ones came from there.
        """
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        text = headers.get("x-api-key") or (bearer.strip() if kind.lower() == "bearer" else "")
        if text:
            return self._checked(scope, text)
        key_id = self._sessions.key_of(headers)
        return next((key for key in self._keys.keys if key.id == key_id), None)

    def _checked(self, scope: Scope, text: str) -> Key:
        address = _address(scope)
        self._limits.refuse_after_failures(address)
        key = self._keys.find(text)
        if key is None:
            self._limits.count_failure(address)
            raise UnauthorizedError("The API key is not valid.")
        return key

    async def _sign_in(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] != "POST":
            return HTMLResponse(LOGIN_PAGE.format(notice=""))
        form = parse_qs((await _body(receive)).decode("utf-8", "replace"))
        try:
            key = self._checked(scope, form.get("key", [""])[0].strip())
        except UnauthorizedError as error:
            return HTMLResponse(LOGIN_PAGE.format(notice=error.message), error.status)
        reply = RedirectResponse(self._page, 303)
        token = self._sessions.begin(key.id)
        reply.headers["Set-Cookie"] = session_cookie(token, secure=scope.get("scheme") == "https")
        return reply


def require_scope(request: Scope, scope: str) -> None:
    """Refuse what needs a higher scope than the address under which it was asked for; all is allowed without keys.

    Args:
        request: ASGI scope of a request that the gate has let pass.
        scope: of a key.

    Raises:
        ForbiddenError: the request's key does not have it.
    """
    key = request.get("state", {}).get(_KEY)
    if key is not None:
        _require(key, scope)


def _require(key: Key | None, scope: str) -> None:
    if key is None:
        raise UnauthorizedError("This needs an API key: Authorization: Bearer KEY, or X-API-Key.")
    if not key.opens(scope):
        raise ForbiddenError(f"This needs a key with the scope {scope!r}.")


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MOST_FORM_BYTES:
            raise PayloadTooLargeError("The form is too large.")
        if not message.get("more_body", False):
            return body
