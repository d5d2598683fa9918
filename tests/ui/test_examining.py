"""What the Convert tab finds out about a recording: its words, and the engine's mark."""

from pathlib import Path
from typing import Any

import pytest

from core_engine import CoreEngine
from library.recordings import NewRecording
from speech.engines.tone import ToneEngine
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.support.page_parts import Part
from tests.support.recordings import speechlike, wav_bytes
from tests.support.validators import ListeningValidator
from ui.examining import Examining
from ui.tabs.convert import build_convert_tab


class MarkingTone(ToneEngine):
    """Finds its mark with the given confidence."""

    def __init__(self, confidence: float) -> None:
        super().__init__()
        self._confidence = confidence

    def mark_confidence(self, samples: Samples, sample_rate: int) -> float:
        return self._confidence


@pytest.fixture
def recording(tmp_path: Path) -> str:
    path = tmp_path / "talk.wav"
    path.write_bytes(wav_bytes(speechlike(4.0)))
    return str(path)


def examine(core: CoreEngine, task: str, *given: Any) -> dict[str, Any]:
    """What the section shows at the end, by the names of its components."""
    part = Part(lambda page, tab: build_convert_tab(core, page, tab).examination)
    handlers = Examining(core, part.tab)
    *_, last = map(part.named, getattr(handlers, task)("key", *given))
    assert [*map(part.named, handlers.come_back("another key"))][-1].keys() == {"write", "mark", "stop"}
    assert [*map(part.named, handlers.come_back("key"))][-1] == last
    return last


@pytest.mark.parametrize(("form", "words"), [("txt", "Über den See."), ("srt", "00:00:00,000 -->"), ("vtt", "WEBVTT")])
def test_a_recording_is_written_down(make_core: CoreMaker, recording: str, form: str, words: str) -> None:
    last = examine(make_core(validator=ListeningValidator("Über den See.")), "write_down", recording, None, " ", form)

    assert "Done." in last["status"] and "4.0 s were heard, language de." in last["status"]
    assert last["words"]["value"].startswith(words if form != "srt" else f"1\n{words}")
    assert last["words"]["visible"] and last["save"]["visible"]
    assert last["write"]["interactive"] and not last["stop"]["interactive"]


def test_one_of_the_service_is_written_down_in_its_language(make_core: CoreMaker, recording: str) -> None:
    core = make_core(validator=(listener := ListeningValidator("Hello.")))
    core.vc_inputs.register(NewRecording(Path(recording), "talk.wav", "", {}), "vc_input_file")

    assert examine(core, "write_down", None, "talk.wav", "en", "txt")["words"]["value"] == "Hello."
    assert listener.windows[0][1] == "en"


@pytest.mark.parametrize(
    ("confidence", "words"), [(1.0, "carries the mark of tone.</strong> In 4.0 s of 4.0 s"), (0.0, "No mark of tone.")]
)
def test_the_mark_is_looked_for(make_core: CoreMaker, recording: str, confidence: float, words: str) -> None:
    last = examine(make_core(engine=MarkingTone(confidence)), "look_for_mark", recording, None)

    assert words in last["status"] and not last["words"]["visible"]


@pytest.mark.parametrize(
    ("task", "given", "words"),
    [
        ("look_for_mark", (None, None), "Record or upload something first"),
        ("write_down", (None, "nothing.wav", "", "txt"), "nothing.wav"),
        ("look_for_mark", ("recording", None), "makes no watermark"),
        ("write_down", ("recording", None, "", "txt"), "no model that listens"),
    ],
)
def test_what_cannot_be_found_out_gets_a_sentence(
    make_core: CoreMaker, recording: str, task: str, given: tuple[Any, ...], words: str
) -> None:
    core = make_core()
    part = Part(lambda page, tab: build_convert_tab(core, page, tab).examination)
    asked = [recording if value == "recording" else value for value in given]
    *_, last = map(part.named, getattr(Examining(core, part.tab), task)("key", *asked))

    assert words in last["status"] and "status bad" in last["status"]
