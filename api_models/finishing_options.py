"""Request fields that decide what is done to the audio once it is spoken."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api_models.base import Strict


class FinishingOptions(Strict):
    """Steps on the audio, in the order of docs/finishing.md."""

    denoise: bool = False
    """Remove steady background noise with RNNoise."""
    use_auto_editor: bool = False
    """Cut silence by auto-editor's rule."""
    keep_original_wav_ae: bool = False
    """With the silence cut, keep a WAV of the audio before it as well."""
    ae_threshold: float = Field(0.06, ge=0.0, le=1.0)
    """Amplitude (share of full scale) below which a moment counts as silent for the silence cut."""
    ae_margin: float = Field(0.2, ge=0.0, le=2.0)
    """Seconds kept around everything that is louder."""
    speed_factor: float = Field(1.0, ge=0.5, le=2.0)
    """Speaking rate; 2 is twice as fast, the pitch stays."""
    speed_factor_library: Literal["auto", "audiostretchy", "librosa", "torchaudio"] = "auto"
    """`auto` lets the engine speak at that rate if it can; `audiostretchy` stretches the finished audio instead."""
    trim: bool = False
    """Cut silence at the start and the end of the whole result."""
    trim_threshold_ms: int = Field(200, ge=50, le=1000)
    """Silence up to this length stays."""
    normalize_audio: bool = False
    """Bring the whole result to a loudness (`ebu`) or a peak level."""
    normalize_method: Literal["ebu", "peak"] = "ebu"
    """`ebu`: loudness by EBU R 128; `peak`: true peak to `normalize_tp`."""
    normalize_level: float = Field(-24.0, ge=-70.0, le=-5.0)
    """Integrated loudness to reach, LUFS."""
    normalize_tp: float = Field(-2.0, ge=-9.0, le=0.0)
    """Highest true peak, dBTP."""
    normalize_lra: float = Field(7.0, ge=1.0, le=50.0)
    """Largest loudness range, LU."""
    disable_watermark: bool = False
    """Leave the inaudible watermark out, where the engine makes one."""
