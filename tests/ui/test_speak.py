"""What Generate and Stop make of the form's values, without a browser."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from core_engine import CoreEngine
from exceptions import InvalidRequestError
from speech.audio.encode import FORMATS
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker
from tests.support.tones import decode, voice_of
from ui.form import form_requests, load_settings_file
from ui.speak import restored, speak, stopped

Shown = dict[str, Any]


def shown(core: CoreEngine, **values: Any) -> list[Shown]:
    """The values of the page's components from moment to moment."""
    names = ["generate", "stop", "status", "quality", "player", "more", *FORMATS]
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
    [item] = form_requests({"text": "Hello", "seed": None, "whisper_threshold": 0, "take_budget_seconds": 0}, 100)

    assert "seed" not in item.request.model_fields_set
    assert item.request.whisper_threshold is None and item.request.take_budget_seconds is None
    [other] = form_requests({"text": "Hello", "whisper_threshold": 0.4}, 100)
    assert other.request.whisper_threshold == 0.4
    with pytest.raises(InvalidRequestError):
        form_requests({"text": "Hello", "seed": -1}, 100)


def test_pronunciations_are_lines(tmp_path: Path) -> None:
    [item] = form_requests({"text": "Hello", "pronunciations": "Siobhan = Shivawn\n\nnaïve=nigh eve"}, 100)

    assert item.request.pronunciations == {"Siobhan": "Shivawn", "naïve": "nigh eve"}
    with pytest.raises(InvalidRequestError, match="line 2 has no ="):
        form_requests({"text": "Hello", "pronunciations": "a=b\nc"}, 100)


def test_text_files_stand_in_for_the_text(make_core: CoreMaker, tmp_path: Path) -> None:
    paths = [tmp_path / "one.txt", tmp_path / "two.md"]
    for path in paths:
        path.write_text(f"# The text of {path.stem}.")
    files = [str(path) for path in paths]

    *_, joined = shown(make_core(), text="Not this.", files=files)
    *_, separate = shown(make_core(), text="Not this.", files=files, separate=True)

    assert "The text of one." in joined["quality"]["value"] and "The text of two." in joined["quality"]["value"]
    assert joined["quality"]["value"].count("<table>") == 1
    assert separate["quality"]["value"].count("<table>") == 2
    assert "Not this" not in joined["quality"]["value"]
    assert any("two" in name and name.endswith(".wav") for name in separate["more"]["value"])


def test_further_files_are_offered(make_core: CoreMaker) -> None:
    *_, last = shown(make_core(), text="Hello.\n\nThere.", captions=["srt"], separate_chunks=True, num_generations=2)

    endings = sorted(name.partition(".")[2] for name in last["more"]["value"])
    assert endings == sorted(["srt", "settings.csv", "json"] * 2 + ["wav"] * 5)


@pytest.mark.parametrize("ending", [".json", ".settings.csv"])
def test_settings_of_a_result_come_back_into_the_form(make_core: CoreMaker, ending: str) -> None:
    core = make_core()
    *_, last = shown(
        core, text="Hello.", sentence_pause_ms=130, pronunciations="a=b", captions=["vtt"], whisper_threshold=0.5
    )
    [path] = [name for name in last["more"]["value"] if name.endswith(ending)]
    names = ["text", "sentence_pause_ms", "pronunciations", "captions", "whisper_threshold", "take_budget_seconds"]

    status, text, *values = restored(path, names)

    assert "Settings loaded." in status
    assert [value.get("value") for value in values[:4]] == [130, "a=b", ["vtt"], 0.5]
    assert text.get("value") == ("Hello." if ending == ".json" else None)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"settings": 3}', '{"seed": -1}', '{"seed": "x"}'])
def test_files_that_hold_no_settings_are_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content)

    status, seed = restored(str(path), ["seed"])

    assert "status bad" in status
    assert "value" not in seed


def test_unknown_settings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"seed": 5, "warmth": 3}')

    assert load_settings_file(path, ["seed"]) == ({"seed": 5}, ("warmth",))
