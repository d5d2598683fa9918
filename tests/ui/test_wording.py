"""What the page says: escaped, complete, and with advice where something failed."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from pydantic import ValidationError

from api_models import TTSRequest
from core.results import Readiness, SpeechResult
from exceptions import (
    CancelledError,
    ChatterboxError,
    DeadlineExceededError,
    DiskFullError,
    InvalidRequestError,
    ModelLoadError,
)
from speech.engines.protocol import Voice
from speech.engines.tone import ToneFaults
from speech.validation.protocol import Check
from tests.conftest import CoreMaker
from tests.support.validators import ScriptedValidator, scores
from ui import wording
from ui.progress import Status


class Cells(HTMLParser):
    """Texts of the cells of a table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self._open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._open = tag in ("td", "th")
        if self._open:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.cells[-1] += data


def spoken(
    make_core: CoreMaker, text: str, validator: ScriptedValidator | None = None, **fields: object
) -> SpeechResult:
    core = make_core(validator=validator)
    return core.tts(TTSRequest.model_validate({"text": text, "export_formats": ["wav"], **fields}))


def test_the_quality_table_has_a_row_per_chunk_and_only_used_columns(make_core: CoreMaker) -> None:
    result = spoken(make_core, "One here.\n\nTwo there.")

    cells = Cells(wording.quality_html(result.quality)).cells

    assert cells[:6] == ["Chunk", "Text", "Check", "Takes", "Starts", "Length"]
    assert cells[6:9] == ["1", "One here.", "not checked"]
    assert cells[12:15] == ["2", "Two there.", "not checked"]


def test_score_and_verdict_of_checked_chunks_are_shown(make_core: CoreMaker) -> None:
    result = spoken(make_core, "One here.", scores(0.9))

    (row,) = wording.quality_rows(result.quality)

    assert row[2:5] == ["passed", "0.90", "1"]
    assert "every chunk passed its check" in wording.result_html(result)


def test_a_chunk_that_never_passed_is_told_in_table_and_summary(make_core: CoreMaker) -> None:
    result = spoken(make_core, "One here.", scores(0.1), num_candidates_per_chunk=1, max_attempts_per_candidate=2)

    (row,) = wording.quality_rows(result.quality)
    summary = wording.result_html(result)

    assert row[2:5] == ["not passed", "0.10", "2"]
    assert 'class="status bad"' in summary
    assert "Chunk 1 did not pass its check in 2 takes" in summary


def test_a_chunk_that_was_given_up_is_called_not_spoken(make_core: CoreMaker) -> None:
    core = make_core(ToneFaults("raise", takes=-1))
    request = TTSRequest(text="One here.\n\nTwo.", on_failure="mark", export_formats=["wav"])

    rows = wording.quality_rows(core.tts(request).quality)

    assert [row[2] for row in rows] == ["not spoken", "not spoken"]
    assert "a pause stands in its place" in rows[0][-1]


def test_remarks_and_transcripts_are_in_plain_words(make_core: CoreMaker) -> None:
    heard = Check(True, 0.8, "transcribed", wer=0.0, transcript="one here", warnings=("long_gap", "something_new"))
    result = spoken(make_core, "One here.", ScriptedValidator(lambda *_: heard))

    (row,) = wording.quality_rows(result.quality)

    assert row[-1] == "a long gap; something new; heard: one here"


def test_text_cannot_bring_markup_into_the_page(make_core: CoreMaker) -> None:
    result = spoken(make_core, "Say <img src=x onerror=alert(1)> & <b>that</b>.", strip_markdown=False)

    table = Cells(wording.quality_html(result.quality))

    assert not {"img", "b"} & table.tags
    assert any("<img src=x onerror=alert(1)>" in cell for cell in table.cells)
    assert "<i>" not in wording.status_html("<i>", lead="<i>")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InvalidRequestError("No such voice."), ["Not started.", "No such voice."]),
        (CancelledError("The request was cancelled."), ["Stopped."]),
        (DeadlineExceededError("Too late."), ["Failed.", "shorter text"]),
        (DiskFullError("The disk is full."), ["Failed.", "Make room"]),
        (ModelLoadError("A file is missing."), ["Failed.", "restart the service"]),
        (ChatterboxError("Odd."), ["Failed.", "Odd."]),
    ],
)
def test_an_error_says_what_to_do(error: ChatterboxError, words: list[str]) -> None:
    html = wording.error_html(error)

    assert all(word in html for word in words)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " \n"}, "There is no text to speak."),
        ({"text": ""}, "There is no text to speak."),
        ({"text": "Hi", "export_formats": []}, "Choose at least one file format"),
        ({"text": "Hi", "speed_factor": 9}, "Speed factor: "),
    ],
)
def test_an_invalid_field_becomes_a_sentence(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TTSRequest.model_validate(fields)

    error = wording.invalid_request(caught.value)

    assert error.message.startswith(words)
    assert error.field == list(fields)[-1]


def test_the_banner_follows_the_state_of_the_models() -> None:
    assert wording.readiness_html(Readiness("ready", "")) == ""
    assert "Downloading x (34%)." in wording.readiness_html(Readiness("starting", "Downloading x (34%)."))
    failed = wording.readiness_html(Readiness("failed", "The file x is damaged."))
    assert "could not be loaded" in failed
    assert "The file x is damaged." in failed
    assert "is stopping" in wording.readiness_html(Readiness("stopping", ""))


def test_the_progress_line_tells_place_time_and_estimate(make_core: CoreMaker) -> None:
    core = make_core()
    status = Status(done=1, total=4, share=0.25, audio_seconds=2.5, elapsed=3.0, remaining=9.0)

    assert "Waiting for the speech model" in wording.progress_html(core, status)

    core.wait_ready(10)
    line = wording.progress_html(core, status)
    assert "Chunk 2 of 4:" in line
    assert "2.5 s of speech after 3 s, about 9 s to go" in line
    assert 'value="0.250"' in line
    assert "Beginning" in wording.progress_html(core, replace(status, total=0, done=0))
    queued = wording.progress_html(core, replace(status, position=3, wait_seconds=12.0))
    assert "Number 3 in the queue, its turn comes in about 12 s." in queued


def test_voices_are_labelled_by_name_and_description() -> None:
    voices = [Voice("anna", "en-US", "warm", "0"), Voice("bob", "en-GB", "", "1")]

    assert wording.voice_choices(voices) == [("warm (anna)", "anna"), ("bob", "bob")]


def test_notes_about_the_model_are_escaped_and_optional() -> None:
    assert "It is &lt;slow&gt;. It is good." in wording.notes_html(["It is <slow>.", "It is good."])
    assert wording.notes_html([]) == ""
