"""What the page says: status lines, error messages, the quality table; plain HTML with everything escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Literal

from pydantic import ValidationError

from api_models.jobs import JobReply
from core.results import ConversionResult, Readiness, SpeechResult
from core_engine import CoreEngine
from exceptions import ChatterboxError, InvalidRequestError
from speech.engines.protocol import Voice
from speech.quality import ChunkQuality, Quality
from ui.progress import Status

Tone = Literal["quiet", "busy", "good", "bad"]

COLUMNS = ("Chunk", "Text", "Check", "Score", "Takes", "Starts", "Length", "Remarks")
NUMBERS = frozenset({"Chunk", "Score", "Takes", "Starts", "Length"})

_VERDICTS = {
    "passed": "every chunk passed its check",
    "passed_with_warnings": "every chunk passed its check, some with remarks",
    "failed": "some chunks did not pass their check, see the table",
    "not_checked": "the speech was not checked",
}
_REMARKS = {
    "tail_noise": "noise after the last word, cut off",
    "tail_trimmed": "what came after the last word was cut off",
    "head_trimmed": "what came before the first word was cut off",
    "dead_air_shortened": "a long silence was shortened",
    "long_gap": "a long gap",
    "too_fast": "spoken very fast",
    "too_slow": "spoken very slowly",
    "not_spoken": "given up, a pause stands in its place",
    "engine_fault": "the engine failed on one or more takes",
}
_ADVICE = {
    "QUEUE_FULL": "",
    "MODEL_LOAD_ERROR": "Put this right and restart the service.",
    "DEADLINE_EXCEEDED": "Speak a shorter text, or ask the operator to raise the time limit.",
    "DISK_FULL": "Make room on the disk and try again.",
    "GENERATION_ERROR": "Try again; another seed often helps.",
    "NOT_READY": "Wait a moment and try again.",
}
_JOB_TONES: dict[str, Tone] = {"done": "good", "failed": "bad", "cancelled": "quiet", "paused": "quiet"}
_FIELD_ADVICE = {
    "text": "There is no text to speak. Write something into the box and press Generate.",
    "export_formats": "Choose at least one file format under “More settings”.",
}


def status_html(sentence: str, tone: Tone = "quiet", *, lead: str = "", share: float | None = None) -> str:
    """A status line, with a bar for `share` (0 to 1) and further paragraphs for each further line."""
    first, *more = sentence.split("\n")
    strong = f"<strong>{escape(lead)}</strong> " if lead else ""
    bar = "" if share is None else f'<progress max="1" value="{share:.3f}" aria-label="Share done"></progress>'
    rest = "".join(f"<p>{escape(line)}</p>" for line in more)
    return f'<div class="status {tone}"><p>{strong}{escape(first)}</p>{bar}{rest}</div>'


def readiness_html(readiness: Readiness) -> str:
    """The banner above the page; empty once speech can be made."""
    if readiness.ready:
        return ""
    if readiness.state == "starting":
        return status_html(
            "You can write your text meanwhile; Generate waits until all is there.", "busy", lead=readiness.reason
        )
    if readiness.state == "failed":
        return status_html(
            f"{readiness.reason} {_ADVICE['MODEL_LOAD_ERROR']}", "bad", lead="The speech model could not be loaded."
        )
    return status_html("Open the page again when it is back.", "bad", lead="The service is stopping.")


def progress_html(core: CoreEngine, status: Status) -> str:
    """What the status line says while a request runs."""
    which = _which(status)
    if status.stopping:
        return status_html("The chunk in work is given up.", "busy", lead="Stopping …")
    waited = f"{status.elapsed:.0f} s"
    if core.readiness.state == "starting":
        return status_html(waited, "busy", lead="Waiting for the speech model …", share=0.0)
    if status.position is not None:
        return status_html(_waiting(status), "busy", lead="Waiting for a free place …", share=0.0)
    if not status.total and not status.done:
        return status_html(waited, "busy", lead="Beginning …", share=0.0)
    if status.finishing:
        return status_html(waited, "busy", lead=f"{which}Finishing {status.audio_seconds:.0f} s of speech …", share=1.0)
    sentence = f"{status.audio_seconds:.1f} s of speech after {waited}"
    if status.remaining is not None:
        sentence += f", about {status.remaining:.0f} s to go"
    number = f"Chunk {min(status.done + 1, status.total)} of {status.total}" if status.total else "Working"
    chunk = f"{which}{number}:"
    return status_html(sentence, "busy", lead=chunk, share=status.share)


def result_html(result: SpeechResult) -> str:
    """What the status line says after a request."""
    factor = result.processing_seconds / max(result.audio_seconds, 1e-3)
    sentence = (
        f"{result.audio_seconds:.1f} s of speech in {result.processing_seconds:.1f} s "
        f"(real-time factor {factor:.2f}), seed {result.seed}; {_VERDICTS[result.quality.verdict]}."
    )
    tone: Tone = "bad" if result.quality.verdict == "failed" else "good"
    return status_html("\n".join([sentence, *result.warnings]), tone, lead="Done.")


def conversion_html(result: ConversionResult) -> str:
    """What the status line says after a voice conversion."""
    sentence = f"{result.audio_seconds:.1f} s of speech in {result.processing_seconds:.1f} s, seed {result.seed}."
    likeness = result.likeness
    if likeness is not None:
        sentence += f" Likeness to the target voice {likeness.target:.2f}, before {likeness.before:.2f}."
    return status_html("\n".join([sentence, *result.warnings]), "good", lead="Done.")


def job_html(job: JobReply) -> str:
    """How a job stands."""
    progress = job.progress
    sentence = f"{progress.chunks_done} of {progress.chunks} chunks, {progress.audio_seconds:.0f} s of speech"
    if progress.eta_seconds is not None and job.state == "running":
        sentence += f", about {progress.eta_seconds:.0f} s to go"
    told = [f"{sentence}.", *([job.message] if job.message else [])]
    tone = _JOB_TONES.get(job.state, "busy")
    return status_html("\n".join(told), tone, lead=f"{job.title or 'Job'}: {job.state}.", share=progress.share)


def error_html(error: ChatterboxError, status: Status | None = None) -> str:
    """What went wrong and what to do about it; `status` tells which text where there are several."""
    if error.code == "CANCELLED":
        return status_html("Nothing was kept.", lead="Stopped.")
    lead = "Not started." if isinstance(error, InvalidRequestError) else "Failed."
    which = _which(status) if status else ""
    return status_html(f"{which}{error.message} {_ADVICE.get(error.code, '')}".strip(), "bad", lead=lead)


def _waiting(status: Status) -> str:
    turn = "" if status.wait_seconds is None else f", its turn comes in about {status.wait_seconds:.0f} s"
    return f"Number {status.position} in the queue{turn}."


def _which(status: Status) -> str:
    return f"Text {status.part} of {status.parts}. " if status.parts > 1 else ""


def invalid_request(error: ValidationError) -> InvalidRequestError:
    """The first invalid field as a sentence for people."""
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    name = field.replace("_", " ").capitalize()
    return InvalidRequestError(_FIELD_ADVICE.get(field) or f"{name}: {first['msg']}.", field=field)


def voice_choices(voices: Sequence[Voice]) -> list[tuple[str, str]]:
    """Label and name of each voice."""
    return [
        (f"{voice.description} ({voice.name})" if voice.description else voice.name, voice.name) for voice in voices
    ]


def notes_html(notes: Sequence[str]) -> str:
    """What a user should know about the model."""
    return f'<p class="notes"><strong>About this model.</strong> {escape(" ".join(notes))}</p>' if notes else ""


def size_words(size_bytes: int) -> str:
    """A size for people."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB"


def download_label(name: str, size_bytes: int) -> str:
    """What a download button says: format and size."""
    return f"Download {name.upper()} ({size_words(size_bytes)})"


def quality_rows(quality: Quality) -> list[list[str]]:
    """The cells of the quality table, one row per chunk, in the order of `COLUMNS`."""
    return [_row(chunk) for chunk in quality.chunks]


def quality_html(quality: Quality, caption: str = "Quality of each chunk") -> str:
    """The quality table, without the columns in which every cell is empty."""
    rows = quality_rows(quality)
    used = [name for column, name in enumerate(COLUMNS) if any(row[column] for row in rows)]
    head = "".join(f'<th scope="col"{_aligned(name)}>{name}</th>' for name in used)
    body = "".join(f"<tr>{_cells(dict(zip(COLUMNS, row, strict=True)), used)}</tr>" for row in rows)
    return (
        '<div class="sheet"><table>'
        f"<caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(row: Mapping[str, str], columns: Sequence[str]) -> str:
    return "".join(f'<td data-label="{name}"{_aligned(name)}>{escape(row[name])}</td>' for name in columns)


def _aligned(column: str) -> str:
    return ' class="number"' if column in NUMBERS else ""


def _row(chunk: ChunkQuality) -> list[str]:
    remarks = [_REMARKS.get(word, word.replace("_", " ")) for word in (*chunk.repairs, *chunk.warnings)]
    if chunk.transcript is not None:
        remarks.append(f"heard: {chunk.transcript}")
    return [
        str(chunk.index + 1),
        chunk.text,
        _verdict(chunk),
        "" if chunk.score is None else f"{chunk.score:.2f}",
        str(chunk.takes),
        f"{chunk.start:.2f} s",
        f"{chunk.end - chunk.start:.2f} s",
        "; ".join(remarks),
    ]


def _verdict(chunk: ChunkQuality) -> str:
    if not chunk.spoken:
        return "not spoken"
    return {True: "passed", False: "not passed", None: "not checked"}[chunk.passed]
