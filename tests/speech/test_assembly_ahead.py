"""How far the model works ahead of the check."""

from dataclasses import replace

import pytest

from speech.assembly import chunks_ahead
from speech.engines.tone import ToneEngine
from speech.processors import usable_processors


@pytest.mark.parametrize(
    ("batch", "processors", "ahead"), [(1, 1, 0), (1, 2, 0), (1, 3, 1), (1, 64, 1), (8, 2, 8), (8, 64, 8)]
)
def test_few_processors_are_not_shared(batch: int, processors: int, ahead: int) -> None:
    capabilities = replace(ToneEngine().capabilities, max_batch=batch)

    assert chunks_ahead(capabilities, processors) == ahead


def test_there_is_at_least_one_processor() -> None:
    assert usable_processors() >= 1
