"""Our Python client, waiting and awaiting: whatever is answered at once."""

from pathlib import Path
from typing import Any, get_type_hints

import pytest

import api_models
from api_models import library as library_models
from api_models.jobs import (
    AudiobookRequest,
    BookReply,
    ChapterReply,
    JobChunk,
    JobChunks,
    JobEstimate,
    JobList,
    JobProgress,
    JobReply,
    JobResult,
)
from api_models.talk import TalkStart
from api_models.transcription import TranscribedSegment, TranscribedWord, VerboseTranscription
from client import AccessError, AsyncClient, Client, InvalidRequestError, NotFoundError, fields, job_replies, replies
from guard.keys import KeyStore
from tests.clients.conftest import Ask, awaited, blocking
from tests.conftest import CoreMaker
from tests.support.caption_parsers import read_srt
from tests.support.listening import decoded
from tests.support.recordings import speechlike, wav_bytes
from tests.support.tones import voice_of
from tests.support.validators import ListeningValidator

SENTENCES = ["The birch canoe slid on the planks.", "Glue the sheet to the background."]
TEXT = " ".join(SENTENCES)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "anna.wav"
    path.write_bytes(wav_bytes(speechlike(4.0)))
    return path


def test_speech_is_audio_that_can_be_saved(ask: Ask, tmp_path: Path) -> None:
    audio = ask("speak", TEXT, voice="tone-b", seed=5, export_formats=["mp3", "wav"])
    assert (audio.media_type, audio.seed, audio.verdict) == ("audio/mpeg", 5, "not_checked")
    assert voice_of(*decoded(audio.content, "mp3")) == "tone-b"
    assert audio.save(tmp_path / "hello.mp3").read_bytes() == audio.content
    assert audio.url.endswith(".mp3")


def test_speech_in_files_is_reported_listed_and_downloaded(ask: Ask, tmp_path: Path) -> None:
    report = ask("speak_to_files", TEXT, voice="tone-c", folder="My stories/one 100%", export_formats=["wav"])
    assert report["voice"] == "tone-c"
    assert [chunk["text"] for chunk in report["quality"]["chunks"]] == SENTENCES
    [file] = report["output_files"]
    [listed] = ask("outputs", folder="My stories/one 100%")["files"]
    assert listed["filename"] == file["filename"]
    assert ask("outputs", search="nothing like it")["total"] == 0
    content = ask("output", file["filename"])
    assert len(content) == file["size_bytes"]
    path = ask("download", file["filename"], tmp_path / "story.wav")
    assert path.read_bytes() == content
    assert sorted(item.name for item in tmp_path.glob("story*")) == ["story.wav"]


def test_a_download_that_fails_leaves_nothing(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        ask("download", "nothing.wav", tmp_path / "nothing.wav")
    assert list(tmp_path.glob("nothing*")) == []


def test_a_recording_is_converted(ask: Ask, recording: Path) -> None:
    audio = ask("convert", recording, "tone-d", normalize_audio=False, export_formats=["flac", "mp3"], chunk_sec=2.5)
    assert audio.media_type == "audio/flac"
    assert voice_of(*decoded(audio.content, "flac")) == "tone-d"
    report = ask("convert_to_files", recording, "tone-d", export_formats=["mp3"], folder=None)
    assert [file["format"] for file in report["output_files"]] == ["mp3"]
    with pytest.raises(NotFoundError, match=r"nobody\.wav"):
        ask("convert", "nobody.wav", "tone-d")


def test_a_voice_is_uploaded_and_listed(ask: Ask, recording: Path) -> None:
    made = ask("upload_voice", recording, name="Anna", folder="narrators", tags=["calm", "low"],
               default_parameters={"sentence_pause_ms": 400})  # fmt: skip
    assert made["filename"] == "narrators/Anna.wav"
    page = ask("voices", tag="calm")
    assert (page["total"], page["voices"][0]["tags"]) == (1, ["calm", "low"])
    assert ask("voices", tag="loud")["voices"] == []
    assert len(ask("speak", "Hello.", voice="anna").content) > 1_000


def test_voices_and_outputs_are_deleted(ask: Ask, recording: Path) -> None:
    name = ask("upload_voice", recording, name="Anna", folder="my narrators")["filename"]
    assert ask("delete_voice", name)["deleted_files"] == [name]
    for folder in ("one", "two", "two"):
        ask("speak_to_files", "Hello.", folder=folder, export_formats=["wav"])
    [first] = ask("outputs", folder="one")["files"]
    assert ask("delete_output", first["filename"])["deleted_count"] == 1
    with pytest.raises(InvalidRequestError, match="all=true"):
        ask("delete_outputs")
    foreseen = ask("delete_outputs", folder="two", dry_run=True)
    assert (foreseen["deleted_count"], ask("outputs")["total"]) == (2, 2)
    names = [foreseen["deleted_files"][0]]
    assert ask("delete_outputs", filenames=names)["deleted_files"] == names
    assert ask("delete_outputs", everything=True)["deleted_count"] == 1
    assert ask("outputs")["total"] == 0


@pytest.mark.parametrize("connected", [blocking, awaited])
def test_a_recording_is_written_down(make_core: CoreMaker, recording: Path, connected: Any) -> None:
    with connected(make_core(validator=ListeningValidator("Hier ist es. Schau her."))) as ask:
        heard = ask("transcribe", recording)
        assert (heard["text"], heard["language"], heard["duration"]) == ("Hier ist es. Schau her.", "de", 4)
        assert [segment["text"] for segment in heard["segments"]] == ["Hier ist es.", "Schau her."]
        assert heard["words"][1] == {"word": "ist", "start": 0.8, "end": 1.44}
        assert read_srt(ask("caption", recording)) == [(0, 3.84, ["Hier ist es. Schau her."])]
        assert ask("caption", recording, "vtt", language="en").startswith("WEBVTT")
        with pytest.raises(InvalidRequestError, match="language") as caught:
            ask("transcribe", recording, language="xx")
    assert (caught.value.code, caught.value.field) == ("VALIDATION_ERROR", "language")
    assert len(caught.value.request_id) > 8


def test_the_service_tells_of_itself(ask: Ask) -> None:
    assert ask("health")["status"] in ("healthy", "degraded")
    capabilities = ask("capabilities")
    assert capabilities["engine"] == "tone"
    assert "tone-a" in [voice["name"] for voice in capabilities["active"]["voices"]]


def test_an_error_has_all_that_the_service_told(ask: Ask) -> None:
    with pytest.raises(InvalidRequestError, match=r"^VALIDATION_ERROR: speed_factor: ") as caught:
        ask("speak", TEXT, speed_factor=9)
    error = caught.value
    assert (error.status, error.code, error.field, error.retry_after) == (422, "VALIDATION_ERROR", "speed_factor", None)
    assert error.message.startswith("speed_factor: ") and error.detail[0]["field"] == "speed_factor"
    assert len(error.request_id) > 8
    with pytest.raises(NotFoundError) as missing:
        ask("job", "no/such job")
    assert missing.value.code == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("connected", [blocking, awaited])
def test_a_key_opens_the_service(make_core: CoreMaker, tmp_path: Path, connected: Any) -> None:
    key = KeyStore(tmp_path / "keys.json").add("client", ["speak"])
    core = make_core(paths={"keys_file": tmp_path / "keys.json"})
    with connected(core, api_key=key) as ask:
        assert ask("capabilities")["engine"] == "tone"
    with connected(core, api_key="wrong") as ask, pytest.raises(AccessError) as caught:
        ask("capabilities")
    assert (caught.value.status, caught.value.code) == (401, "UNAUTHORIZED")


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(AsyncClient) - public(Client) == {"talk"}
    assert public(Client) <= public(AsyncClient)


@pytest.mark.parametrize(
    ("fields_of", "model", "others"),
    [
        (fields.SpeechFields, api_models.TTSRequest, {"text", "reference_audio_filename", "project"}),
        (fields.TalkFields, TalkStart, {"type", "format"}),
        (fields.AudiobookFields, AudiobookRequest, {"book"}),
        (fields.ConversionFields, api_models.VCRequest, {"input_audio_source", "target_voice_source", "project"}),
    ],
)
def test_requests_have_every_field_of_the_service(fields_of: type, model: Any, others: set[str]) -> None:
    hints = get_type_hints(model)
    assert get_type_hints(fields_of) == {name: hints[name] for name in model.model_fields if name not in others}


@pytest.mark.parametrize(
    ("reply", "model"),
    [
        (replies.Report, api_models.TTSResponse),
        (replies.Report, api_models.VCResponse),
        (replies.OutputFile, api_models.OutputFile),
        (replies.CaptionFile, library_models.OutputCaptions),
        (replies.Voice, library_models.VoiceMetadata),
        (replies.VoicePage, library_models.VoicesResponse),
        (replies.UploadedVoice, library_models.VoiceUploadResponse),
        (replies.UploadedInput, library_models.VCInputUploadResponse),
        (replies.Output, library_models.OutputMetadata),
        (replies.OutputPage, library_models.OutputsResponse),
        (job_replies.Job, JobReply),
        (job_replies.JobProgress, JobProgress),
        (job_replies.JobResult, JobResult),
        (job_replies.JobPage, JobList),
        (job_replies.JobChunk, JobChunk),
        (job_replies.JobChunkPage, JobChunks),
        (job_replies.Estimate, JobEstimate),
        (job_replies.Book, BookReply),
        (job_replies.Chapter, ChapterReply),
        (replies.Deletion, library_models.DeletionResponse),
        (replies.Transcript, VerboseTranscription),
        (replies.TranscribedSegment, TranscribedSegment),
        (replies.TranscribedWord, TranscribedWord),
        (replies.Health, api_models.HealthResponse),
        (replies.Capabilities, api_models.CapabilitiesResponse),
    ],
)
def test_replies_have_fields_of_the_service_only(reply: type, model: Any) -> None:
    assert set(get_type_hints(reply)) <= set(model.model_fields)
