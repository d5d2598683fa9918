"""Voice conversion against the package's ``ChatterboxVC.generate``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from exceptions import CancelledError, InvalidRequestError
from speech.cancel import CancelToken
from speech.engines.chatterbox.conversion import convert, source_tokens
from speech.engines.chatterbox.references import prepare
from speech.engines.chatterbox.watermark import Watermarker
from speech.samples import Samples
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox, quiet_output, voice_like

torch = needs_chatterbox()


@pytest.mark.parametrize(("seconds", "rate"), [(1.0, 16_000), (2.03, 44_100)])
def test_converted_as_the_package_does(
    tiny_chatterbox: TinyChatterbox, tmp_path: Path, seconds: float, rate: int
) -> None:
    source, voice = voice_like(seconds, rate, seed=1), voice_like(3, rate, seed=2)
    for name, samples in (("source", source), ("voice", voice)):
        soundfile.write(tmp_path / f"{name}.wav", samples, rate, subtype="FLOAT")
    upstream = tiny_chatterbox.upstream("vc")
    before = upstream.ref_dict
    with torch.random.fork_rng(), quiet_output():
        torch.manual_seed(5)
        theirs = upstream.generate(tmp_path / "source.wav", target_voice_path=tmp_path / "voice.wav")[0].numpy()
    upstream.ref_dict = before

    model = tiny_chatterbox.model("vc")
    converted = convert(model, source, rate, prepare(model, voice, rate, "key").render, 5)
    ours = Watermarker().apply(converted, 24_000)
    assert abs(len(ours) / 24_000 - seconds) <= 0.04
    assert np.array_equal(ours, theirs[: len(ours)])
    assert np.abs(ours).max() > 1e-3


def test_speaking_models_convert_too(tiny_chatterbox: TinyChatterbox) -> None:
    for name in ("english", "nano"):
        model = tiny_chatterbox.model(name)
        part = tiny_chatterbox.voice(name, 1.2).render
        assert convert(model, voice_like(0.52), 24_000, part, 1).shape == (13 * 960,)


def test_tokens_follow_the_sound(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("vc")
    one, two = (source_tokens(model, voice_like(1, seed=seed), 24_000) for seed in (1, 3))
    assert len(one) == len(two) == 25
    assert all(0 <= token < 6561 for token in one)
    assert one != two


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (voice_like(0.05), "0.05 seconds long"),
        (np.zeros(61 * 24_000, np.float32), "61.00 seconds long"),
        (np.full(24_000, np.inf, np.float32), "no numbers"),
    ],
)
def test_what_cannot_be_converted_is_refused(tiny_chatterbox: TinyChatterbox, samples: Samples, sentence: str) -> None:
    with pytest.raises(InvalidRequestError, match=sentence):
        source_tokens(tiny_chatterbox.model("vc"), samples, 24_000)


def test_shortest_recording_converts(tiny_chatterbox: TinyChatterbox) -> None:
    assert len(source_tokens(tiny_chatterbox.model("vc"), voice_like(0.1), 24_000)) == 3


def test_conversion_can_be_cancelled(tiny_chatterbox: TinyChatterbox) -> None:
    model = tiny_chatterbox.model("vc")
    cancel = CancelToken()
    cancel.cancel()
    assert model.builtin is not None
    with pytest.raises(CancelledError):
        convert(model, voice_like(0.5), 24_000, model.builtin.render, 1, cancel=cancel)
