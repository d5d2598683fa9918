"""`start.py job`: hands long works to the running service over HTTP, and looks after them."""

from __future__ import annotations

import argparse
import hashlib
import io
import itertools
import os
import sys
import wave
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from client import AccessError, Client, Job, JobNotDoneError, RefusedError, ServiceError
from client.exchange import written
from config import load_settings
from exceptions import ConfigurationError
from launcher.console import Console
from launcher.job_arguments import add_job_arguments
from launcher.ports import local_url
from launcher.problems import LauncherError

KEY_VARIABLE = "CHATTERBOX_API_KEY"
BOOKS = (".epub", ".docx")
"""Endings of files that are books in any case."""
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command; failures are a sentence on the error stream and exit code 1 (2 for bad usage)."""
    parser = argparse.ArgumentParser(prog="start.py job")
    add_job_arguments(parser)
    options = parser.parse_args(arguments)
    console = Console()
    try:
        url = options.url or _configured_url(options.config)
        with Client(url, api_key=os.environ.get(KEY_VARIABLE, "")) as client:
            _ACTIONS[options.action](client, options, console)
    except (ServiceError, OSError) as error:
        console.problem(_problem(error))
        return 1
    except ConfigurationError as error:
        console.problem(LauncherError(error.message))
        return 1
    except KeyboardInterrupt:
        console.say("Stopped looking. A job that was handed in goes on.")
        return INTERRUPTED
    return 0


def _submit(client: Client, options: argparse.Namespace, console: Console) -> None:
    fields = _fields(options)
    if options.to is not None:
        job = client.submit_conversion(_uploaded(client, options.file), options.to, priority=options.priority, **fields)
    elif _is_book(options):
        job = client.submit_audiobook(client.upload_book(options.file)["id"], priority=options.priority, **fields)
    else:
        job = client.submit_job(_text(options.file), priority=options.priority, **fields)
    _tell(client, job, options, console)


def _estimate(client: Client, options: argparse.Namespace, console: Console) -> None:
    fields = _fields(options)
    if options.to is not None:
        found = client.estimate_conversion(_uploaded(client, options.file), options.to, **fields)
    elif _is_book(options):
        book = client.upload_book(options.file)
        for chapter in book["chapters"]:
            skipped = f"  (left out: {chapter['skipped']})" if chapter["skipped"] else ""
            _say(f"{chapter['index']:4}  {chapter['words']:7} words  {chapter['title']}{skipped}")
        found = client.estimate_audiobook(book["id"], **fields)
    else:
        found = client.estimate_job(_text(options.file), **fields)
    _say(f"{found['chunks']} chunks, {found['chunks_spoken_already']} of them spoken before")
    _say(f"about {_time(found['audio_seconds'])} of speech")
    work = found["work_seconds"]
    _say("time of work unknown until a job was finished" if work is None else f"about {_time(work)} of work")
    _say(f"about {_size(found['disk_bytes'])} on the disk, {_size(found['free_bytes'])} are free")
    for warning in found["warnings"]:
        console.say(warning)


def _list(client: Client, options: argparse.Namespace, console: Console) -> None:
    found = client.jobs(state=options.state, page=options.page)
    for job in found["jobs"]:
        _say(f"{job['id']}  {job['state']:10}  {job['progress']['share']:4.0%}  {job['title']}")
    pages = max(1, -(-found["total"] // found["page_size"]))
    console.say(f"{found['total']} jobs, page {found['page']} of {pages}")


def _show(client: Client, options: argparse.Namespace, console: Console) -> None:
    _tell(client, client.job(options.id), options, console)


def _chunks(client: Client, options: argparse.Namespace, console: Console) -> None:
    found = client.job_chunks(options.id, page=options.page)
    for chunk in found["chunks"]:
        check = {True: "passed", False: "not passed", None: ""}[chunk["passed"]]
        _say(f"{chunk['number']:6}  {chunk['state']:8}{check:12}{chunk['voice']}  {chunk['text']}")
    pages = max(1, -(-found["total"] // found["page_size"]))
    console.say(f"{found['total']} chunks, page {found['page']} of {pages}")


def _listen(client: Client, options: argparse.Namespace, console: Console) -> None:
    numbers = _spoken(client, options.id, options.chapter) if options.chunk is None else iter([options.chunk])
    clips = (client.job_chunk_audio(options.id, number) for number in numbers)
    first = next(clips, None)
    if first is None:
        raise OSError("Nothing of this chapter is spoken yet.")
    with written(options.output) as file, wave.open(file, "wb") as joined:
        for clip in itertools.chain([first], clips):
            with wave.open(io.BytesIO(clip)) as spoken:
                if not joined.getnframes():
                    joined.setparams(spoken.getparams())
                joined.writeframes(spoken.readframes(spoken.getnframes()))
    _say(str(options.output))


def _spoken(client: Client, job_id: str, chapter: int) -> Iterator[int]:
    """Numbers of the chunks of a chapter from its beginning on, as far as they are finished."""
    for page in itertools.count(1):
        found = client.job_chunks(job_id, page=page, part=chapter)
        for chunk in found["chunks"]:
            if chunk["state"] != "done":
                return
            yield chunk["number"]
        if page * found["page_size"] >= found["total"]:
            return


def _redo(client: Client, options: argparse.Namespace, console: Console) -> None:
    _say(_state(client.redo_chunk(options.id, options.number, seed=options.seed, text=options.text)))


def _download(client: Client, options: argparse.Namespace, console: Console) -> None:
    job = client.job(options.id)
    result = job["result"]
    if result is None:
        raise JobNotDoneError(f"The job is {job['state']}; it has no files yet.", job)
    options.output.mkdir(parents=True, exist_ok=True)
    for file in (*result["output_files"], *result["captions"]):
        _say(str(client.download(file["filename"], options.output / PurePosixPath(file["filename"]).name)))


def _delete(client: Client, options: argparse.Namespace, console: Console) -> None:
    client.delete_job(options.id)
    console.say("Forgotten.")


def _steering(steer: Callable[[Client, str], Job]) -> Callable[[Client, argparse.Namespace, Console], None]:
    return lambda client, options, console: _say(_state(steer(client, options.id)))


_ACTIONS: dict[str, Callable[[Client, argparse.Namespace, Console], None]] = {
    "submit": _submit,
    "estimate": _estimate,
    "list": _list,
    "show": _show,
    "chunks": _chunks,
    "listen": _listen,
    "pause": _steering(Client.pause_job),
    "resume": _steering(Client.resume_job),
    "cancel": _steering(Client.cancel_job),
    "redo": _redo,
    "download": _download,
    "delete": _delete,
}


def _tell(client: Client, job: Job, options: argparse.Namespace, console: Console) -> None:
    _say(job["id"])
    if options.follow:
        job = client.wait_for_job(job["id"], on_progress=lambda job: console.live(_state(job)))
    console.say(_state(job))
    result = job["result"]
    for file in (*result["output_files"], *result["captions"]) if result else ():
        _say(file["filename"])


def _state(job: Job) -> str:
    progress = job["progress"]
    left = progress["eta_seconds"]
    parts = [
        f"{job['state']}: {progress['chunks_done']} of {progress['chunks']} chunks ({progress['share']:.0%})",
        f"{_time(progress['audio_seconds'])} of speech",
        "" if left is None else f"about {_time(left)} left",
        job["message"] or "",
    ]
    return ", ".join(filter(None, parts))


def _fields(options: argparse.Namespace) -> dict[str, Any]:
    given = {"voice": options.voice, "title": options.title}
    return {**{name: value for name, value in given.items() if value is not None}, **dict(options.fields)}


def _is_book(options: argparse.Namespace) -> bool:
    return options.book or options.file.suffix.lower() in BOOKS


def _uploaded(client: Client, recording: Path) -> str:
    """Its name among the inputs, where the same recording has one place however often it is handed in."""
    checksum = hashlib.sha256(recording.read_bytes()).hexdigest()
    return client.upload_input(recording, name=f"{recording.stem}_{checksum[:12]}", overwrite=True)["filename"]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OSError(f"{file} is no text in UTF-8. With --book it is read as a book, in any encoding.") from error


def _configured_url(config: Path | None) -> str:
    server = load_settings(config).server
    return local_url(server.host, server.port)


def _problem(error: ServiceError | OSError) -> LauncherError:
    if isinstance(error, AccessError):
        return LauncherError(error.message, f"Put a key with the scope into the variable {KEY_VARIABLE}.")
    if isinstance(error, RefusedError):
        return LauncherError(error.message)
    if isinstance(error, JobNotDoneError | OSError):
        return LauncherError(str(error))
    return LauncherError(
        f"The service cannot be reached: {error}", "Start it (python3 start.py), or name it with --url."
    )


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
