"""What runs on the cluster: a replica is one engine behind a lane of its own, and Ray Serve keeps their number."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from speech.cancel import CancelToken
from speech.engines.registry import EngineContext, create_engine
from speech.lane import Lane

if TYPE_CHECKING:
    from speech.engines.abilities import ConversionRequest, VoiceMatch
    from speech.engines.protocol import Reference, TakeRequest
    from speech.samples import Samples

T = TypeVar("T")

APPLICATION: Final = "speech"
"""Under this name the services find the deployment."""
HEALTH_SECONDS: Final = 2.0
"""Between two questions whether a replica is well."""
VOICES_KEPT: Final = 32
"""Voices by which a replica is preferred, the latest ones."""


@dataclass(frozen=True)
class EngineRecipe:
    """How a replica makes its engine.

    Attributes:
        name: in the registry.
        context: the same folders have to exist on each machine, or be shared.
        call_seconds: what one call of the engine may take.
        idle_seconds: after so long without work the model leaves memory; 0 for never.
    """

    name: str
    context: EngineContext
    call_seconds: float
    idle_seconds: float


@dataclass(frozen=True)
class Scale:
    """How many replicas there are, and what each of them reserves of its machine.

    Attributes:
        least: replicas that are always there.
        most: replicas under load.
        cpus: processor cores of each.
        gpus: GPUs of each; a fraction shares one.
    """

    least: int
    most: int
    cpus: float
    gpus: float


class Replica:
    """One engine on one device. Chunks that are under way together share its batches, as on a single machine.

    Args:
        recipe: of the engine, which is loaded before the replica counts as ready.
    """

    def __init__(self, recipe: EngineRecipe) -> None:
        from ray import serve

        self._engine: Any = create_engine(recipe.name, recipe.context)
        self._lane = Lane(self._engine, idle_seconds=recipe.idle_seconds, call_seconds=recipe.call_seconds)
        self._lane.load().result()

        async def voice(name: str) -> str:
            return name

        # Ray Serve prefers a replica that has the "model" of a request; here that is the voice, whose preparation
        # the engine keeps.
        self._note_voice = serve.multiplexed(max_num_models_per_replica=VOICES_KEPT)(voice)

    def check_health(self) -> None:
        """Have Ray Serve replace a replica whose device is lost."""
        if self._lane.lost:
            raise RuntimeError(self._lane.lost)

    async def identity(self, _: None) -> tuple[str, str, str]:
        """Engine, model and version: those of the service have to be the same."""
        capabilities = self._engine.capabilities
        return capabilities.engine, capabilities.model, capabilities.version

    async def speak(self, request: TakeRequest) -> Samples:
        """As `Engine.generate` for one chunk."""
        await self._note_voice(request.voice)
        token = CancelToken()
        return (await _settled(self._lane.submit(request, token), token)).samples

    async def convert(self, request: ConversionRequest) -> Samples:
        """As `ConvertingEngine.convert`."""
        return await self._run(lambda token: self._engine.convert(request, token))

    async def match(self, voice: str | Reference) -> VoiceMatch:
        """As `MatchingEngine.match`."""
        return await self._run(lambda token: self._engine.match(voice, token))

    async def prepare_voice(self, name: str) -> None:
        """As `CloningEngine.prepare_voice`."""
        await self._run(lambda _: self._engine.prepare_voice(name))

    async def _run(self, work: Callable[[CancelToken], T]) -> T:
        token = CancelToken()
        return await _settled(self._lane.run(lambda: work(token), token), token)


async def _settled(future: Future[T], token: CancelToken) -> T:
    """The future's result; whoever waited for it and left stops the work."""
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        token.cancel()
        raise


def deploy(recipe: EngineRecipe, scale: Scale) -> None:
    """Bring the engine onto the cluster that this process is connected to, and wait until it is ready.

    A deployment that is there already is replaced, replica by replica.

    Args:
        recipe: of each replica's engine.
        scale: of the deployment.
    """
    from ray import serve

    batch = max(1, create_engine(recipe.name, recipe.context).capabilities.max_batch)
    replica = serve.deployment(
        name="Replica",
        max_ongoing_requests=batch,
        health_check_period_s=HEALTH_SECONDS,
        graceful_shutdown_timeout_s=recipe.call_seconds,
        ray_actor_options={"num_cpus": scale.cpus, "num_gpus": scale.gpus},
        autoscaling_config={
            "min_replicas": scale.least,
            "max_replicas": scale.most,
            "target_ongoing_requests": batch,
        },
    )(Replica)
    serve.start(proxy_location="Disabled")
    serve.run(replica.bind(recipe), name=APPLICATION, route_prefix=None)
