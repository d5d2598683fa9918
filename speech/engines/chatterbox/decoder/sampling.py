"""How a speech token is drawn: every request with its own settings and its own generator, all in one batch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from exceptions import InvalidRequestError
from speech.engines.chatterbox.tensors import Tensor

Order = Literal["llama", "gpt2"]

RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.05, 5.0),
    "cfg_weight": (0.0, 3.0),
    "repetition_penalty": (1.0, 5.0),
    "min_p": (0.0, 1.0),
    "top_p": (0.0, 1.0),
    "top_k": (0, 100_000),
}


@dataclass(frozen=True)
class Sampling:
    """Settings of one request, within `RANGES`.

    Attributes:
        temperature: divisor of the logits.
        cfg_weight: strength of classifier-free guidance; 0 needs no second row. English and multilingual.
        repetition_penalty: divisor of a seen token's logit; 1 is off.
        min_p: least probability relative to the likeliest token; 0 is off. English and multilingual.
        top_p: mass of the likeliest tokens that stay; 1 is off.
        top_k: number of the likeliest tokens that stay; 0 is off. Turbo and Nano.

    Raises:
        InvalidRequestError: a value outside its range, named by field.
    """

    temperature: float
    cfg_weight: float
    repetition_penalty: float
    min_p: float
    top_p: float
    top_k: int

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not math.isfinite(value) or not low <= value <= high:
                raise InvalidRequestError(f"{name} must be between {low:g} and {high:g}.", field=name)


class Sampler:
    """Draws one token for each running request.

    The requests stand in the order in which they were added; all tensors have one row for each. The order of
    the steps is upstream's: penalty, temperature, min-p, top-p for ``llama``; temperature, top-k, top-p,
    penalty for ``gpt2``.
    """

    def __init__(self, order: Order, vocabulary: int, start_token: int, device: Tensor) -> None:
        import torch

        self._torch = torch
        self._order = order
        self._start = start_token
        self._device = device
        self._settings: list[Sampling] = []
        self._generators: list[Tensor] = []
        self._first: list[bool] = []
        self._columns = torch.zeros(0, 6, device=device)
        self._seen = torch.zeros(0, vocabulary, dtype=torch.bool, device=device)

    def add(self, sampling: Sampling, seed: int) -> None:
        """Append a request that has drawn nothing yet."""
        torch = self._torch
        self._settings.append(sampling)
        self._generators.append(torch.Generator(device=self._device).manual_seed(seed))
        self._first.append(True)
        # 1 - top_p is formed in double precision, as upstream's scalar is, and never reached when top_p is off.
        mass = 1.0 - sampling.top_p if sampling.top_p < 1.0 else -1.0
        column = [
            sampling.temperature,
            sampling.cfg_weight,
            sampling.repetition_penalty,
            sampling.min_p,
            mass,
            sampling.top_k,
        ]
        self._columns = torch.cat([self._columns, torch.tensor([column], device=self._device)])
        seen = torch.zeros(1, self._seen.shape[1], dtype=torch.bool, device=self._device)
        seen[0, self._start] = True
        self._seen = torch.cat([self._seen, seen])

    def keep(self, places: list[int]) -> None:
        """Forget all requests but those at these places."""
        self._settings = [self._settings[place] for place in places]
        self._generators = [self._generators[place] for place in places]
        self._first = [self._first[place] for place in places]
        self._columns, self._seen = self._columns[places], self._seen[places]

    def guide(self, conditional: Tensor, unconditional: Tensor) -> Tensor:
        """Classifier-free guidance over logits (requests, vocabulary); the weight 0 changes nothing."""
        return conditional + self._column(1) * (conditional - unconditional)

    def draw(self, logits: Tensor) -> list[int]:
        """Draw from float32 logits (requests, vocabulary); -1 where they are not finite numbers.

        The draw is the exponential race of ``torch.multinomial``: the same generator state gives its token.
        """
        torch = self._torch
        scores = self._llama(logits) if self._order == "llama" else self._gpt2(logits)
        chances = torch.softmax(scores, dim=-1)
        noise = torch.empty_like(chances)
        for place, generator in enumerate(self._generators):
            noise[place].exponential_(generator=generator)
        tokens = (chances / noise).argmax(dim=-1)
        if self._order == "gpt2" and any(self._first):
            # Upstream penalises the start token in the first draw only.
            self._seen[[place for place, first in enumerate(self._first) if first], self._start] = False
        self._first = [False] * len(self._first)
        self._seen.scatter_(1, tokens[:, None], True)
        drawn: list[int] = torch.where(chances.isfinite().all(dim=-1), tokens, -1).tolist()
        return drawn

    def _column(self, index: int) -> Tensor:
        return self._columns[:, index : index + 1]

    def _llama(self, logits: Tensor) -> Tensor:
        torch = self._torch
        scores = self._penalised(logits) / self._column(0)
        if any(settings.min_p > 0 for settings in self._settings):
            chances = torch.softmax(scores, dim=-1)
            best = chances.amax(dim=-1, keepdim=True)
            scores = scores.masked_fill(chances < self._column(3) * best, -math.inf)
        if any(settings.top_p < 1 for settings in self._settings):
            scores = self._within_mass(scores, *torch.sort(scores, dim=-1))
        return scores

    def _gpt2(self, logits: Tensor) -> Tensor:
        torch = self._torch
        scores = logits / self._column(0)
        limited = any(0 < settings.top_k < scores.shape[-1] for settings in self._settings)
        if limited or any(settings.top_p < 1 for settings in self._settings):
            ascending, order = torch.sort(scores, dim=-1)
            if limited:
                least = self._least_kept(ascending)
                scores = scores.masked_fill(scores < least, -math.inf)
                ascending = ascending.masked_fill(ascending < least, -math.inf)
            scores = self._within_mass(scores, ascending, order)
        return self._penalised(scores)

    def _least_kept(self, ascending: Tensor) -> Tensor:
        counts = self._column(5).long()
        vocabulary = ascending.shape[-1]
        counts = counts.masked_fill(counts == 0, vocabulary).clamp(max=vocabulary)
        return ascending.gather(1, vocabulary - counts)

    def _within_mass(self, scores: Tensor, ascending: Tensor, order: Tensor) -> Tensor:
        torch = self._torch
        dropped = torch.softmax(ascending, dim=-1).cumsum(dim=-1) <= self._column(4)
        dropped[:, -1] = False
        return scores.masked_fill(dropped.scatter(1, order, dropped), -math.inf)

    def _penalised(self, scores: Tensor) -> Tensor:
        torch = self._torch
        penalty = self._column(2)
        return torch.where(self._seen, torch.where(scores < 0, scores * penalty, scores / penalty), scores)
