"""Recordings that requests name by URL: fetched where the operator allows it, kept while the request runs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from config import Settings
from exceptions import InvalidRequestError
from library.fetch.addresses import IPAddress, is_public
from speech.cancel import CancelToken
from speech.retry import Retry, once

if TYPE_CHECKING:
    from library.fetch.download import Download

Fetch: TypeAlias = "Callable[[str, str], Download]"
"""Fetches the recording behind a URL that stands in a field of the request."""


def is_url(words: str) -> bool:
    """Whether a client's words are a URL; no file of the library has such a name."""
    return "://" in words


class Downloads:
    """Fetches by the settings; every method may be called from any thread.

    Args:
        settings: of the service.

    Attributes:
        retry: how attempts that fail are tried again.
        allows: which addresses may be connected to.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.retry: Retry = once
        self.allows: Callable[[IPAddress], bool] = is_public

    @contextlib.contextmanager
    def during(self, cancel: CancelToken) -> Iterator[Fetch]:
        """A context in which recordings can be fetched; they are removed at its end."""
        with contextlib.ExitStack() as opened:

            def fetch(url: str, field: str) -> Download:
                # Imported at the first use: most services fetch nothing, and the client is slow to import.
                from library.fetch.download import Downloader, DownloadRules

                api = self._settings.api
                if not api.enable_url_downloads:
                    raise InvalidRequestError(
                        "Recordings are not fetched from URLs here; the operator can allow it.", field=field
                    )
                rules = DownloadRules(api.max_upload_bytes, api.download_timeout_seconds)
                downloader = Downloader(rules, self._settings.paths.temp_dir, self.retry, self.allows)
                return opened.enter_context(downloader.recording(url, field, cancel))

            yield fetch
