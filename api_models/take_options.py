"""Request fields that decide how many takes are made, how they are checked and which is kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api_models.base import Strict

WhisperModelName = Literal[
    "auto",
    "tiny",
    "tiny.en",
    "base",
    "base.en",
    "small",
    "small.en",
    "medium",
    "medium.en",
    "large",
    "large-v3",
    "turbo",
]


class TakeOptions(Strict):
    """How a chunk is spoken and judged; docs/takes.md tells the whole procedure."""

    seed: int = Field(0, ge=0, le=2**32 - 1)
    """Starting point of all that is random; 0 draws one, which the reply reports."""
    num_generations: int = Field(1, ge=1, le=10)
    """Whole results to make, each from a seed of its own (the base seed and those after it)."""
    exaggeration: float = Field(0.5, ge=0.0, le=2.0)
    """How expressive the delivery is, where the engine knows it."""
    temperature: float = Field(0.75, ge=0.1, le=2.0)
    """How freely the engine draws, where it draws."""
    cfg_weight: float = Field(1.0, ge=0.0, le=2.0)
    """How closely the engine keeps to text and pace of the voice, where it knows it."""
    min_p: float | None = Field(None, ge=0.0, le=1.0)
    """Tokens less probable than this share of the likeliest are never drawn; without it the model's own value."""
    top_p: float | None = Field(None, gt=0.0, le=1.0)
    """Tokens are drawn from the likeliest that together have this probability; without it the model's own value."""
    top_k: int | None = Field(None, ge=1, le=10_000)
    """Tokens are drawn from so many of the likeliest; without it the model's own value."""
    repetition_penalty: float | None = Field(None, ge=1.0, le=5.0)
    """How much a token loses that was spoken before, 1 for nothing; without it the model's own value."""
    num_candidates_per_chunk: int = Field(3, ge=1, le=10)
    """Takes of a chunk in one round."""
    max_attempts_per_candidate: int = Field(3, ge=1, le=10)
    """Rounds of takes at most, each with new seeds."""
    candidate_policy: Literal["first_pass", "shortest", "best_score"] = "first_pass"
    """`first_pass` keeps the first take that passes; `shortest` and `best_score` make a whole round and choose."""
    take_budget_seconds: float | None = Field(None, gt=0, le=86_400)
    """No further take of a chunk is begun after so many seconds; without it only the counts limit."""
    max_silence_ms: int = Field(1500, ge=0, le=30_000)
    """Longest silence inside a chunk; longer dead air is cut to 600 ms. 0 leaves all as it is."""
    bypass_whisper_checking: bool = False
    """Keep the first take of every chunk unchecked."""
    whisper_model_name: WhisperModelName = "auto"
    """Whisper model that checks; `auto` is the configured one. One that cannot be had is reported as ignored."""
    use_faster_whisper: bool = True
    """False checks with the openai-whisper package where it is installed."""
    whisper_threshold: float | None = Field(None, ge=0.0, le=1.0)
    """Lowest score (0 to 1) that passes; without it the rule learnt from measured takes decides."""
    transcripts: bool = False
    """Report what was heard in each chunk even where the check needs no transcript (slower)."""
    on_failure: Literal["fail", "best", "mark"] = "best"
    """If no take of a chunk passes: fail the request, keep the best take and say so, or leave a pause and say so."""
    use_longest_transcript_on_fail: bool = True
    """With `on_failure: best`, the best take is the one in which most of the text was heard; else the best score."""
