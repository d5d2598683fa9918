"""Engines that fail in the ways that engines fail."""

import threading
from collections.abc import Sequence

from exceptions import DeviceLostError, DeviceMemoryError
from speech.cancel import CancelToken
from speech.engines.protocol import ProgressReport, TakeRequest
from speech.engines.tone import ToneEngine
from speech.samples import Samples


class FaultEngine(ToneEngine):
    """A tone engine whose next calls go wrong.

    Attributes:
        script: what the next calls of `generate` do: a key of the table in `generate`; beyond it all is well.
        batches: how many chunks each call had.
        unloads: calls of `unload` while it was loaded.
        released: ends the calls that hang.
    """

    def __init__(self, *script: str, max_batch: int = 1) -> None:
        super().__init__(max_batch=max_batch)
        self.script = list(script)
        self.batches: list[int] = []
        self.unloads = 0
        self.released = threading.Event()

    def load(self, report: ProgressReport | None = None) -> None:
        super().load(report)

    def unload(self) -> None:
        self.unloads += self._loaded
        super().unload()

    def generate(self, batch: Sequence[TakeRequest], cancel: CancelToken) -> list[Samples]:
        self.batches.append(len(batch))
        fault = self.script.pop(0) if self.script else ""
        if fault == "bug":
            raise ZeroDivisionError("a bug in a plug-in")
        if fault == "memory":
            raise DeviceMemoryError("The device has too little memory.")
        if fault == "lost":
            raise DeviceLostError("The device does not answer any more.")
        if fault == "hang":
            while not self.released.wait(0.01):
                cancel.raise_if_stopped()
        if fault == "hang for good":
            self.released.wait(30)
        return super().generate(batch, cancel)
