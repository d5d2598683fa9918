"""A checkpoint at work on its device: joins chunks to the decoder, renders and marks what it made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from exceptions import ChatterboxError, DeviceMemoryError, GenerationError, InvalidRequestError, ModelLoadError
from speech.cancel import CancelToken
from speech.engines.abilities import ConversionRequest
from speech.engines.chatterbox import compat
from speech.engines.chatterbox.checkpoints import Checkpoint, checkpoint
from speech.engines.chatterbox.conversion import PADDING, convert
from speech.engines.chatterbox.decoder import Decoder, DecodeRequest, Sampling
from speech.engines.chatterbox.description import parameters
from speech.engines.chatterbox.device_errors import device_errors
from speech.engines.chatterbox.loading import LoadedModel, load, with_renderer
from speech.engines.chatterbox.prepared_voices import PreparedVoices
from speech.engines.chatterbox.render import SAMPLE_RATE, RenderJob, batches, render, render_batch, speakable
from speech.engines.chatterbox.settings import ChatterboxSettings
from speech.engines.chatterbox.text_tokens import text_tokens
from speech.engines.chatterbox.watermark import Watermarker
from speech.engines.protocol import UNMARKED, ProgressReport, TakeRequest, Voice
from speech.engines.voice_folder import VoiceFolder
from speech.samples import Samples

ROWS: Final = 8
TEXT_POSITIONS: Final = 512
"""Of a row, for text: a chunk of 300 characters has less."""

MOST_TOKENS: Final = 1000
"""Speech tokens of a chunk, 40 s; the package's own limit."""

_TOKENS_EVER: Final = 120
_TOKENS_EACH: Final = 6
"""Speech tokens that a chunk may have at all, and for each character more: three times what slow speech needs, so that
a model that does not find the end is stopped early."""

_RENDERED_TOGETHER: Final = 4


@dataclass(frozen=True)
class Decoded:
    """A chunk's speech tokens, ready to be rendered, and whether the sound is to be marked."""

    job: RenderJob
    marked: bool

    @property
    def length(self) -> int:
        """Tokens with those of the reference."""
        return len(self.job.tokens) + int(self.job.voice.tokens.shape[1])


class Runtime:
    """Everything that is in memory while the engine is loaded; used from the lane thread.

    Args:
        model: networks on their device.
        decoder: over its T3.
        settings: switches.
        folder: of the voices.
        cache_dir: prepared voices are kept in its folder ``voices-chatterbox``.
    """

    def __init__(
        self, model: LoadedModel, decoder: Decoder, settings: ChatterboxSettings, folder: VoiceFolder, cache_dir: Path
    ) -> None:
        self._model = model
        self._decoder = decoder
        self._settings = settings
        self._voices = PreparedVoices(model, settings, folder, cache_dir)
        self._marker = Watermarker() if settings.watermark else None

    @property
    def nbytes(self) -> int:
        """Bytes of the decoder's slots and of all voices kept; the weights are not counted."""
        return self._decoder.nbytes + self._voices.nbytes

    def join(self, request: TakeRequest) -> Any:
        """The chunk's running sequence, or ``None`` while the decoder has no room.

        Raises:
            GenerationError: the chunk cannot be spoken.
            DeviceMemoryError: the device's memory is too small for it alone.
        """
        asked = self._decode_request(request)
        if not self._decoder.fits(asked):
            return None
        return self._in_memory(lambda: self._decoder.join(asked), alone=not self._decoder.running)

    def prepare_voice(self, name: str) -> None:
        """Have a voice ready before it is asked for; errors as of `PreparedVoices.get`."""
        self._voices.get(name)

    def step(self) -> Sequence[Any]:
        """One token for each running chunk; those that ended."""
        return self._decoder.step()

    def leave(self, sequence: Any) -> None:
        """Free a running chunk's rows."""
        self._decoder.leave(sequence)

    def decoded(self, request: TakeRequest, sequence: Any) -> Decoded:
        """What an ended sequence is to be rendered from.

        Raises:
            GenerationError: the model broke or made nothing.
        """
        if sequence.reason == "not_finite":
            raise GenerationError("The model's numbers broke on this text; try another seed or float32.")
        tokens = speakable(self._model, sequence.tokens)
        job = RenderJob(tokens, self._voices.get(request.voice).render, request.seed)
        return Decoded(job, self._marker is not None and not request.parameters.get(UNMARKED))

    def convert(self, request: ConversionRequest, cancel: CancelToken) -> Samples:
        """A piece of a recording in another voice, exactly as long, marked.

        Raises:
            GenerationError: the target's recording makes no voice, or the model failed.
            CancelledError: from `cancel`.
        """
        target = request.target
        voice = self._voices.get(target.name if isinstance(target, Voice) else target).render
        # A speech token lasts 40 ms; with silence behind it the end of the piece fills a whole one.
        padded = np.pad(request.samples, (0, PADDING))
        steps = self._settings.cfm_steps or None

        def work() -> Samples:
            return convert(self._model, padded, SAMPLE_RATE, voice, request.seed, steps, cancel)

        sound: Samples = self._in_memory(work, alone=True)[: len(request.samples)]
        return self._marker.apply(sound, SAMPLE_RATE) if self._marker is not None and not request.unmarked else sound

    def choose(self, waiting: Sequence[Decoded]) -> list[int]:
        """Places of those that are best rendered now: the first on the CPU, on a GPU with others of its length."""
        if not waiting:
            return []
        if self._model.device == "cpu":
            return [0]
        found = batches([decoded.length for decoded in waiting], _RENDERED_TOGETHER)
        return next(batch for batch in found if 0 in batch)

    def render(self, chosen: Sequence[Decoded]) -> list[Samples | ChatterboxError]:
        """Sound of each, marked; a failure stands in its chunk's place."""
        steps = self._settings.cfm_steps or None
        jobs = [decoded.job for decoded in chosen]
        if len(jobs) > 1:
            rendered = self._in_memory(lambda: render_batch(self._model, jobs, steps), alone=False)
            if rendered is not None:
                return [self._finished(decoded, sound) for decoded, sound in zip(chosen, rendered, strict=True)]
        return [self._alone(decoded, steps) for decoded in chosen]

    def close(self) -> None:
        """Give the device's memory back."""
        self._voices.clear()
        cuda = self._model.device.startswith("cuda")
        del self._model, self._decoder
        if cuda:
            _free_cache()

    def _alone(self, decoded: Decoded, steps: int | None) -> Samples | ChatterboxError:
        try:
            sound = self._in_memory(lambda: render(self._model, decoded.job, steps), alone=True)
            return self._finished(decoded, sound)
        except (GenerationError, DeviceMemoryError) as error:
            return error

    def _finished(self, decoded: Decoded, sound: Samples) -> Samples:
        return self._marker.apply(sound, SAMPLE_RATE) if self._marker is not None and decoded.marked else sound

    def _in_memory(self, work: Callable[[], Any], alone: bool) -> Any:
        """The result of `work`; ``None`` where the device's memory is too small for it beside the rest.

        Raises:
            DeviceMemoryError: too small for it `alone`.
            DeviceLostError: from `device_errors`.
        """
        try:
            with device_errors():
                return work()
        except DeviceMemoryError:
            if alone:
                raise
        # Not before the exception is gone, which holds what `work` had in memory.
        if self._model.device.startswith("cuda"):
            _free_cache()
        return None

    def _decode_request(self, request: TakeRequest) -> DecodeRequest:
        model = self._model
        voice = self._voices.get(request.voice)
        given = {item.name: item.default for item in parameters(model.family)} | dict(request.parameters)
        sampling = Sampling(
            temperature=given["temperature"],
            cfg_weight=given.get("cfg_weight", 0.0),
            repetition_penalty=given["repetition_penalty"],
            min_p=given.get("min_p", 0.0),
            top_p=given["top_p"],
            top_k=int(given.get("top_k", 0)),
        )
        try:
            tokens = text_tokens(model, request.text, request.language.partition("-")[0])
        except InvalidRequestError as error:
            raise GenerationError(error.message) from error
        return DecodeRequest(
            text_tokens=tokens,
            speaker=voice.speaker,
            prompt_tokens=voice.prompt_tokens,
            emotion=given.get("exaggeration", 0.5),
            voice_key=voice.key,
            seed=request.seed,
            sampling=sampling,
            max_tokens=min(MOST_TOKENS, _TOKENS_EVER + _TOKENS_EACH * len(request.text)),
        )


def _free_cache() -> None:
    """Give back what torch keeps of the device's memory without using it."""
    import torch

    torch.cuda.empty_cache()


def open_runtime(
    wanted: Checkpoint,
    settings: ChatterboxSettings,
    locate: Callable[[Checkpoint, ProgressReport | None], Path],
    folder: VoiceFolder,
    cache_dir: Path,
    threads: int,
    report: ProgressReport | None,
) -> Runtime:
    """Find a checkpoint and load it.

    Raises:
        ModelLoadError: packages or files are missing or damaged, or the device is not there.
    """
    compat.prepare()
    import torch

    if threads:
        torch.set_num_threads(threads)
    device = choose_device(settings.device)
    place = locate(wanted, report)
    if report is not None:
        report(f"Loading Chatterbox {wanted.name}", 0.0)
    model = load(wanted.name, place, device)
    if settings.turbo_decoder:
        turbo = checkpoint("turbo")
        model = with_renderer(model, turbo, locate(turbo, report))
    fast = model.family in ("turbo", "nano")
    decoder = Decoder(
        model.t3,
        rows=settings.rows or ROWS,
        positions=(400 if fast else 40) + TEXT_POSITIONS + MOST_TOKENS,
        arithmetic=settings.arithmetic,
        graphs=settings.graphs and device.startswith("cuda"),
        prefix_cache_bytes=settings.prefixes_mb * 1_000_000 if fast else 0,
    )
    return Runtime(model, decoder, settings, folder, cache_dir)


def choose_device(asked: str) -> str:
    """The device that is asked for, or the best there is.

    Raises:
        ModelLoadError: it is not there.
    """
    import torch

    if asked == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(asked.partition(":")[0], False):
        raise ModelLoadError(f"The device {asked} of models.options is not on this machine.")
    return asked
