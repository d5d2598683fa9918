"""The one name for tensors: torch is imported only where it is used and is untyped for the checker."""

from __future__ import annotations

from typing import Any

Tensor = Any
