"""What the tabs for voices, conversion, joining and files do with the core, without a browser."""

import zipfile
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from api_models import TTSRequest
from core_engine import CoreEngine
from exceptions import ModelLoadError
from speech.engines.protocol import ProgressReport
from speech.engines.tone import ToneEngine
from tests.conftest import CoreMaker
from tests.support.page_parts import Part
from tests.support.recordings import speechlike, wav_bytes
from tests.support.tones import decode, voice_of
from ui.tabs.convert import Converting, build_convert_tab
from ui.tabs.files import INPUTS, OUTPUTS, FileHandlers, build_files_tab
from ui.tabs.join import AS_SET, Joining, build_join_tab
from ui.tabs.system import loading_html
from ui.tabs.voices import VoiceHandlers, build_voices_tab


@pytest.fixture
def core(make_core: CoreMaker) -> CoreEngine:
    return make_core()


def brought(folder: Path, seconds: float) -> Path:
    """A recording that a user has."""
    path = folder / "brought.wav"
    path.write_bytes(wav_bytes(speechlike(seconds)))
    return path


def spoken(core: CoreEngine, text: str, **fields: Any) -> str:
    """Name of a new result among the outputs."""
    request = TTSRequest.model_validate({"text": text, "export_formats": ["wav"], "voice": "tone-a", **fields})
    return core.tts(request).files[0].name


class TestVoices:
    @pytest.fixture(autouse=True)
    def _tab(self, core: CoreEngine, tmp_path: Path) -> None:
        self.core = core
        self.part = Part(lambda page, tab: build_voices_tab(core, page, tab))
        self.handlers = VoiceHandlers(core, self.part.tab)
        self.recording = brought(tmp_path, 8.0)

    def add(self, **values: Any) -> list[Any]:
        given = self.part.given(recording=str(self.recording), new_name="narrator", **values)
        return self.handlers.add(given)

    def test_a_recording_becomes_a_voice_with_advice(self) -> None:
        told, voices, cleared = self.add(new_tags="warm, male", new_consent="Ann, 2026")

        assert "narrator.wav is a voice now." in told
        assert voices["value"] == "narrator.wav" and cleared is None
        entry = self.core.voices.entry("narrator")
        assert entry.details["tags"] == ["warm", "male"] and entry.details["consent"] == "Ann, 2026"

    def test_a_voice_introduces_itself(self) -> None:
        *_, last = map(self.part.named, self.handlers.listen("tone-c"))

        assert voice_of(*decode(last["clip"]["value"])) == "tone-c"

    def test_what_is_known_is_shown_and_can_be_changed(self) -> None:
        self.add(new_description="calm")
        shown = self.part.named(self.handlers.show("narrator.wav"))
        assert (shown["edit_name"], shown["edit_description"]) == ("narrator", "calm")

        changed = self.handlers.save(self.part.given(
            voice="narrator.wav", edit_name="teller", edit_folder="books", edit_parameters='{"sentence_pause_ms": 90}'
        ))  # fmt: skip

        assert self.part.named(changed)["voice"]["value"] == "books/teller.wav"
        assert self.core.voices.entry("teller").details["default_parameters"] == {"sentence_pause_ms": 90}

    def test_deleting_needs_a_tick(self) -> None:
        self.add()

        assert "Tick" in self.part.named(self.handlers.delete("narrator.wav", False))["status"]
        assert "is deleted" in self.part.named(self.handlers.delete("narrator.wav", True))["status"]
        assert "narrator.wav" not in dict(self.handlers.choices(None)["choices"])

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"recording": None}, "Record or upload something first."),
            ({"new_parameters": "{"}, "are not JSON"),
            ({"new_parameters": '{"warmth": 3}'}, "warmth"),
            ({"new_name": "../x"}, "cannot be used"),
        ],
    )
    def test_what_cannot_be_gets_a_sentence(self, values: dict[str, Any], words: str) -> None:
        given = self.part.given(**{"recording": str(self.recording), "new_name": "narrator", **values})

        told, voices, _ = self.handlers.add(given)

        assert words in told and "status bad" in told
        assert voices == gr.skip()

    def test_the_default_voice_is_chosen(self) -> None:
        assert "tone-d" in self.handlers.use_as_default("tone-d")
        assert self.core.casting.choose("").name == "tone-d"
        assert "status bad" in self.handlers.use_as_default("nobody")


class TestConvert:
    @pytest.fixture(autouse=True)
    def _tab(self, core: CoreEngine, tmp_path: Path) -> None:
        self.core = core
        self.part = Part(lambda page, tab: build_convert_tab(core, page, tab))
        self.handlers = Converting(core, self.part.tab)
        self.recording = brought(tmp_path, 2.0)

    def convert(self, **values: Any) -> dict[str, Any]:
        given = self.part.given(**{"key": "key", "export_formats": ["wav"], **values})
        *_, last = map(self.part.named, self.handlers.convert(given))
        return last

    def test_a_recording_gets_another_voice(self) -> None:
        last = self.convert(recording=str(self.recording), target="tone-b")

        assert "Done." in last["status"]
        assert len(decode(last["player"])[0]) > 0
        assert last["wav"]["visible"] and last["start"]["interactive"]

    def test_choices_are_recordings_and_voices(self) -> None:
        stored, target = self.handlers.choices()

        assert stored["choices"] == []
        assert ("220 Hz (tone-a)", "tone-a") in target["choices"]

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({}, "Record or upload something first"),
            ({"stored": "nothing.wav", "target": "tone-a"}, "nothing.wav"),
            ({"stored": "x.wav"}, "Choose the target voice"),
            ({"stored": "x.wav", "target": "tone-a", "chunk_sec": 1.0, "overlap_sec": 2.0}, "overlap_sec"),
        ],
    )
    def test_what_is_missing_gets_a_sentence(self, values: dict[str, Any], words: str) -> None:
        last = self.convert(**values)

        assert words in last["status"] and "status bad" in last["status"]


class TestJoin:
    @pytest.fixture(autouse=True)
    def _tab(self, core: CoreEngine, tmp_path: Path) -> None:
        self.core = core
        self.part = Part(lambda page, tab: build_join_tab(core, page, tab))
        self.handlers = Joining(core, self.part.tab)
        self.upload = brought(tmp_path, 2.0)

    def join(self, **values: Any) -> dict[str, Any]:
        given = self.part.given(**{"key": "key", "uploads": None, "order": "", **values})
        *_, last = map(self.part.named, self.handlers.join(given))
        return last

    def test_results_silences_and_uploads_are_joined_in_their_order(self) -> None:
        name = spoken(self.core, "Hello there.")
        order = self.handlers.note_uploads([str(self.upload)], f"{name}\n(1.5s)")
        last = self.join(order=order, uploads=[str(self.upload)])

        assert "2 files" in last["status"]
        first = self.core.outputs.record(name)[0].seconds or 0
        samples, rate = decode(last["player"])
        assert len(samples) / rate == pytest.approx(first + 1.5 + 2.0, abs=0.02)
        assert last["timeline"]["value"].count("<tr>") == 4

    def test_presets_set_the_controls(self) -> None:
        podcast = self.part.named(self.handlers.choose_preset("podcast"))
        plain = self.part.named(self.handlers.choose_preset(AS_SET))

        assert (podcast["pause_duration_ms"]["value"], plain["pause_duration_ms"]["value"]) == (600, 0)

    def test_chosen_files_join_the_list(self) -> None:
        assert self.handlers.add(["b.wav"], "a.wav\n")[1] == "a.wav\nb.wav"

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({}, "Segments"),
            ({"order": "nothing.wav\nother.wav"}, "There is no such file."),
            ({"order": "(20s)"}, "a silence may last"),
        ],
    )
    def test_what_cannot_be_joined_gets_a_sentence(self, values: dict[str, Any], words: str) -> None:
        last = self.join(**values)

        assert words in last["status"] and "status bad" in last["status"]

    def test_an_upload_that_is_not_listed_is_told(self) -> None:
        last = self.join(order="(1s)", uploads=[str(self.upload)])

        assert "brought.wav was uploaded and is not in the list." in last["status"]


class TestFiles:
    @pytest.fixture(autouse=True)
    def _tab(self, core: CoreEngine, tmp_path: Path) -> None:
        self.core = core
        self.part = Part(lambda page, tab: build_files_tab(core, tab))
        self.handlers = FileHandlers(core, self.part.tab)
        self.upload = brought(tmp_path, 2.0)

    def look(self, store: str = OUTPUTS, search: str = "", folder: str = "", kind: str = "All") -> list[str]:
        shown = self.part.named(self.handlers.look(store, search, folder, kind, 1))
        return [name for _, name in shown["files"]["choices"]]

    def test_results_are_found_by_word_folder_and_kind(self) -> None:
        first, second = spoken(self.core, "Hello there."), spoken(self.core, "Good night.", folder="evening")

        assert self.look() == [second, first]
        assert self.look(search="hello") == self.look(folder="")[1:] == [first]
        assert self.look(folder="evening") == [second]
        assert self.look(kind="Conversions") == []

    def test_the_first_ticked_file_is_heard_and_described(self) -> None:
        name = spoken(self.core, "Hello there.", voice="tone-g", captions=["srt"])

        shown = self.part.named(self.handlers.show(OUTPUTS, [name]))

        assert voice_of(*decode(shown["player"])) == "tone-g"
        assert "Hello there." in shown["facts"] and ".srt" in shown["facts"]

    def test_ticked_files_are_packed_kept_and_deleted(self) -> None:
        names = [spoken(self.core, "One."), spoken(self.core, "Two.")]

        packing = self.handlers.pack(OUTPUTS, names)
        archive = Path(self.part.named(next(packing))["archive"]["value"])
        assert zipfile.ZipFile(archive).namelist() == names
        assert list(packing) == [] and not archive.exists()
        kept = self.part.named(self.handlers.keep(OUTPUTS, "", "", "All", 1, names, keep=True))
        assert "every clean-up: 2 files." in kept["status"] and kept["files"]["value"] == names
        refused = self.part.named(self.handlers.delete(OUTPUTS, "", "", "All", 1, names, False))
        deleted = self.part.named(self.handlers.delete(OUTPUTS, "", "", "All", 1, names, True))
        assert "status bad" in refused["status"] and "Deleted: 2 files." in deleted["status"]
        assert self.look() == []

    def test_what_is_kept_is_told_whoever_marked_it(self) -> None:
        first, second = spoken(self.core, "One."), spoken(self.core, "Two.", folder="fav")
        self.core.outputs.root.joinpath(first).with_suffix(".keep").touch()
        self.core.outputs.root.joinpath("fav", ".keep").touch()

        listed = self.part.named(self.handlers.look(OUTPUTS, "", "", "All", 1))["files"]["choices"]
        assert [" · kept · " in label for label, _ in listed] == [True, True]
        assert "kept through every one" in self.part.named(self.handlers.show(OUTPUTS, [first]))["facts"]
        freed = self.part.named(self.handlers.keep(OUTPUTS, "", "", "All", 1, [first], keep=False))
        still = self.part.named(self.handlers.keep(OUTPUTS, "", "", "All", 1, [second], keep=False))
        assert "May go with a clean-up: 1 file." in freed["status"]
        assert "A file named .keep in their folder keeps 1 file." in still["status"]

    def test_recordings_are_taken_in_for_conversion(self) -> None:
        shown = self.part.named(self.handlers.add(str(self.upload)))

        assert "brought.wav can be converted now." in shown["status"]
        assert self.look(INPUTS) == ["brought.wav"]
        assert self.part.named(self.handlers.show(INPUTS, ["brought.wav"]))["player"].endswith("brought.wav")

    def test_a_recording_is_described(self) -> None:
        self.handlers.add(str(self.upload))
        given = self.part.given(store=INPUTS, files=["brought.wav"], name="interview", text="Hello.", tags="one, two")

        assert "interview.wav is changed." in self.part.named(self.handlers.describe(given))["status"]
        assert self.core.vc_inputs.entry("interview").details["tags"] == ["one", "two"]
        refused = self.handlers.describe(self.part.given(store=OUTPUTS, files=["x"]))
        assert "status bad" in self.part.named(refused)["status"]

    def test_a_file_that_is_no_audio_gets_a_sentence(self, tmp_path: Path) -> None:
        file = tmp_path / "notes.wav"
        file.write_text("no audio")

        assert "status bad" in self.part.named(self.handlers.add(str(file)))["status"]


class SlowlyLoadedTone(ToneEngine):
    """Tells how far its load is; the load fails while `damaged`."""

    damaged = False

    def load(self, report: ProgressReport | None = None) -> None:
        if report is not None:
            report("Downloading tone", 0.25)
        if self.damaged:
            raise ModelLoadError("The file tone is damaged.")
        super().load(report)


def test_loading_a_model_tells_how_far_it_is(make_core: CoreMaker) -> None:
    engine = SlowlyLoadedTone()
    core = make_core(engine=engine)

    [told] = loading_html(core, "tts")
    assert "Downloading tone …" in told and "25%" in told
    assert core.models.loaded["tts"]
    core.models.unload("tts")
    engine.damaged = True
    with pytest.raises(ModelLoadError, match="The file tone is damaged"):
        list(loading_html(core, "tts"))
