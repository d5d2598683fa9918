"""Jobs of type ``audiobook``: chapters of a book into one M4B, with files of the chapters and captions beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from api_models import TTSRequest
from api_models.jobs import AudiobookRequest, JobResult
from core.speech_work import SpeechOrder
from exceptions import InvalidRequestError
from jobs.books import BookShelf
from jobs.cast import apply_cast
from jobs.kinds import Bench, PlannedJob, StoredChunks, result_name
from jobs.records import ChunkRecord, JobPlan, JobRecord, NewChunk, Part
from jobs.results import job_result
from jobs.spoken import SpokenChunks
from library.books import Book, Chapter
from library.outputs import CAPTION_SUFFIXES
from library.result_files import Place, Recording, ResultFiles
from library.text_files import safe_stem
from speech.assembly import speak_plan
from speech.audio.edges import silence
from speech.audio.m4b import ChapterMark, CoverPicture
from speech.cancel import CancelToken
from speech.captions import caption_words, make_cues, to_srt, to_vtt
from speech.finishing import plan_whole, whole_blocks
from speech.plan import Plan
from speech.planning import choose_voice
from speech.progress import ignore
from speech.quality import ChunkQuality
from speech.spool import Spool

OWN_FIELDS = {
    "book", "chapters", "title", "author", "cast", "folder", "chapter_formats", "captions", "chapter_pause_ms",
}  # fmt: skip
"""Fields that speech requests do not have, or that mean the whole book."""
ALWAYS = ("normalize_audio", "normalize_level", "normalize_tp")
"""Fields whose default is the book's, not the operator's."""


class AudiobookJobs:
    """Plans and assembles books.

    Args:
        bench: with what.
        shelf: has the books.
    """

    def __init__(self, bench: Bench, shelf: BookShelf) -> None:
        self._bench = bench
        self._shelf = shelf

    def plan(self, request: str) -> PlannedJob:
        """Plan every chapter as a part."""
        asked = AudiobookRequest.model_validate_json(request)
        book = self._shelf.get(asked.book)
        chosen = _chosen(book, asked)
        self._refuse_impossible(asked, chosen)
        parts: list[Part] = []
        chunks: list[NewChunk] = []
        common: Plan | None = None
        seed = asked.seed
        defaults = self._bench.defaults(_speech(asked, "A chapter.", seed))
        for number, chapter in enumerate(chosen):
            speech = _speech(asked, apply_cast(chapter.text, asked.cast), seed)
            planned, own = self._bench.plan(number, speech, defaults)
            seed = planned.plan.seed
            parts.append(Part(chapter.title, planned.plan.lead_pause_ms, planned.wordless, planned.ignored_tags))
            chunks += own
            common = planned.plan
        assert common is not None
        plan = JobPlan(common.engine, common.engine_version, common.sample_rate, seed, tuple(parts), defaults)
        return PlannedJob(asked.title or book.title, plan, tuple(chunks))

    def _refuse_impossible(self, asked: AudiobookRequest, chosen: Sequence[Chapter]) -> None:
        longest = self._bench.longest_text
        if sum(len(chapter.text) for chapter in chosen) > longest:
            raise InvalidRequestError(f"The chapters have more than {longest} characters.", field="chapters")
        if asked.cast and not asked.markup:
            raise InvalidRequestError("A cast needs markup.", field="markup")
        for voice in asked.cast.values():
            choose_voice(self._bench.core.engine, voice, "cast")

    def maker(self, job: JobRecord) -> SpokenChunks:
        """Speaks its chunks by the request of a chapter."""
        asked = AudiobookRequest.model_validate_json(job.request)
        return SpokenChunks(self._bench, job, _speech(asked, "A chapter.", 1))

    def changed(self, job: JobRecord, old: ChunkRecord, text: str | None, seed: int) -> NewChunk:
        """A chunk to be made again."""
        return self.maker(job).changed(old, text, seed)

    def assemble(self, job: JobRecord, chunks: Sequence[ChunkRecord], cancel: CancelToken) -> JobResult:
        """Write the M4B, the chapters' files and the captions."""
        request = AudiobookRequest.model_validate_json(job.request)
        outputs = self._bench.core.outputs
        stem = outputs.new_stem(result_name(job.id), job.plan.seed)
        with outputs.result(request.folder) as files:
            binding = _Binding(self._bench, job, request, self._shelf.get(request.book), files, stem, cancel)
            binding.bind(chunks)
        self._bench.core.casting.note_use(record.chunk.voice for record in chunks)
        return job_result(files, binding.qualities, binding.seconds, job.plan)


@dataclass
class _Binding:
    """One book under assembly; at most one chapter lies in the spool, and none in memory."""

    bench: Bench
    job: JobRecord
    request: AudiobookRequest
    book: Book
    files: ResultFiles
    stem: str
    cancel: CancelToken
    qualities: list[ChunkQuality] = field(default_factory=list)
    seconds: float = 0.0

    def bind(self, chunks: Sequence[ChunkRecord]) -> None:
        """Write everything."""
        rate = self.job.plan.sample_rate
        cover = CoverPicture(self.book.cover.data, self.book.cover.kind) if self.book.cover else None
        recording, writer = self.files.audiobook(self.stem, rate, self._tags(self.job.title), cover)
        last = len(self.job.plan.parts) - 1
        for number, part in enumerate(self.job.plan.parts):
            start = recording.sample_count
            own = [chunk for chunk in chunks if chunk.part == number]
            self._chapter(number, own, recording)
            writer.chapters.append(ChapterMark(part.title, start, recording.sample_count))
            if number < last:
                recording.write(silence(self.request.chapter_pause_ms, rate))
        recording.close()
        self.seconds = recording.seconds
        self._captions()

    def _chapter(self, number: int, chunks: Sequence[ChunkRecord], recording: Recording) -> None:
        rate, spoken_as = self.job.plan.sample_rate, _speech(self.request, "A chapter.", 1)
        order = self.bench.order(self.job, spoken_as, number, chunks)
        source = StoredChunks(self.bench.audio, chunks, lambda index, take: None, self.cancel)
        with Spool(self.bench.core.workshop.temp_dir, rate) as spool:
            made = speak_plan(order.planned.plan, source, order.finishing, spool, ignore)
            whole = plan_whole(spool, rate, order.finishing, self.cancel.raise_if_stopped)
            moved = recording.seconds - whole.start(rate) / rate
            with self._chapter_file(number, order) as own:
                for block in whole_blocks(spool, rate, whole, self.cancel.raise_if_stopped):
                    recording.write(block)
                    own.write(block)
        self.qualities += [chunk.moved(moved, recording.seconds) for chunk in made.chunks]

    def _chapter_file(self, number: int, order: SpeechOrder) -> Recording:
        title = self.job.plan.parts[number].title
        stem = f"{self.stem}_{number + 1:03d}_{safe_stem(title)}"
        tags = {**self._tags(title), "track": f"{number + 1}/{len(self.job.plan.parts)}"}
        place = Place("chapter", 1, number)
        return self.files.audio(stem, self.request.chapter_formats, self.job.plan.sample_rate, tags, place)

    def _tags(self, title: str) -> dict[str, str]:
        capabilities = self.bench.core.engine.capabilities
        author = self.request.author or self.book.author
        return {
            "title": title,
            "artist": author or "unknown",
            "album": self.job.title,
            "engine": f"{capabilities.engine} {capabilities.model}",
            "comment": f"job {self.job.id}, seed {self.job.plan.seed}",
        }

    def _captions(self) -> None:
        if self.request.captions:
            cues = make_cues(caption_words(self.qualities), self.seconds)
            for name in self.request.captions:
                content = {"srt": to_srt, "vtt": to_vtt}[name](cues)
                self.files.text(f"{self.stem}{CAPTION_SUFFIXES[name]}", content, "captions", name, 1)


def _chosen(book: Book, asked: AudiobookRequest) -> list[Chapter]:
    if asked.chapters is None:
        chosen = [chapter for chapter in book.chapters if not chapter.skipped]
        if not chosen:
            raise InvalidRequestError("All chapters are skipped by rule; name those to read.", field="chapters")
        return chosen
    for index in asked.chapters:
        if not 0 <= index < len(book.chapters):
            raise InvalidRequestError(f"The book has no chapter {index}.", field="chapters")
    return [book.chapters[index] for index in asked.chapters]


def _speech(asked: AudiobookRequest, text: str, seed: int) -> TTSRequest:
    """The speech request of one chapter; what the caller left out stays left out."""
    fields = asked.model_dump(exclude_unset=True, exclude=OWN_FIELDS)
    fields.update({name: getattr(asked, name) for name in ALWAYS})
    return TTSRequest.model_validate({**fields, "text": text, "seed": seed, "num_generations": 1})
