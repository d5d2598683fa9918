"""The one form in which audio travels inside the pipeline."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[np.float32]
"""Mono audio, shape ``(n,)``, nominal range -1 to 1."""
