"""The PyTorch backend: its text arithmetic always, its model code where torch and openai-whisper are installed."""

import importlib.util
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exceptions import ModelLoadError
from speech.validation.backend import SAMPLE_RATE
from speech.validation.openai_whisper_backend import OpenAIWhisperBackend, byte_spans

INSTALLED = all(importlib.util.find_spec(name) is not None for name in ("torch", "whisper"))
# The package leaves the file of its vocabulary open.
pytestmark = pytest.mark.filterwarnings("ignore:.*tiktoken:pytest.PytestUnraisableExceptionWarning")
needs_torch = pytest.mark.skipif(not INSTALLED, reason="torch and openai-whisper are not installed")


@given(st.text(max_size=20), st.lists(st.integers(1, 4), max_size=30))
def test_byte_spans_cover_every_character_in_order(text: str, sizes: list[int]) -> None:
    rest, pieces = text.encode(), []
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    pieces.append(rest)

    spans = byte_spans(text, pieces)

    assert {i for start, end in spans for i in range(start, end)} == set(range(len(text)))
    assert all(a[0] <= b[0] for a, b in pairwise(spans))


def test_a_character_cut_in_two_belongs_to_both_tokens() -> None:
    assert byte_spans(" é", [b" \xc3", b"\xa9"]) == ((0, 2), (1, 2))


@pytest.mark.skipif(INSTALLED, reason="openai-whisper is installed")
def test_a_missing_package_is_named() -> None:
    with pytest.raises(ModelLoadError, match="openai-whisper is not installed"):
        OpenAIWhisperBackend("base").load()


def tiny_model() -> Any:
    """Whisper's own classes with random weights, small enough to run in milliseconds."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(0)
    model = Whisper(
        ModelDimensions(
            n_mels=80,
            n_audio_ctx=1500,
            n_audio_state=32,
            n_audio_head=2,
            n_audio_layer=2,
            n_vocab=51865,
            n_text_ctx=448,
            n_text_state=32,
            n_text_head=2,
            n_text_layer=2,
        )
    )
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


@pytest.fixture(scope="module")
def backend() -> OpenAIWhisperBackend:
    backend = OpenAIWhisperBackend("tiny", load_model=tiny_model)
    backend.load()
    return backend


AUDIO = (np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE) * 0.1).astype(np.float32)
TEXT = " The café, naïve, cost $3.50."


@needs_torch
def test_windows_are_short(backend: OpenAIWhisperBackend) -> None:
    encoding = backend.encode(AUDIO)

    assert encoding.frames == 300
    assert encoding.output.shape[1] == 200


@needs_torch
def test_scores_are_those_of_whispers_own_alignment(backend: OpenAIWhisperBackend) -> None:
    import torch
    import whisper
    from whisper.timing import find_alignment
    from whisper.tokenizer import get_tokenizer

    from speech.validation.backend import Encoding

    model = tiny_model().eval()
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(AUDIO))
    tokens = backend.tokenize(TEXT)
    with torch.no_grad():
        whole = Encoding(3.0, 300, model.encoder(mel[None]))
    tokenizer = get_tokenizer(True, num_languages=99, language="en", task="transcribe")
    words = find_alignment(model, tokenizer, list(tokens.ids), mel, 300)

    scores = backend.score(whole, [tokens.ids], "en")[0]

    assert len(scores.times) == len(tokens.ids) + 1
    assert scores.times[0] == pytest.approx(words[0].start)
    assert scores.times[-1] == pytest.approx(words[-1].end)
    assert np.exp(scores.log_probabilities[0]) == pytest.approx(words[0].probability, rel=1e-3)


@needs_torch
def test_decoding_stops_at_the_limit(backend: OpenAIWhisperBackend) -> None:
    encoding = backend.encode(AUDIO)

    assert len(backend.tokenize(backend.decode(encoding, "en", 3)).ids) <= 12


@needs_torch
def test_the_tokenizer_covers_the_text(backend: OpenAIWhisperBackend) -> None:
    tokens = backend.tokenize(TEXT)

    assert tokens.spans[0] == (0, 4)
    assert tokens.spans[-1][1] == len(TEXT)
    assert len(backend.tokenize(" the").ids) == 1


@needs_torch
def test_multilingual_models_name_their_languages(backend: OpenAIWhisperBackend) -> None:
    assert {"en", "de", "ja"} <= set(backend.languages)


@needs_torch
def test_the_language_is_the_one_that_whisper_itself_detects(backend: OpenAIWhisperBackend) -> None:
    import torch
    import whisper

    from speech.validation.backend import Encoding

    model = tiny_model().eval()
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(AUDIO))
    with torch.no_grad():
        encoded = model.encoder(mel[None])
        _, [likely] = whisper.decoding.detect_language(model, encoded)

    assert backend.detect_language(Encoding(3.0, 300, encoded)) == max(likely, key=likely.get)
