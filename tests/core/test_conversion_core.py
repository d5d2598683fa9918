"""Voice conversion through `CoreEngine` with the tone engine."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from api_models import VCRequest
from config import Settings
from core.results import ConversionResult
from core_engine import CoreEngine
from exceptions import CancelledError, GenerationError, InvalidRequestError, ResourceNotFoundError
from speech.cancel import CancelToken
from speech.engines.tone import VOICE_PITCHES, ToneFaults
from speech.progress import Event, PieceConverted
from speech.samples import Samples
from speech.validation.protocol import Transcript, Word
from tests.conftest import CoreMaker
from tests.support.tones import decode, strongest, voice_of
from tests.support.validators import ScriptedValidator, scores

RATE = 24_000


def bursts(count: int, rate: int = RATE) -> Samples:
    """A tone of 0.8 s and a pause of 0.2 s, so many times."""
    clock = np.arange(int(0.8 * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * 150 * clock) * np.minimum(1.0, 40 * np.minimum(clock, 0.8 - clock))
    return np.tile(np.concatenate([tone, np.zeros(int(0.2 * rate))]), count).astype(np.float32)


@pytest.fixture
def recording(settings: Settings) -> Callable[..., str]:
    def write(samples: Samples, name: str = "talk.wav", rate: int = RATE) -> str:
        settings.paths.vc_input_dir.mkdir(exist_ok=True)
        soundfile.write(settings.paths.vc_input_dir / name, samples, rate)
        return name

    return write


def request(**fields: object) -> VCRequest:
    body = {"input_audio_source": "talk.wav", "target_voice_source": "tone-c", "export_formats": ["wav"]}
    return VCRequest.model_validate({**body, **fields})


def audio_of(result: ConversionResult) -> Samples:
    return decode(result.files[0].path)[0]


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


@pytest.mark.parametrize(("chunk", "overlap"), [(60, 0.1), (5, 0.1), (3, 0.0), (4, 3.9), (1, 0.5)])
def test_the_result_has_the_targets_voice_and_the_recordings_length(
    make_core: CoreMaker, recording: Callable[..., str], chunk: float, overlap: float
) -> None:
    source = bursts(12)
    recording(source)
    result = make_core().vc(request(chunk_sec=chunk, overlap_sec=overlap))
    samples = audio_of(result)
    assert len(samples) == len(source)
    assert voice_of(samples, RATE) == "tone-c"
    # No join doubles, swallows or clicks: the tone is as loud as the recording, and no step is steeper than its own.
    loud, wanted = (np.abs(audio).reshape(-1, 2400).max(axis=1) for audio in (samples, source))
    assert np.abs(loud - wanted).max() < 0.08
    steepest = 0.4 * 2 * np.pi * VOICE_PITCHES["tone-c"] / RATE
    assert np.abs(np.diff(samples)).max() < steepest


@pytest.mark.parametrize("rate", [8000, 44_100, 96_000])
def test_other_sample_rates_and_channels_are_read(
    make_core: CoreMaker, recording: Callable[..., str], rate: int
) -> None:
    recording(np.stack([bursts(2, rate), bursts(2, rate)], axis=1), "talk.flac", rate)
    result = make_core().vc(request(input_audio_source="talk.flac"))
    assert result.audio_seconds == pytest.approx(2.0, abs=0.01)


def test_pieces_are_reported_and_progress_is_told(make_core: CoreMaker, recording: Callable[..., str]) -> None:
    recording(bursts(10))
    events: list[Event] = []
    result = make_core().vc(request(chunk_sec=4), events.append)
    pieces = result.quality.chunks
    assert [piece.index for piece in pieces] == list(range(len(pieces))) and len(pieces) >= 3
    assert pieces[0].start == 0 and pieces[-1].end == pytest.approx(10.0)
    done = [event for event in events if isinstance(event, PieceConverted)]
    assert [event.index for event in done] == [piece.index for piece in pieces]
    assert done[-1].seconds == done[-1].total_seconds == pytest.approx(10.0)


def test_a_failed_piece_fails_the_request_with_its_time_range(
    make_core: CoreMaker, recording: Callable[..., str], settings: Settings
) -> None:
    recording(bursts(9))
    with pytest.raises(GenerationError, match=r"The part from 0.0 s to .* s could not be converted") as caught:
        make_core(ToneFaults("raise", 1)).vc(request(chunk_sec=3))
    assert caught.value.detail == {"start": 0.0, "end": pytest.approx(2.9, abs=0.15)}
    assert files_in(settings.paths.output_dir) == []


@pytest.mark.parametrize("fault", ["nan", "empty", "tail"])
def test_broken_audio_is_never_used(make_core: CoreMaker, recording: Callable[..., str], fault: str) -> None:
    recording(bursts(3))
    with pytest.raises(GenerationError, match="broken audio"):
        make_core(ToneFaults(fault, 1)).vc(request())


def test_cancelling_stops_and_leaves_nothing(
    make_core: CoreMaker, recording: Callable[..., str], settings: Settings
) -> None:
    recording(bursts(9))
    token = CancelToken()
    with pytest.raises(CancelledError):
        make_core().vc(request(chunk_sec=3), lambda event: token.cancel(), token)
    assert files_in(settings.paths.output_dir) == []


def test_silence_stays_silence(make_core: CoreMaker, recording: Callable[..., str]) -> None:
    recording(np.zeros(3 * RATE, np.float32))
    result = make_core(ToneFaults("raise", -1)).vc(request())
    assert np.abs(audio_of(result)).max() == 0.0 and result.audio_seconds == 3.0


def test_pitch_speed_trim_and_loudness_apply(make_core: CoreMaker, recording: Callable[..., str]) -> None:
    silence = np.zeros(RATE, np.float32)
    recording(np.concatenate([silence, bursts(8), silence]))
    fields = {"pitch_shift": 12, "speed_factor": 2.0, "trim": True, "normalize_audio": True, "normalize_level": -30}
    result = make_core().vc(request(chunk_sec=3, **fields))
    assert strongest(audio_of(result), RATE, 150, 1200) == pytest.approx(2 * VOICE_PITCHES["tone-c"], rel=0.01)
    assert 3.9 < result.audio_seconds < 4.3  # half of 7.8 s of sound, and at most 0.2 s of silence at either end
    assert result.finishing["pitch"] == {"semitones": 12.0} and result.finishing["speed"] == {"factor": 2.0}
    assert result.finishing["loudness"]["after"]["integrated"] == pytest.approx(-30, abs=0.5)
    assert result.quality.chunks[-1].end == pytest.approx(result.audio_seconds, abs=0.01)


def test_the_silence_cut_keeps_the_original_if_asked(make_core: CoreMaker, recording: Callable[..., str]) -> None:
    recording(np.concatenate([bursts(3), np.zeros(2 * RATE, np.float32), bursts(3)]))
    result = make_core().vc(request(use_auto_editor=True, keep_original_wav_ae=True))
    lengths = {file.place.kind: file.duration_seconds for file in result.files}
    assert lengths["original"] == 8.0 and lengths["result"] < 6.9
    assert result.finishing["silence_cut"]["seconds"] == pytest.approx(8.0 - lengths["result"], abs=0.01)


class Hearing(ScriptedValidator):
    """Hears the first words in recordings of the bursts' tone, the second ones in anything else."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(scores(1.0)._verdict)
        self._texts = before, after

    def transcribe(self, samples: Samples, sample_rate: int, language: str) -> Transcript:
        converted = strongest(samples, sample_rate, 100, 1200) > 200
        words = self._texts[converted].split()
        return Transcript(
            " ".join(words), tuple(Word(word, 0.5 * i, 0.5 * i + 0.4, 1.0) for i, word in enumerate(words))
        )

    def detect_language(self, samples: Samples, sample_rate: int) -> str:
        return "en"


def test_words_are_compared_and_captions_show_the_result(make_core: CoreMaker, recording: Callable[..., str]) -> None:
    recording(bursts(4))
    core = make_core(validator=Hearing("oak ash elm fir", "oak ash helm fir"))
    result = core.vc(request(captions=["srt"]))
    piece = result.quality.chunks[0]
    assert (piece.text, piece.transcript, piece.wer) == ("oak ash elm fir", "oak ash helm fir", 0.25)
    assert result.quality.wer == 0.25 and result.quality.verdict == "passed"
    assert "oak ash helm fir" in result.captions[0].path.read_text("utf-8")


def test_lost_words_are_a_failed_verdict_and_a_warning(make_core: CoreMaker, recording: Callable[..., str]) -> None:
    recording(bursts(4))
    result = make_core(validator=Hearing("oak ash elm fir", "oak")).vc(request())
    assert result.quality.verdict == "failed"
    assert result.warnings == ("From 0.0 s to 4.0 s the listener hears other words than before.",)


def test_checking_can_be_left_out(make_core: CoreMaker, recording: Callable[..., str]) -> None:
    recording(bursts(2))
    result = make_core(validator=Hearing("oak", "elm")).vc(request(bypass_whisper_checking=True))
    assert result.quality.verdict == "not_checked"


def test_the_sidecar_tells_how_it_was_made(make_core: CoreMaker, recording: Callable[..., str]) -> None:
    recording(bursts(2))
    result = make_core().vc(request(folder="interviews", seed=7))
    path = next(text.path for text in result.texts if text.format == "json")
    told = json.loads(path.read_text("utf-8"))
    assert path.parent.name == "interviews"
    assert (told["type"], told["source"], told["voices"]) == ("vc", "talk.wav", ["tone-c"])
    assert told["settings"]["seed"] == 7


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"target_voice_source": "nobody"}, "target_voice_source"),
        ({"input_audio_source": "../talk.wav"}, "input_audio_source"),
        ({"engine": "chatterbox"}, "engine"),
    ],
)
def test_what_cannot_be_done_is_refused_by_field(
    make_core: CoreMaker, recording: Callable[..., str], fields: dict[str, str], field: str
) -> None:
    recording(bursts(1))
    with pytest.raises(InvalidRequestError) as caught:
        make_core().vc(request(**fields))
    assert caught.value.field == field


def test_a_missing_recording_is_not_found(make_core: CoreMaker) -> None:
    with pytest.raises(ResourceNotFoundError):
        make_core().vc(request())


def test_what_is_no_audio_is_refused(make_core: CoreMaker, settings: Settings) -> None:
    settings.paths.vc_input_dir.mkdir()
    (settings.paths.vc_input_dir / "talk.wav").write_text("no audio")
    with pytest.raises(InvalidRequestError, match="holds no audio that can be read"):
        make_core().vc(request())


def test_longer_than_allowed_is_refused(
    make_core: CoreMaker, recording: Callable[..., str], settings: Settings
) -> None:
    recording(bursts(8))
    core: CoreEngine = make_core(api={"max_recording_minutes": 0.1})
    with pytest.raises(InvalidRequestError, match=r"longer than the 0.1 minutes"):
        core.vc(request(chunk_sec=3))
    assert files_in(settings.paths.output_dir) == []
