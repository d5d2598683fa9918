"""The page without the HTTP interface: ``python Chatter.py`` serves it alone."""

from __future__ import annotations

import sys
from typing import Any

from config import Settings
from core_engine import CoreEngine
from program import run_program
from resilience.retries import model_download_policy


def create_interface(engine: CoreEngine) -> Any:
    """The page as ``gr.Blocks`` around an existing core."""
    from ui.page import build_page

    return build_page(engine)


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until stopped; returns the exit code (2 for a faulty configuration)."""
    return run_program("Chatter.py", "Serve the browser page alone.", arguments, _serve)


def _serve(settings: Settings) -> int:
    from serving import serve
    from ui.page import create_page_app

    core = CoreEngine(settings, retry=model_download_policy(settings.error_handling))
    return serve(create_page_app(core), core)


if __name__ == "__main__":
    sys.exit(main())
