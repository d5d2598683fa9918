"""Builds the validator that the settings name."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Literal

from exceptions import ConfigurationError
from speech.retry import Retry, once
from speech.validation.backend import Backend
from speech.validation.phones.listener import PhoneListener
from speech.validation.validator import WhisperValidator
from speech.weights import WeightStore
from speech.weights_catalogue import PHONES

BackendName = Literal["faster-whisper", "openai-whisper"]


def create_validator(
    *,
    cache_dir: Path,
    backend: str = "faster-whisper",
    model: str = "base",
    local_dir: Path | None = None,
    allow_hub: bool = True,
    threads: int = 0,
    device: str = "auto",
    retry: Retry = once,
) -> WhisperValidator:
    """A validator; nothing is loaded.

    Args:
        cache_dir: where models assembled from packages are kept.
        backend: ``faster-whisper`` or ``openai-whisper``.
        model: packaged (``base``, ``tiny.en``) or published name, hub repository, or path of a local model.
        local_dir: operator's model folder.
        allow_hub: whether missing models may be downloaded.
        threads: processor threads of one call; 0 takes `spare_threads`.
        device: ``auto``, ``cpu`` or ``cuda``.
        retry: how downloads are tried again.

    Raises:
        ConfigurationError: no such backend.
    """
    store = WeightStore(cache_dir, local_dir, allow_hub, retry)
    listener = PhoneListener(functools.partial(store.path, PHONES))
    whisper = _backend(backend, model, store, local_dir, allow_hub, threads or spare_threads(), device)
    return WhisperValidator(whisper, phones=listener)


def spare_threads() -> int:
    """Half of the processors that this process may use, 1 to 4: the speech model works on the next take meanwhile."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(4, max(1, usable // 2))


def _backend(
    backend: str,
    model: str,
    store: WeightStore,
    local_dir: Path | None,
    allow_hub: bool,
    threads: int,
    device: str,
) -> Backend:
    if backend == "openai-whisper":
        from speech.validation.openai_whisper_backend import OpenAIWhisperBackend

        return OpenAIWhisperBackend(model, device=device, download=allow_hub)
    if backend != "faster-whisper":
        raise ConfigurationError(
            f"There is no validation backend {backend!r}; there are faster-whisper and openai-whisper."
        )
    from speech.validation.faster_whisper_backend import FasterWhisperBackend
    from speech.validation.models import WhisperFolders

    folders = WhisperFolders(store, local_dir, allow_hub)
    return FasterWhisperBackend(
        model,
        functools.partial(folders.folder, model),
        device=device,
        threads=threads,
    )
