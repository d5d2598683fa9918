"""Gradio's scripts and styles, of which a new visitor loads a hundred: served at once, and kept by browsers."""

from __future__ import annotations

import importlib.resources
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

FOREVER: Final = "max-age=31536000, immutable"
"""For files whose names change with their content, as those of Gradio's build do."""


class Assets(StaticFiles):
    """Files that browsers need not ask for again."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """As of `StaticFiles`, to be kept."""
        reply = super().file_response(*arguments, **options)
        reply.headers["Cache-Control"] = FOREVER
        return reply


def assets_of(mount_path: str) -> Mount:
    """The route of the page's assets, to stand before all others.

    Gradio would look for each among all of its routes and compress it anew each time.
    """
    folder = importlib.resources.files("gradio").joinpath("templates/frontend/assets")
    return Mount(f"{mount_path.rstrip('/')}/assets", Assets(directory=str(folder)))
