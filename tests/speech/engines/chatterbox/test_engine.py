"""The engine as the lane drives it, on tiny random checkpoints: voices, seeds, neighbours, faults."""

import contextlib
import itertools
import resource
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from exceptions import CancelledError, DeviceLostError, DeviceMemoryError, GenerationError, ModelLoadError
from speech.cancel import CancelToken
from speech.engines.abilities import MARK_PRESENT, ConversionRequest, ConvertingEngine, MarkingEngine
from speech.engines.chatterbox import create, runtime
from speech.engines.chatterbox.engine import ChatterboxEngine
from speech.engines.chatterbox.watermark import Watermarker
from speech.engines.protocol import Reference, StepwiseEngine, TakeRequest
from speech.engines.registry import EngineContext
from speech.lane import Lane
from speech.samples import Samples
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox, small_architectures, voice_like

torch = needs_chatterbox()

RATE = 24_000
TEXTS = ("Yes.", "The birch canoe slid on the planks.", "Glue the sheet.", "It is easy to tell.")
EngineMaker = Callable[..., ChatterboxEngine]


@pytest.fixture(autouse=True)
def few_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights hardly ever draw the end; twelve tokens are half a second."""
    monkeypatch.setattr(runtime, "MOST_TOKENS", 12)


@pytest.fixture
def voices_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "reference_audio"
    folder.mkdir()
    for seed in range(8):
        soundfile.write(folder / f"voice{seed}.wav", voice_like(5.2, seed=seed), RATE)
    return folder


@pytest.fixture
def make_engine(tiny_chatterbox: TinyChatterbox, voices_dir: Path, tmp_path: Path) -> Iterator[EngineMaker]:
    made: list[ChatterboxEngine] = []

    def make(name: str = "english", loaded: bool = True, **options: Any) -> ChatterboxEngine:
        if options.get("turbo_decoder"):
            tiny_chatterbox.folder("turbo")
        context = EngineContext(
            cache_dir=tmp_path / "models",
            local_dir=tiny_chatterbox.folder(name),
            allow_hub=False,
            threads=1,
            options={"model": name, "reference_seconds": 1.5, **options},
            voices_dir=voices_dir,
        )
        engine = create(context)
        if loaded:
            with small_architectures(name):
                engine.load()
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.unload()


def request(text: str = TEXTS[1], voice: str = "default", seed: int = 7, **parameters: float) -> TakeRequest:
    return TakeRequest(text, voice, "en", seed, parameters)


def speak(engine: ChatterboxEngine, *batch: TakeRequest) -> list[Samples]:
    return engine.generate(list(batch), CancelToken())


def differ(one: Samples, other: Samples) -> bool:
    return one.shape != other.shape or not np.allclose(one, other, atol=1e-3)


def test_its_mark_is_recognised_without_a_loaded_model(make_engine: EngineMaker) -> None:
    engine = make_engine(loaded=False)
    assert isinstance(engine, MarkingEngine)
    marked = Watermarker().apply(voice_like(3), RATE)
    assert engine.mark_confidence(marked, RATE) >= MARK_PRESENT > engine.mark_confidence(voice_like(3), RATE)


def test_it_tells_what_it_can_do_without_being_loaded(make_engine: EngineMaker) -> None:
    english, turbo = make_engine(loaded=False), make_engine("turbo", loaded=False)

    assert isinstance(english, StepwiseEngine)
    assert english.capabilities.cloning and english.capabilities.watermark and english.capabilities.batch_invariant
    guided = {"exaggeration", "temperature", "cfg_weight", "min_p", "top_p", "repetition_penalty"}
    assert {item.name for item in english.capabilities.parameters} == guided
    assert english.capabilities.max_batch == 4
    fast = {"temperature", "top_p", "top_k", "repetition_penalty"}
    assert {item.name for item in turbo.capabilities.parameters} == fast
    assert "laugh" in turbo.capabilities.tags and not english.capabilities.tags
    assert turbo.capabilities.max_batch == 8


@pytest.mark.parametrize("name", ["english", "multilingual", "turbo", "nano"])
def test_every_model_speaks_and_repeats_itself_by_its_seed(make_engine: EngineMaker, name: str) -> None:
    engine = make_engine(name)
    first, again, other = speak(engine, request(), request(), request(seed=8))

    assert first.dtype == np.float32
    assert 0.2 * RATE < len(first) <= (12 + 3) * 960
    assert 0 < np.abs(first).max() <= 1
    np.testing.assert_array_equal(first, again)
    assert differ(first, other)


@pytest.mark.parametrize("name", ["english", "turbo"])
def test_a_chunk_does_not_depend_on_its_neighbours(make_engine: EngineMaker, name: str) -> None:
    engine = make_engine(name)
    batch = [
        request(text, f"voice{place}.wav", seed=place, temperature=0.6 + 0.1 * place)
        for place, text in enumerate(TEXTS)
    ]
    together = speak(engine, *batch)

    for asked, samples in zip(batch, together, strict=True):
        np.testing.assert_allclose(speak(engine, asked)[0], samples, atol=1e-5)


def test_four_threads_with_eight_voices_never_mix(make_engine: EngineMaker) -> None:
    engine = make_engine(cfm_steps=2)
    lane = Lane(engine, depth=256)
    asked = [request("Yes.", f"voice{number}.wav", seed=3) for number in range(8)]
    alone = [lane.submit(item, CancelToken()).result(60).samples for item in asked]

    def caller(number: int) -> list[int]:
        order = np.random.default_rng(number).integers(0, 8, 50)
        futures = [(int(voice), lane.submit(asked[voice], CancelToken())) for voice in order]
        return [
            voice for voice, future in futures if not np.allclose(future.result(120).samples, alone[voice], atol=1e-5)
        ]

    with ThreadPoolExecutor(4) as pool:
        mixed = list(pool.map(caller, range(4)))
    lane.close()

    assert mixed == [[], [], [], []]
    assert all(differ(one, other) for one, other in itertools.combinations(alone, 2))


def test_memory_stays_flat_over_many_calls(make_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "MOST_TOKENS", 4)
    engine = make_engine(watermark=False, cfm_steps=1)

    def hooks() -> int:
        model = engine._runtime._model  # type: ignore[union-attr]
        return sum(len(module._forward_hooks) for module in (*model.t3.modules(), *model.s3gen.modules()))

    def call(number: int) -> None:
        # A chunk of four random tokens may be without any sound.
        with contextlib.suppress(GenerationError):
            speak(engine, request("Yes.", f"voice{number % 8}.wav", seed=number))

    for number in range(100):
        call(number)
    before, hooked = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, hooks()
    for number in range(400):
        call(number)

    assert hooks() == hooked
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


def test_prepared_voices_are_kept_on_disk_and_follow_the_recording(
    make_engine: EngineMaker, voices_dir: Path, tmp_path: Path
) -> None:
    engine = make_engine()
    [first] = speak(engine, request(voice="voice1.wav"))
    kept = list((tmp_path / "models" / "voices-chatterbox").iterdir())
    [again] = speak(make_engine(), request(voice="voice1.wav"))
    shutil.copy(voices_dir / "voice5.wav", voices_dir / "voice1.wav")
    [changed] = speak(engine, request(voice="voice1.wav"))
    for path in kept:
        path.write_bytes(b"damaged")
    shutil.copy(voices_dir / "voice2.wav", voices_dir / "new.wav")

    assert len(kept) == 1
    np.testing.assert_array_equal(first, again)
    assert differ(first, changed)
    assert engine.recorded_voice("new.wav") is not None
    assert [voice.name for voice in engine.voices] == ["default"]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no audio at all", "no audio"), (None, "not in the voices folder"), (0.3, "at least 1 second"), (2.0, "silent")],
)
def test_recordings_that_make_no_voice_are_named(
    make_engine: EngineMaker, voices_dir: Path, content: bytes | float | None, words: str
) -> None:
    path = voices_dir / "bad.wav"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        soundfile.write(path, np.zeros(int(content * RATE), np.float32) + (content < 1), RATE)
    engine = make_engine()

    with pytest.raises(GenerationError, match=words):
        speak(engine, request(voice="bad.wav"))
    assert speak(engine, request())[0].size


def test_a_text_that_cannot_be_read_fails_alone(make_engine: EngineMaker) -> None:
    lane = Lane(make_engine(), depth=8)
    good, bad = lane.submit(request(), CancelToken()), lane.submit(request("..."), CancelToken())

    with pytest.raises(GenerationError, match="no letter"):
        bad.result(30)
    assert good.result(30).samples.size
    lane.close()


def test_a_hang_up_frees_the_rows_between_two_steps(make_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "MOST_TOKENS", 1000)
    engine = make_engine()
    lane, cancel = Lane(engine, depth=8), CancelToken()
    book = lane.submit(request(TEXTS[1] * 6), cancel)
    threading.Timer(0.2, cancel.cancel).start()

    with pytest.raises(CancelledError):
        book.result(10)
    monkeypatch.setattr(runtime, "MOST_TOKENS", 4)
    assert lane.submit(request("Yes."), CancelToken()).result(10).samples.size
    assert engine._runtime._decoder.free_rows == 8  # type: ignore[union-attr]
    lane.close()


def test_too_little_memory_is_answered_by_smaller_work_then_by_a_clear_error(
    make_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine("turbo")
    tries: list[int] = []

    def full(model: object, jobs: list[object], steps: object) -> list[Samples]:
        tries.append(len(jobs))
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(runtime, "render_batch", full)
    monkeypatch.setattr(runtime.Runtime, "choose", lambda self, waiting: list(range(len(waiting))))
    one, two = speak(engine, request(seed=1), request(seed=1))
    assert tries == [2]
    np.testing.assert_array_equal(one, two)

    monkeypatch.setattr(runtime, "render", raising(torch.OutOfMemoryError("no room")))
    with pytest.raises(DeviceMemoryError, match="too little memory"):
        speak(engine, request())


ADVICE = """
CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.
For debugging consider passing CUDA_LAUNCH_BLOCKING=1
Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.
"""


def raising(error: Exception) -> Callable[..., Any]:
    def raises(*_arguments: object) -> Any:
        raise error

    return raises


@pytest.mark.parametrize(
    "message",
    [
        "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 7.79 GiB.",
        "HIP out of memory. Tried to allocate 20.00 MiB.",
        "CUDA error: out of memory" + ADVICE,
        "MPS backend out of memory (MPS allocated: 5.56 GB, max allowed: 6.80 GB).",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    ],
)
def test_a_device_without_memory_is_503_for_that_chunk_and_speaks_the_next(
    make_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    engine = make_engine()
    lane = Lane(engine)
    for place in ("join", "step"):
        with monkeypatch.context() as broken:
            broken.setattr(runtime.Decoder, place, raising(RuntimeError(message)))
            with pytest.raises(DeviceMemoryError) as caught:
                lane.submit(request(), CancelToken()).result(30)
        assert caught.value.status == 503 and caught.value.retryable
        with small_architectures("english"):
            assert lane.submit(request(), CancelToken()).result(30).samples.size
    lane.close()


def test_memory_that_the_processor_has_not_is_told_as_such(
    make_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "render", lambda *_: torch.empty(1 << 50))
    with pytest.raises(DeviceMemoryError):
        speak(make_engine(), request())
    monkeypatch.setattr(runtime, "load", raising(torch.OutOfMemoryError("no room")))
    with pytest.raises(DeviceMemoryError):
        make_engine(loaded=False).load()


@pytest.mark.parametrize("place", ["Decoder.join", "Decoder.step", "render", "PreparedVoices.get"])
@pytest.mark.parametrize(
    "reason",
    [
        "CUDA error: device-side assert triggered",
        "CUDA error: unspecified launch failure",
        "CUDA error: unknown error",
        "CUDA error: uncorrectable ECC error encountered",
        "HIP error: an illegal memory access was encountered",
    ],
)
def test_a_lost_device_loses_the_lane(
    make_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch, place: str, reason: str
) -> None:
    lane = Lane(make_engine())
    monkeypatch.setattr(f"{runtime.__name__}.{place}", raising(RuntimeError(reason + ADVICE)))
    with pytest.raises(DeviceLostError):
        lane.submit(request(), CancelToken()).result(30)
    assert "new process" in lane.lost
    lane.close()


@pytest.mark.parametrize("message", ["CUDA error: invalid argument" + ADVICE, "shape '[2, 3]' is invalid"])
def test_other_errors_of_torch_are_the_texts_own(
    make_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    lane = Lane(make_engine())
    monkeypatch.setattr(runtime, "render", raising(RuntimeError(message)))
    with pytest.raises(GenerationError, match="failed on this text"):
        lane.submit(request(), CancelToken()).result(30)
    assert not lane.lost
    lane.close()


def test_speech_is_marked_unless_switched_off(make_engine: EngineMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    from speech.engines.chatterbox.watermark import Watermarker

    monkeypatch.setattr(runtime, "MOST_TOKENS", 60)
    marker = Watermarker()
    [marked], [plain] = speak(make_engine(), request()), speak(make_engine(watermark=False), request())

    assert marker.confidence(marked, RATE) > marker.confidence(plain, RATE) + 0.3
    np.testing.assert_allclose(marked, plain, atol=0.1)


def test_switches_change_the_sound_and_the_version(make_engine: EngineMaker) -> None:
    usual = make_engine()
    for options in ({"cfm_steps": 2}, {"arithmetic": "int8"}):
        other = make_engine(**options)
        assert other.capabilities.version != usual.capabilities.version
        assert speak(other, request())[0].size
    assert not make_engine(loaded=False, arithmetic="int8").capabilities.batch_invariant


def test_it_unloads_and_loads_again(make_engine: EngineMaker) -> None:
    engine = make_engine()
    [before] = speak(engine, request())
    engine.unload()
    engine.unload()
    with small_architectures("english"):
        engine.load()

    np.testing.assert_array_equal(speak(engine, request())[0], before)


def test_a_missing_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    engine = create(EngineContext(tmp_path, tmp_path, False, 1, {"model": "nano"}))

    with pytest.raises(ModelLoadError, match="nano is not on this machine"):
        engine.load()


def test_foreign_scripts_are_refused_beforehand(make_engine: EngineMaker) -> None:
    assert make_engine(loaded=False).unspeakable("Hello Москва café 東京.", "en") == ("Москва", "東京.")
    assert make_engine("multilingual", loaded=False).unspeakable("Москва", "ru") == ()


def test_recordings_are_converted_exactly_as_long(make_engine: EngineMaker, voices_dir: Path) -> None:
    engine = make_engine(watermark=False)
    assert isinstance(engine, ConvertingEngine) and engine.capabilities.conversion
    by_name = engine.recorded_voice("voice1.wav")
    assert by_name is not None
    by_file = Reference("elsewhere", voices_dir / "voice2.wav", "00ff")
    source = voice_like(1.013, seed=9)
    sounds = [engine.convert(ConversionRequest(source, target, 3), CancelToken()) for target in (by_name, by_file)]
    again = engine.convert(ConversionRequest(source, by_name, 3), CancelToken())
    assert all(len(sound) == len(source) for sound in sounds)
    assert np.array_equal(sounds[0], again) and not np.array_equal(*sounds)
