"""Long conversions as jobs: the same audio as the direct way, resumed, cancelled, single pieces made again."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from api_models import VCRequest
from api_models.jobs import ConversionJob, JobReply, RedoRequest
from config import Settings
from exceptions import InvalidRequestError, ResourceNotFoundError
from speech.cancel import CancelToken
from speech.engines.abilities import ConversionRequest
from speech.engines.tone import SAMPLE_RATE, ToneEngine, ToneFaults
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.support.jobs import JobsMaker, left_when_old, wait_for


class Counting(ToneEngine):
    """Counts what it converts; a delay is for every piece."""

    def __init__(self, delay: float = 0.0) -> None:
        super().__init__(ToneFaults(delay=delay), max_batch=1)
        self.converted: list[bytes] = []

    def convert(self, request: ConversionRequest, cancel: CancelToken) -> Samples:
        made = super().convert(request, cancel)
        self.converted.append(request.samples.tobytes())
        return made


@pytest.fixture(autouse=True)
def talk(settings: Settings) -> Path:
    """A recording of 12 s, no two pieces of it alike, of which the sixth to the eighth second are silent."""
    clock = np.arange(12 * SAMPLE_RATE) / SAMPLE_RATE
    samples = 0.3 * np.sin(2 * np.pi * (150 + 5 * clock) * clock) * np.abs(np.sin(clock))
    samples[5 * SAMPLE_RATE : 8 * SAMPLE_RATE] = 0
    settings.paths.vc_input_dir.mkdir(parents=True)
    path = settings.paths.vc_input_dir / "talk.flac"
    soundfile.write(path, samples, SAMPLE_RATE)
    return path


def conversion(**fields: Any) -> ConversionJob:
    request = {
        "input_audio_source": "talk.flac", "target_voice_source": "tone-d", "chunk_sec": 1.0, "seed": 7,
        "export_formats": ["wav"], **fields,
    }  # fmt: skip
    return ConversionJob.model_validate({"type": "vc", "request": request})


def audio(settings: Settings, reply: JobReply) -> Samples:
    assert reply.result is not None, reply.message
    samples: Samples = soundfile.read(settings.paths.output_dir / reply.result.output_files[0].filename)[0]
    return samples


@pytest.mark.parametrize("fields", [{}, {"pitch_shift": 2.0, "normalize_audio": True, "use_auto_editor": True}])
def test_a_job_makes_the_same_audio_as_the_request_itself(
    make_jobs: JobsMaker, make_core: CoreMaker, settings: Settings, fields: dict[str, Any]
) -> None:
    service, job = make_jobs(jobs={"workers": 2}), conversion(**fields)
    reply = wait_for(service, service.submit(job).id, "done", "failed")
    direct = make_core().vc(job.request)
    assert np.array_equal(audio(settings, reply), soundfile.read(direct.files[0].path)[0])
    assert reply.result is not None
    assert (reply.title, reply.result.generation_seed_used) == ("talk.flac", 7)
    chunks = service.chunks(reply.id, 1, 100).chunks
    assert len(chunks) == reply.progress.chunks_done < len(direct.quality.chunks)
    assert chunks[0].text.startswith("0:00:00 to 0:00:0") and chunks[0].voice == "tone-d"
    assert service.chunk_audio(reply.id, 0)[:4] == b"RIFF"


def test_a_stopped_job_goes_on_without_its_input_and_makes_no_piece_twice(make_jobs: JobsMaker, talk: Path) -> None:
    first, second = Counting(delay=0.2), Counting()
    service = make_jobs(engine=first)
    job_id = service.submit(conversion()).id
    while len(first.converted) < 3:
        time.sleep(0.01)
    service.close()
    talk.unlink()
    reply = wait_for(make_jobs(engine=second), job_id, "done", "failed")
    made = [*first.converted, *second.converted]
    assert reply.state == "done", reply.message
    assert len(set(made)) == len(made) == reply.progress.chunks


def test_a_cancelled_job_ends_within_a_piece(make_jobs: JobsMaker) -> None:
    service = make_jobs(faults=ToneFaults(delay=30.0))
    job_id = service.submit(conversion()).id
    wait_for(service, job_id, "running")
    service.cancel(job_id)
    service._core.engine._faults = ToneFaults()  # type: ignore[attr-defined]
    wait_for(service, service.submit(conversion(seed=8)).id, "done", seconds=5)
    assert service.get(job_id).state == "cancelled"


def test_a_piece_is_made_again_with_another_seed_and_takes_no_text(make_jobs: JobsMaker) -> None:
    engine = Counting()
    service = make_jobs(engine=engine)
    job_id = service.submit(conversion()).id
    before = wait_for(service, job_id, "done").progress.chunks
    with pytest.raises(InvalidRequestError, match="no text"):
        service.redo(job_id, 1, RedoRequest(text="Other words."))
    service.redo(job_id, 1, RedoRequest())
    wait_for(service, job_id, "done")
    assert engine.converted[before:] == [engine.converted[1]]
    assert [chunk.seed for chunk in service.chunks(job_id, 1, 3).chunks] == [7, 8, 7]


def test_lost_pieces_are_made_again(make_jobs: JobsMaker, settings: Settings) -> None:
    engine = Counting()
    service = make_jobs(engine=engine)
    job_id = service.submit(conversion()).id
    before = audio(settings, wait_for(service, job_id, "done"))
    sorted((settings.paths.jobs_dir / "chunks").rglob("*.npz"))[0].unlink()
    service.redo(job_id, 2, RedoRequest(seed=7))
    again = wait_for(service, job_id, "done")
    assert len(set(engine.converted)) == len(engine.converted) - 1 == again.progress.chunks
    assert np.array_equal(audio(settings, again), before)


def test_a_job_keeps_the_defaults_that_it_was_handed_in_with(make_jobs: JobsMaker, settings: Settings) -> None:
    first = make_jobs(start=False, vc_defaults={"pitch_shift": 3.0})
    job_id = first.submit(conversion()).id
    first.close()
    service = make_jobs()
    shifted = audio(settings, wait_for(service, job_id, "done"))
    plain = audio(settings, wait_for(service, service.submit(conversion()).id, "done"))
    assert len(shifted) == len(plain) and not np.allclose(shifted, plain)


def test_the_estimate_knows_the_length_and_learns_the_pace(make_jobs: JobsMaker) -> None:
    service = make_jobs(faults=ToneFaults(delay=0.01))
    before = service.estimate(conversion())
    assert (before.audio_seconds, before.characters, before.work_seconds) == (12.0, 0, None)
    wait_for(service, service.submit(conversion()).id, "done")
    after = service.estimate(conversion(seed=8))
    assert after.work_seconds is not None and 0 < after.work_seconds < 12
    assert service.estimate(conversion()).chunks_spoken_already == before.chunks


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"target_voice_source": "http://example.org/a.wav"}, InvalidRequestError, "target_voice_source"),
        ({"target_voice_source": "nobody"}, InvalidRequestError, "target_voice_source"),
        ({"input_audio_source": "nothing.wav"}, ResourceNotFoundError, "input_audio_source"),
        ({"engine": "chatterbox"}, InvalidRequestError, "engine"),
    ],
)
def test_what_cannot_be_converted_is_refused_before_the_start(
    make_jobs: JobsMaker, fields: dict[str, Any], error: type[InvalidRequestError], field: str
) -> None:
    service = make_jobs(start=False)
    with pytest.raises(error) as refused:
        service.submit(conversion(**fields))
    assert refused.value.field == field
    assert service.list_jobs(None, 1, 10).total == 0


def test_a_voice_that_changed_fails_the_job_and_says_so(make_jobs: JobsMaker, settings: Settings, talk: Path) -> None:
    settings.paths.reference_audio_dir.mkdir(parents=True, exist_ok=True)
    voice = settings.paths.reference_audio_dir / "anna.flac"
    voice.write_bytes(talk.read_bytes())
    first = make_jobs(start=False)
    job_id = first.submit(conversion(target_voice_source="anna.flac")).id
    first.close()
    soundfile.write(voice, 0.2 * np.sin(np.arange(5 * SAMPLE_RATE) / 9), SAMPLE_RATE)
    reply = wait_for(make_jobs(), job_id, "done", "failed")
    assert (reply.state, reply.reason) == ("failed", "chunk_failed")
    assert "anna" in str(reply.message)


def test_recordings_are_kept_as_long_as_a_job_needs_them(make_jobs: JobsMaker, settings: Settings) -> None:
    service = make_jobs()
    job_id = service.submit(conversion()).id
    wait_for(service, job_id, "done")
    folder = settings.paths.jobs_dir / "recordings"
    assert len(left_when_old(service, folder)) == 1
    service.delete(job_id)
    assert left_when_old(service, folder) == []


def test_the_request_is_that_of_the_immediate_conversion() -> None:
    assert ConversionJob.model_fields["request"].annotation is VCRequest
