"""Everything around T3 at once: the package's ``generate`` with given speech tokens, and ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from speech.engines.chatterbox.references import MODEL_RATE, prepare
from speech.engines.chatterbox.render import RenderJob, render, speakable
from speech.engines.chatterbox.text_tokens import text_tokens
from speech.engines.chatterbox.watermark import Watermarker
from tests.support.chatterbox import TinyChatterbox, needs_chatterbox, quiet_output, voice_like

torch = needs_chatterbox()

TEXT = "so it begins: a test…"
TOKENS = [6561, 4000, 12, 6560, 77, 77, 3001, 900, 6562]


@pytest.mark.parametrize("name", ["english", "multilingual", "turbo", "nano"])
def test_what_goes_into_t3_and_comes_out_of_the_sound_is_the_packages(
    tiny_chatterbox: TinyChatterbox, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpt2 = name in ("turbo", "nano")
    upstream, given = tiny_chatterbox.upstream(name), {}
    monkeypatch.setattr(upstream, "conds", None)

    def decode(**arguments: Any) -> Any:
        given.update(arguments)
        torch.manual_seed(11)
        return torch.tensor([TOKENS])

    monkeypatch.setattr(upstream.t3, "inference_turbo" if gpt2 else "inference", decode)
    samples = voice_like(5.5)
    soundfile.write(tmp_path / "voice.wav", samples, MODEL_RATE, subtype="FLOAT")
    language = {"language_id": "de"} if name == "multilingual" else {}
    with torch.random.fork_rng(), quiet_output():
        theirs = upstream.generate(TEXT, audio_prompt_path=tmp_path / "voice.wav", **language)[0].numpy()

    model = tiny_chatterbox.model(name)
    voice = prepare(model, samples, MODEL_RATE, "key")
    assert torch.equal(given["text_tokens"][:1].long(), text_tokens(model, TEXT, "de"))
    assert torch.equal(given["t3_cond"].speaker_emb, voice.speaker)
    assert torch.equal(given["t3_cond"].cond_prompt_speech_tokens, voice.prompt_tokens)
    sound = render(model, RenderJob(speakable(model, TOKENS), voice.render, 11))
    ours = Watermarker().apply(sound, MODEL_RATE)
    # The resampling around the watermark may leave the package's sound a sample longer or shorter.
    count = min(len(ours), len(theirs))
    assert abs(len(ours) - len(theirs)) <= 1
    assert np.array_equal(ours[:count], theirs[:count])
    assert len(ours) >= 6 * 960
