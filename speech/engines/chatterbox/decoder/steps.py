"""Runs the decode step: eagerly, or on CUDA from graphs captured for each size of batch."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from speech.engines.chatterbox.decoder.network import Network, decode_step
from speech.engines.chatterbox.decoder.slots import KVSlots
from speech.engines.chatterbox.tensors import Tensor

logger = logging.getLogger(__name__)

ROW_BUCKETS = (2, 4, 8, 16)
KEY_BUCKET = 256


class StepRunner:
    """The decode step for any number of rows.

    With ``graphs`` rows and keys are rounded up to buckets, so that few shapes occur. On CUDA each shape is
    captured once and replayed; a capture that fails is logged and everything runs eagerly from then on. On
    other devices the padded step runs eagerly.
    """

    def __init__(self, network: Network, slots: KVSlots, graphs: bool) -> None:
        import torch

        self._torch = torch
        self._network = network
        self._slots = slots
        self._padded = graphs
        self._capture = graphs and network.device.type == "cuda"
        self._graphs: dict[tuple[int, int], tuple[Tensor, Tensor, tuple[Tensor, Tensor | None]]] = {}

    def __call__(self, inputs: Sequence[tuple[int, int, int]]) -> tuple[Tensor, Tensor | None]:
        """Feed (token, count of tokens with it, position) of each row; logits and weights as of `decode_step`.

        The results are valid until the next call, and may have more rows than were asked for.
        """
        rows, keys = len(inputs), max(position for _, _, position in inputs) + 1
        if self._padded:
            bucket = next((size for size in ROW_BUCKETS if size >= rows), rows)
            rows = min(bucket, self._slots.rows)
            keys = min(-(-keys // KEY_BUCKET) * KEY_BUCKET, self._slots.positions)
        # Rows of the padding are free: what they write at their first position is overwritten when they are used.
        columns = [*inputs, *[(0, 0, 0)] * (rows - len(inputs))]
        packed = self._torch.tensor(columns, dtype=self._torch.long).T.contiguous().to(self._network.device)
        if self._capture:
            return self._replay(packed, rows, keys)
        return decode_step(self._network, self._slots, packed, keys)

    def _replay(self, packed: Tensor, rows: int, keys: int) -> tuple[Tensor, Tensor | None]:
        if (rows, keys) not in self._graphs:
            try:
                self._graphs[rows, keys] = self._captured(packed, keys)
            except RuntimeError as error:
                logger.warning("CUDA graphs are off, capturing failed: %s", error)
                self._capture = False
                self._graphs.clear()
                return decode_step(self._network, self._slots, packed, keys)
        graph, inputs, outputs = self._graphs[rows, keys]
        inputs.copy_(packed)
        graph.replay()
        return outputs

    def _captured(self, packed: Tensor, keys: int) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor | None]]:
        torch, inputs = self._torch, packed.clone()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            # Libraries allocate on first use; that must not happen inside a capture. Repeating it changes nothing.
            for _ in range(2):
                decode_step(self._network, self._slots, inputs, keys)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        pool = next(iter(self._graphs.values()))[0].pool() if self._graphs else None
        with torch.cuda.graph(graph, pool=pool):
            outputs = decode_step(self._network, self._slots, inputs, keys)
        return graph, inputs, outputs
