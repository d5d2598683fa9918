"""Settings of the OpenAI-compatible interface."""

from __future__ import annotations

from pydantic import Field

from config_sections.section import Section


class OpenAISettings(Section):
    """The addresses below `/v1`, which clients made for OpenAI use."""

    enabled: bool = True
    """Serve them."""
    models: list[str] = Field(
        ["tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15", "kokoro", "chatterbox"]
    )
    """Further names under which the running engine answers; any other model than these and its own is refused."""
    transcription_models: list[str] = Field(["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"])
    """Names under which the model that checks takes writes recordings down; any other is refused."""
    voices: dict[str, str] = Field(
        {
            "alloy": "af_alloy",
            "ash": "am_eric",
            "ballad": "bm_george",
            "coral": "af_bella",
            "echo": "am_echo",
            "fable": "bm_fable",
            "onyx": "am_onyx",
            "nova": "af_nova",
            "sage": "af_sarah",
            "shimmer": "af_sky",
            "verse": "am_michael",
            "marin": "bf_emma",
            "cedar": "bm_lewis",
        }
    )
    """Voices for OpenAI's names. Where the running engine lacks that voice, its default one speaks."""
    public_lists: bool = False
    """Answer the lists of models and voices without a key, which Open WebUI does not send there."""
