"""Joining through the core: the rules of docs/concat.md, their reports, and what is refused."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api_models import ConcatRequest, MixedConcatRequest
from core.concat_report import JoinedResult
from core.concat_sources import UploadedAudio
from core.concat_work import Join
from core_engine import CoreEngine
from exceptions import CancelledError, ChatterboxError, ConflictError, InvalidRequestError, ResourceNotFoundError
from speech.admission import Work
from speech.audio.encode import AudioFileWriter
from speech.audio.loudness_meter import measure
from speech.cancel import CancelToken
from speech.progress import Admitted, ClipMeasured, Event, Joined
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.speech.audio.sounds import pieces, silence, tone
from tests.support.tones import decode, strongest

RATE = 24_000
PLAIN: dict[str, Any] = {"normalize_levels": False}


@pytest.fixture
def core(make_core: CoreMaker) -> CoreEngine:
    return make_core()


def put(core: CoreEngine, name: str, samples: Samples, rate: int = RATE) -> str:
    path = core.outputs.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with AudioFileWriter(path, path.suffix[1:], rate) as writer:
        writer.write(samples)
    return name


def joined(core: CoreEngine, files: list[str], **fields: Any) -> JoinedResult:
    return core.concat(ConcatRequest.model_validate({"files": files, **fields}))


def heard(result: JoinedResult) -> Samples:
    samples, rate = decode(result.files[0].path)
    assert rate == result.metadata.sample_rate
    return samples


def test_files_stand_one_after_the_other_sample_by_sample(core: CoreEngine) -> None:
    sounds = [tone(0.5, 0.5, 300), tone(0.7, 0.4, 500), tone(0.3, 0.3, 700)]
    names = [put(core, f"part/{n}.wav", sound) for n, sound in enumerate(sounds)]
    result = joined(core, names, **PLAIN)
    assert np.allclose(heard(result), pieces(*sounds), atol=2e-4)
    assert (result.file_count, result.audio_seconds) == (3, 1.5)
    assert [(span.start, span.end) for span in result.metadata.timeline] == [(0, 0.5), (0.5, 1.2), (1.2, 1.5)]


def test_silence_tokens_are_exact_and_replace_the_pause_where_they_stand(core: CoreEngine) -> None:
    name = put(core, "a.wav", tone(1.0))
    files = ["(50ms)", name, name, "(1.5s)", name, "(100ms)", "(0.2s)"]
    result = joined(core, files, pause_duration_ms=400, pause_variation_ms=0, **PLAIN)
    lengths = [round(span.end - span.start, 6) for span in result.metadata.timeline]
    assert lengths == [0.05, 1.0, 0.4, 1.0, 1.5, 1.0, 0.1, 0.2]
    assert result.metadata.pauses_ms == [400]
    assert len(heard(result)) == round(sum(lengths) * RATE)


def test_random_pauses_are_drawn_once_for_all_formats_and_come_again_with_their_seed(core: CoreEngine) -> None:
    name = put(core, "a.wav", tone(0.2))
    fields = {"pause_duration_ms": 80, "pause_variation_ms": 70, "export_formats": ["wav", "flac", "mp3"], **PLAIN}
    first = joined(core, [name] * 20, **fields)
    pauses = first.metadata.pauses_ms
    assert len(pauses) == 19 and len(set(pauses)) > 5
    assert all(10 <= pause <= 150 for pause in pauses)
    lengths = {file.format: len(decode(file.path)[0]) for file in first.files}
    assert lengths["wav"] == lengths["flac"] == 20 * RATE // 5 + sum(pauses) * RATE // 1000
    assert lengths["mp3"] == pytest.approx(lengths["wav"], abs=RATE // 100)  # pauses differ by more
    again = joined(core, [name] * 20, seed=first.metadata.seed, **fields)
    other = joined(core, [name] * 20, **fields)
    assert again.metadata.pauses_ms == pauses != other.metadata.pauses_ms


@pytest.mark.parametrize(("pause", "lowest", "highest"), [(1, 1, 1), (100, 50, 150), (1000, 800, 1200)])
def test_a_variation_that_is_left_out_is_at_most_half_of_the_pause(pause: int, lowest: int, highest: int) -> None:
    request = ConcatRequest.model_validate({"files": ["a", "b"], "pause_duration_ms": pause})
    assert request.pause_range_ms == (lowest, highest)


def test_a_crossfade_is_clipped_to_half_of_the_shorter_file_and_reported(core: CoreEngine) -> None:
    names = [put(core, "a.wav", tone(2.0)), put(core, "b.wav", tone(0.4)), put(core, "c.wav", tone(3.0))]
    result = joined(core, names, crossfade_ms=5000, **PLAIN)
    assert [span.crossfade for span in result.metadata.timeline] == [0, 0.2, 0.2]
    assert result.audio_seconds == pytest.approx(5.0)
    assert ["200 ms" in warning for warning in result.warnings] == [True, True]


def test_each_file_is_trimmed_then_levelled(core: CoreEngine) -> None:
    quiet = pieces(silence(1.0), tone(2.0, 0.02, 997), silence(0.5))
    names = [put(core, "quiet.wav", quiet), put(core, "loud.wav", tone(2.0, 0.7, 997))]
    result = joined(core, names, trim=True, normalize_level=-23)
    first, second = result.metadata.timeline
    assert (first.trimmed_start, first.trimmed_end, second.trimmed_end) == (0.95, 0.45, 0)
    assert (result.metadata.files_trimmed, result.metadata.total_silence_removed) == (1, 1.4)
    assert first.gain_db > 10 > 0 > second.gain_db
    samples = heard(result)
    for span in (first, second):
        part = samples[round(span.start * RATE) : round(span.end * RATE)]
        assert measure([part], RATE).integrated == pytest.approx(-23, abs=0.1)


def test_a_file_whose_peaks_leave_no_room_stays_quieter_and_says_so(core: CoreEngine) -> None:
    clicks = 0.01 * tone(2.0, 1.0)
    clicks[24_000] = 0.9
    result = joined(core, [put(core, "a.wav", clicks), put(core, "b.wav", tone(1.0))])
    assert np.abs(heard(result)).max() < 0.95
    assert "quieter" in result.warnings[0]


def test_silent_files_stay_silent(core: CoreEngine) -> None:
    name = put(core, "a.wav", silence(1.0))
    result = joined(core, [name, name], trim=True)
    assert not heard(result).any() and result.audio_seconds == 2.0


def test_the_rate_is_the_lowest_that_loses_nothing(core: CoreEngine) -> None:
    low, high = put(core, "a.wav", tone(1.0), RATE), put(core, "b.wav", tone(1.0, rate=44_100), 44_100)
    assert joined(core, [low, low]).metadata.sample_rate == 24_000
    result = joined(core, [low, high], **PLAIN)
    assert result.metadata.sample_rate == 48_000
    samples = heard(result)
    assert len(samples) / 48_000 == pytest.approx(2.0, abs=0.001)
    assert {round(strongest(part, 48_000, 50, 1000)) for part in np.array_split(samples, 2)} == {220}


def test_presets_fill_what_is_left_out() -> None:
    def made(**fields: Any) -> ConcatRequest:
        return ConcatRequest.model_validate({"files": ["a", "b"], **fields})

    podcast = made(preset="podcast")
    assert (podcast.trim, podcast.pause_range_ms, podcast.export_formats) == (True, (450, 750), ["mp3"])
    assert made(preset="podcast", pause_duration_ms=100).pause_range_ms == (50, 150)
    assert made(preset="video", trim=False).trim is False
    archive = made(preset="archive")
    assert (archive.normalize_levels, archive.pause_range_ms, archive.export_formats) == (False, (0, 0), ["flac"])


def test_fields_without_effect_are_named(core: CoreEngine) -> None:
    name = put(core, "a.wav", tone(0.5))
    result = joined(core, [name, name], pause_duration_ms=100, pause_variation_ms=0, crossfade_ms=50, seed=3)
    assert result.metadata.ignored_parameters == ["crossfade_ms", "seed"]


def test_the_sidecar_tells_how_it_was_made(core: CoreEngine) -> None:
    names = [put(core, "in/a.wav", tone(0.5)), put(core, "in/b.wav", tone(0.5))]
    result = joined(core, names, output_filename="book.wav", folder="new", export_formats=["wav", "flac"])
    assert [file.name for file in result.files] == ["new/book.wav", "new/book.flac"]
    record = json.loads((core.outputs.root / "new" / "book.json").read_text("utf-8"))
    assert (record["type"], record["source_files"]) == ("concat", names)
    assert len(record["timeline"]) == 2
    with pytest.raises(ConflictError):
        joined(core, names, output_filename="book", folder="new")
    # The same folder and name in other case would be the same file elsewhere.
    with pytest.raises(ConflictError):
        joined(core, names, output_filename="BOOK", folder="New")


def test_uploads_and_server_files_follow_the_same_rules(core: CoreEngine, tmp_path: Path) -> None:
    name = put(core, "a.wav", tone(0.5, 0.3, 400))
    with AudioFileWriter(tmp_path / "b.flac", "flac", RATE) as writer:
        writer.write(tone(0.25, 0.3, 800))
    upload = UploadedAudio("b.flac", io.BytesIO((tmp_path / "b.flac").read_bytes()))
    segments = [
        {"type": "upload", "index": 0},
        {"type": "server_file", "source": name},
        {"type": "silence", "source": "(0.25s)"},
        {"type": "upload", "index": 0},
    ]
    request = MixedConcatRequest.model_validate({"segments": segments, "trim": True, "crossfade_ms": 20})
    result = core.concat(request, [upload])
    assert result.audio_seconds == pytest.approx(1.23)
    assert [span.source for span in result.metadata.timeline] == ["b.flac", name, None, "b.flac"]
    with pytest.raises(InvalidRequestError, match="uploaded"):
        core.concat(request, [upload, upload])


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("nothing.wav", None, ResourceNotFoundError),
        ("../a.wav", None, InvalidRequestError),
        ("/etc/passwd", None, InvalidRequestError),
        ("*.wav", None, InvalidRequestError),
        ("text.json", b"{}", InvalidRequestError),
        ("text.wav", b"no audio", InvalidRequestError),
        ("empty.wav", b"", InvalidRequestError),
    ],
)
def test_what_cannot_be_joined_is_named_and_leaves_nothing(
    core: CoreEngine, name: str, content: bytes | None, kind: type[ChatterboxError]
) -> None:
    good = put(core, "a.wav", tone(0.2))
    if content is not None:
        (core.outputs.root / name).write_bytes(content)
    before = sorted(core.outputs.root.iterdir())
    with pytest.raises(kind) as caught:
        joined(core, [good, name])
    assert caught.value.field == "files.1"
    assert sorted(core.outputs.root.iterdir()) == before


def test_a_damaged_file_is_joined_as_far_as_it_goes_and_named(core: CoreEngine) -> None:
    names = [put(core, "a.wav", tone(0.5)), put(core, "b.flac", np.random.default_rng(0).normal(0, 0.1, 5 * RATE))]
    path = core.outputs.root / "b.flac"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    result = joined(core, names, **PLAIN)
    assert "b.flac" in result.warnings[0] and "damaged" in result.warnings[0]
    assert 1.5 < result.audio_seconds < 4.5
    assert len(heard(result)) == round(result.audio_seconds * RATE)


def test_more_than_the_limit_is_refused_before_anything_is_written(make_core: CoreMaker) -> None:
    core = make_core(api={"max_concat_hours": 5 / 3600})
    name = put(core, "a.wav", tone(2.0))
    assert joined(core, [name, name]).audio_seconds == 4.0
    with pytest.raises(InvalidRequestError, match="longer than") as caught:
        joined(core, [name] * 3, folder="none")
    assert caught.value.field == "files.2"
    assert not (core.outputs.root / "none").exists()


def test_progress_is_told_and_a_stop_leaves_nothing(core: CoreEngine) -> None:
    name = put(core, "a.wav", tone(3.0))
    events: list[Event] = []
    request = ConcatRequest(files=[name, name])
    core.concat(request, observer=events.append)
    assert isinstance(events[0], Admitted)
    assert events[1:3] == [ClipMeasured(1, 2, 3.0), ClipMeasured(2, 2, 3.0)]
    assert events[-1] == Joined(6.0, 6.0)

    token = CancelToken()

    def stop(event: Event) -> None:
        if isinstance(event, Joined):
            token.cancel()

    before = sorted(core.outputs.root.iterdir())
    with pytest.raises(CancelledError):
        core.concat(request, observer=stop, cancel=token)
    assert sorted(core.outputs.root.iterdir()) == before


def test_a_file_that_changes_meanwhile_fails_the_request(core: CoreEngine) -> None:
    names = [put(core, "a.wav", tone(1.0)), put(core, "b.wav", tone(1.0))]

    def change(event: Event) -> None:
        if isinstance(event, ClipMeasured) and event.index == 2:
            put(core, "b.wav", tone(0.5))

    with pytest.raises(ConflictError, match=r"b\.wav"):
        core.concat(ConcatRequest(files=names), observer=change)


def test_the_work_is_known_beforehand_and_counted(core: CoreEngine) -> None:
    name = put(core, "a.wav", tone(3.0))
    join = Join(ConcatRequest(files=[name, "(500ms)", name], pause_duration_ms=0), (), core.outputs, 3600.0)
    assert join.work == Work("concat", 12.0)
    assert Join(ConcatRequest(files=[name, name]), (), core.outputs, 4.0).work == Work("concat", 8.0)
