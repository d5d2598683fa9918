"""From a voice conversion request to its order: the recording, the target, the converter and who judges it."""

from __future__ import annotations

import secrets

from api_models import VCDefaults, VCOptions, VCRequest
from config import Settings
from core.conversion_work import ConversionOrder, SourceRecording
from core.downloads import Fetch, is_url
from core.request_rules import ABSENT_LIBRARIES, finishing_rules
from core.validators import ValidatorPool
from core.voice_matches import matched_voices
from exceptions import InvalidRequestError, ResourceNotFoundError
from library.recordings import RecordingStore
from speech.admission import Work
from speech.audio.decode import decode, stated_seconds
from speech.cancel import CancelToken
from speech.conversion.listening import Ears
from speech.conversion.model import ModelConverter
from speech.conversion.protocol import Converter
from speech.conversion.recording import ConversionRules
from speech.conversion.resynthesis import ResynthesisConverter
from speech.engines.abilities import ConvertingEngine, MatchingEngine
from speech.engines.protocol import Capabilities, Reference, Voice
from speech.lane import INTERACTIVE, Lane
from speech.plan import SEED_LIMIT
from speech.planning import choose_voice
from speech.samples import Embedding
from speech.speakers.encoder import SpeakerEncoder
from speech.speakers.features import SAMPLE_RATE
from speech.validation.protocol import Listener
from speech.weights import file_sha256

TARGET_SECONDS = 60.0
"""How much of a target's recording is listened to for its likeness."""


class Conversions:
    """Prepares voice conversions with one engine; every method may be called from any thread.

    Args:
        settings: of the service.
        lane: of the engine.
        validators: the configured one also listens to conversions.
        voices: recordings that may be targets.
        inputs: recordings that may be converted.
    """

    def __init__(
        self,
        settings: Settings,
        lane: Lane,
        validators: ValidatorPool,
        voices: RecordingStore,
        inputs: RecordingStore,
    ) -> None:
        self._settings = settings
        self._lane = lane
        self._validators = validators
        self._voices = voices
        self._inputs = inputs
        self._encoder = SpeakerEncoder()
        self._longest_seconds = settings.api.max_recording_minutes * 60

    def recording(self, request: VCOptions, fetch: Fetch) -> SourceRecording:
        """The recording that a request names.

        Raises:
            InvalidRequestError: the request names none, or it cannot be fetched.
            ResourceNotFoundError: there is no such recording.
        """
        field = "input_audio_source"
        if not isinstance(request, VCRequest):
            raise InvalidRequestError("There is no recording to convert.", field=field)
        if is_url(request.input_audio_source):
            download = fetch(request.input_audio_source, field)
            return SourceRecording(download.path, download.name, field)
        found = self._inputs.find(request.input_audio_source, field)
        return SourceRecording(found.path, found.name, field)

    def work(self, recording: SourceRecording) -> Work:
        """How much there is to do for a recording, by its header."""
        seconds = stated_seconds(recording.file)
        return Work("vc", None if seconds is None else min(seconds, self._longest_seconds))

    def order(
        self,
        request: VCOptions,
        recording: SourceRecording,
        fetch: Fetch,
        cancel: CancelToken,
        *,
        priority: int = INTERACTIVE,
        defaults: VCDefaults | None = None,
    ) -> ConversionOrder:
        """What is to be done for a request.

        Args:
            request: fields that are left out take the operator's defaults.
            recording: to be converted.
            fetch: for recordings that are named by URL; what it gives must last until the order is carried out.
            cancel: gives up waiting for a voice match.
            priority: of its pieces in the lane.
            defaults: instead of the operator's that hold now.

        Raises:
            InvalidRequestError: something in the request cannot be done; names the field.
            ResourceNotFoundError: there is no such recording.
        """
        full = request.with_defaults(defaults or self._settings.vc_defaults)
        target = self._target(full.target_voice_source, fetch)
        seed = full.seed or 1 + secrets.randbelow(SEED_LIMIT - 1)
        capabilities = self._lane.engine.capabilities
        return ConversionOrder(
            request=full.model_copy(update=_urls_without_query(full)),
            recording=recording,
            voice=target.name,
            voice_hash=target.content_hash,
            converter=self._converter(full, target, seed, priority),
            ears=self._ears(full, target),
            rules=ConversionRules(
                full.chunk_sec, full.overlap_sec, full.pitch_shift, finishing_rules(full, full.speed_factor)
            ),
            seed=seed,
            longest_seconds=self._longest_seconds,
            watermarked=capabilities.watermark and not full.disable_watermark,
            ignored=tuple(_without_effect(request, capabilities)),
            warnings=matched_voices([_in_the_lane(target)], self._lane, cancel),
        )

    def _target(self, words: str, fetch: Fetch) -> Voice | Reference:
        """A voice of the engine, or any recording among the voices or behind a URL."""
        field = "target_voice_source"
        if is_url(words):
            download = fetch(words, field)
            return Reference(download.name, download.path, file_sha256(download.path))
        try:
            return choose_voice(self._lane.engine, words, field)
        except InvalidRequestError as unknown:
            try:
                found = self._voices.find(words, field)
            except ResourceNotFoundError:
                raise unknown from None
        return Reference(found.name, found.path, file_sha256(found.path))

    def _converter(self, request: VCOptions, target: Voice | Reference, seed: int, priority: int) -> Converter:
        engine = self._lane.engine
        if isinstance(engine, ConvertingEngine):
            return ModelConverter(engine, self._lane, target, seed, request.disable_watermark, priority)
        if isinstance(engine, MatchingEngine):
            language = engine.voices[0].language
            return ResynthesisConverter(self._lane, self._hearing(request), target, language, priority)
        raise InvalidRequestError(
            f"The engine {engine.capabilities.engine!r} that is running here converts no voices.", field="engine"
        )

    def _hearing(self, request: VCOptions) -> Listener:
        """Who tells a converter that speaks what it hears what to speak."""
        engine = self._lane.engine.capabilities
        if request.language.split("-")[0].lower() != "en":
            raise InvalidRequestError(f"The engine {engine.engine!r} converts English speech only.", field="language")
        listener = self._listener(request.language)
        if listener is None:
            raise InvalidRequestError(
                f"The engine {engine.engine!r} hears recordings with Whisper, which validation.enabled switches off.",
                field="engine",
            )
        return listener

    def _ears(self, request: VCOptions, target: Voice | Reference) -> Ears:
        listener = None if request.bypass_whisper_checking else self._listener(request.language)
        return Ears(listener, self._encoder, self._embedding(target), request.language, target.name)

    def _listener(self, language: str) -> Listener | None:
        validator = self._validators.configured
        if validator is None or language.split("-")[0].lower() not in validator.languages:
            return None
        return validator if isinstance(validator, Listener) else None

    def _embedding(self, target: Voice | Reference) -> Embedding | None:
        """Of a target that is a recording, or a voice that its engine knows; other voices have none to compare with."""
        field = "target_voice_source"
        engine = self._lane.engine
        if isinstance(engine, MatchingEngine) and (known := engine.embedding(target.name)) is not None:
            return known
        try:
            path = target.path if isinstance(target, Reference) else self._voices.find(target.name, field).path
        except ResourceNotFoundError:
            return None
        return self._encoder.embed(decode(path, SAMPLE_RATE, TARGET_SECONDS, field), SAMPLE_RATE)


def _urls_without_query(request: VCOptions) -> dict[str, str]:
    """URLs as they may be recorded: what follows the question mark is often a key."""
    named = {field: getattr(request, field, "") for field in ("input_audio_source", "target_voice_source")}
    return {field: words.partition("?")[0] for field, words in named.items() if is_url(words)}


def _in_the_lane(target: Voice | Reference) -> str | Reference:
    return target if isinstance(target, Reference) else target.name


def _without_effect(asked: VCOptions, capabilities: Capabilities) -> list[str]:
    effect = {
        "seed": capabilities.seeded,
        "disable_watermark": capabilities.watermark,
        "speed_factor_library": asked.speed_factor_library not in ABSENT_LIBRARIES,
        "keep_original_wav_ae": asked.use_auto_editor or not asked.keep_original_wav_ae,
    }
    return [field for field, has in effect.items() if field in asked.model_fields_set and not has]
