"""What Generate and Stop make of the form's values, without a browser."""

import asyncio
from typing import Any

import pytest

from core_engine import CoreEngine
from exceptions import InvalidRequestError
from speech.audio.encode import FORMATS
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker
from tests.support.tones import decode, voice_of
from ui.speak import form_request, speak, stopped

Shown = dict[str, Any]


def shown(core: CoreEngine, **values: Any) -> list[Shown]:
    """The values of the page's components from moment to moment."""
    names = ["generate", "stop", "status", "quality", "player", *FORMATS]
    form = {"voice": "tone-a", "export_formats": ["wav"], "whisper_threshold": 0.0, "seed": 7, **values}
    return [dict(zip(names, step, strict=True)) for step in speak(core, form)]


def test_a_result_reaches_player_downloads_and_table(make_core: CoreMaker) -> None:
    *_, last = shown(make_core(), text="Hello there.", voice="tone-c", export_formats=["wav", "flac"])

    assert "Done." in last["status"]
    assert "seed 7" in last["status"]
    assert voice_of(*decode(last["player"])) == "tone-c"
    assert last["quality"]["visible"]
    assert "Hello there." in last["quality"]["value"]
    assert [name for name in FORMATS if last[name]["visible"]] == ["wav", "flac"]
    assert last["flac"]["value"].endswith(".flac")
    assert last["flac"]["label"].startswith("Download FLAC (")


def test_stop_is_offered_exactly_while_something_runs(make_core: CoreMaker) -> None:
    first, *running, last = shown(make_core(), text="Hello.\n\nThere.")

    for step in (first, *running):
        assert not step["generate"]["interactive"]
        assert step["stop"]["interactive"]
    assert last["generate"]["interactive"]
    assert not last["stop"]["interactive"]


def test_an_old_result_disappears_when_a_new_one_is_begun(make_core: CoreMaker) -> None:
    _, first, *_ = shown(make_core(), text="Hello.")

    assert first["player"] is None
    assert not first["quality"]["visible"]
    assert not any(first[name]["visible"] for name in FORMATS)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text": "  \n "}, "There is no text to speak."),
        ({"text": "x" * 51}, "The text has 51 characters; at most 50 are allowed."),
        ({"text": "Hello", "voice": "nobody"}, "There is no voice named"),
        ({"text": "Hello", "export_formats": []}, "Choose at least one file format"),
    ],
)
def test_wrong_input_is_told_and_nothing_starts(make_core: CoreMaker, values: dict[str, Any], words: str) -> None:
    core = make_core(api={"max_text_length": 50})

    before, after = shown(core, **values)

    assert "Preparing" in before["status"]
    assert "Not started." in after["status"]
    assert words in after["status"]
    assert after["generate"]["interactive"]
    # What was on the page before stays there.
    assert before["player"] == after["player"] == {"__type__": "update"}
    assert not list(core.settings.paths.output_dir.rglob("*.*"))


def test_a_failure_leaves_the_buttons_usable(make_core: CoreMaker) -> None:
    *_, last = shown(make_core(ToneFaults("raise", takes=-1)), text="Hello.", on_failure="fail")

    assert "Failed." in last["status"]
    assert "Press Generate again" in last["status"]
    assert last["generate"]["interactive"]
    assert not last["stop"]["interactive"]


def test_stop_resets_the_buttons() -> None:
    generate, stop, status, *_ = asyncio.run(stopped())

    assert generate["interactive"]
    assert not stop["interactive"]
    assert "Stopped." in status


def test_an_empty_number_means_the_default_and_a_zero_threshold_means_none() -> None:
    request = form_request({"text": "Hello", "seed": None, "whisper_threshold": 0})

    assert "seed" not in request.model_fields_set
    assert request.whisper_threshold is None
    assert form_request({"text": "Hello", "whisper_threshold": 0.4}).whisper_threshold == 0.4
    with pytest.raises(InvalidRequestError):
        form_request({"text": "Hello", "seed": -1})
