"""Arguments of `start.py job`; the launcher checks them, and `job_cli.py` reads them inside the environment."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

STATES = ("queued", "running", "paused", "assembling", "done", "failed", "cancelled")


def add_job_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` an action for everything that can be done with a job."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)

    def action(name: str, help: str, *wanted: str) -> argparse.ArgumentParser:
        own = actions.add_parser(name, help=help)
        for argument in wanted:
            own.add_argument(argument, **_WANTED[argument])
        own.add_argument("--url", type=_address, help="of the service, instead of the configured one")
        own.add_argument("--config", type=Path, help="configuration file that tells the address")
        return own

    for name, help in (("submit", "hand a text, a book or a recording in"), ("estimate", "tell what it would come to")):
        _add_request(action(name, help, "file"))
    actions.choices["submit"].add_argument("--priority", type=int, default=0, help="-10 to 10; higher ones come first")
    listed = action("list", "jobs, the newest first")
    listed.add_argument("--state", choices=STATES, help="only jobs in this state")
    listed.add_argument("--page", type=int, default=1, help="counted from 1")
    show = action("show", "state, progress and files of a job", "id")
    for own in (actions.choices["submit"], show):
        own.add_argument("--follow", action="store_true", help="stay and show the progress until it is done")
    action("chunks", "its chunks, with the numbers for redo", "id").add_argument(
        "--page", type=int, default=1, help="counted from 1"
    )
    listen = action("listen", "write what is spoken already as WAV", "id")
    which = listen.add_mutually_exclusive_group(required=True)
    which.add_argument("--chunk", type=int, help="a finished chunk, counted from 0")
    which.add_argument("--chapter", type=int, help="a chapter, counted from 0, as far as it is spoken")
    listen.add_argument("-o", "--output", type=Path, default=Path("speech.wav"), help="file to write to")
    action("pause", "begin no more of its chunks", "id")
    action("resume", "go on with it, or try it again", "id")
    action("cancel", "stop it for good", "id")
    redo = action("redo", "make a chunk again", "id", "number")
    redo.add_argument("--seed", type=int, help="instead of the next one")
    redo.add_argument("--text", help="another wording")
    action("download", "fetch its files", "id").add_argument(
        "-o", "--output", type=Path, default=Path(), help="folder to write to"
    )
    action("delete", "forget a job that is at rest; its finished files stay with the service", "id")


def _add_request(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--book", action="store_true", help="read a text file as a book, too: chapters and one M4B")
    parser.add_argument("--to", metavar="VOICE", help="convert the file, a recording, to that voice")
    parser.add_argument("--voice", help="name of a voice")
    parser.add_argument("--title", help="of the result")
    parser.add_argument(
        "--set", dest="fields", action="append", type=_field, default=[], metavar="FIELD=VALUE",
        help="any field of the request, its value as JSON; may be repeated",
    )  # fmt: skip


def _address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as http://127.0.0.1:7860")
    return text


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not FIELD=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


_WANTED: dict[str, dict[str, Any]] = {
    "file": {"type": Path, "help": "a text in UTF-8, a book, or with --to a recording"},
    "id": {"help": "of the job"},
    "number": {"type": int, "help": "of the chunk, counted from 0"},
}
