import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from speech.audio.blocks import windows


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 20), st.integers(0, 25), st.integers(0, 25))
def test_every_sample_comes_once_between_its_neighbours(lengths: list[int], size: int, before: int, after: int) -> None:
    total = sum(lengths)
    stream = np.arange(1, total + 1, dtype=np.float32)
    blocks = np.split(stream, np.cumsum(lengths)[:-1]) if lengths else []
    padded = np.concatenate([np.zeros(before), stream, np.zeros(after)]).astype(np.float32)
    position = 0
    for part in windows(blocks, size, before, after):
        length = len(part) - before - after
        assert 0 < length <= size
        assert np.array_equal(part, padded[position : position + len(part)])
        position += length
    assert position == total
