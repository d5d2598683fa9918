"""A short mark of the settings of a request, by which results that were made alike are told from others."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import PurePath
from typing import Any, Final

TEXT_FIELDS: Final = frozenset({"text", "text_input"})
"""Settings that hold what was said rather than how; the second is the page's name for the first."""

_DIGITS: Final = 12


def settings_digest(settings: Mapping[str, Any]) -> str:
    """Twelve hex digits that change with any setting but the text.

    The order of keys makes no difference, nor does 1 against 1.0; true and 1 differ.

    Args:
        settings: by name; values are None, bool, numbers, text, paths, enumerations, and lists and mappings of those.

    Raises:
        TypeError: a value of another type.
    """
    manner = {name: value for name, value in settings.items() if name not in TEXT_FIELDS}
    canonical = json.dumps(_canonical(manner), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGITS]


def _canonical(value: Any) -> Any:
    if isinstance(value, Enum):
        return _canonical(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() else value
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, Mapping):
        return {str(name): _canonical(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_canonical(item) for item in value]
    raise TypeError(f"A setting cannot be a {type(value).__name__}.")
