"""What a voice is to the model: immutable conditionals, their file form and a byte-bounded cache."""

from __future__ import annotations

import io
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exceptions import ModelLoadError
from speech.atomic_file import replacing
from speech.engines.chatterbox.device_errors import device_errors
from speech.engines.chatterbox.tensors import Tensor

EMOTION: Final = 0.5
"""Exaggeration that saved conditionals carry, the package's default; a call brings its own."""


@dataclass(frozen=True)
class RenderPart:
    """What the way from speech tokens to sound needs of a voice.

    Attributes:
        tokens: speech tokens of the reference, int64 of shape (1, p), 25 per second.
        features: mel spectrogram of the reference, float32 of shape (1, f, 80), 50 frames per second; f is 2 p
            or 2 p + 1.
        embedding: float32 of shape (1, 192).
    """

    tokens: Tensor
    features: Tensor
    embedding: Tensor


@dataclass(frozen=True)
class Conditionals:
    """A voice as one model understands it. Nobody writes into the tensors after they are made.

    Attributes:
        key: hex digest of the voice's content and of how it was prepared.
        speaker: embedding for T3, float32 of shape (1, 256).
        prompt_tokens: speech tokens for T3, int64 of shape (1, m), m at most 150 (375 for Turbo and Nano), or
            ``None``.
        render: for the way from speech tokens to sound.
    """

    key: str
    speaker: Tensor
    prompt_tokens: Tensor | None
    render: RenderPart

    @property
    def nbytes(self) -> int:
        """Bytes that the tensors take."""
        tensors = (self.speaker, self.prompt_tokens, *vars(self.render).values())
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors if tensor is not None)

    def to(self, device: str) -> Conditionals:
        """The same on another device."""
        prompt = None if self.prompt_tokens is None else self.prompt_tokens.to(device)
        render = RenderPart(*(tensor.to(device) for tensor in vars(self.render).values()))
        return Conditionals(self.key, self.speaker.to(device), prompt, render)


def save_conditionals(conditionals: Conditionals, path: Path) -> None:
    """Write the file form that the package reads and writes (``conds.pt``), atomically.

    Raises:
        DiskFullError: no room.
    """
    import torch

    cpu = conditionals.to("cpu")
    t3 = {
        "speaker_emb": cpu.speaker,
        "clap_emb": None,
        "cond_prompt_speech_tokens": cpu.prompt_tokens,
        "cond_prompt_speech_emb": None,
        "emotion_adv": EMOTION * torch.ones(1, 1, 1),
    }
    gen = {
        "prompt_token": cpu.render.tokens,
        "prompt_token_len": torch.tensor([cpu.render.tokens.shape[1]]),
        "prompt_feat": cpu.render.features,
        "prompt_feat_len": None,
        "embedding": cpu.render.embedding,
    }
    # torch reports a full disk as a RuntimeError without its number, a plain write as what it is.
    content = io.BytesIO()
    torch.save({"t3": t3, "gen": gen}, content)
    with replacing(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def load_conditionals(path: Path, key: str, device: str) -> Conditionals:
    """Read conditionals that the package or `save_conditionals` wrote.

    Args:
        path: of the file.
        key: becomes the conditionals' key.
        device: to put the tensors on.

    Raises:
        ModelLoadError: the file is damaged or something else.
        DeviceMemoryError: there is too little memory to read it.
    """
    import torch

    try:
        with device_errors():
            saved = torch.load(path, map_location="cpu", weights_only=True)
            conditionals = _from_saved(saved, key)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, KeyError, TypeError, AttributeError) as error:
        raise ModelLoadError(f"{path.name} does not hold a voice of Chatterbox, or is damaged.") from error
    return conditionals.to(device)


def _from_saved(saved: dict[str, dict[str, Any]], key: str) -> Conditionals:
    t3, gen = saved["t3"], saved["gen"]
    prompt = t3["cond_prompt_speech_tokens"]
    render = RenderPart(
        # Released files hold the lengths too; they are those of the tensors.
        gen["prompt_token"].long().reshape(1, -1),
        gen["prompt_feat"].float(),
        gen["embedding"].float().reshape(1, -1),
    )
    return Conditionals(key, t3["speaker_emb"].float(), None if prompt is None else prompt.long(), render)


class ConditionalsCache:
    """The conditionals used last, within a number of bytes; thread-safe.

    A voice asked for by several threads at once is prepared once. Conditionals that are larger than the whole
    limit are handed out but not kept.

    Args:
        limit: bytes that may be kept, 0 or more.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Conditionals] = OrderedDict()
        self._making: dict[str, threading.Lock] = {}
        self._nbytes = 0

    @property
    def nbytes(self) -> int:
        """Bytes kept now, never more than `limit`."""
        return self._nbytes

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str, make: Callable[[], Conditionals]) -> Conditionals:
        """The conditionals of `key`, made by `make` if they are not kept; errors of `make` pass through."""
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                kept = self._kept.get(key)
            try:
                return kept if kept is not None else self._keep(key, make())
            finally:
                with self._lock:
                    self._making.pop(key, None)

    def clear(self) -> None:
        """Drop everything, as before a model is unloaded."""
        with self._lock:
            self._kept.clear()
            self._nbytes = 0

    def _keep(self, key: str, made: Conditionals) -> Conditionals:
        with self._lock:
            if made.nbytes <= self.limit and key not in self._kept:
                self._kept[key] = made
                self._nbytes += made.nbytes
                while self._nbytes > self.limit:
                    self._nbytes -= self._kept.popitem(last=False)[1].nbytes
        return made
