"""How many requests work at once, how many may wait and how long, and who is turned away before any work is done."""

from __future__ import annotations

import contextlib
import heapq
import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from exceptions import ChatterboxError, NotReadyError, QueueFullError
from speech.cancel import CancelToken
from speech.progress import (
    Admitted,
    ChunkDone,
    ClipMeasured,
    Event,
    Joined,
    Observer,
    PieceConverted,
    Planned,
    Queued,
    WindowHeard,
    ignore,
)

WAIT_STEP_SECONDS = 0.25
NOTES_KEPT = 64
NOTES_NEEDED = 4
"""Measured steps of a kind of work before an estimate is made of them."""
RETRY_RANGE = (1, 600)
RETRY_UNKNOWN = 5
"""Seconds a caller is told to stay away: shortest and longest, and without an estimate."""


Kind = Literal["tts", "vc", "concat", "transcription", "watermark"]


@dataclass(frozen=True)
class Work:
    """What a request has to do; the service has a pace of its own for each kind.

    Attributes:
        kind: speech, conversion, joining, transcription, or the search for a watermark.
        amount: characters to speak, or seconds of recordings to go through; ``None`` where that is unknown.
    """

    kind: Kind
    amount: float | None


class Place:
    """One request's place, in front of the door and behind it.

    Args:
        admission: the door.
        cancel: of the request.
        work: of the request.
        observer: told of its progress.
    """

    def __init__(self, admission: Admission, cancel: CancelToken, work: Work, observer: Observer) -> None:
        self.cancel = cancel
        self.kind = work.kind
        self.remaining = work.amount
        self._admission = admission
        self._observer = observer
        self._lengths: list[int] = []
        self._seconds = 0.0

    def observe(self, event: Event) -> None:
        """Count by an event what is still to do, and pass it on."""
        amount = self._done(event)
        if amount > 0:
            self._admission.note(self, amount)
        self._observer(event)

    def _done(self, event: Event) -> float:
        """How much was done since the last event."""
        if isinstance(event, Planned):
            self._lengths = [len(chunk.text) for chunk in event.plan.chunks]
        elif isinstance(event, ChunkDone) and event.index < len(self._lengths):
            return self._lengths[event.index]
        elif isinstance(event, ClipMeasured):
            return event.seconds
        elif isinstance(event, (PieceConverted, Joined, WindowHeard)):
            seconds = event.audio_seconds if isinstance(event, Joined) else event.seconds
            amount, self._seconds = seconds - self._seconds, seconds
            return amount
        return 0.0


class Admission:
    """A counted door with a queue in front of it; every method may be called from any thread.

    Args:
        active: requests inside at the same time.
        waiting: requests that may stand in front of it.
    """

    def __init__(self, active: int, waiting: int) -> None:
        self._active = active
        self._room = active + waiting
        self._inside: list[Place] = []
        self._queue: deque[Place] = deque()
        self._changed = threading.Condition()
        self._pace = _Pace()

    @property
    def present(self) -> int:
        """Requests inside or waiting."""
        with self._changed:
            return len(self._inside) + len(self._queue)

    def refuse_if_full(self) -> None:
        """Raise ``QueueFullError``, with the time until a place is free, if as many wait as may."""
        with self._changed:
            self._refuse_if_full()

    def cancel_all(self, reason: ChatterboxError) -> None:
        """Cancel every request that is present, for that reason."""
        with self._changed:
            for place in (*self._inside, *self._queue):
                place.cancel.cancel(reason)

    @contextlib.contextmanager
    def enter(self, cancel: CancelToken, work: Work, observer: Observer = ignore) -> Iterator[Place]:
        """Wait for a place.

        Args:
            cancel: of the request.
            work: of the request, for the estimates.
            observer: told of `Queued` while the request waits, whenever something changes, of `Admitted`, and of what
                the place is told.

        Raises:
            QueueFullError: at once, if as many wait already as may.
            NotReadyError: at once, if by the estimate the request cannot end within its deadline.
            CancelledError, DeadlineExceededError: while waiting.
        """
        place = Place(self, cancel, work, observer)
        arrived = time.monotonic()
        with self._changed:
            self._refuse_if_full()
            self._refuse_if_late(place)
            self._queue.append(place)
        try:
            self._wait(place, observer)
            observer(Admitted(time.monotonic() - arrived))
            yield place
        finally:
            with self._changed:
                (self._queue if place in self._queue else self._inside).remove(place)
                self._changed.notify_all()

    def note(self, place: Place, amount: float) -> None:
        """Count work that is done."""
        with self._changed:
            if place.remaining is not None:
                place.remaining = max(0.0, place.remaining - amount)
            self._pace.note(place.kind, amount)

    def _wait(self, place: Place, observer: Observer) -> None:
        told = None
        while True:
            with self._changed:
                if self._queue[0] is place and len(self._inside) < self._active:
                    self._queue.popleft()
                    if not self._inside:
                        self._pace.begin()
                    self._inside.append(place)
                    self._changed.notify_all()
                    return
                queued = self._queued(place)
            if queued.position != told:
                told = queued.position
                observer(queued)
            with self._changed:
                self._changed.wait(WAIT_STEP_SECONDS)
            place.cancel.raise_if_stopped()

    def _queued(self, place: Place) -> Queued:
        ahead = list(self._queue)[: self._queue.index(place)]
        start, finish = self._estimate(ahead, place)
        return Queued(len(ahead) + 1, start, finish)

    def _refuse_if_full(self) -> None:
        if len(self._inside) + len(self._queue) < self._room:
            return
        _, end = self._estimate([], None)
        raise QueueFullError("Too many speech requests are waiting; try again shortly.", retry_after=_retry_after(end))

    def _refuse_if_late(self, place: Place) -> None:
        deadline = place.cancel.deadline
        _, finish = self._estimate(self._queue, place)
        if deadline is None or finish is None or time.monotonic() + finish <= deadline:
            return
        raise NotReadyError(
            f"With what is queued, this would take about {math.ceil(finish)} s, longer than its time limit.",
            retry_after=_retry_after(finish),
        )

    def _estimate(self, ahead: Iterable[Place], own: Place | None) -> tuple[float | None, float | None]:
        """Seconds until a request behind `ahead` begins and ends, where the work and pace of all are known."""
        inside = [self._pace.seconds(place) for place in self._inside]
        waiting = [self._pace.seconds(place) for place in ahead]
        mine = 0.0 if own is None else self._pace.seconds(own)
        known = [seconds for seconds in (*inside, *waiting, mine) if seconds is not None]
        if len(known) < len(inside) + len(waiting) + 1:
            return None, None
        return foresee(known[: len(inside)], known[len(inside) : -1], known[-1], self._active)


def foresee(inside: Sequence[float], ahead: Sequence[float], own: float, places: int) -> tuple[float, float]:
    """Work done by all together until a new request begins and until it ends (processor sharing).

    Args:
        inside: what those inside still have to do; they advance evenly.
        ahead: work of those that enter first, in order.
        own: work of the new one.
        places: how many are inside at most.
    """
    ends = list(inside)
    heapq.heapify(ends)
    level = done = 0.0
    for work in (*ahead, own):
        if len(ends) >= places:
            done += (ends[0] - level) * len(ends)
            level = heapq.heappop(ends)
        heapq.heappush(ends, level + work)
    start, last = done, level + own
    while level < last:
        done += (ends[0] - level) * len(ends)
        level = heapq.heappop(ends)
    return start, done


class _Pace:
    """How fast the whole service does each kind of work while it is busy, by the latest steps."""

    def __init__(self) -> None:
        self._notes: defaultdict[Kind, deque[tuple[float, float]]] = defaultdict(lambda: deque(maxlen=NOTES_KEPT))
        self._since = time.monotonic()

    def seconds(self, place: Place) -> float | None:
        """What the rest of a request takes when it is alone; ``None`` where too little is known or measured."""
        notes = self._notes[place.kind]
        if not place.remaining or len(notes) < NOTES_NEEDED:
            return 0.0 if place.remaining == 0 else None
        return place.remaining * sum(note[1] for note in notes) / sum(note[0] for note in notes)

    def begin(self) -> None:
        """The service was idle until now."""
        self._since = time.monotonic()

    def note(self, kind: Kind, amount: float) -> None:
        """Count a step; the time since the last step of anyone was spent on it."""
        now = time.monotonic()
        self._notes[kind].append((amount, now - self._since))
        self._since = now


def _retry_after(seconds: float | None) -> int:
    if seconds is None:
        return RETRY_UNKNOWN
    return min(max(math.ceil(seconds), RETRY_RANGE[0]), RETRY_RANGE[1])
