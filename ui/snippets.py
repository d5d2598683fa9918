"""A request of the page as a command line and as a Python program that do the same over HTTP."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from speech.audio.encode import FORMATS

_PYTHON = """\
import json
import urllib.request

speech = {fields}
request = urllib.request.Request(
    {address!r}, json.dumps(speech).encode(), {{"Content-Type": "application/json"}}
)
with urllib.request.urlopen(request) as reply, open({file!r}, "wb") as file:
    file.write(reply.read())
"""


def curl_command(base: str, fields: Mapping[str, Any]) -> str:
    """A command for a POSIX shell that saves the speech.

    Args:
        base: address of the service, without a slash at its end.
        fields: of the speech request.
    """
    body = shlex.quote(json.dumps(fields, ensure_ascii=False, indent=1))
    return (
        f"curl -sS {shlex.quote(f'{base}/api/v1/tts')} \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -o {_file(fields)} \\\n  -d {body}"
    )


def python_program(base: str, fields: Mapping[str, Any]) -> str:
    """A program without dependencies that saves the speech; arguments as of `curl_command`."""
    return _PYTHON.format(address=f"{base}/api/v1/tts", fields=_literal(fields), file=_file(fields))


def _file(fields: Mapping[str, Any]) -> str:
    formats = fields.get("export_formats") or ["wav"]
    return f"speech{FORMATS[formats[0]].suffix}"


def _literal(fields: Mapping[str, Any]) -> str:
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in fields.items()) + "}"
