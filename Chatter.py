"""The page without the HTTP interface: ``python Chatter.py`` serves it alone."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from config import load_settings
from core_engine import CoreEngine
from exceptions import ConfigurationError


def create_interface(engine: CoreEngine) -> Any:
    """The page as ``gr.Blocks`` around an existing core."""
    from ui.page import build_page

    return build_page(engine)


def main(arguments: list[str] | None = None) -> int:
    """Serve the page until stopped; returns the exit code (2 for a faulty configuration)."""
    parser = argparse.ArgumentParser(prog="Chatter.py", description="Serve the browser page alone.")
    parser.add_argument("--host", help="address to listen on (default: server.host)")
    parser.add_argument("--port", type=int, help="TCP port (default: server.port)")
    parser.add_argument("--config", type=Path, help="configuration file (default: config.yaml)")
    options = parser.parse_args(arguments)
    server = {key: getattr(options, key) for key in ("host", "port") if getattr(options, key) is not None}
    try:
        settings = load_settings(options.config, {"server": server} if server else None)
        logging.basicConfig(level=settings.server.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
        core = CoreEngine(settings)
    except ConfigurationError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    from serving import serve
    from ui.page import create_page_app

    serve(create_page_app(core), core, settings.server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
