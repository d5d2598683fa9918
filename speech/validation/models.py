"""Finds the folder of a named Whisper model: an operator's own, the installed packages, or the model hub."""

from __future__ import annotations

from pathlib import Path

from exceptions import ModelLoadError
from speech.engines.protocol import ProgressReport
from speech.weights import WeightFile, WeightStore
from speech.weights_catalogue import WHISPER_BASE, WHISPER_TINY_EN

PACKAGED: dict[str, tuple[WeightFile, ...]] = {"base": WHISPER_BASE, "tiny.en": WHISPER_TINY_EN}
"""Models that installed packages carry, by name."""

_MODEL_FILE = "model.bin"


class WhisperFolders:
    """Hands out folders with a model in CTranslate2's format.

    Args:
        store: for the packaged models.
        local_dir: operator's folder; ``whisper-NAME`` in it wins for model NAME.
        allow_hub: whether a model that is not on this machine may be downloaded.
    """

    def __init__(self, store: WeightStore, local_dir: Path | None = None, allow_hub: bool = True) -> None:
        self._store = store
        self._local_dir = local_dir
        self._allow_hub = allow_hub

    def folder(self, model: str, report: ProgressReport | None = None) -> Path:
        """Folder of `model`: a packaged or published name, a hub repository or the path of a folder.

        Raises:
            ModelLoadError: it is nowhere, or damaged.
        """
        local = self._local(model)
        if local is not None:
            return local
        if model in PACKAGED:
            return self._store.folder(PACKAGED[model], report)
        if report is not None:
            report(f"Looking for Whisper {model}", 0.0)
        return self._store.retry(lambda: self._from_hub(model))

    def _local(self, model: str) -> Path | None:
        places = [Path(model).expanduser()]
        if self._local_dir is not None:
            places.append(self._local_dir / f"whisper-{model}")
        for place in places:
            if (place / _MODEL_FILE).is_file() and not self._is_packaged(place, model):
                return place
        return None

    def _is_packaged(self, place: Path, model: str) -> bool:
        """Whether the store would take the files of `place` itself, with their hashes checked."""
        if model not in PACKAGED or self._local_dir is None:
            return False
        return place == self._local_dir / Path(PACKAGED[model][0].name).parent

    def _from_hub(self, model: str) -> Path:
        try:
            from faster_whisper.utils import download_model
            from huggingface_hub.errors import HfHubHTTPError
        except ImportError as error:
            raise ModelLoadError("faster-whisper is not installed; takes cannot be checked.") from error
        try:
            return Path(download_model(model, local_files_only=not self._allow_hub))
        except (HfHubHTTPError, OSError, ValueError, RuntimeError) as error:
            where = "could not be downloaded from the model hub" if self._allow_hub else "may not be downloaded"
            raise ModelLoadError(
                f"Whisper {model} is not on this machine and {where} ({type(error).__name__}). Choose one of "
                f"{', '.join(PACKAGED)}, or name a folder that holds the model in CTranslate2's format."
            ) from error
