"""Whisper in its authors' own PyTorch package, scored the same way; an alternative where torch is at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from exceptions import ModelLoadError
from speech.engines.protocol import ProgressReport
from speech.samples import Samples
from speech.validation.backend import MAX_SECONDS, SAMPLE_RATE, TOKEN_SECONDS, Encoding, Tokens, TokenScores
from speech.validation.windows import fit_window
from speech.validation.words import primary

_MEDIAN_FILTER_WIDTH = 7  # of whisper.timing.find_alignment


class OpenAIWhisperBackend:
    """Runs openai-whisper on short windows; calls take turns, since its hooks belong to the model object.

    Args:
        model: name of a published model or path of a checkpoint.
        device: torch device, or ``auto``.
        download: whether a model that is not on this machine may be fetched.
        load_model: makes the model; ``None`` for the package's own loader.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str = "cpu",
        download: bool = True,
        load_model: Callable[[], Any] | None = None,
    ) -> None:
        self._model_name = model
        self._device = device
        self._download = download
        self._load_model = load_model or self._published
        self._lock = threading.RLock()
        self._loaded: Any = None

    @property
    def name(self) -> str:
        """``openai-whisper`` and the model."""
        return f"openai-whisper {self._model_name}"

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._model_name

    @property
    def languages(self) -> tuple[str, ...]:
        """English before a multilingual model is loaded, then what its vocabulary holds."""
        loaded = self._loaded
        if loaded is None or not loaded.is_multilingual:
            return ("en",)
        from whisper.tokenizer import LANGUAGES

        return tuple(LANGUAGES)[: loaded.num_languages]

    def load(self, report: ProgressReport | None = None) -> None:
        """Load once; later calls return at once.

        Raises:
            ModelLoadError: torch or the package is not installed, or the model cannot be had.
        """
        with self._lock:
            if self._loaded is None:
                if report is not None:
                    report(f"Loading {self.name}", 0.0)
                self._loaded = self._load_model()
                self._loaded.eval()

    def unload(self) -> None:
        """Forget the model."""
        with self._lock:
            self._loaded = None

    def tokenize(self, text: str) -> Tokens:
        """Tokens of `text`."""
        encoding = self._tokenizer("en").encoding
        ids = encoding.encode(text)
        return Tokens(tuple(ids), byte_spans(text, [encoding.decode_single_token_bytes(i) for i in ids]))

    def encode(self, samples: Samples) -> Encoding:
        """Encoder output on a window of the audio's own length."""
        import torch
        from whisper.audio import log_mel_spectrogram

        samples = samples[: int(MAX_SECONDS * SAMPLE_RATE)]
        with self._session() as model, torch.inference_mode():
            features = log_mel_spectrogram(np.ascontiguousarray(samples), model.dims.n_mels).numpy()
            window = torch.from_numpy(fit_window(features)[np.newaxis]).to(model.device)
            output = _encoder_output(model.encoder, window)
        return Encoding(len(samples) / SAMPLE_RATE, features.shape[1], output)

    def score(self, encoding: Encoding, texts: Sequence[Sequence[int]], language: str) -> list[TokenScores]:
        """One decoder pass for each text; times from the alignment heads as in whisper.timing."""
        return [self._score(encoding, text, language) for text in texts]

    def _score(self, encoding: Encoding, tokens: Sequence[int], language: str) -> TokenScores:
        import torch

        tokenizer = self._tokenizer(language)
        start = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        with self._session() as model, torch.inference_mode():
            sequence = torch.tensor([[*start, *tokens, tokenizer.eot]], device=model.device)
            logits, attention = _attended(model, sequence, encoding.output)
            own = logits[0, len(start) - 1 : -2, : tokenizer.eot].float().log_softmax(-1)
            wanted = torch.tensor(list(tokens), device=own.device)
            scores = own[torch.arange(len(tokens), device=own.device), wanted].cpu().numpy()
            rows = _alignment(attention, encoding.frames // 2)[len(start) - 1 : -1]
            times = _begin_times(rows)
        return TokenScores(np.maximum(scores.astype(np.float64), np.log(1e-9)), times)

    def decode(self, encoding: Encoding, language: str, max_tokens: int) -> str:
        """Greedy transcript of the window."""
        import torch

        tokenizer = self._tokenizer(language)
        heard: list[int] = []
        with self._session() as model, torch.inference_mode():
            cache, hooks = model.install_kv_cache_hooks()
            try:
                # Without times the model does not know that a short window ends, and starts again.
                prompt = [*tokenizer.sot_sequence, tokenizer.timestamp_begin]
                fed = torch.tensor([prompt], device=model.device)
                while len(heard) < max_tokens:
                    logits = model.decoder(fed, encoding.output, kv_cache=cache)[0, -1]
                    chosen = int(logits.argmax())
                    if chosen == tokenizer.eot:
                        break
                    heard.append(chosen)
                    fed = torch.tensor([[chosen]], device=model.device)
            finally:
                for hook in hooks:
                    hook.remove()
        return str(tokenizer.decode([token for token in heard if token < tokenizer.eot])).strip()

    def detect_language(self, encoding: Encoding) -> str:
        """By the model's first token; a model of one language knows no other."""
        import torch

        tokenizer = self._tokenizer("en")
        with self._session() as model, torch.inference_mode():
            if not model.is_multilingual:
                return "en"
            start = torch.tensor([[tokenizer.sot]], device=model.device)
            logits = model.decoder(start, encoding.output)[0, -1]
            likeliest = int(logits[list(tokenizer.all_language_tokens)].argmax())
        return str(tokenizer.all_language_codes[likeliest])

    @contextmanager
    def _session(self) -> Iterator[Any]:
        with self._lock:
            self.load()
            yield self._loaded

    def _tokenizer(self, language: str) -> Any:
        from whisper.tokenizer import get_tokenizer

        with self._session() as model:
            return get_tokenizer(
                model.is_multilingual,
                num_languages=model.num_languages,
                language=primary(language) if model.is_multilingual else None,
                task="transcribe",
            )

    def _published(self) -> Any:
        try:
            import whisper
        except ImportError as error:
            raise ModelLoadError("openai-whisper is not installed; choose the faster-whisper backend.") from error
        try:
            if not self._download and self._model_name in whisper.available_models():
                raise ModelLoadError(f"Whisper {self._model_name} may not be downloaded; set a local checkpoint.")
            # Left open, whisper itself takes CUDA where torch finds it.
            device = None if self._device == "auto" else self._device
            return whisper.load_model(self._model_name, device=device)
        except (OSError, RuntimeError) as error:
            raise ModelLoadError(f"openai-whisper cannot load {self._model_name}: {error}.") from error


def byte_spans(text: str, pieces: Sequence[bytes]) -> tuple[tuple[int, int], ...]:
    """For tokens given as bytes of `text` in UTF-8, the characters that each covers at least in part."""
    owners = [number for number, character in enumerate(text) for _ in character.encode("utf-8")]
    spans = []
    at = 0
    for piece in pieces:
        own = owners[at : at + len(piece)]
        at += len(piece)
        spans.append((own[0], own[-1] + 1) if own else (len(text), len(text)))
    return tuple(spans)


def _encoder_output(encoder: Any, window: Any) -> Any:
    """The encoder's layers with as many of its position vectors as the window needs."""
    from torch.nn import functional

    hidden = functional.gelu(encoder.conv1(window))
    hidden = functional.gelu(encoder.conv2(hidden)).permute(0, 2, 1)
    hidden = (hidden + encoder.positional_embedding[: hidden.shape[1]]).to(hidden.dtype)
    for block in encoder.blocks:
        hidden = block(hidden)
    return encoder.ln_post(hidden)


def _attended(model: Any, sequence: Any, audio: Any) -> tuple[Any, Any]:
    """Logits, and the cross-attention of the alignment heads: shape ``(heads, tokens, positions)``."""
    import torch
    from whisper.model import disable_sdpa

    scores: dict[int, Any] = {}
    hooks = [
        block.cross_attn.register_forward_hook(
            lambda _module, _inputs, outputs, layer=layer: scores.__setitem__(layer, outputs[-1][0])
        )
        for layer, block in enumerate(model.decoder.blocks)
    ]
    try:
        with disable_sdpa():
            logits = model.decoder(sequence, audio)
    finally:
        for hook in hooks:
            hook.remove()
    heads = model.alignment_heads.indices().T.tolist()
    return logits, torch.stack([scores[layer][head] for layer, head in heads])


def _alignment(attention: Any, positions: int) -> Any:
    """Normalised, smoothed mean of the heads: shape ``(tokens, positions)``, as in whisper.timing."""
    from whisper.timing import median_filter

    weights = attention[:, :, :positions].float().softmax(dim=-1)
    deviation, mean = weights.std(dim=-2, keepdim=True, unbiased=False), weights.mean(dim=-2, keepdim=True)
    return median_filter((weights - mean) / deviation, _MEDIAN_FILTER_WIDTH).mean(axis=0)


def _begin_times(rows: Any) -> Any:
    from whisper.timing import dtw

    tokens, positions = dtw(-rows)
    begins = np.concatenate(([True], np.diff(tokens) > 0))
    return np.asarray(positions)[begins] * TOKEN_SECONDS
