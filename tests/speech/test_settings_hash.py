import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.settings_hash import settings_digest

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
SETTINGS = st.dictionaries(st.text(max_size=8), VALUES, max_size=6)


@given(SETTINGS)
def test_order_of_keys_and_text_make_no_difference(settings: dict[str, object]) -> None:
    digest = settings_digest(settings)
    assert re.fullmatch("[0-9a-f]{12}", digest)
    backwards = dict(reversed(list(settings.items())))
    assert settings_digest({**backwards, "text": "Other words.", "text_input": "more"}) == digest


@given(st.integers(-(2**53), 2**53))
def test_whole_floats_equal_integers(number: int) -> None:
    assert settings_digest({"a": [number]}) == settings_digest({"a": [float(number)]})


def test_known_digest_does_not_change_between_versions() -> None:
    assert settings_digest({"voice": "af_heart", "speed_factor": 1.0, "seed": 7}) == "87a5c7601d68"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": "1"}),
        ({"a": None}, {}),
        ({"a": 0.1}, {"a": 0.10000001}),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}),
        ({"a": {"text": "x"}}, {"a": {"text": "y"}}),
    ],
)
def test_what_differs_has_another_digest(one: dict[str, object], other: dict[str, object]) -> None:
    assert settings_digest(one) != settings_digest(other)


def test_tuples_are_lists_and_paths_are_text() -> None:
    assert settings_digest({"a": (1, Path("x/y"))}) == settings_digest({"a": [1, "x/y"]})


@pytest.mark.parametrize("value", [object(), b"x", {1, 2}])
def test_values_without_a_fixed_form_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        settings_digest({"a": value})
