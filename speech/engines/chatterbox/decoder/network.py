"""What the decoder needs of a network, whichever architecture it has."""

from __future__ import annotations

from typing import Protocol

from speech.engines.chatterbox.decoder.request import DecodeRequest
from speech.engines.chatterbox.decoder.sampling import Order
from speech.engines.chatterbox.decoder.slots import DecodeSpan, KVSlots, Span
from speech.engines.chatterbox.tensors import Tensor


class Network(Protocol):
    """A transformer over slots with its embeddings and its head.

    Attributes:
        order: of the steps of sampling.
        first_may_stop: whether a stop token drawn first ends the request.
        start_token, stop_token: speech tokens.
        vocabulary: number of speech tokens.
        text_limit, token_limit, position_limit: text tokens, speech tokens and both with the conditioning together
            that it has positions for.
        shape: (layers, heads, head size) of keys and values.
        dtype, device: of keys and values.
        watched: pairs (layer, head) that follow the text; empty if nothing watches them.
    """

    order: Order
    first_may_stop: bool
    start_token: int
    stop_token: int
    vocabulary: int
    text_limit: int
    token_limit: int
    position_limit: int
    shape: tuple[int, int, int]
    dtype: Tensor
    device: Tensor
    watched: tuple[tuple[int, int], ...]

    def guided(self, request: DecodeRequest) -> bool:
        """Whether the request needs a second, unconditional row."""
        ...

    def prefix_key(self, request: DecodeRequest) -> tuple[str, float]:
        """Requests of equal keys have equal conditioning."""
        ...

    def conditioning(self, request: DecodeRequest) -> Tensor:
        """Embeddings (1, n, width) that stand before the text."""
        ...

    def text(self, request: DecodeRequest) -> Tensor:
        """Embeddings (rows, n, width) of the text and the start of speech."""
        ...

    def embed(self, tokens: Tensor, index: Tensor) -> Tensor:
        """Embeddings (n, width) of speech tokens (n,), each the ``index``-th (n,) of its request from 1."""
        ...

    def forward(self, embeddings: Tensor, span: Span) -> Tensor:
        """Hidden states (rows, n, width) after the last norm."""
        ...

    def logits(self, hidden: Tensor) -> Tensor:
        """Float32 logits (rows, vocabulary) of hidden states (rows, width)."""
        ...


def decode_step(network: Network, slots: KVSlots, inputs: Tensor, keys: int) -> tuple[Tensor, Tensor | None]:
    """Feed one token to each of the first rows; the same on every device.

    Args:
        network: the network.
        slots: its store.
        inputs: (3, rows) int64: speech token, how many tokens its request had with it, position it goes to.
        keys: number of positions to look at.

    Returns:
        Float32 logits (rows, vocabulary), and the watched heads' weights (rows, keys) or None.
    """
    tokens, index, positions = inputs
    span = DecodeSpan(slots, positions, keys, network.watched)
    hidden = network.forward(network.embed(tokens, index)[:, None], span)
    return network.logits(hidden[:, 0]), span.watched_weights()
