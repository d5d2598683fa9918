import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.audio.timeline import TimeMap


@st.composite
def maps(draw: st.DrawFn, seconds: float | None = None) -> TimeMap:
    """A map of cuts followed by a change of speed, of a sound of the given or any length."""
    length = seconds if seconds is not None else draw(st.floats(0.1, 50))
    shares = sorted(draw(st.lists(st.floats(0, 1), min_size=2, max_size=12, unique=True)))
    bounds = [share * length for share in shares]
    ranges = list(zip(bounds[::2], bounds[1::2], strict=False))
    cut = TimeMap.kept(ranges, length)
    return cut.then(TimeMap.scaled(cut.seconds, cut.seconds / draw(st.floats(0.5, 2))))


@st.composite
def chains(draw: st.DrawFn) -> tuple[TimeMap, TimeMap]:
    first = draw(maps())
    return first, draw(maps(first.seconds))


@given(maps(), st.floats(-1, 60), st.floats(-1, 60))
def test_never_runs_backwards(time_map: TimeMap, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert time_map(low) <= time_map(high)


@given(chains(), st.floats(0, 1))
def test_composition_is_one_after_the_other(chain: tuple[TimeMap, TimeMap], share: float) -> None:
    first, second = chain
    moment = share * first.sources[-1]
    assert first.then(second)(moment) == pytest.approx(second(first(moment)), abs=1e-9)


@given(chains())
def test_ends_map_to_ends(chain: tuple[TimeMap, TimeMap]) -> None:
    first, second = chain
    both = first.then(second)
    assert both(0.0) == 0.0
    assert both(first.sources[-1]) == pytest.approx(second.seconds, abs=1e-9)
    assert both.seconds == pytest.approx(second.seconds, abs=1e-9)


@given(maps())
def test_identity_changes_nothing(time_map: TimeMap) -> None:
    before = TimeMap.identity(time_map.sources[-1]).then(time_map)
    after = time_map.then(TimeMap.identity(time_map.seconds))
    for moment in time_map.sources:
        assert before(moment) == pytest.approx(time_map(moment), abs=1e-9)
        assert after(moment) == pytest.approx(time_map(moment), abs=1e-9)


def test_what_was_cut_lies_on_the_cut() -> None:
    time_map = TimeMap.kept([(1.0, 2.0), (4.0, 5.0)], 6.0)
    assert [time_map(t) for t in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 4.25, 5.0, 6.0)] == [
        0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.25, 2.0, 2.0,
    ]  # fmt: skip
    assert time_map.seconds == 2.0


def test_moments_outside_go_to_the_ends() -> None:
    time_map = TimeMap.scaled(10.0, 5.0)
    assert (time_map(-1.0), time_map(4.0), time_map(11.0)) == (0.0, 2.0, 5.0)


def test_a_sound_without_length_has_a_map() -> None:
    assert TimeMap.identity(0.0)(1.0) == 0.0
    assert TimeMap.kept([], 3.0)(2.0) == 0.0


@pytest.mark.parametrize("ranges", [[(1.0, 0.5)], [(0.0, 2.0), (1.0, 3.0)], [(0.0, 5.0)], [(-1.0, 1.0)]])
def test_parts_out_of_order_are_refused(ranges: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="out of order"):
        TimeMap.kept(ranges, 4.0)


@pytest.mark.parametrize(
    ("sources", "results"), [((), ()), ((0.0, 1.0), (0.0,)), ((0.0, 0.0), (0.0, 1.0)), ((0.0, 1.0), (1.0, 0.0))]
)
def test_impossible_maps_are_refused(sources: tuple[float, ...], results: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="time map"):
        TimeMap(sources, results)
