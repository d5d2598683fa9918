"""Voices: equal to the package's ``prepare_conditionals``, kept within a number of bytes, refused when none."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from exceptions import DeviceMemoryError, InvalidRequestError, ModelLoadError
from speech.engines.chatterbox.conditionals import (
    Conditionals,
    ConditionalsCache,
    RenderPart,
    load_conditionals,
    save_conditionals,
)
from speech.engines.chatterbox.references import LONGEST_SECONDS, MODEL_RATE, prepare
from speech.samples import Samples
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox, quiet_output, voice_like

torch = needs_chatterbox()


def upstream_conditionals(tiny: TinyChatterbox, name: str, path: Path, samples: Samples, rate: int) -> Any:
    """What the package makes of a file with these samples."""
    soundfile.write(path, samples, rate, subtype="FLOAT")
    model = tiny.upstream(name)
    before = model.conds
    with quiet_output():
        model.prepare_conditionals(path)
    made, model.conds = model.conds, before
    return made


def assert_same(ours: Conditionals, theirs: Any) -> None:
    assert torch.equal(ours.speaker, theirs.t3.speaker_emb)
    assert torch.equal(ours.prompt_tokens, theirs.t3.cond_prompt_speech_tokens)
    assert torch.equal(ours.render.tokens, theirs.gen["prompt_token"])
    assert torch.equal(ours.render.features, theirs.gen["prompt_feat"])
    assert torch.equal(ours.render.embedding, theirs.gen["embedding"])


@pytest.mark.parametrize(
    ("name", "seconds", "rate"),
    [
        ("english", 1.0, 24_000),
        ("english", 17.013, 22_050),
        ("multilingual", 7.26, 48_000),
        ("turbo", 5.01, 24_000),
        ("turbo", 17.013, 22_050),
        ("nano", 6, 16_000),
    ],
)
def test_prepared_as_the_package_does(
    tiny_chatterbox: TinyChatterbox, name: str, seconds: float, rate: int, tmp_path: Path
) -> None:
    samples = voice_like(seconds, rate)
    ours = prepare(tiny_chatterbox.model(name), samples, rate, "key")
    assert_same(ours, upstream_conditionals(tiny_chatterbox, name, tmp_path / "a.wav", samples, rate))
    assert ours.render.tokens.shape[1] == min(int(seconds * 25), 250)
    assert ours.key == "key"


def test_voices_differ(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("english")
    one, two = (prepare(model, voice_like(3, seed=seed), MODEL_RATE, str(seed)) for seed in (1, 2))
    assert not torch.equal(one.speaker, two.speaker)
    assert not torch.equal(one.render.features, two.render.features)
    assert not torch.equal(one.render.embedding, two.render.embedding)


def test_built_in_voice_is_that_of_the_package(tiny_chatterbox: TinyChatterbox) -> None:
    for name in ("english", "multilingual", "turbo"):
        builtin = tiny_chatterbox.model(name).builtin
        assert builtin is not None
        assert_same(builtin, tiny_chatterbox.upstream(name).conds)
        assert len(builtin.key) == 64


def test_conversion_model_needs_the_sound_part_only(tiny_chatterbox: TinyChatterbox, tmp_path: Path) -> None:
    samples = voice_like(4)
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, MODEL_RATE, subtype="FLOAT")
    upstream = tiny_chatterbox.upstream("vc")
    before = upstream.ref_dict
    with quiet_output():
        upstream.set_target_voice(path)
    theirs, upstream.ref_dict = upstream.ref_dict, before
    ours = prepare(tiny_chatterbox.model("vc"), samples, MODEL_RATE, "key")
    assert torch.equal(ours.render.features, theirs["prompt_feat"])
    assert torch.equal(ours.render.embedding, theirs["embedding"])
    assert ours.prompt_tokens is None


def test_less_of_the_reference_can_shape_the_timbre(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("english")
    samples = voice_like(8)
    whole = prepare(model, samples, MODEL_RATE, "a")
    short = prepare(model, samples, MODEL_RATE, "b", render_seconds=3)
    assert short.render.tokens.shape == (1, 75)
    assert torch.equal(short.speaker, whole.speaker)
    assert torch.equal(short.prompt_tokens, whole.prompt_tokens)


def test_what_comes_after_a_minute_does_not_count(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("english")
    samples = voice_like(LONGEST_SECONDS + 1, 16_000)
    assert torch.equal(
        prepare(model, samples, 16_000, "a").speaker,
        prepare(model, samples[: int(LONGEST_SECONDS * 16_000)], 16_000, "a").speaker,
    )


@pytest.mark.parametrize(
    ("name", "samples", "sentence"),
    [
        ("english", voice_like(0.9), "0.90 seconds long"),
        ("vc", voice_like(0.9), "0.90 seconds long"),
        ("turbo", voice_like(5.0), "5.0 seconds long; Chatterbox turbo needs more than 5"),
        ("nano", voice_like(4.0), "Chatterbox nano needs more than 5"),
        ("english", np.zeros(48_000, np.float32), "silent"),
        ("english", np.full(48_000, np.nan, np.float32), "no numbers"),
    ],
)
def test_what_is_no_voice_is_refused(
    tiny_chatterbox: TinyChatterbox, name: str, samples: Samples, sentence: str
) -> None:
    with pytest.raises(InvalidRequestError, match=sentence) as caught:
        prepare(tiny_chatterbox.model(name), samples, MODEL_RATE, "key")
    assert caught.value.field == "voice"


def test_barely_audible_reference_is_left_as_it_is(tiny_chatterbox: TinyChatterbox) -> None:
    """Below the loudness gate there is no loudness to correct."""
    samples = voice_like(6) * np.float32(2e-4 / 0.3)
    prepared = prepare(tiny_chatterbox.model("turbo"), samples, MODEL_RATE, "key")
    assert torch.isfinite(prepared.speaker).all()


def test_threads_prepare_what_each_prepares_alone(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("english")
    recordings = [voice_like(1 + seed / 2, seed=seed) for seed in range(3)]
    alone = [prepare(model, samples, MODEL_RATE, "k") for samples in recordings]
    together: list[list[Conditionals]] = [[] for _ in recordings]

    def work(index: int) -> None:
        for _ in range(2):
            together[index].append(prepare(model, recordings[index], MODEL_RATE, "k"))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(recordings))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for expected, made in zip(alone, together, strict=True):
        assert len(made) == 2
        assert all(torch.equal(one.speaker, expected.speaker) for one in made)
        assert all(torch.equal(one.render.features, expected.render.features) for one in made)


def test_saved_form_is_the_packages(tiny_chatterbox: TinyChatterbox, tmp_path: Path) -> None:
    from chatterbox.tts import Conditionals as Upstream

    made = prepare(tiny_chatterbox.model("english"), voice_like(2), MODEL_RATE, "key")
    path = tmp_path / "voice.pt"
    save_conditionals(made, path)
    assert_same(made, Upstream.load(path))
    again = load_conditionals(path, "other", "cpu")
    assert_same(again, Upstream.load(path))
    assert (again.key, again.nbytes) == ("other", made.nbytes)


@pytest.mark.parametrize("content", [b"", b"not a voice", None])
def test_file_that_holds_no_voice_is_a_load_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "voice.pt"
    if content is None:
        torch.save({"something": torch.zeros(1)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(ModelLoadError, match=r"voice\.pt"):
        load_conditionals(path, "key", "cpu")


def test_too_little_memory_does_not_make_a_file_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(torch, "load", fail)
    with pytest.raises(DeviceMemoryError):
        load_conditionals(tmp_path / "voice.pt", "key", "cpu")


def conditionals(key: str, features: int = 10) -> Conditionals:
    render = RenderPart(torch.zeros(1, 5, dtype=torch.long), torch.zeros(1, features, 80), torch.zeros(1, 192))
    return Conditionals(key, torch.zeros(1, 256), torch.zeros(1, 3, dtype=torch.long), render)


ONE = 256 * 4 + 3 * 8 + 5 * 8 + 10 * 80 * 4 + 192 * 4


def test_size_counts_every_tensor() -> None:
    assert conditionals("a").nbytes == ONE


def test_cache_keeps_what_was_used_last_within_its_bytes() -> None:
    cache = ConditionalsCache(2 * ONE)
    made: list[str] = []

    def get(key: str) -> None:
        cache.get(key, lambda: made.append(key) or conditionals(key))  # type: ignore[func-returns-value]

    for key in "abacab":
        get(key)
    # c displaced b, because a was used after b; then b displaced c.
    assert made == ["a", "b", "c", "b"]
    assert (len(cache), cache.nbytes) == (2, 2 * ONE)
    cache.clear()
    assert (len(cache), cache.nbytes) == (0, 0)


def test_voice_larger_than_the_cache_is_handed_out_and_displaces_nothing() -> None:
    cache = ConditionalsCache(2 * ONE)
    cache.get("a", lambda: conditionals("a"))
    assert cache.get("huge", lambda: conditionals("huge", 1000)).key == "huge"
    assert (len(cache), cache.nbytes) == (1, ONE)


def test_threads_that_want_one_voice_prepare_it_once() -> None:
    cache = ConditionalsCache(10 * ONE)
    started, made, got = threading.Barrier(4), [], []

    def make() -> Conditionals:
        made.append(threading.get_ident())
        threading.Event().wait(0.05)
        return conditionals("a")

    def work() -> None:
        started.wait()
        got.append(cache.get("a", make))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(got) == 4
    assert all(one is got[0] for one in got)


def test_failure_to_prepare_passes_and_is_not_kept() -> None:
    cache = ConditionalsCache(10 * ONE)

    def fail() -> Conditionals:
        raise InvalidRequestError("silent")

    with pytest.raises(InvalidRequestError):
        cache.get("a", fail)
    assert cache.get("a", lambda: conditionals("a")).key == "a"
