"""Signing in to the page with a key: a form, and a cookie that stands for the key afterwards."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers

COOKIE = "chatterbox_session"
SESSION_SECONDS = 7 * 24 * 3600
MOST_SESSIONS = 1_000

LOGIN_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title>
<style>body{{font:1rem system-ui;max-width:22rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}}
input,button{{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0}}</style>
<h1>Sign in</h1>
<form method="post" action="/login">
<label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button>
</form>
<p role="alert">{notice}</p>
</html>
"""


class Sessions:
    """Who is signed in; kept in memory, so a new start of the service signs everybody out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def begin(self, key_id: str) -> str:
        """Open a session of a key and give its token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._open[_digest(token)] = key_id, time.time() + SESSION_SECONDS
            while len(self._open) > MOST_SESSIONS:
                self._open.popitem(last=False)
        return token

    def key_of(self, headers: Headers) -> str | None:
        """Id of the key whose session the request's cookie names."""
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return None
        if cookie is None:
            return None
        with self._lock:
            key_id, end = self._open.get(_digest(cookie.value), (None, 0.0))
        return key_id if time.time() < end else None


def session_cookie(token: str, *, secure: bool) -> str:
    """The ``Set-Cookie`` value of a session."""
    flags = "; Secure" if secure else ""
    return f"{COOKIE}={token}; Path=/; Max-Age={SESSION_SECONDS}; HttpOnly; SameSite=Strict{flags}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
