"""The inaudible mark: as the package sets it, found again, and absent where it was not set."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from speech.engines.abilities import MARK_PRESENT
from speech.engines.chatterbox.watermark import Watermarker
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox, voice_like

torch = needs_chatterbox()

RATE = 24_000


@pytest.fixture(scope="module")
def watermarker() -> Watermarker:
    return Watermarker()


def test_mark_is_that_of_the_package_and_is_found(watermarker: Watermarker, tiny_chatterbox: TinyChatterbox) -> None:
    sound = voice_like(3.0001)
    marked = watermarker.apply(sound, RATE)
    theirs = tiny_chatterbox.upstream("english").watermarker.apply_watermark(sound, sample_rate=RATE)
    count = min(len(theirs), len(sound))
    assert np.array_equal(marked[:count], theirs[:count])
    assert (marked.shape, marked.dtype) == (sound.shape, np.float32)
    assert 0 < np.abs(marked - sound).max() < 0.1
    assert watermarker.confidence(marked, RATE) > 0.9


def test_sound_without_mark_has_none(watermarker: Watermarker) -> None:
    assert watermarker.confidence(voice_like(3), RATE) < 0.1


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100])
def test_mark_is_found_at_other_rates(watermarker: Watermarker, rate: int) -> None:
    assert watermarker.confidence(watermarker.apply(voice_like(3, rate), rate), rate) >= MARK_PRESENT


@pytest.mark.parametrize("count", [0, 1, 2000])
def test_too_short_for_a_mark_stays_as_it_is(watermarker: Watermarker, count: int) -> None:
    sound = voice_like(1)[:count]
    assert np.array_equal(watermarker.apply(sound, RATE), sound)
    assert watermarker.confidence(sound, RATE) < MARK_PRESENT


def test_shortest_that_is_marked_keeps_its_length(watermarker: Watermarker) -> None:
    assert watermarker.apply(voice_like(0.1), RATE).shape == (2400,)


def test_nothing_is_printed(capfd: Any) -> None:
    Watermarker().apply(voice_like(0.5), RATE)
    assert capfd.readouterr() == ("", "")


def test_no_gradients_are_kept(watermarker: Watermarker) -> None:
    """The package lets Turbo's audio through the network with gradients, half a gigabyte a call."""
    seen: list[bool] = []
    encoder = watermarker._perth.perth_net.encoder
    handle = encoder.register_forward_hook(lambda _module, _given, made: seen.append(made[0].requires_grad))
    try:
        watermarker.apply(voice_like(0.5), RATE)
    finally:
        handle.remove()
    assert seen == [False]


def test_threads_mark_what_each_marks_alone(watermarker: Watermarker) -> None:
    sounds = [voice_like(0.5 + seed / 4, seed=seed) for seed in range(3)]
    alone = [watermarker.apply(sound, RATE) for sound in sounds]
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(5):
            if not np.array_equal(watermarker.apply(sounds[index], RATE), alone[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
