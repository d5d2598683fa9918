"""An engine whose model calls are made by the replicas of a cluster; all else is answered by the engine it wraps."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Final

import numpy as np

from cluster.replicas import Replicas
from exceptions import ChatterboxError, ModelLoadError
from speech.cancel import CancelToken
from speech.engines.abilities import ConversionRequest, ConvertingEngine, MatchingEngine, VoiceMatch
from speech.engines.protocol import (
    Capabilities,
    CloningEngine,
    Engine,
    Finished,
    ProgressReport,
    Reference,
    TakeRequest,
    Voice,
)
from speech.lane_service import as_ours
from speech.lane_wait import wait_for
from speech.samples import Embedding, Samples

STEP_SECONDS: Final = 0.02
"""Longest wait of one step: so long a chunk that joins may have to wait."""


class ClusterEngine:
    """Speaks as many chunks at once as all replicas have room for; a stepwise engine to its lane.

    Args:
        engine: the one that the replicas run; here its model is never loaded.
        replicas: make the calls.
        most: replicas that there may be.
    """

    def __init__(self, engine: Engine, replicas: Replicas, most: int) -> None:
        self._engine = engine
        self._replicas = replicas
        self._most = most
        self._running: dict[int, Future[Samples]] = {}
        self._back: SimpleQueue[int] = SimpleQueue()
        self._numbers = itertools.count()

    @property
    def capabilities(self) -> Capabilities:
        """Those of the engine, with room for the batches of all replicas."""
        own = self._engine.capabilities
        return replace(own, max_batch=self._most * max(1, own.max_batch))

    @property
    def voices(self) -> tuple[Voice, ...]:
        """Those of the engine."""
        return self._engine.voices

    def unspeakable(self, text: str, language: str) -> tuple[str, ...]:
        """As the engine says."""
        return self._engine.unspeakable(text, language)

    def load(self, report: ProgressReport | None = None) -> None:
        """Connect to the cluster.

        Raises:
            ModelLoadError: there is none, or another engine is deployed on it.
        """
        if self._replicas.connected:
            return
        self._replicas.connect()
        own = self._engine.capabilities
        try:
            found = tuple(self._replicas.call("identity").result())
        except ChatterboxError as error:
            self._replicas.disconnect()
            raise ModelLoadError("The cluster's replicas do not answer.") from error
        if found != (own.engine, own.model, own.version):
            self._replicas.disconnect()
            raise ModelLoadError(
                f"The cluster runs the engine {' '.join(found)}, the service is set to "
                f"{own.engine} {own.model} {own.version}; give both the same settings and deploy anew."
            )

    def unload(self) -> None:
        """Let go of the cluster; its replicas keep their models."""
        for number in list(self._running):
            self.abandon(number)
        self._replicas.disconnect()

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        """As the engine does, with the chunks spread over the replicas."""
        calls = [self._replicas.call("speak", request, request.voice) for request in batch]
        return [_own_copy(wait_for(call, cancel)) for call in calls]

    def begin(self, request: TakeRequest) -> int | None:
        """Send a chunk to a replica."""
        number = next(self._numbers)
        self._running[number] = call = self._replicas.call("speak", request, request.voice)
        call.add_done_callback(lambda _: self._back.put(number))
        return number

    def advance(self) -> list[Finished]:
        """Wait a moment for replicas; the chunks that came back."""
        back: list[int] = []
        with contextlib.suppress(Empty):
            back.append(self._back.get(timeout=STEP_SECONDS))
            while True:
                back.append(self._back.get_nowait())
        return [_finished(number, self._running.pop(number)) for number in back if number in self._running]

    def abandon(self, number: int) -> None:
        """Have the replica stop."""
        self._running.pop(number).cancel()


class CloningClusterEngine(ClusterEngine):
    """Also speaks with recordings, which each machine finds in the same folder."""

    def __init__(self, engine: CloningEngine, replicas: Replicas, most: int) -> None:
        super().__init__(engine, replicas, most)
        self._cloning = engine

    def recorded_voice(self, name: str) -> Voice | None:
        """As the engine says."""
        return self._cloning.recorded_voice(name)

    def prepare_voice(self, name: str) -> None:
        """Have one replica prepare it, and find out whether it makes a voice."""
        if self._replicas.connected:
            self._replicas.call("prepare_voice", name, name).result()


class MatchingClusterEngine(CloningClusterEngine):
    """Also matches voices of recordings."""

    def __init__(self, engine: MatchingEngine, replicas: Replicas, most: int) -> None:
        super().__init__(engine, replicas, most)
        self._matching = engine

    def match(self, voice: str | Reference, cancel: CancelToken) -> VoiceMatch:
        """Have a replica match it."""
        self.load()
        found: VoiceMatch = wait_for(self._replicas.call("match", voice), cancel)
        return found

    def embedding(self, name: str) -> Embedding | None:
        """As the engine says."""
        return self._matching.embedding(name)


class ConvertingClusterEngine(ClusterEngine):
    """Also converts recordings, a piece at a time."""

    def __init__(self, engine: ConvertingEngine, replicas: Replicas, most: int) -> None:
        super().__init__(engine, replicas, most)
        self._converting = engine

    @property
    def longest_conversion(self) -> float:
        """As the engine says."""
        return self._converting.longest_conversion

    def convert(self, request: ConversionRequest, cancel: CancelToken) -> Samples:
        """Have a replica convert a piece."""
        self.load()
        return _own_copy(wait_for(self._replicas.call("convert", request), cancel))


class _CloningConvertingClusterEngine(CloningClusterEngine, ConvertingClusterEngine):
    """Both."""


def on_cluster(engine: Engine, replicas: Replicas, most: int) -> ClusterEngine:
    """The engine with the same abilities whose model calls are made by replicas; see `ClusterEngine`."""
    if isinstance(engine, MatchingEngine):
        return MatchingClusterEngine(engine, replicas, most)
    if isinstance(engine, CloningEngine):
        if isinstance(engine, ConvertingEngine):
            return _CloningConvertingClusterEngine(engine, replicas, most)
        return CloningClusterEngine(engine, replicas, most)
    if isinstance(engine, ConvertingEngine):
        return ConvertingClusterEngine(engine, replicas, most)
    return ClusterEngine(engine, replicas, most)


def _own_copy(samples: Samples) -> Samples:
    """Ray hands out views of shared memory that cannot be written to."""
    return np.array(samples)


def _finished(number: int, call: Future[Samples]) -> Finished:
    try:
        return Finished(number, _own_copy(call.result()))
    except Exception as error:  # noqa: BLE001  any fault on the way must reach the caller of its chunk alone
        return Finished(number, error=as_ours(error))
