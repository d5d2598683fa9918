"""Chunks of a result that are kept, and single ones that are made again."""

from collections.abc import Sequence

import pytest

from api_models import TTSRequest
from core.kept_chunks import KeptChunks
from core_engine import CoreEngine
from exceptions import InvalidRequestError, ResourceNotFoundError
from speech.cancel import CancelToken
from speech.engines.protocol import TakeRequest
from speech.engines.tone import ToneEngine
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.support.tones import decode

TEXT = "The birch canoe slid on the planks. Glue the sheet to the background. It is easy to tell the depth."
REQUEST = TTSRequest(text=TEXT, export_formats=["wav"])


class Noting(ToneEngine):
    """Notes text and seed of what it speaks."""

    def __init__(self) -> None:
        super().__init__(max_batch=1)
        self.spoken: list[tuple[str, int]] = []

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        self.spoken += [(request.text, request.seed) for request in batch]
        return super().generate(batch, cancel)


def seeds_of(core: CoreEngine, chunks: KeptChunks) -> list[int]:
    result = core.tts(REQUEST, chunks=chunks)
    assert len(decode(result.files[0].path)[0]) > 0
    return [chunk.seed for chunk in result.quality.chunks]


def test_one_chunk_is_made_again_and_the_others_stay(make_core: CoreMaker) -> None:
    engine = Noting()
    core, chunks = make_core(engine=engine), KeptChunks()
    first = seeds_of(core, chunks)
    assert len(engine.spoken) == 3

    chunks.change(1, "", REQUEST, core.plan)
    second = seeds_of(core, chunks)
    chunks.change(1, "", REQUEST, core.plan)
    third = seeds_of(core, chunks)

    assert len(engine.spoken) == 5
    assert len({first[1], second[1], third[1]}) == 3
    assert first[::2] == second[::2] == third[::2]


def test_one_chunk_gets_another_text(make_core: CoreMaker) -> None:
    engine = Noting()
    core, chunks = make_core(engine=engine), KeptChunks()
    core.tts(REQUEST, chunks=chunks)

    chunks.change(2, "Short now.", REQUEST, core.plan)
    result = core.tts(REQUEST, chunks=chunks)

    assert [chunk.text for chunk in result.quality.chunks][2] == "Short now."
    assert [text for text, _ in engine.spoken[3:]] == ["short now."]
    with pytest.raises(InvalidRequestError, match="one chunk"):
        chunks.change(0, "One. " * 200, REQUEST, core.plan)


def test_what_is_not_kept_cannot_be_made_again(make_core: CoreMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    core, chunks = make_core(), KeptChunks()
    core.tts(REQUEST, chunks=chunks)
    with pytest.raises(ResourceNotFoundError, match="no chunk"):
        chunks.change(3, "", REQUEST, core.plan)

    monkeypatch.setattr("core.kept_chunks.MOST_SECONDS", 1.5)
    too_long = KeptChunks()
    core.tts(REQUEST, chunks=too_long)
    with pytest.raises(ResourceNotFoundError, match="too long"):
        too_long.change(0, "", REQUEST, core.plan)
