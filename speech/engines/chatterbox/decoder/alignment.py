"""The alignment analyzer of the multilingual model, whose decisions are part of its tokens."""

from __future__ import annotations

from speech.engines.chatterbox.tensors import Tensor

# Thresholds and the forced logit are those of AlignmentStreamAnalyzer of chatterbox 0.1.7.
FORCED = 2.0**15
SHORT_TEXT = 5


class AlignmentGuard:
    """Holds back or forces the stop token from where the aligned heads look in the text.

    It computes what upstream's analyzer computes, for all requests at once and from running sums instead of the
    growing matrix. Two of its quirks are kept: a token drawn twice in a row forces the stop, and the first
    step sees only the first text token. Left out is a failure: a text of at most five tokens ends upstream with
    an exception when it is complete, and has no check for returning to old text here.
    """

    def __init__(self, stop_token: int, device: Tensor) -> None:
        import torch

        self._torch = torch
        self._stop = stop_token
        self._frames: list[int] = []
        # Text start, text length, position in the text, 1 if complete.
        self._state = torch.zeros(0, 4, dtype=torch.long, device=device)
        # Sums since completion: weights of the last three text tokens, largest weight of the older text.
        self._sums = torch.zeros(0, 4, device=device)

    def add(self, logits: Tensor, text_start: int, text_length: int) -> Tensor:
        """Append a request; returns its first logits (1, vocabulary), which no attention can change."""
        torch, device = self._torch, self._state.device
        complete = int(text_length <= 3)
        added = torch.tensor([[text_start, text_length, 0, complete]], device=device)
        self._state = torch.cat([self._state, added])
        self._sums = torch.cat([self._sums, torch.zeros(1, 4, device=device)])
        self._frames.append(0)
        if text_length > SHORT_TEXT:
            logits = logits.clone()
            logits[:, self._stop] = -FORCED
        return logits

    def keep(self, places: list[int]) -> None:
        """Forget all requests but those at these places."""
        self._state, self._sums = self._state[places], self._sums[places]
        self._frames = [self._frames[place] for place in places]

    def check(self, logits: Tensor, weights: Tensor, repeats: list[bool]) -> Tensor:
        """Judge a step.

        Args:
            logits: (requests, vocabulary), after guidance.
            weights: (requests, positions), the mean over the aligned heads for the token just fed.
            repeats: whether that token equals the one before it.

        Returns:
            Logits with the stop token held back, forced or as it was.
        """
        torch = self._torch
        self._frames = [frame + 1 for frame in self._frames]
        start, length, position, complete = self._state.split(1, dim=1)
        column = torch.arange(weights.shape[1], device=weights.device) - start
        frames = torch.tensor(self._frames, device=weights.device)[:, None]
        visible = (column >= 0) & (column < length) & (column <= frames)
        looked_at = weights.masked_fill(~visible, -1.0).argmax(dim=1, keepdim=True) - start
        weights = weights.masked_fill(~visible, 0.0)
        self._add_up(weights, column, length, complete)
        jump = looked_at - position
        position = torch.where((jump > -4) & (jump < 7), looked_at, position)
        complete = complete | (position >= length - 3).long()
        self._state = torch.cat([start, length, position, complete], dim=1)
        held = (looked_at < length - 3) & (length > SHORT_TEXT)
        ends = torch.tensor(repeats, device=weights.device)[:, None]
        ends = ends | (self._sums[:, :3].amax(dim=1, keepdim=True) >= 5) | (self._sums[:, 3:] > 5)
        return self._forced(logits, held, ends)

    def _add_up(self, weights: Tensor, column: Tensor, length: Tensor, complete: Tensor) -> None:
        torch = self._torch
        start = self._state[:, :1]
        last = (length - torch.arange(3, 0, -1, device=weights.device)).clamp_min(0) + start
        older = weights.masked_fill(column >= length - 5, 0.0).amax(dim=1, keepdim=True)
        self._sums = self._sums + torch.cat([weights.gather(1, last), older], dim=1) * complete

    def _forced(self, logits: Tensor, held: Tensor, ends: Tensor) -> Tensor:
        torch = self._torch
        stop = torch.arange(logits.shape[1], device=logits.device) == self._stop
        logits = logits.masked_fill(held & stop, -FORCED)
        logits = logits.masked_fill(ends, -FORCED)
        return logits.masked_fill(ends & stop, FORCED)
