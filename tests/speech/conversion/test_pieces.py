from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from speech.conversion.joiner import Joiner
from speech.conversion.pieces import EARLIEST_CUT, Piece, PieceRules, cut_pieces
from speech.samples import Samples

RATE = 1000


def pieces_of(samples: Samples, rules: PieceRules, block: int = 700) -> list[Piece]:
    return list(cut_pieces((samples[i : i + block] for i in range(0, len(samples), block)), RATE, rules))


def noise(count: int) -> Samples:
    return (0.1 * np.random.default_rng(count).standard_normal(count)).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 60_000), st.integers(1000, 20_000), st.floats(0.0, 0.99), st.integers(50, 5000))
def test_pieces_tile_the_recording_and_overlap(count: int, length: int, share: float, block: int) -> None:
    rules = PieceRules(length, int(length * share) // 2 * 2)
    samples = noise(count)
    pieces = pieces_of(samples, rules, block)
    assert sum(piece.end - piece.start for piece in pieces) == count
    for piece in pieces:
        assert piece.end - piece.start <= length
        first = piece.start - piece.before
        assert np.array_equal(piece.samples, samples[first : first + len(piece.samples)])
    for left, right in pairwise(pieces):
        assert left.end == right.start
        assert left.after == right.before == rules.overlap // 2
        assert left.end - left.start >= min(RATE, length // 2)
    if pieces:
        assert pieces[0].before == 0 == pieces[-1].after
        assert len(pieces) == 1 or pieces[-1].end - pieces[-1].start >= min(RATE, length // 2)


def test_blocks_do_not_matter() -> None:
    samples, rules = noise(50_000), PieceRules(9000, 100)
    assert [piece.end for piece in pieces_of(samples, rules, 1)] == [
        piece.end for piece in pieces_of(samples, rules, 49_999)
    ]


def test_cuts_lie_in_the_silences() -> None:
    samples = noise(40_000)
    for middle in (8500, 17_000, 24_500, 33_000):
        samples[middle - 150 : middle + 150] = 0.0
    ends = [piece.end for piece in pieces_of(samples, PieceRules(10_000, 100))]
    assert [abs(end - middle) <= 50 for end, middle in zip(ends, (8500, 17_000, 24_500, 33_000), strict=False)]
    assert len(ends) == 5
    assert all(end > EARLIEST_CUT * 10_000 for end in ends)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60_000), st.integers(1000, 20_000), st.floats(0.05, 0.9))
def test_unchanged_pieces_join_to_the_recording(count: int, length: int, share: float) -> None:
    samples = noise(count)
    joiner = Joiner(RATE)
    pieces = pieces_of(samples, PieceRules(length, int(length * share) // 2 * 2))
    joined = np.concatenate([joiner.join(piece.samples, 2 * piece.before, 2 * piece.after) for piece in pieces])
    assert len(joined) == count
    np.testing.assert_allclose(joined, samples, atol=1e-6)
