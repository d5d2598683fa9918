"""The T3 decoder: text tokens to speech tokens, many requests at once, each as if it were alone."""

from __future__ import annotations

from speech.engines.chatterbox.decoder.decoder import Decoder
from speech.engines.chatterbox.decoder.linear import Arithmetic
from speech.engines.chatterbox.decoder.request import DecodeRequest, Reason, Sequence
from speech.engines.chatterbox.decoder.sampling import Sampling

__all__ = ["Arithmetic", "DecodeRequest", "Decoder", "Reason", "Sampling", "Sequence"]
