"""What the decoder is asked for, and what it hands back while it works."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from speech.engines.chatterbox.decoder.sampling import Sampling
from speech.engines.chatterbox.tensors import Tensor

Reason = Literal["stop", "length", "repetition", "not_finite", "left"]


@dataclass(frozen=True)
class DecodeRequest:
    """One chunk to speak; nothing in it is changed by decoding.

    Attributes:
        text_tokens: (1, n) int64, with start and stop token as upstream's tokenizers make them.
        speaker: (1, 256) float, the voice encoder's embedding.
        prompt_tokens: (1, m) int64 speech tokens of the reference, or None.
        emotion: exaggeration, 0 to 2; English and multilingual only.
        voice_key: content hash of speaker and prompt: equal keys mean equal conditioning.
        seed: of this request's own generator.
        sampling: how tokens are drawn.
        max_tokens: speech tokens drawn at most, at least 1.
    """

    text_tokens: Tensor
    speaker: Tensor
    prompt_tokens: Tensor | None
    emotion: float
    voice_key: str
    seed: int
    sampling: Sampling
    max_tokens: int


@dataclass(eq=False)
class Sequence:
    """One request while it runs and after; its fields are the decoder's to write.

    Attributes:
        request: as joined.
        tokens: the speech tokens so far, without the stop token. Ids of 6561 and above are no sound.
        reason: why it ended: ``stop`` (the model's stop token), ``length`` (``max_tokens``), ``repetition``
            (the guard against loops), ``not_finite`` (the model's numbers broke), ``left``; None while it runs.
        rows: its slot rows: one, or two with guidance (conditional first).
        length: positions of its rows that hold keys and values.
    """

    request: DecodeRequest
    rows: list[int]
    length: int
    tokens: list[int] = field(default_factory=list)
    reason: Reason | None = None

    @property
    def finished(self) -> bool:
        """Whether no further token will come."""
        return self.reason is not None

    @property
    def repeats(self) -> bool:
        """Whether the last token equals the one before it."""
        return len(self.tokens) > 1 and self.tokens[-1] == self.tokens[-2]
