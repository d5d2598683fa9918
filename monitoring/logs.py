"""Structured logs: JSON lines in a rotating file, lines for people on the error stream, the request's id in both."""

from __future__ import annotations

import logging
import sys
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from exceptions import ConfigurationError
from monitoring.context import log_facts

if TYPE_CHECKING:
    from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

ConsoleFormat = Literal["text", "json"]


def configure_logging(
    level: str,
    file: Path | None,
    max_megabytes: float,
    backups: int,
    console_format: ConsoleFormat = "text",
    console: TextIO | None = None,
) -> None:
    """Send everything that is logged in this process to the console and to a file; earlier handlers are closed.

    Args:
        level: least severe one that is logged.
        file: made together with its folder; ``None`` for the console alone.
        max_megabytes: size at which the file is set aside as ``FILE.1`` and begun anew.
        backups: how many files set aside are kept.
        console_format: lines for people or JSON.
        console: where the lines go; ``None`` for the error stream.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    stream = logging.StreamHandler(console or sys.stderr)
    stream.setFormatter(_formatter(_json() if console_format == "json" else [_line]))
    handlers: list[logging.Handler] = [stream]
    if file is not None:
        handlers.append(_file_handler(file, max_megabytes, backups))
    logging.basicConfig(level=level, handlers=handlers, force=True)
    # Every connection of theirs is a line; ours has the access log.
    for noisy in ("httpx", "httpx2", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _file_handler(file: Path, max_megabytes: float, backups: int) -> logging.Handler:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            file, maxBytes=round(max_megabytes * 1_000_000), backupCount=backups, encoding="utf-8"
        )
    except OSError as error:
        raise ConfigurationError(
            f"The log file {file} cannot be written: {error.strerror}.", field="server.log_file_path"
        ) from error
    handler.setFormatter(_formatter(_json()))
    return handler


def _formatter(renderers: list[Processor]) -> logging.Formatter:
    # Not at the top of the module: it would be a tenth of the time that importing the service takes.
    import structlog

    callsite = structlog.processors.CallsiteParameter
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _with_facts,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.CallsiteParameterAdder([callsite.MODULE, callsite.FUNC_NAME, callsite.LINENO]),
            structlog.stdlib.ExtraAdder(),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


def _json() -> list[Processor]:
    import structlog

    return [
        structlog.processors.EventRenamer("message"),
        _named_as_documented,
        structlog.processors.ExceptionRenderer(_exception),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _with_facts(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.update(log_facts())
    return event


def _named_as_documented(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event["level"] = event["level"].upper()
    event["function"] = event.pop("func_name", None)
    event["line"] = event.pop("lineno", None)
    return event


def _exception(exc_info: ExcInfo) -> Any:
    kind, error, trace = exc_info
    return {
        "type": kind.__name__,
        "message": str(error),
        "traceback": traceback.format_exception(kind, error, trace),
    }


def _line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    request_id = f" [{event['request_id']}]" if "request_id" in event else ""
    text = f"{event['timestamp']} {event['level'].upper()} {event['logger']}{request_id} {event['event']}"
    info = event.get("exc_info")
    return f"{text}\n{''.join(traceback.format_exception(*info)).rstrip()}" if isinstance(info, tuple) else text
