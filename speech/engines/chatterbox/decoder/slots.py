"""Keys and values of all rows in one static store, and the two ways to attend over them."""

from __future__ import annotations

from dataclasses import dataclass

from speech.engines.chatterbox.tensors import Tensor


@dataclass(frozen=True)
class Prefix:
    """Keys and values of the first positions of a row, each (layers, heads, positions, head size)."""

    keys: Tensor
    values: Tensor

    @property
    def length(self) -> int:
        """Positions."""
        return int(self.keys.shape[2])

    @property
    def nbytes(self) -> int:
        """Bytes of both tensors."""
        return 2 * int(self.keys.numel()) * int(self.keys.element_size())


class KVSlots:
    """The store, two tensors (layers, rows, heads, positions, head size), written in place.

    Attributes:
        rows: number of rows.
        positions: number of positions of each.
    """

    def __init__(self, shape: tuple[int, int, int, int, int], dtype: Tensor, device: Tensor) -> None:
        import torch

        _, self.rows, _, self.positions, _ = shape
        self.keys = torch.zeros(shape, dtype=dtype, device=device)
        self.values = torch.zeros(shape, dtype=dtype, device=device)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole store."""
        return 2 * int(self.keys.numel()) * int(self.keys.element_size())

    def move(self, source: int, target: int, length: int) -> None:
        """Copy the first positions of one row into another."""
        self.keys[:, target, :, :length] = self.keys[:, source, :, :length]
        self.values[:, target, :, :length] = self.values[:, source, :, :length]

    def clear(self, row: int) -> None:
        """Zero a row: what is masked still takes part in sums, so it must be finite."""
        self.keys[:, row].zero_()
        self.values[:, row].zero_()

    def read(self, row: int, length: int) -> Prefix:
        """A copy of the first positions of a row."""
        return Prefix(self.keys[:, row, :, :length].clone(), self.values[:, row, :, :length].clone())

    def write(self, row: int, prefix: Prefix) -> None:
        """Put a copy back into a row."""
        self.keys[:, row, :, : prefix.length] = prefix.keys
        self.values[:, row, :, : prefix.length] = prefix.values


class PrefillSpan:
    """Many new positions at once for the rows of one request, after ``start`` positions that are there already."""

    def __init__(self, slots: KVSlots, rows: list[int], start: int, length: int) -> None:
        import torch

        self._attention = torch.nn.functional.scaled_dot_product_attention
        self._slots = slots
        self._rows = rows
        self._start, self._end = start, start + length
        self.positions = torch.arange(start, self._end, device=slots.keys.device)[None]
        mask = torch.ones(length, self._end, dtype=torch.bool, device=slots.keys.device).tril(start)
        self._mask = mask if start else None

    def attend(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Store and attend causally; all tensors (rows, heads, new positions, head size)."""
        slots, start, end = self._slots, self._start, self._end
        for place, row in enumerate(self._rows):
            slots.keys[layer, row, :, start:end] = keys[place]
            slots.values[layer, row, :, start:end] = values[place]
        if not start:
            return self._attention(queries, keys, values, is_causal=True)
        keys, values = slots.keys[layer, self._rows, :, :end], slots.values[layer, self._rows, :, :end]
        return self._attention(queries, keys, values, attn_mask=self._mask)


class DecodeSpan:
    """One new position for each of the first rows, each at a position of its own.

    Args:
        slots: the store.
        positions: (rows,) int64, the position that each row writes now.
        keys: number of positions to look at, more than the largest of ``positions``.
        watched: pairs (layer, head) whose attention weights are kept for `watched_weights`.
    """

    def __init__(self, slots: KVSlots, positions: Tensor, keys: int, watched: tuple[tuple[int, int], ...] = ()) -> None:
        import torch

        self._torch = torch
        self._slots = slots
        self._rows = torch.arange(positions.shape[0], device=positions.device)
        self._at = positions
        self._keys = keys
        self.positions = positions[:, None]
        self._seen = torch.arange(keys, device=positions.device) <= self.positions
        self._watched = watched
        self._weights: dict[tuple[int, int], Tensor] = {}

    def attend(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Store and attend to everything up to its own position; all tensors (rows, heads, 1, head size)."""
        count, stored_keys, stored_values = len(self._rows), self._slots.keys[layer], self._slots.values[layer]
        stored_keys[self._rows, :, self._at] = keys[:, :, 0]
        stored_values[self._rows, :, self._at] = values[:, :, 0]
        stored_keys, stored_values = stored_keys[:count, :, : self._keys], stored_values[:count, :, : self._keys]
        for watched_layer, head in self._watched:
            if watched_layer == layer:
                self._weights[layer, head] = self._softmax(queries[:, head], stored_keys[:, head])
        return self._torch.nn.functional.scaled_dot_product_attention(
            queries, stored_keys, stored_values, attn_mask=self._seen[:, None, None]
        )

    def watched_weights(self) -> Tensor | None:
        """Mean attention weights of the watched heads (rows, keys) float32; None if none is watched."""
        if not self._watched:
            return None
        return self._torch.stack([self._weights[pair] for pair in self._watched]).mean(dim=0)

    def _softmax(self, queries: Tensor, keys: Tensor) -> Tensor:
        scores = (queries @ keys.transpose(1, 2))[:, 0] * queries.shape[-1] ** -0.5
        scores = scores.float().masked_fill(~self._seen, float("-inf"))
        return self._torch.softmax(scores, dim=-1)


Span = PrefillSpan | DecodeSpan
