"""Commands that run inside the environment: speak into a file, examine, list and prepare models."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api_models import TTSRequest
from cluster.deployment import Scale
from cluster.node import run_head, run_worker
from config import Settings, load_settings
from core.engine_choice import engine_recipe
from core.results import SpeechResult
from core_engine import CoreEngine
from exceptions import ChatterboxError, InvalidRequestError, ModelLoadError
from guard.keys import KeyStore
from guard.scopes import SCOPES
from resilience.retries import model_download_policy
from speech.audio.encode import FORMATS
from speech.engines.chatterbox.checkpoints import CHECKPOINTS, find
from speech.engines.chatterbox.downloads import download
from speech.engines.chatterbox.inventory import inventory
from speech.progress import ChunkDone, Event
from speech.weights import WeightStore
from speech.weights_catalogue import CATALOGUE

DEFAULT_SCOPES = ("speak", "voices")
"""Of a new key, unless its maker says otherwise."""
LOAD_SECONDS = 900.0
"""Longest wait for models: the first preparation takes under a minute, a download longer."""
SUFFIXES = {**{spec.suffix: name for name, spec in FORMATS.items()}, ".ogg": "opus"}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; failures are one sentence on the error stream and exit code 1 (2 for bad usage)."""
    options = _parser().parse_args(arguments)
    commands: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
        "say": _say,
        "doctor": _doctor,
        "models": _models,
        "prepare": _prepare,
        "keys": _keys,
        "cluster": _cluster,
    }
    try:
        return commands[options.command](options, load_settings(options.config))
    except ChatterboxError as error:
        _tell(error.message)
        return 1
    except KeyboardInterrupt:
        _tell("Stopped.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cli.py", description="Speak and look after models without a server.")
    commands = parser.add_subparsers(dest="command", required=True)
    say = commands.add_parser("say", help="speak a text into a file")
    say.add_argument("text", help="what to say; - reads it from standard input")
    say.add_argument("-o", "--output", type=Path, required=True, help="file to write: .wav .mp3 .flac .opus .m4a")
    say.add_argument("--voice", default="", help="name of a voice")
    say.add_argument("--speed", type=float, help="0.5 to 2")
    doctor = commands.add_parser("doctor", help="examine engine and models")
    doctor.add_argument("--json", action="store_true", help="for programs")
    models = commands.add_parser("models", help="list, download or verify model files")
    models.add_argument("action", choices=("list", "download", "verify"))
    models.add_argument("--model", choices=tuple(CHECKPOINTS), help="download this Chatterbox model")
    prepare = commands.add_parser("prepare", help="make the models ready for this machine")
    keys = commands.add_parser("keys", help="make, list or remove API keys")
    keys.add_argument("action", choices=("add", "list", "remove"))
    keys.add_argument("name", nargs="?", default="", help="name of the key; to remove, its name or id")
    keys.add_argument("--scope", action="append", choices=SCOPES, help="what it opens; may be repeated")
    cluster = commands.add_parser("cluster", help="make this machine a node of a cluster until it is stopped")
    cluster.add_argument("--address", default="127.0.0.1", help="by which the other nodes reach this machine")
    cluster.add_argument("--join", default="", help="address and port of the head; without, this is the head")
    cluster.add_argument("--no-replicas", action="store_true", help="only ask others to speak, for a service here")
    for command in (say, doctor, models, prepare, keys, cluster):
        command.add_argument("--config", type=Path, help="configuration file")
    return parser


def _say(options: argparse.Namespace, settings: Settings) -> int:
    target: Path = options.output
    format_name = SUFFIXES.get(target.suffix.lower())
    if format_name is None:
        raise InvalidRequestError(f"{target.name} must end in one of {', '.join(SUFFIXES)}.")
    if not target.absolute().parent.is_dir():
        raise InvalidRequestError(f"The folder {target.absolute().parent} does not exist.")
    text = sys.stdin.read() if options.text == "-" else options.text
    fields: dict[str, Any] = {"text": text, "export_formats": [format_name]}
    if options.voice:
        fields["voice"] = options.voice
    if options.speed is not None:
        fields["speed_factor"] = options.speed
    try:
        request = TTSRequest.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidRequestError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    with tempfile.TemporaryDirectory(prefix="chatterbox-") as folder:
        paths = settings.paths.model_copy(update={"output_dir": Path(folder)})
        result = _speak(settings.model_copy(update={"paths": paths}), request)
        shutil.move(result.files[0].path, target)
    factor = result.processing_seconds / max(result.audio_seconds, 1e-3)
    _tell(
        f"{target}: {result.audio_seconds:.1f} s of speech in {result.processing_seconds:.1f} s "
        f"(real-time factor {factor:.2f}), {result.quality.verdict.replace('_', ' ')}."
    )
    for warning in result.warnings:
        _tell(warning)
    return 0


def _speak(settings: Settings, request: TTSRequest) -> SpeechResult:
    core = CoreEngine(settings, retry=model_download_policy(settings.error_handling))
    try:
        core.plan(request)
        core.start(_report)
        _require_ready(core)
        return core.tts(request, _show_chunk)
    finally:
        core.close()


def _doctor(options: argparse.Namespace, settings: Settings) -> int:
    core = CoreEngine(settings, retry=model_download_policy(settings.error_handling))
    try:
        checks = [
            _check("Engine", True, f"{core.engine.capabilities.engine}: {core.chosen.reason}"),
            _check("Validator", None if core.validator is None else True, _validator_name(core)),
            *_model_checks(settings),
        ]
    finally:
        core.close()
    if options.json:
        sys.stdout.write(json.dumps({"checks": checks}) + "\n")
    else:
        for check in checks:
            _say_line(f"{check['name']}: {check['detail']}")
    return 0 if all(check["ok"] is not False for check in checks) else 1


def _model_checks(settings: Settings) -> list[dict[str, Any]]:
    used = {"kokoro"} if settings.models.engine in ("auto", "embedded") else set()
    if settings.validation.enabled:
        used |= {f"whisper-{settings.validation.model}", "phones"}
    store = _store(settings)
    checks = []
    for name in CATALOGUE:
        statuses = [store.status(weight) for weight in CATALOGUE[name]]
        sound = all(status.present and status.verified for status in statuses)
        faulty = next((status.sentence for status in statuses if not status.verified), "")
        detail = f"{name}: {'present and verified' if sound else faulty}"
        hint = "Run: python3 start.py setup --reinstall" if name in used and not sound else ""
        checks.append(_check("Model", sound if name in used else None, detail, hint))
    found = [status for status in inventory(settings.models.local_dir) if status.present]
    return [*checks, *(_check("Model", status.whole, f"chatterbox {status.sentence}") for status in found)]


def _models(options: argparse.Namespace, settings: Settings) -> int:
    if options.model and options.action == "download":
        _say_line(f"chatterbox {options.model}: {_chatterbox_folder(options.model, settings)}")
        return 0
    store = _store(settings)
    sound = True
    for name, weights in CATALOGUE.items():
        for weight in weights:
            if options.action == "download":
                _say_line(f"{weight.name}: {store.path(weight, _report)}")
                continue
            status = store.status(weight)
            _say_line(status.sentence if options.action == "verify" else f"{name}: {status.sentence}")
            sound = sound and (status.verified or not status.present)
    if options.action != "download":
        for found in inventory(settings.models.local_dir):
            _say_line(f"chatterbox {found.sentence}")
            sound = sound and found.whole
    return 0 if sound or options.action != "verify" else 1


def _chatterbox_folder(name: str, settings: Settings) -> Path:
    found = find(name, settings.models.local_dir)
    if found is not None:
        return found
    if not settings.models.allow_hub:
        raise ModelLoadError(f"Chatterbox {name} is not on this machine, and models.allow_hub forbids a download.")
    return download(name, _report)


def _prepare(options: argparse.Namespace, settings: Settings) -> int:
    core = CoreEngine(settings, retry=model_download_policy(settings.error_handling))
    try:
        core.start(_report)
        _require_ready(core)
    finally:
        core.close()
    _tell(f"Ready: {core.engine.capabilities.engine} ({core.engine.capabilities.model}), {_validator_name(core)}.")
    return 0


def _keys(options: argparse.Namespace, settings: Settings) -> int:
    store = KeyStore(settings.paths.keys_file)
    if options.action == "add":
        secret = store.add(options.name, options.scope or DEFAULT_SCOPES)
        _tell("This is the only time the key is shown. From now on every request needs one.")
        _say_line(secret)
    elif options.action == "remove":
        _say_line(f"Removed {store.remove(options.name).name}.")
    else:
        for key in store.keys:
            _say_line(f"{key.id}  {','.join(key.scopes)}  {key.created}  {key.name}")
    return 0


def _cluster(options: argparse.Namespace, settings: Settings) -> int:
    if options.join:
        return run_worker(options.join, options.address, not options.no_replicas, _tell)
    own = settings.cluster
    scale = Scale(own.min_replicas, own.max_replicas, own.cpus_per_replica, own.gpus_per_replica)
    return run_head(engine_recipe(settings), scale, options.address, _tell)


def _require_ready(core: CoreEngine) -> None:
    readiness = core.wait_ready(LOAD_SECONDS)
    if not readiness.ready:
        raise ChatterboxError(readiness.reason)


def _validator_name(core: CoreEngine) -> str:
    return core.validator.name if core.validator else "takes are not checked"


def _store(settings: Settings) -> WeightStore:
    models = settings.models
    return WeightStore(
        settings.paths.models_dir, models.local_dir, models.allow_hub, model_download_policy(settings.error_handling)
    )


def _check(name: str, ok: bool | None, detail: str, hint: str = "") -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": detail, "hint": hint}


def _show_chunk(event: Event) -> None:
    if isinstance(event, ChunkDone):
        _tell(f"chunk {event.index + 1} of {event.total}: {event.audio_seconds:.1f} s of speech")


def _report(sentence: str, share: float) -> None:
    _tell(f"{sentence} {share:.0%}")


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _say_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
