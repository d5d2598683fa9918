"""What is done with jobs that were handed in: looked at, steered, listened to, single chunks made again."""

from __future__ import annotations

import contextlib
import io
import itertools
import wave
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from pydantic import ValidationError

from api_models.jobs import JobChunk, JobReply, RedoRequest
from core.job_service import JobService
from core_engine import CoreEngine
from exceptions import ChatterboxError, ResourceNotFoundError
from library.temp_folders import request_folder
from ui.desk import Shown
from ui.job_requests import JobRequests
from ui.tables import table_html
from ui.wording import error_html, invalid_request, job_html, status_html

if TYPE_CHECKING:
    from ui.tabs.jobs import JobsTab

UNFINISHED: Final = ("queued", "running", "assembling")
ON_A_PAGE: Final = 20
MOST_KEPT: Final = 50


class JobHandlers:
    """The handlers; a browser sees the jobs that it handed in.

    Args:
        core: has the finished files.
        service: works on the jobs.
        tab: components that they read and change.
    """

    def __init__(self, core: CoreEngine, service: JobService, tab: JobsTab) -> None:
        self._core = core
        self._service = service
        self._tab = tab
        self.requests = JobRequests(service, tab)

    def hand_in(self, given: Mapping[Any, Any]) -> Shown:
        """Store the text or the book as a job."""
        tab = self._tab
        try:
            job = self._service.submit(self.requests.job(given))
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        kept = [job.id, *_ids(given[tab.kept])][:MOST_KEPT]
        emptied = {tab.text: "", tab.files: None, tab.title: "", **self.requests.no_book()}
        return {**self.look(kept, job.id), tab.kept: kept, tab.part: _parts(job, chosen=True), **emptied}

    def look(self, kept: Any, chosen: str | None) -> Shown:
        """The browser's jobs as they stand, and more of the chosen one, or else of the newest, at work if any is."""
        jobs = {job.id: job for job in map(self._find, _ids(kept)) if job is not None}
        at_work = [job.id for job in jobs.values() if job.state in UNFINISHED]
        picked = chosen if chosen in jobs else next(iter([*at_work, *jobs]), None)
        seen = self._seen(jobs[picked] if picked else None)
        if picked and picked != chosen:
            seen[self._tab.part] = _parts(jobs[picked], chosen=True)
        return {
            self._tab.jobs: gr.update(choices=[(_label(job), job.id) for job in jobs.values()], value=picked),
            self._tab.timer: gr.Timer(active=bool(at_work)),
            **seen,
        }

    def choose(self, job_id: str) -> Shown:
        """The chosen job."""
        tab, job = self._tab, self._find(job_id)
        return {
            **self._seen(job),
            tab.part: _parts(job, chosen=True) if job else gr.skip(),
            tab.chunks: self.list_chunks(job_id, 1),
            tab.clip: None,
            tab.sure: False,
        }

    def pause(self, job_id: str | None) -> Shown:
        """Begin no more chunks."""
        return self._steer(job_id, self._service.pause)

    def resume(self, job_id: str | None) -> Shown:
        """Go on."""
        return self._steer(job_id, self._service.resume)

    def cancel(self, job_id: str | None) -> Shown:
        """Stop for good."""
        return self._steer(job_id, self._service.cancel)

    def delete(self, job_id: str | None, sure: bool, kept: Any) -> Shown:
        """Forget a job; its finished files stay."""
        tab = self._tab
        if not job_id or not sure:
            return {tab.status: status_html("Choose a job and tick “Yes, forget it” first.", "bad")}
        try:
            self._service.delete(job_id)
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        left = [kept_id for kept_id in _ids(kept) if kept_id != job_id]
        return {**self.look(left, None), tab.kept: left, tab.sure: False}

    def list_chunks(self, job_id: str | None, page: float | None) -> str:
        """One page of the chunks."""
        if not job_id:
            return ""
        try:
            found = self._service.chunks(job_id, max(1, int(page or 1)), ON_A_PAGE)
        except ChatterboxError as error:
            return error_html(error)
        pages = max(1, -(-found.total // ON_A_PAGE))
        rows = [_row(chunk) for chunk in found.chunks]
        caption = status_html(f"{found.total} chunks, page {found.page} of {pages}.")
        return caption + table_html(("Chunk", "Text", "Voice", "State", "Check"), rows)

    def listen(self, job_id: str | None, number: float | None) -> Iterator[Shown]:
        """A finished chunk."""

        def chunk(folder: Path) -> Path:
            target = folder / "chunk.wav"
            target.write_bytes(self._service.chunk_audio(_chosen(job_id), int(number or 1) - 1))
            return target

        yield from self._play(chunk)

    def listen_to_part(self, job_id: str | None, part: int | None) -> Iterator[Shown]:
        """A chapter: its file if the job is done, else as much of its beginning as is spoken."""

        def chapter(folder: Path) -> Path:
            job = self._service.get(_chosen(job_id))
            return self._part_file(job, part or 0) or self._spoken_so_far(job.id, part or 0, folder / "chapter.wav")

        yield from self._play(chapter)

    def redo(self, job_id: str | None, number: float | None, text: str, seed: float | None) -> Shown:
        """Make a chunk again: with another text, with that seed, or with the next one."""
        tab = self._tab
        try:
            how = RedoRequest(text=text or None, seed=int(seed) if seed else None)
            job = self._service.redo(_chosen(job_id), int(number or 1) - 1, how)
        except ValidationError as error:
            return {tab.status: error_html(invalid_request(error))}
        except ChatterboxError as error:
            return {tab.status: error_html(error)}
        return {tab.status: job_html(job), tab.new_text: "", tab.timer: gr.Timer(active=True)}

    def _play(self, make: Callable[[Path], Path]) -> Iterator[Shown]:
        """Let the player have a file; `make` may put it into a folder that is gone once the page has its copy."""
        tab = self._tab
        try:
            with request_folder(self._core.settings.paths.temp_dir) as folder:
                yield {tab.clip: gr.update(value=str(make(folder)), autoplay=True)}
        except ChatterboxError as error:
            yield {tab.status: error_html(error), tab.clip: None}

    def _steer(self, job_id: str | None, how: Callable[[str], JobReply]) -> Shown:
        try:
            told = job_html(how(_chosen(job_id)))
        except ChatterboxError as error:
            told = error_html(error)
        return {self._tab.status: told, self._tab.timer: gr.Timer(active=True)}

    def _find(self, job_id: str) -> JobReply | None:
        try:
            return self._service.get(job_id)
        except ResourceNotFoundError:
            return None

    def _seen(self, job: JobReply | None) -> Shown:
        tab = self._tab
        if job is None:
            return {tab.status: gr.skip(), tab.result: gr.update(visible=False), tab.part: gr.skip()}
        result = job.result
        names = [file.filename for file in result.output_files] if result else []
        names += [captions.filename for captions in result.captions] if result else []
        files = [str(path) for path in map(self._path, names) if path]
        return {
            tab.status: job_html(job),
            tab.result: gr.update(value=files or None, visible=bool(files)),
            tab.part: _parts(job),
        }

    def _part_file(self, job: JobReply, part: int) -> Path | None:
        files = job.result.output_files if job.result else []
        own = [file.filename for file in files if file.part == part or (file.part is None and len(job.parts) == 1)]
        return next(filter(None, map(self._path, own)), None)

    def _spoken_so_far(self, job_id: str, part: int, target: Path) -> Path:
        """The finished chunks from the beginning of a chapter on, in one file.

        Raises:
            ResourceNotFoundError: there are none.
        """
        with contextlib.ExitStack() as stack:
            joined: wave.Wave_write | None = None
            for chunk in itertools.takewhile(lambda chunk: chunk.state == "done", self._chunks_of(job_id, part)):
                with wave.open(io.BytesIO(self._service.chunk_audio(job_id, chunk.number))) as spoken:
                    if joined is None:
                        joined = stack.enter_context(wave.open(str(target), "wb"))
                        joined.setparams(spoken.getparams())
                    joined.writeframes(spoken.readframes(spoken.getnframes()))
        if joined is None:
            raise ResourceNotFoundError("Nothing of this chapter is spoken yet.")
        return target

    def _chunks_of(self, job_id: str, part: int) -> Iterator[JobChunk]:
        for page in itertools.count(1):
            found = self._service.chunks(job_id, page, 100, part)
            yield from found.chunks
            if page * 100 >= found.total:
                return

    def _path(self, name: str) -> Path | None:
        try:
            return self._core.outputs.find(name)[0]
        except ResourceNotFoundError:
            # Deleted meanwhile, or just being assembled anew.
            return None


def _parts(job: JobReply, *, chosen: bool = False) -> Any:
    """The chapters, the first of them `chosen` or the choice left as it is."""
    choices = [(part.title or "The whole", part.index) for part in job.parts]
    return gr.update(choices=choices, value=0) if chosen else gr.update(choices=choices)


def _chosen(job_id: str | None) -> str:
    if not job_id:
        raise ResourceNotFoundError("Choose a job first.")
    return job_id


def _ids(kept: Any) -> list[str]:
    return [job_id for job_id in kept if isinstance(job_id, str)] if isinstance(kept, list) else []


def _label(job: JobReply) -> str:
    return f"{job.created[:16].replace('T', ' ')} · {job.title or 'Untitled'} · {job.state} · {job.progress.share:.0%}"


def _row(chunk: JobChunk) -> tuple[str, ...]:
    passed = {True: "passed", False: "not passed", None: ""}[chunk.passed]
    return str(chunk.number + 1), chunk.text, chunk.voice, chunk.state, passed
