"""The phone recogniser as the validator uses it: loaded once, asked from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from exceptions import ModelLoadError
from speech.engines.protocol import ProgressReport
from speech.samples import Samples
from speech.validation.phones.expected import ExpectedPhones, ExpectedWord
from speech.validation.phones.heard import Heard, joined
from speech.validation.phones.listening import hear_phones
from speech.validation.phones.network import SAMPLE_RATE, PhoneNetwork
from speech.validation.phones.weights import read_archive
from speech.validation.words import primary

WeightsPath = Callable[[ProgressReport | None], Path]
"""Gives the path of the verified weights; may raise ``ModelLoadError``."""


class PhoneListener:
    """Hears the phones of English takes.

    Args:
        weights: finds the weights when they are loaded.
    """

    def __init__(self, weights: WeightsPath) -> None:
        self._weights = weights
        self._expected = ExpectedPhones()
        self._network: PhoneNetwork | None = None
        self._lock = threading.Lock()

    def knows(self, language: str) -> bool:
        """Whether it can be asked about a text in this language."""
        return primary(language) == "en"

    def load(self, report: ProgressReport | None = None) -> None:
        """Load once; later calls return at once.

        Raises:
            ModelLoadError: the weights are missing or damaged.
        """
        self._get(report)

    def unload(self) -> None:
        """Forget the network; calls under way keep it until they end."""
        with self._lock:
            self._network = None

    def expected(self, text: str) -> tuple[ExpectedWord, ...]:
        """The words of an English text in spoken form with their pronunciations."""
        return self._expected.words(text)

    def listen(self, samples: Samples, spans: Iterable[tuple[float, float]]) -> Heard:
        """The phones of a take, in order.

        Args:
            samples: mono at 16 kHz.
            spans: start and end in seconds of the stretches to hear, each at most half a minute.
        """
        network = self._get()
        parts = []
        for start, end in spans:
            part = samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
            parts.append(hear_phones(network, part, start))
        return joined(parts)

    def _get(self, report: ProgressReport | None = None) -> PhoneNetwork:
        with self._lock:
            if self._network is None:
                path = self._weights(report)
                try:
                    self._network = PhoneNetwork(read_archive(path))
                except (KeyError, IndexError, ValueError) as error:
                    raise ModelLoadError(
                        "The phone recogniser's weights are not those of the known network."
                    ) from error
            return self._network
