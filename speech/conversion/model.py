"""Conversion by an engine whose model does it: each piece is one call in the lane."""

from __future__ import annotations

from speech.cancel import CancelToken
from speech.conversion.protocol import Converted
from speech.engines.abilities import ConversionRequest, ConvertingEngine
from speech.engines.protocol import Reference, Voice
from speech.lane import INTERACTIVE, Lane
from speech.lane_wait import wait_for
from speech.samples import Samples


class ModelConverter:
    """Implements `speech.conversion.protocol.Converter`.

    Args:
        engine: converts.
        lane: of that engine.
        target: whose voice.
        seed: for every piece, so that the same recording gives the same result.
        unmarked: leave the engine's watermark out.
        priority: in the lane.
    """

    def __init__(
        self,
        engine: ConvertingEngine,
        lane: Lane,
        target: Voice | Reference,
        seed: int,
        unmarked: bool,
        priority: int = INTERACTIVE,
    ) -> None:
        self._engine = engine
        self._lane = lane
        self._target = target
        self._seed = seed
        self._unmarked = unmarked
        self._priority = priority
        self.sample_rate = engine.capabilities.sample_rate
        self.longest = engine.longest_conversion

    def convert(self, samples: Samples, cancel: CancelToken) -> Converted:
        """One piece, in one call of the model."""
        request = ConversionRequest(samples, self._target, self._seed, self._unmarked)
        future = self._lane.run(lambda: self._engine.convert(request, cancel), cancel, self._priority)
        return Converted(wait_for(future, cancel))
