"""`create_app` gives the whole service; run as a program this module serves it with uvicorn.

Importing it brings no framework, so that the launcher and a mistyped setting are answered at once.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from application import SpeechApp
    from config import Settings
    from core_engine import CoreEngine


def create_app(settings: Settings, core: CoreEngine | None = None) -> SpeechApp:
    """The whole service as an ASGI application.

    Args:
        settings: as `config.load_settings` gives them.
        core: instead of one built from the settings; closed with the application.

    Raises:
        ConfigurationError: the settings name something that does not exist.
    """
    from application import build_application

    return build_application(settings, core)


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; returns the exit code (2 for a faulty configuration)."""
    from program import run_program

    return run_program("main_api.py", "Serve speech over HTTP.", arguments, _serve)


def _serve(settings: Settings) -> int:
    from serving import serve

    app = create_app(settings)
    return serve(app, app.state.core, settings.server.drain_seconds)


if __name__ == "__main__":
    sys.exit(main())
