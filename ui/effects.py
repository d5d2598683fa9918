"""Which fields of a request change nothing as the service is set up, so that the page can say so."""

from __future__ import annotations

from core.request_rules import ENGINE_PARAMETERS
from core_engine import CoreEngine

CHECKING = (
    "bypass_whisper_checking", "transcripts", "whisper_threshold", "whisper_model_name", "use_faster_whisper",
    "use_longest_transcript_on_fail",
)  # fmt: skip


def fields_without_effect(core: CoreEngine) -> frozenset[str]:
    """Fields that the engine ignores, and those of checking where takes are not checked."""
    capabilities = core.engine.capabilities
    known = {parameter.name for parameter in capabilities.parameters}
    idle = {field for name, field in ENGINE_PARAMETERS.items() if name not in known and name != "speed"}
    if not capabilities.seeded:
        idle.add("seed")
    if not capabilities.watermark:
        idle.add("disable_watermark")
    if core.validator is None:
        idle.update(CHECKING)
    return frozenset(idle)
