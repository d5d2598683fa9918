"""The name by which annotations call a torch tensor, a torch module or a generator: torch is untyped here."""

from __future__ import annotations

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""A ``torch.Tensor``; the docstring beside it states shape and kind."""

Module: TypeAlias = Any
"""A ``torch.nn.Module`` of the Chatterbox package."""
