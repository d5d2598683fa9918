"""The replicas of a Ray cluster as the service sees them: connect, call, and call again when a replica is lost."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Final
from urllib.parse import urlsplit

from cluster.deployment import APPLICATION
from exceptions import ChatterboxError, DeviceLostError, GenerationError, ModelLoadError, NotReadyError

log = logging.getLogger("chatterbox.cluster")

START_COMMAND: Final = "python3 start.py cluster"
CONNECT_SECONDS: Final = 5.0
"""Until a head has to answer; Ray itself waits for minutes, and then ends the process."""
ATTEMPTS: Final = 5
"""Calls of one chunk at most: a replica that is killed takes what it was working on with it, and nothing else."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0
"""Seconds between two attempts; a lost replica was replaced within 10 to 22 s (see docs/cluster.md)."""


class Replicas:
    """One connection to the cluster that this machine is a node of; `call` may be used from any thread.

    Args:
        head: address and port of the cluster's head.
        call_seconds: what one call may take, with all its attempts.
    """

    def __init__(self, head: str, call_seconds: float) -> None:
        self._head = head
        self._seconds = call_seconds
        self._handle: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def connected(self) -> bool:
        """Whether `connect` was successful and nothing closed the connection since."""
        return self._handle is not None

    def connect(self) -> None:
        """Find the deployment; does nothing when connected.

        Raises:
            ModelLoadError: there is no head, it lets this machine not in, or nothing is deployed.
        """
        if self.connected:
            return
        # Without the token a node refuses every call, and without this variable Ray may leave it out.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        try:
            import ray
            from ray import serve
        except ImportError as error:
            raise ModelLoadError(
                "cluster.enabled needs Ray; install it with: python3 start.py setup --with cluster"
            ) from error
        self._require_head()
        try:
            with _keeping_sigterm():
                ray.init(address=self._head, log_to_driver=False, configure_logging=False, ignore_reinit_error=True)
            self._handle = serve.get_app_handle(APPLICATION)
        except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise ModelLoadError(
                f"The cluster's head at {self._head} does not let this machine in, which has to be a node of it and to "
                "have its token; see docs/cluster.md."
            ) from error
        except serve.exceptions.RayServeException as error:
            raise ModelLoadError(f"No engine is deployed on the cluster; deploy it with: {START_COMMAND}") from error

    def disconnect(self) -> None:
        """Forget the deployment; its replicas stay, for this and other services.

        The process remains a client of this cluster: Ray's own threads do not survive another one.
        """
        self._handle = None

    def call(self, method: str, argument: object = None, voice: str = "") -> Future[Any]:
        """Call a method of some replica, `connect`ed before; cancelling the future stops the work there.

        Args:
            method: of `deployment.Replica`.
            argument: its only one.
            voice: replicas that spoke with it lately are asked first.

        Returns:
            a future of its result, which fails with ``GenerationError`` as the engine does or when the time is over,
            and with ``NotReadyError`` when replica after replica is lost.
        """
        return asyncio.run_coroutine_threadsafe(self._bounded(method, argument, voice), self._running_loop())

    def _require_head(self) -> None:
        place = urlsplit(f"//{self._head}")
        try:
            socket.create_connection((place.hostname or "", place.port or 0), CONNECT_SECONDS).close()
        except (OSError, ValueError) as error:
            raise ModelLoadError(
                f"No head of a cluster answers at {self._head} (cluster.head); start one: {START_COMMAND}"
            ) from error

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="cluster-calls", daemon=True).start()
        return self._loop

    async def _bounded(self, method: str, argument: object, voice: str) -> Any:
        try:
            return await asyncio.wait_for(self._persistently(method, argument, voice), self._seconds)
        except asyncio.TimeoutError as error:
            raise GenerationError(f"The cluster gave no answer within {self._seconds:g} s.") from error

    async def _persistently(self, method: str, argument: object, voice: str) -> Any:
        import stamina
        from stamina.instrumentation import set_on_retry_hooks

        # stamina's own hooks print, and count in a registry of the whole process.
        set_on_retry_hooks([])
        attempts = stamina.retry_context(
            on=_lost, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_PAUSE, wait_max=LONGEST_PAUSE
        )
        try:
            async for attempt in attempts:
                with attempt:
                    if attempt.num > 1:
                        log.warning("a replica was lost, its work is sent again (attempt %d)", attempt.num)
                    return await self._once(method, argument, voice)
        except ChatterboxError:
            raise
        except Exception as error:
            if not _lost(error):
                raise
            raise NotReadyError("The cluster's replicas do not answer.") from error
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, method: str, argument: object, voice: str) -> Any:
        from ray.exceptions import RayTaskError

        response = self._handle.options(method_name=method, multiplexed_model_id=voice).remote(argument)
        try:
            return await response
        except asyncio.CancelledError:
            response.cancel()
            raise
        except RayTaskError as error:
            # What the replica's own code raised comes back wrapped.
            raise error.cause if isinstance(error.cause, ChatterboxError) else error from None


@contextlib.contextmanager
def _keeping_sigterm() -> Iterator[None]:
    """Ray's core takes SIGTERM for a crash and aborts the process; have it do what it did before.

    Python sets signal handlers in the main thread only, which this is not, hence the C library.
    """
    if os.name == "nt":
        yield
        return
    library = ctypes.CDLL(None)
    action = ctypes.create_string_buffer(1024)  # struct sigaction takes 152 bytes on Linux, less elsewhere
    library.sigaction(signal.SIGTERM, None, action)
    try:
        yield
    finally:
        library.sigaction(signal.SIGTERM, action, None)


def _lost(error: Exception) -> bool:
    """Whether the replica went away while it worked, so that another one can do the same work."""
    from ray.exceptions import RayError, RayTaskError
    from ray.serve.exceptions import ReplicaUnavailableError

    gone = isinstance(error, RayError) and not isinstance(error, RayTaskError)
    return gone or isinstance(error, (ReplicaUnavailableError, DeviceLostError))
