"""The voice that a Chatterbox checkpoint brings."""

from __future__ import annotations

import hashlib
from typing import Final

BUILT_IN: Final = "default"


def built_in_hash(repository: str, revision: str) -> str:
    """Stands for the content of a published checkpoint's own voice, which may not be on this machine yet."""
    return hashlib.sha256(f"{repository}@{revision}".encode()).hexdigest()
