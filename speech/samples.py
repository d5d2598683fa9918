"""The forms in which audio and voices travel inside the pipeline."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[np.float32]
"""Mono audio, shape ``(n,)``, nominal range -1 to 1."""

Embedding: TypeAlias = npt.NDArray[np.floating[Any]]
"""A voice to the speaker encoder, shape ``(256,)``, of length 1; the scalar product of two is their similarity."""
