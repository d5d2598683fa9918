"""A book is never held in memory: only a few chunks of it are."""

import tracemalloc

import pytest

from api_models import ConcatRequest, TTSRequest
from core_engine import CoreEngine
from speech.audio.encode import AudioFileWriter
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.speech.audio.sounds import RATE, tone
from tests.support.tones import decode
from tests.support.validators import scores

CHUNKS = 2_000
FEW_CHUNKS_OF_SOUND = 12_000_000
"""Bytes; all samples of the book are some ten times as many."""


def speak(core: CoreEngine, chunks: int) -> tuple[int, Samples]:
    """Peak of traced memory, and the audio."""
    text = " ".join(f"Slide {n} is here." for n in range(1, chunks + 1))
    fields = {"export_formats": ["wav"], "captions": ["srt"]}
    request = TTSRequest.model_validate(
        {"text": text, "enable_batching": False, "smart_batch_short_sentences": False, **fields}
    )
    tracemalloc.start()
    try:
        result = core.tts(request)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(result.quality.chunks) == chunks
    [file] = [file for file in result.files if file.place.kind == "result" and file.path.suffix == ".wav"]
    return peak, decode(file.path)[0]


@pytest.mark.timeout(300)
def test_two_thousand_chunks_need_little_more_memory_than_two_hundred(make_core: CoreMaker) -> None:
    core = make_core(validator=scores(1.0), api={"max_text_length": 200_000})
    small, _ = speak(core, CHUNKS // 10)
    large, samples = speak(core, CHUNKS)

    assert samples.nbytes > 10 * FEW_CHUNKS_OF_SOUND
    assert large - small < FEW_CHUNKS_OF_SOUND


def test_ten_minutes_are_joined_in_the_memory_of_one(make_core: CoreMaker) -> None:
    core = make_core()
    core.outputs.root.mkdir()
    with AudioFileWriter(core.outputs.root / "part.flac", "flac", RATE) as writer:
        writer.write(tone(60.0))

    def join(count: int) -> int:
        fields = {"normalize_levels": False, "crossfade_ms": 500, "export_formats": ["flac"]}
        request = ConcatRequest.model_validate({"files": ["part.flac", "(50ms)"] * count, **fields})
        tracemalloc.start()
        try:
            core.concat(request)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    one = join(1)
    assert join(10) - one < 1_000_000
    assert one < 60 * RATE * 4
