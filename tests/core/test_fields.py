"""Every field of a speech request has its effect, seen in the audio, the files or the report."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from api_models import TTSRequest
from core.results import SpeechResult
from core_engine import CoreEngine
from exceptions import InvalidRequestError
from library.result_files import StoredFile
from library.settings_csv import read_settings_csv
from speech.audio.loudness import measure
from speech.engines.protocol import Parameter
from speech.engines.tone import ToneEngine, chunk_pitch
from speech.samples import Samples
from tests.conftest import CoreMaker
from tests.support.tones import chunk_pitch_of, decode, voice_of
from tests.support.validators import scores

TEXT = "The birch canoe slid on the planks. Glue the sheet to the background.\n\nIt is easy to tell the depth."
RATE = 24_000


def speak(core: CoreEngine, text: str = TEXT, **fields: object) -> SpeechResult:
    return core.tts(TTSRequest.model_validate({"text": text, "export_formats": ["wav"], "seed": 7, **fields}))


def audio(result: SpeechResult, kind: str = "result", generation: int = 1) -> Samples:
    [file] = [f for f in result.files if f.place.kind == kind and f.place.generation == generation]
    return decode(file.path)[0]


def chunks(core: CoreEngine, text: str, **fields: object) -> list[str]:
    return [chunk.text for chunk in core.plan(TTSRequest.model_validate({"text": text, **fields})).plan.chunks]


def read_texts(core: CoreEngine, text: str, **fields: object) -> list[str]:
    return [chunk.read for chunk in core.plan(TTSRequest.model_validate({"text": text, **fields})).plan.chunks]


@pytest.mark.parametrize(
    ("fields", "text", "read"),
    [
        ({"to_lowercase": True}, "Anna Sees It.", "anna sees it."),
        ({"to_lowercase": False}, "Anna Sees It.", "Anna Sees It."),
        ({"normalize_spacing": False}, "Well , then we go.", "well , then we go."),
        ({}, "Well , then we go.", "well, then we go."),
        ({"fix_dot_letters": True}, "J.R.R. Tolkien wrote it.", "J R R tolkien wrote it."),
        ({}, "It was said long before.12 Then it all came to an end.", "it was said long before."),
        ({"remove_reference_numbers": False}, "It ended [3] long before.", "it ended [three] long before."),
        ({"sound_words_field": "canoe=>boat\nbirch"}, "The birch canoe slid away.", "the boat slid away."),
        ({"pronunciations": {"Siobhan": "Shivawn"}}, "Siobhan came home late.", "shivawn came home late."),
        ({"emoji": "name"}, "Fine 😀 thanks to all.", "fine, grinning face, thanks to all."),
        ({}, "It is **very** [good](http://example.com) here.", "it is very good here."),
    ],
)
def test_text_fields_change_what_the_engine_reads(
    make_core: CoreMaker, fields: dict[str, object], text: str, read: str
) -> None:
    assert read_texts(make_core(), text, **fields)[0] == read


def test_reports_keep_capitals_and_the_words_as_written(make_core: CoreMaker) -> None:
    result = speak(make_core(), "Siobhan paid $3.50 in Rome.", pronunciations={"Siobhan": "Shivawn"})
    assert result.quality.chunks[0].text == "Siobhan paid $3.50 in Rome."


def test_batching_and_joining_decide_the_chunks(make_core: CoreMaker) -> None:
    core = make_core()
    text = "Yes. This is a sentence of some length. And here is another one of them."
    assert len(chunks(core, text)) == 2
    assert len(chunks(core, text, smart_batch_short_sentences=False)) == 3
    assert chunks(core, text, enable_batching=True) == [text]


def test_voices_and_pauses_in_the_text(make_core: CoreMaker) -> None:
    text = "[pause:0.4s] First I speak here. [voice:tone-f] Now somebody else does. [pause:1.2s] [/voice] And I again."
    result = speak(make_core(), text, sentence_pause_ms=100)
    assert [chunk.voice for chunk in result.quality.chunks] == ["tone-a", "tone-f", "tone-a"]
    samples = audio(result)
    for chunk in result.quality.chunks:
        part = samples[int(chunk.start * RATE) : int(chunk.end * RATE)]
        assert voice_of(part, RATE) == chunk.voice
    first, second, third = result.quality.chunks
    assert first.start == pytest.approx(0.4, abs=0.002)
    assert second.start - first.end == pytest.approx(0.1, abs=0.002)
    assert third.start - second.end == pytest.approx(1.2, abs=0.002)


def test_markup_can_be_switched_off(make_core: CoreMaker) -> None:
    read = read_texts(make_core(), "Wait [pause:2s] here, all of you.", markup=False)
    assert "pause" in " ".join(read)


@pytest.mark.parametrize(
    ("text", "words"),
    [("One [pause:abc] two three four.", "pause:abc"), ("[voice:nobody] Hello there.", "nobody")],
)
def test_faulty_markup_is_refused_by_name(make_core: CoreMaker, text: str, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        speak(make_core(), text)
    assert caught.value.field == "text"


def test_tags_reach_an_engine_that_knows_them_and_are_reported_otherwise(make_core: CoreMaker) -> None:
    core = make_core()
    plain = core.plan(TTSRequest(text="That is funny [laugh] indeed, my friend."))
    assert "laugh" not in plain.plan.chunks[0].read
    assert "[laugh]" in plain.warnings[0]
    core.engine.capabilities = replace(core.engine.capabilities, tags=("laugh",))  # type: ignore[misc]
    known = core.plan(TTSRequest(text="That is funny [laugh] indeed, my friend."))
    assert "[laugh]" in known.plan.chunks[0].read
    assert "laugh" not in known.plan.chunks[0].text and "laugh" not in known.plan.chunks[0].spoken
    assert known.warnings == ()


def test_engine_parameters_reach_the_engine_in_their_range(make_core: CoreMaker) -> None:
    core = make_core()
    own = core.engine.capabilities
    core.engine.capabilities = replace(  # type: ignore[misc]
        own, parameters=(*own.parameters, Parameter("temperature", 0.2, 1.5, 0.8, "Freedom."))
    )
    planned = core.plan(TTSRequest(text="Hello there.", temperature=1.1, exaggeration=0.9))
    assert planned.plan.chunks[0].parameters == {"speed": 1.0, "temperature": 1.1}
    assert speak(core, temperature=1.1, exaggeration=0.9, cfg_weight=0.3).ignored_parameters == (
        "exaggeration",
        "cfg_weight",
    )
    with pytest.raises(InvalidRequestError, match=r"0\.2 to 1\.5"):
        core.plan(TTSRequest(text="Hello there.", temperature=2.0))


def test_a_parameter_that_is_left_open_is_the_engines_own_matter(make_core: CoreMaker) -> None:
    core = make_core()
    own = core.engine.capabilities
    core.engine.capabilities = replace(  # type: ignore[misc]
        own, parameters=(*own.parameters, Parameter("top_p", 0.01, 1.0, 0.95, "Mass."))
    )
    assert core.plan(TTSRequest(text="Hello there.")).plan.chunks[0].parameters == {"speed": 1.0}
    planned = core.plan(TTSRequest(text="Hello there.", top_p=0.8, min_p=0.1))
    assert planned.plan.chunks[0].parameters == {"speed": 1.0, "top_p": 0.8}
    assert speak(core, min_p=0.1, top_k=20).ignored_parameters == ("min_p", "top_k")


def test_several_results_differ_by_their_seeds(make_core: CoreMaker) -> None:
    result = speak(make_core(), num_generations=3)
    assert [generation.seed for generation in result.generations] == [7, 8, 9]
    sounds = [audio(result, generation=number) for number in (1, 2, 3)]
    assert not np.array_equal(sounds[0], sounds[1]) and not np.array_equal(sounds[1], sounds[2])
    again = speak(make_core(), seed=8)
    assert np.array_equal(audio(again), sounds[1])


def test_an_engine_without_chance_varies_its_results_otherwise(make_core: CoreMaker) -> None:
    core = make_core()
    seen: list[int] = []
    generate = core.engine.generate
    core.engine.generate = lambda batch, cancel: seen.extend(r.retake for r in batch) or generate(batch, cancel)  # type: ignore[method-assign,func-returns-value]
    speak(core, "Only one sentence.", num_generations=3)
    assert seen == [0, 1, 2]


def test_the_budget_ends_further_takes(make_core: CoreMaker) -> None:
    core = make_core(validator=scores(0.1))
    limited = speak(core, "Only one sentence.", take_budget_seconds=1e-6)
    assert limited.quality.chunks[0].takes == 1
    assert speak(core, "Only one sentence.").quality.chunks[0].takes == 9


def test_whole_rounds_are_made_in_one_batch(make_core: CoreMaker) -> None:
    core = make_core(validator=scores(0.9), max_batch=4)
    sizes: list[int] = []
    generate = core.engine.generate
    core.engine.generate = lambda batch, cancel: sizes.append(len(batch)) or generate(batch, cancel)  # type: ignore[method-assign,func-returns-value]
    result = speak(core, "Only one sentence.", candidate_policy="best_score", num_candidates_per_chunk=4)
    assert result.quality.chunks[0].takes == 4
    assert max(sizes) >= 3


def test_a_checker_that_cannot_be_had_is_reported(make_core: CoreMaker) -> None:
    result = speak(make_core(validator=scores(0.9)), whisper_model_name="large", use_faster_whisper=False)
    assert result.ignored_parameters == ("whisper_model_name", "use_faster_whisper")
    assert "not available" in result.warnings[0]
    assert result.quality.verdict == "passed"


def test_loudness_reaches_its_target(make_core: CoreMaker) -> None:
    result = speak(make_core(), normalize_audio=True, normalize_level=-20, normalize_tp=-3)
    found = measure(iter([audio(result)]), RATE)
    assert found.integrated == pytest.approx(-20, abs=0.5)
    assert found.true_peak <= -3 + 0.05
    assert result.generations[0].finishing["loudness"]["after"]["integrated"] == pytest.approx(-20, abs=0.5)


def test_peak_reaches_its_ceiling(make_core: CoreMaker) -> None:
    result = speak(make_core(), normalize_audio=True, normalize_method="peak", normalize_tp=-1)
    assert measure(iter([audio(result)]), RATE).true_peak == pytest.approx(-1, abs=0.2)


def test_speed_is_made_by_the_engine_or_by_stretching(make_core: CoreMaker) -> None:
    core = make_core()
    plain, engine = speak(core), speak(core, speed_factor=1.5)
    stretched = speak(core, speed_factor=1.5, speed_factor_library="audiostretchy")
    assert stretched.audio_seconds == pytest.approx(engine.audio_seconds, rel=0.02)
    assert stretched.generations[0].finishing["speed"] == {"factor": 1.5}
    assert "speed" not in engine.generations[0].finishing and plain.audio_seconds > engine.audio_seconds
    chunk = stretched.quality.chunks[0]
    part = audio(stretched)[int(chunk.start * RATE) : int(chunk.end * RATE)]
    assert voice_of(part, RATE) == "tone-a"
    assert chunk_pitch_of(part, RATE) == pytest.approx(chunk_pitch(read_texts(core, TEXT)[0]), rel=0.01)
    other = speak(core, speed_factor=1.5, speed_factor_library="librosa")
    assert other.ignored_parameters == ("speed_factor_library",) and "librosa" in other.warnings[0]


def test_an_engine_without_speed_is_stretched(make_core: CoreMaker) -> None:
    core = make_core()
    core.engine.capabilities = replace(core.engine.capabilities, parameters=())  # type: ignore[misc]
    plain, fast = speak(core, sentence_pause_ms=0, paragraph_pause_ms=0), None
    fast = speak(core, sentence_pause_ms=0, paragraph_pause_ms=0, speed_factor=2.0)
    assert plain.audio_seconds / fast.audio_seconds == pytest.approx(2, rel=0.01)
    assert fast.ignored_parameters == ("seed",) or fast.ignored_parameters == ()


def test_trimming_moves_all_times(make_core: CoreMaker) -> None:
    text = "[pause:1s] Some words are here. [pause:1s]"
    plain, trimmed = speak(make_core(), text), speak(make_core(), text, trim=True)
    assert plain.audio_seconds - trimmed.audio_seconds == pytest.approx(1.9, abs=0.05)
    assert trimmed.quality.chunks[0].start == pytest.approx(0.05, abs=0.02)
    assert trimmed.generations[0].finishing["trim"]["head_seconds"] == pytest.approx(0.95, abs=0.02)


class GappedEngine(ToneEngine):
    """Half a second of tone, 2.5 s of silence, half a second of tone."""

    def generate(self, batch, cancel):  # type: ignore[no-untyped-def]
        found = []
        for samples in super().generate(batch, cancel):
            sound = np.resize(samples, RATE // 2)
            found.append(np.concatenate([sound, np.zeros(int(2.5 * RATE), np.float32), sound]).astype(np.float32))
        return found


@pytest.fixture
def gapped(make_core: CoreMaker, settings: object) -> CoreEngine:
    core = make_core()
    core.engine.__class__ = GappedEngine
    return core


def test_dead_air_is_shortened_unless_asked_not_to(gapped: CoreEngine) -> None:
    result = speak(gapped, "Some words are here.")
    assert result.audio_seconds == pytest.approx(1.6, abs=0.1)
    assert result.quality.chunks[0].repairs == ("dead_air_shortened",)
    left = speak(gapped, "Some words are here.", max_silence_ms=0)
    assert left.audio_seconds == pytest.approx(3.5, abs=0.1)


def test_the_silence_cut_keeps_the_original(gapped: CoreEngine) -> None:
    fields = {"use_auto_editor": True, "ae_margin": 0.1, "max_silence_ms": 0, "keep_original_wav_ae": True}
    result = speak(gapped, "Some words are here.", export_formats=["mp3"], **fields)
    [original] = [file for file in result.files if file.place.kind == "original"]
    assert original.format == "wav" and original.name.endswith("_original.wav")
    assert original.duration_seconds == pytest.approx(3.5, abs=0.1)
    assert result.audio_seconds == pytest.approx(1.2, abs=0.1)
    assert result.generations[0].finishing["silence_cut"]["seconds"] == pytest.approx(2.3, abs=0.1)


def test_a_file_of_every_chunk(make_core: CoreMaker) -> None:
    result = speak(make_core(), separate_chunks=True, export_formats=["wav", "flac"])
    parts = [file for file in result.files if file.place.kind == "chunk" and file.format == "wav"]
    whole = audio(replace(result, files=tuple(f for f in result.files if f.format == "wav")))
    assert [file.place.chunk for file in parts] == [0, 1, 2]
    for file, chunk in zip(parts, result.quality.chunks, strict=True):
        begin = round(chunk.start * RATE)
        samples = decode(file.path)[0]
        np.testing.assert_allclose(samples, whole[begin : begin + len(samples)], atol=2e-4)
        assert len(samples) / RATE == pytest.approx(chunk.end - chunk.start, abs=0.002)


def test_captions_are_written_and_listed(make_core: CoreMaker) -> None:
    result = speak(make_core(), captions=["SRT", "vtt", "json"])
    assert [text.format for text in result.captions] == ["srt", "vtt", "json"]
    srt, vtt, described = (text.path.read_text("utf-8") for text in result.captions)
    assert "The birch canoe" in srt and vtt.startswith("WEBVTT")
    assert json.loads(described)["duration"] == pytest.approx(result.audio_seconds, abs=0.01)


def test_files_carry_tags(make_core: CoreMaker) -> None:
    result = speak(make_core(), title="Chapter “One”", export_formats=["mp3", "aac", "flac"])
    for file in result.files:
        assert_tags(file)


def assert_tags(file: StoredFile) -> None:
    with av.open(str(file.path)) as container:
        tags = {name.lower(): value for name, value in container.metadata.items()}
    assert tags["title"] == "Chapter “One”"
    assert tags["artist"] == "tone-a"
    assert "seed 7" in tags["comment"]


def test_settings_row_and_sidecar_restore_the_run(make_core: CoreMaker) -> None:
    core = make_core()
    result = speak(core, sentence_pause_ms=123, seed=0, captions=["srt"])
    [row] = [text.path for text in result.texts if text.name.endswith(".settings.csv")]
    [sidecar] = [text.path for text in result.texts if text.format == "json"]
    settings = read_settings_csv(row)
    assert settings["sentence_pause_ms"] == 123 and settings["text"] is None
    assert len(list(csv.reader(row.read_text("utf-8-sig").splitlines()))) == 2
    stored = json.loads(sidecar.read_text("utf-8"))["settings"]
    again = core.tts(TTSRequest.model_validate({key: value for key, value in stored.items() if value is not None}))
    assert np.array_equal(audio(again), audio(result))


def test_nothing_is_left_in_the_temporary_folder(make_core: CoreMaker) -> None:
    core = make_core()
    speak(core, normalize_audio=True, trim=True)
    folder: Path = core.settings.paths.temp_dir
    assert not folder.exists() or list(folder.iterdir()) == []
