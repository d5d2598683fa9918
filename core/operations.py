"""Operations of the core as others watch them: begun, going on, ended, whoever asked for them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from exceptions import CancelledError
from speech.progress import Event, Observer, ignore


@dataclass(eq=False)
class Operation:
    """One thing the core was asked to do.

    Attributes:
        kind: ``tts``, ``model_load`` and so on.
        observe: to be told of its progress.
        audio_seconds: of all its results; set by whoever carries it out.
        started: ``time.perf_counter()`` value.
    """

    kind: str
    observe: Observer = ignore
    audio_seconds: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Time since it began."""
        return time.perf_counter() - self.started


@dataclass(frozen=True)
class Began:
    """Nothing was done yet."""


@dataclass(frozen=True)
class Ended:
    """It is over, by success or by `error`."""

    error: BaseException | None

    @property
    def cancelled(self) -> bool:
        """Whether the caller went away, which is no failure."""
        return isinstance(self.error, (CancelledError, GeneratorExit))


OperationEvent: TypeAlias = Began | Event | Ended
Watcher: TypeAlias = Callable[[Operation, OperationEvent], None]
"""Called in the thread of the operation, in order; must return quickly and not raise."""


class Operations:
    """Announces every operation to watchers.

    Args:
        watchers: those there are from the start.
    """

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of every operation from now on."""
        self._watchers = (*self._watchers, watcher)

    @contextlib.contextmanager
    def operation(self, kind: str, observer: Observer = ignore) -> Iterator[Operation]:
        """Announce what the block does; an exception that leaves it is its end.

        Args:
            kind: names it in logs and metrics.
            observer: of the caller; told of progress before the watchers are.
        """
        operation = Operation(kind)

        def observe(event: Event) -> None:
            observer(event)
            self._tell(operation, event)

        operation.observe = observe
        self._tell(operation, Began())
        try:
            yield operation
        except BaseException as error:
            self._tell(operation, Ended(error))
            raise
        self._tell(operation, Ended(None))

    def _tell(self, operation: Operation, event: OperationEvent) -> None:
        # As contexts nest: who came first knows of the end last.
        ordered = reversed(self._watchers) if isinstance(event, Ended) else self._watchers
        for watcher in ordered:
            watcher(operation, event)
