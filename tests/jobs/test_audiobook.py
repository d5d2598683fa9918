"""Audiobooks: from a book file to an M4B whose chapters, levels and captions are right."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from api_models.jobs import AudiobookJob, BookReply, JobReply
from config import Settings
from exceptions import InvalidRequestError, ResourceNotFoundError
from jobs.cast import apply_cast
from jobs.service import Jobs
from speech.audio.decode import decode
from speech.audio.loudness_meter import measure
from speech.engines.tone import SAMPLE_RATE, VOICE_PITCHES
from tests.support.epubs import PNG, sea_book
from tests.support.jobs import JobsMaker, left_when_old, wait_for

LONG = ("The sea was calm and the wind slept. " * 3 + "\n\n") * 3


def book_job(book: BookReply, **fields: Any) -> AudiobookJob:
    request = {"book": book.id, "seed": 7, "chapter_formats": ["wav"], **fields}
    return AudiobookJob.model_validate({"type": "audiobook", "request": request})


def read_aloud(service: Jobs, name: str, data: bytes, **fields: Any) -> JobReply:
    return wait_for(service, service.submit(book_job(service.add_book(name, data), **fields)).id, "done", "failed")


def paths(settings: Settings, reply: JobReply) -> dict[str, Path]:
    """Result files by format, or by chapter for those of chapters."""
    assert reply.result is not None, reply.message
    return {
        file.format if file.part is None else f"{file.format} {file.part}": settings.paths.output_dir / file.filename
        for file in reply.result.output_files
    }


def pitch(samples: Any) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    low = int(1500 * len(samples) / SAMPLE_RATE)
    return float(np.argmax(spectrum[:low]) * SAMPLE_RATE / len(samples))


def test_an_epub_becomes_an_m4b_with_chapters_cover_and_tags(make_jobs: JobsMaker, settings: Settings) -> None:
    reply = read_aloud(make_jobs(), "sea.epub", sea_book(), captions=["srt", "vtt"])
    assert reply.state == "done"
    assert [part.title for part in reply.parts] == ["Chapter One", "Chapter Two", "Chapter Three"]
    found = paths(settings, reply)
    assert sorted(found) == ["m4b", "wav 0", "wav 1", "wav 2"]
    with av.open(str(found["m4b"])) as book:
        marks: Any = book.chapters()
        assert [mark["metadata"]["title"] for mark in marks] == ["Chapter One", "Chapter Two", "Chapter Three"]
        assert book.metadata["title"] == "The Sea" and book.metadata["artist"] == "A. Writer"
        assert book.metadata["major_brand"] == "M4B "
        picture = next(stream for stream in book.streams if stream.type == "video")
        assert bytes(next(book.demux(picture))) == PNG
    lengths = [len(decode(found[f"wav {n}"], SAMPLE_RATE, 1000)) for n in range(3)]
    starts = [float(mark["start"] * mark["time_base"]) for mark in marks]
    expected = [0.0, lengths[0] / SAMPLE_RATE + 2, (lengths[0] + lengths[1]) / SAMPLE_RATE + 4]
    assert starts == pytest.approx(expected, abs=0.001)
    assert reply.result is not None
    assert reply.result.audio_seconds == pytest.approx(sum(lengths) / SAMPLE_RATE + 4, abs=0.001)
    captions = {file.format: settings.paths.output_dir / file.filename for file in reply.result.captions}
    assert "wind rose & fell" in captions["srt"].read_text("utf-8")
    assert "wind rose &amp; fell" in captions["vtt"].read_text("utf-8")


def test_chapters_are_equally_loud(make_jobs: JobsMaker, settings: Settings) -> None:
    text = f"Chapter 1\n\n{LONG}\n\nChapter 2\n\n[voice:tone-h]{LONG}[/voice]\n"
    reply = read_aloud(make_jobs(), "two.txt", text.encode())
    for chapter in ("wav 0", "wav 1"):
        samples = decode(paths(settings, reply)[chapter], SAMPLE_RATE, 1000)
        level = measure([samples], SAMPLE_RATE)
        assert level.integrated == pytest.approx(-19.0, abs=0.3)
        assert level.true_peak <= -3.0


def test_only_the_chosen_chapters_are_read_in_the_order_asked(make_jobs: JobsMaker) -> None:
    reply = read_aloud(make_jobs(), "sea.epub", sea_book(), chapters=[3, 0], title="My Cut")
    assert reply.title == "My Cut"
    assert [part.title for part in reply.parts] == ["Chapter Three", "Title Page"]


def test_a_cast_gives_speakers_their_voices(make_jobs: JobsMaker, settings: Settings) -> None:
    text = "ANNA: Good morning to you, my dear old friend.\n\nBert: And good morning to you, and a fine day."
    cast = {"anna": "tone-c", "Bert": "tone-f"}
    service = make_jobs()
    reply = read_aloud(service, "play.txt", text.encode(), cast=cast)
    chunks = service.chunks(reply.id, 1, 10).chunks
    assert [(chunk.voice, chunk.text[:4]) for chunk in chunks] == [("tone-c", "Good"), ("tone-f", "And ")]
    samples = decode(paths(settings, reply)["wav 0"], SAMPLE_RATE, 100)
    assert pitch(samples[: SAMPLE_RATE // 2]) == pytest.approx(VOICE_PITCHES["tone-c"], abs=5)
    assert pitch(samples[-SAMPLE_RATE // 2 :]) == pytest.approx(VOICE_PITCHES["tone-f"], abs=5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna: Hello.", "[voice:v1]Hello.[/voice]"),
        ("ANNA:  Hello:\nyou.", "[voice:v1]Hello:\nyou.[/voice]"),
        ("Carl: Hello.", "Carl: Hello."),
        ("[voice:anna]Hi.[/voice]", "[voice:v1]Hi.[/voice]"),
        ("It was Anna: she sang.", "It was Anna: she sang."),
        ("Anna:no space", "Anna:no space"),
        ("One.\n\nAnna: Two.\n\nThree.", "One.\n\n[voice:v1]Two.[/voice]\n\nThree."),
    ],
)
def test_the_cast_changes_only_its_own_speakers(text: str, expected: str) -> None:
    assert apply_cast(text, {"Anna": "v1"}) == expected


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"cast": {"Anna": "nobody"}}, "cast"),
        ({"cast": {"Anna": "tone-a"}, "markup": False}, "markup"),
        ({"chapters": [99]}, "chapters"),
        ({"chapters": [-1]}, "chapters"),
        ({"voice": "nobody"}, "voice"),
    ],
)
def test_what_cannot_be_read_is_refused_before_the_start(
    make_jobs: JobsMaker, fields: dict[str, Any], field: str
) -> None:
    service = make_jobs(start=False)
    book = service.add_book("sea.epub", sea_book())
    with pytest.raises(InvalidRequestError) as refused:
        service.submit(book_job(book, **fields))
    assert refused.value.field == field


@pytest.mark.parametrize("book_id", ["", "nothing", "../jobs", "a" * 24])
def test_an_unknown_book_is_not_found(make_jobs: JobsMaker, book_id: str) -> None:
    with pytest.raises(ResourceNotFoundError):
        make_jobs(start=False).get_book(book_id)


def test_an_edited_book_speaks_only_what_changed(make_jobs: JobsMaker) -> None:
    service = make_jobs()
    read_aloud(service, "b.txt", b"Chapter 1\n\nIt was calm at sea.\n\nNobody said a word.")
    book = service.add_book("b.txt", b"Chapter 1\n\nIt was calm at sea.\n\nSomebody said a word.")
    estimate = service.estimate(book_job(book))
    assert (estimate.chunks, estimate.chunks_spoken_already) == (3, 2)
    job = service.submit(book_job(book))
    wait_for(service, job.id, "done")
    chunks = [event.data for event in service.events(job.id, 0, 100) if event.event == "chunk"]
    assert [data["reused"] for data in chunks].count(False) == 1


def test_the_estimate_learns_from_finished_jobs(make_jobs: JobsMaker) -> None:
    service = make_jobs()
    book = service.add_book("b.txt", (LONG * 2).encode())
    before = service.estimate(book_job(book))
    assert before.work_seconds is None and before.free_bytes > 0
    reply = wait_for(service, service.submit(book_job(book)).id, "done")
    assert reply.result is not None
    after = service.estimate(book_job(book, seed=8))
    assert after.work_seconds is not None and after.work_seconds > 0
    assert after.audio_seconds == pytest.approx(reply.result.audio_seconds, rel=0.05)
    made = sum(file.size_bytes for file in reply.result.output_files)
    assert after.disk_bytes > made


def test_books_are_kept_as_long_as_a_job_speaks_them(make_jobs: JobsMaker, settings: Settings) -> None:
    service = make_jobs()
    job = read_aloud(service, "sea.epub", sea_book())
    unused = service.add_book("two.txt", b"Nobody reads this.")
    folder = settings.paths.jobs_dir / "books"
    assert len(list(folder.iterdir())) == 4
    assert len(left_when_old(service, folder)) == 2
    with pytest.raises(ResourceNotFoundError):
        service.get_book(unused.id)
    service.add_book("two.txt", b"Nobody reads this.")
    service.sweep()
    assert service.get_book(unused.id)
    service.delete(job.id)
    assert left_when_old(service, folder) == []
