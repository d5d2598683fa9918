"""Fetches recordings from URLs that clients name, into temporary files."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import httpx2

from exceptions import DeadlineExceededError, InvalidRequestError, PayloadTooLargeError
from library.fetch.addresses import IPAddress, is_public
from library.fetch.client import RefusedUrlError, Watch, guarded_client
from speech.atomic_file import disk_failures
from speech.audio.decode import UnreadableAudioError, decode
from speech.cancel import CancelToken
from speech.retry import Retry, once

MOST_REDIRECTS: Final = 3
_HEADERS: Final = {"Accept": "audio/*, */*;q=0.1", "Accept-Encoding": "identity"}
_LISTENED_SECONDS: Final = 1.0


@dataclass(frozen=True)
class DownloadRules:
    """What a download may take.

    Attributes:
        most_bytes: of the file.
        seconds: for look-ups, redirects, the file itself and further attempts.
    """

    most_bytes: int
    seconds: float = 30.0


@dataclass(frozen=True)
class Download:
    """A fetched recording: where it lies, and what to call it towards people."""

    path: Path
    name: str


class Downloader:
    """Fetches recordings; every method may be called from any thread.

    Args:
        rules: of every download.
        folder: for temporary files; made if missing.
        retry: how attempts that fail are tried again.
        allows: which addresses may be connected to.
    """

    def __init__(
        self,
        rules: DownloadRules,
        folder: Path,
        retry: Retry = once,
        allows: Callable[[IPAddress], bool] = is_public,
    ) -> None:
        self._rules = rules
        self._folder = folder
        self._retry = retry
        self._allows = allows

    @contextlib.contextmanager
    def recording(self, url: str, field: str, cancel: CancelToken) -> Iterator[Download]:
        """Fetch a recording; its file is removed when the context ends.

        Args:
            url: http or https, without a user in it.
            field: of the request, for errors.
            cancel: stops the download within a second, but not the wait before a further attempt.

        Raises:
            RefusedUrlError: no such URL, or it leads to an address that is not allowed.
            PayloadTooLargeError, DeadlineExceededError: it is too large or too slow.
            InvalidRequestError: it cannot be had, or is no audio.
            DiskFullError: no room.
        """
        with disk_failures("the download"):
            self._folder.mkdir(parents=True, exist_ok=True)
            file = tempfile.NamedTemporaryFile(dir=self._folder, prefix="download-", delete=False)  # noqa: SIM115
        path = Path(file.name)
        try:
            watch = Watch(time.monotonic() + self._rules.seconds, cancel.raise_if_stopped, self._allows)
            with file:
                name = _Fetch(self._rules, watch, field).run(url, file, self._retry)
            try:
                decode(path, 24_000, _LISTENED_SECONDS, field)
            except UnreadableAudioError as error:
                raise InvalidRequestError("What the URL gives is no audio that can be read.", field=field) from error
            yield Download(path, name)
        finally:
            path.unlink(missing_ok=True)


class _Fetch:
    """One download with its attempts."""

    def __init__(self, rules: DownloadRules, watch: Watch, field: str) -> None:
        self._rules = rules
        self._watch = watch
        self._field = field

    def run(self, url: str, file: IO[bytes], retry: Retry) -> str:
        """Fill `file` and return a name for it."""
        try:
            return retry(lambda: self._attempt(url, file))
        except RefusedUrlError as error:
            raise RefusedUrlError(error.message, field=self._field) from error
        except httpx2.InvalidURL as error:
            raise RefusedUrlError("That is no URL.", field=self._field) from error
        except httpx2.HTTPStatusError as error:
            message = f"The URL answers {error.response.status_code}."
            raise InvalidRequestError(message, field=self._field) from error
        except httpx2.TransportError as error:
            message = "The server of the URL cannot be reached or broke off."
            raise InvalidRequestError(message, field=self._field) from error

    def _attempt(self, url: str, file: IO[bytes]) -> str:
        file.seek(0)
        file.truncate()
        try:
            with guarded_client(self._watch) as client:
                return self._follow(client, url, file)
        except httpx2.TransportError:
            if time.monotonic() < self._watch.deadline:
                raise
            # Without its cause, which would be tried again.
            message = f"The download took longer than {self._rules.seconds:g} s."
            raise DeadlineExceededError(message, field=self._field) from None

    def _follow(self, client: httpx2.Client, url: str, file: IO[bytes]) -> str:
        place = httpx2.URL(url)
        for _ in range(MOST_REDIRECTS + 1):
            if place.scheme not in ("http", "https") or not place.host or place.userinfo or (place.port or 80) > 65535:
                raise RefusedUrlError("Only http and https URLs without a user are fetched.")
            with client.stream("GET", place, headers=_HEADERS) as reply:
                if not reply.has_redirect_location:
                    self._store(reply, file)
                    return f"{place.host}/{place.path.rpartition('/')[2]}"[:200]
                place = place.join(reply.headers["location"])
        raise RefusedUrlError(f"The URL redirects more than {MOST_REDIRECTS} times.")

    def _store(self, reply: httpx2.Response, file: IO[bytes]) -> None:
        if reply.status_code != httpx2.codes.OK:
            raise httpx2.HTTPStatusError("no file", request=reply.request, response=reply)
        announced = reply.headers.get("content-length", "")
        count = int(announced) if announced.isdecimal() else 0
        self._require_room(count)
        count = 0
        for block in reply.iter_raw():
            count += len(block)
            self._require_room(count)
            with disk_failures("the download"):
                file.write(block)

    def _require_room(self, count: int) -> None:
        if count > self._rules.most_bytes:
            raise PayloadTooLargeError(
                f"The file behind the URL has more than {self._rules.most_bytes} bytes.", field=self._field
            )
