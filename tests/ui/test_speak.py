"""What Generate and Stop make of the form's values, without a browser."""

import dataclasses
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.blocks import Block

from core_engine import CoreEngine
from exceptions import InvalidRequestError
from speech.audio.encode import FORMATS
from speech.engines.tone import ToneFaults
from tests.conftest import CoreMaker
from tests.support.tones import decode, voice_of
from ui.form import form_requests, load_settings
from ui.page import inside_a_loop
from ui.settings_handlers import SettingsHandlers
from ui.speaking import Speaking
from ui.tabs.speak import SpeakTab, build_speak_tab

Shown = dict[str, Any]


class Page:
    """The Speak tab without a browser; new values by the names of its components."""

    def __init__(self, core: CoreEngine) -> None:
        self.tab = inside_a_loop(lambda: self._build(core))
        self.speaking = Speaking(core, self.tab)
        self.settings = SettingsHandlers(core, self.tab)
        self._names: dict[Any, str] = {}
        for part in (self.tab, self.tab.desk):
            names = {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
            self._names |= {component: name for name, component in names.items() if isinstance(component, Block)}
        self._names |= {part: f"retake_{name}" for name, part in vars(self.tab.retake).items()}
        self._names |= {component: name for name, component in self.tab.desk.downloads.items()}
        self._names |= {component: name for name, component in self.tab.inputs.items()}

    @staticmethod
    def _build(core: CoreEngine) -> SpeakTab:
        with gr.Blocks() as page:
            return build_speak_tab(core, page, with_api=True)

    def named(self, shown: dict[Any, Any]) -> Shown:
        return {self._names[component]: value for component, value in shown.items()}

    def form(self, **values: Any) -> dict[Any, Any]:
        kept = {self.tab.desk.key: "key", self.tab.aloud: False, self.tab.kept_presets: {}, self.tab.preset_name: ""}
        form = {name: component.value for name, component in self.tab.inputs.items()}
        form |= {"export_formats": ["wav"], "whisper_threshold": 0.0, "seed": 7, **values}
        return kept | {self.tab.inputs[name]: value for name, value in form.items()}

    def generate(self, **values: Any) -> list[Shown]:
        return [self.named(shown) for shown in self.speaking.generate(self.form(**values))]


def shown(core: CoreEngine, **values: Any) -> list[Shown]:
    """The values of the page's components from moment to moment."""
    return Page(core).generate(**values)


def test_a_result_reaches_player_downloads_and_table(make_core: CoreMaker) -> None:
    *_, last = shown(make_core(), text="Hello there.", voice="tone-c", export_formats=["wav", "flac"])

    assert "Done." in last["status"]
    assert "seed 7" in last["status"]
    assert voice_of(*decode(last["player"]["value"])) == "tone-c"
    assert [cue["text"] for cue in last["player"]["subtitles"]] == ["Hello there."]
    assert last["quality"]["visible"]
    assert "Hello there." in last["quality"]["value"]
    assert [name for name in FORMATS if last[name]["visible"]] == ["wav", "flac"]
    assert last["flac"]["value"].endswith(".flac")
    assert last["flac"]["label"].startswith("Download FLAC (")


def test_a_chunk_of_the_last_result_is_made_again(make_core: CoreMaker) -> None:
    page = Page(make_core())
    *_, first = map(page.named, page.speaking.generate(page.form(text="Hello.\n\nThere.")))
    assert first["retake_row"]["visible"]

    *_, again = map(page.named, page.speaking.speak_again("key", 2, "Somewhere else."))
    assert "Done." in again["status"] and "Somewhere else." in again["quality"]["value"]
    assert "Hello." in again["quality"]["value"] and "There." not in again["quality"]["value"]

    for key, number, words in (("key", 3, "no chunk"), ("another key", 1, "press Generate once more")):
        *_, refused = map(page.named, page.speaking.speak_again(key, number, ""))
        assert words in refused["status"] and refused["start"]["interactive"]


def test_stop_is_offered_exactly_while_something_runs(make_core: CoreMaker) -> None:
    first, *_, last = shown(make_core(), text="Hello.\n\nThere.")

    assert not first["start"]["interactive"]
    assert first["stop"]["interactive"]
    assert last["start"]["interactive"]
    assert not last["stop"]["interactive"]


def test_an_old_result_disappears_when_a_new_one_is_begun(make_core: CoreMaker) -> None:
    _, hidden, first, *_ = shown(make_core(), text="Hello.")

    assert first["player"]["value"] is None
    assert not hidden["quality"]["visible"]
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
    assert after["start"]["interactive"]
    # What was on the page before stays there.
    assert "player" not in before and "player" not in after
    assert not list(core.settings.paths.output_dir.rglob("*.*"))


def test_a_failure_leaves_the_buttons_usable(make_core: CoreMaker) -> None:
    *_, last = shown(make_core(ToneFaults("raise", takes=-1)), text="Hello.", on_failure="fail")

    assert "Failed." in last["status"]
    assert "Try again; another seed" in last["status"]
    assert last["start"]["interactive"]
    assert not last["stop"]["interactive"]


def test_stop_ends_the_work_of_its_tab_only(make_core: CoreMaker) -> None:
    page = Page(make_core(ToneFaults("hang", takes=-1)))
    running = page.speaking.generate(page.form(text="Hello."))
    for _ in range(5):
        next(running)

    page.speaking.works.stop("another tab")
    assert "Chunk" in page.named(next(running))["status"] or "Waiting" in page.named(next(running))["status"]
    page.speaking.works.stop("key")
    *_, last = map(page.named, running)

    assert "Stopped." in last["status"]
    assert last["start"]["interactive"]
    assert not last["stop"]["interactive"]


def test_a_reloaded_page_shows_its_own_result_and_no_other_tab_does(make_core: CoreMaker) -> None:
    page = Page(make_core())
    page.generate(text="Hello.")

    *_, mine = map(page.named, page.speaking.works.come_back("key"))
    [other] = map(page.named, page.speaking.works.come_back("another key"))

    assert "Done." in mine["status"]
    assert "Hello." in mine["quality"]["value"]
    assert other == {"key": "another key"}


def test_an_earlier_result_is_heard_and_its_settings_come_back(make_core: CoreMaker) -> None:
    page = Page(make_core())
    *_, last = page.generate(text="Hello again.", voice="tone-d", sentence_pause_ms=130)
    [name] = last["new_names"]

    remembered = page.named(page.speaking.remember([name], ["older.json"]))
    assert remembered["kept_names"] == [name, "older.json"]
    [(label, value)] = remembered["history"]["choices"]
    assert value == name and "tone-d" in label and "Hello again." in label
    earlier = page.named(page.speaking.show_earlier(name))
    assert voice_of(*decode(earlier["player"]["value"])) == "tone-d"
    assert "Hello again." in earlier["quality"]["value"]
    settings = page.named(page.settings.use_earlier(name))
    assert settings["sentence_pause_ms"]["value"] == 130
    assert settings["text"]["value"] == "Hello again."


def test_results_that_are_gone_are_not_listed(make_core: CoreMaker) -> None:
    core = make_core()
    page = Page(core)
    *_, last = page.generate(text="Hello.")
    for path in core.settings.paths.output_dir.iterdir():
        path.unlink()

    assert page.speaking.list_earlier(last["new_names"])["choices"] == []
    assert "status bad" in page.named(page.speaking.show_earlier(last["new_names"][0]))["status"]


@pytest.mark.parametrize("name", ["../config.yaml", "/etc/passwd", "nothing.json", "", "a\0b"])
def test_only_records_of_results_are_read(make_core: CoreMaker, name: str) -> None:
    page = Page(make_core())

    assert "status bad" in page.named(page.speaking.show_earlier(name))["status"]
    assert "status bad" in page.named(page.settings.use_earlier(name))["status"]


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
    assert any("two" in name and name.endswith(".wav") for name in separate["more_files"]["value"])


def test_further_files_are_offered(make_core: CoreMaker) -> None:
    *_, last = shown(make_core(), text="Hello.\n\nThere.", captions=["srt"], separate_chunks=True, num_generations=2)

    endings = sorted(name.partition(".")[2] for name in last["more_files"]["value"])
    assert endings == sorted(["srt", "settings.csv", "json"] * 2 + ["wav"] * 5)


@pytest.mark.parametrize("ending", [".json", ".settings.csv"])
def test_settings_of_a_result_come_back_into_the_form(make_core: CoreMaker, ending: str) -> None:
    page = Page(make_core())
    *_, last = page.generate(
        text="Hello.", sentence_pause_ms=130, pronunciations="a=b", captions=["vtt"], whisper_threshold=0.5
    )
    [path] = [name for name in last["more_files"]["value"] if name.endswith(ending)]

    form = page.named(page.settings.load_file(path, {}))

    assert "Settings loaded." in form["status"]
    names = ["sentence_pause_ms", "pronunciations", "captions", "whisper_threshold"]
    assert [form[name]["value"] for name in names] == [130, "a=b", ["vtt"], 0.5]
    assert ("text" in form) == (ending == ".json")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"settings": 3}', '{"seed": -1}', '{"seed": "x"}'])
def test_files_that_hold_no_settings_are_told(make_core: CoreMaker, tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(content)
    page = Page(make_core())

    form = page.named(page.settings.load_file(str(path), {}))

    assert set(form) == {"status"}
    assert "status bad" in form["status"]


def test_unknown_settings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"seed": 5, "warmth": 3}')

    loaded = load_settings(path, ["seed"])

    assert (loaded.shown, loaded.unknown) == ({"seed": 5}, ("warmth",))


def test_chunks_are_shown_as_the_engine_reads_them(make_core: CoreMaker) -> None:
    core = make_core()
    page = Page(core)

    shown_now = page.named(page.settings.preview(page.form(text="Dr. Smith paid $3.\n\nSecond.")))
    refused = page.named(page.settings.preview(page.form(text=" ")))

    assert "doctor smith" in shown_now["chunks"].lower() and "Second." in shown_now["chunks"]
    assert "status bad" in refused["chunks"]
    assert not list(core.settings.paths.output_dir.rglob("*.*"))
