"""How well takes are judged: correct ones rejected, spoiled ones missed, and the time it takes.

Speaks a few hundred correct takes, spoils copies of them in their audio, and judges all of them: with this
program's validator, and with the usual way (transcribe with beam 5 and compare strings). Run from the repository's
root::

    python -m benchmarks.validation [--learn] [--quick] [--model base]

Two sets that share no sentence and no voice: ``--learn`` fits the rule on one and writes the data file; the table
is about the other.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.validation_baseline import Baseline
from benchmarks.validation_cases import CORRECT, SLIGHTLY, SPOKEN_DOUBLED, Case, make_cases
from benchmarks.validation_learn import Example, learn
from benchmarks.validation_spoil import KINDS, RATE
from benchmarks.validation_takes import Recorder
from speech.validation import create_validator
from speech.validation.protocol import Check
from speech.validation.validator import WhisperValidator
from speech.weights import WeightStore

RULES = Path(__file__).parents[1] / "speech" / "validation" / "data" / "rules.json"
RATIOS = (0.95, 0.85)

_LEFT_OVER_SECONDS = 0.15
_CUT_INTO_SECONDS = 0.08


@dataclass
class Tally:
    """What happened to the takes of one kind."""

    count: int = 0
    rejected: int = 0
    trimmed: int = 0
    transcribed: int = 0
    by_ratio: dict[float, int] = field(default_factory=dict)
    missed_texts: list[str] = field(default_factory=list)


@dataclass
class Clock:
    """Seconds of work and of audio."""

    work: float = 0.0
    audio: float = 0.0

    @property
    def factor(self) -> float:
        """Real-time factor."""
        return self.work / max(self.audio, 1e-9)


def main() -> None:
    """Run the benchmark."""
    options = _options()
    store = WeightStore(options.models)
    recorder = Recorder(options.work / "clips", store)
    rounds, step = (1, 4) if options.quick else (options.rounds, 1)
    validator = create_validator(cache_dir=options.models, model=options.model, threads=options.threads)
    validator.load()
    if options.learn:
        _learn(validator, options.model, make_cases(recorder, "learn", options.rounds))
        validator = create_validator(cache_dir=options.models, model=options.model, threads=options.threads)
        validator.load()
    baseline = None if options.no_baseline else Baseline(options.models, options.model, options.threads)
    _report(validator, baseline, itertools.islice(make_cases(recorder, "test", rounds), 0, None, step), options.show)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("temp") / "validation-benchmark")
    parser.add_argument("--models", type=Path, default=Path("models"), help="cache for assembled model files")
    parser.add_argument("--model", default="base")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3, help="voices for each sentence")
    parser.add_argument("--learn", action="store_true", help="fit the rule and write the data file")
    parser.add_argument("--quick", action="store_true", help="one voice a sentence, a quarter of the cases")
    parser.add_argument("--no-baseline", action="store_true", help="leave transcribe-and-compare out")
    parser.add_argument("--show", action="store_true", help="name the sentences that were judged wrongly")
    return parser.parse_args()


def _learn(validator: WhisperValidator, model: str, cases: Iterable[Case]) -> None:
    examples = []
    for case in cases:
        measures = validator.measures(case.samples, RATE, case.expected)
        if measures and case.kind not in (SPOKEN_DOUBLED, SLIGHTLY) and not _ends_right(measures, case):
            examples.append(Example(measures, case.kind, case.line.number, case.voice))
    rules = learn(examples)
    table = json.loads(RULES.read_text("utf-8"))
    table["models"].setdefault(model, {})["en"] = rules
    RULES.write_text(json.dumps(table, indent=1) + "\n", "utf-8")
    print(f"Rule for {model} learnt from {len(examples)} takes, written to {RULES.name}.")


def _ends_right(measures: Mapping[str, float], case: Case) -> bool:
    """Whether a spoiled take becomes a good one by cutting what the word times say."""
    tailed = case.kind != CORRECT and measures["tail"] > 0.08 and case.speech_end is not None
    return tailed and is_right_end(measures["speech_end"], case)


def _report(validator: WhisperValidator, baseline: Baseline | None, cases: Iterable[Case], show: bool) -> None:
    tallies: dict[str, Tally] = {kind: Tally() for kind in (CORRECT, *KINDS, SPOKEN_DOUBLED, SLIGHTLY)}
    ours, theirs = Clock(), Clock()
    for case in cases:
        tally = tallies[case.kind]
        tally.count += 1
        started = time.perf_counter()
        check = validator.check(case.samples, RATE, case.expected)
        _count(tally, case, check)
        if case.kind == CORRECT:
            ours.work += time.perf_counter() - started
            ours.audio += len(case.samples) / RATE
        if baseline is not None:
            started = time.perf_counter()
            ratio = baseline.ratio(case.samples, RATE, case.expected)
            if case.kind == CORRECT:
                theirs.work += time.perf_counter() - started
                theirs.audio += len(case.samples) / RATE
            for limit in RATIOS:
                tally.by_ratio[limit] = tally.by_ratio.get(limit, 0) + (ratio < limit)
    _print_table(validator.name, tallies, ours, theirs if baseline is not None else None)
    if show:
        _print_wrong(tallies)


def _count(tally: Tally, case: Case, check: Check) -> None:
    tally.transcribed += check.method == "transcribed"
    if not check.passed:
        tally.rejected += 1
        if case.kind != CORRECT:
            return
    elif case.kind == CORRECT:
        return
    elif is_trimmed(check, case):
        tally.trimmed += 1
        return
    tally.missed_texts.append(f"{check.score:.2f} {case.expected.spoken} [{case.note}]")


def is_trimmed(check: Check, case: Case) -> bool:
    """Whether what follows the true words is marked, and cut at the right place by the word times."""
    if case.speech_end is None or check.speech_end is None or "tail_noise" not in check.warnings:
        return False
    return is_right_end(check.speech_end, case)


def is_right_end(speech_end: float, case: Case) -> bool:
    """Whether a cut at `speech_end` leaves nothing over and takes nothing away."""
    assert case.speech_end is not None
    return -_CUT_INTO_SECONDS <= speech_end - case.speech_end <= _LEFT_OVER_SECONDS


def _print_table(name: str, tallies: dict[str, Tally], ours: Clock, theirs: Clock | None) -> None:
    limits = RATIOS if theirs is not None else ()
    print(f"\n{name} on {machine()}\n")
    columns = ["kind", "takes", "rejected", "trimmed", "passed unnoticed", "transcribed"]
    columns += [f"compare at {limit}: passed" for limit in limits]
    print(_row(columns))
    print(_row(["---"] * len(columns)))
    for kind, tally in tallies.items():
        if not tally.count:
            continue
        missed = tally.count - tally.rejected - tally.trimmed
        cells = [kind, str(tally.count), _share(tally.rejected, tally.count), _share(tally.trimmed, tally.count)]
        cells += [_share(missed, tally.count), _share(tally.transcribed, tally.count)]
        cells += [_share(tally.count - tally.by_ratio[limit], tally.count) for limit in limits]
        print(_row(cells))
    print(f"\nTime on correct takes: real-time factor {ours.factor:.4f}", end="")
    print(f"; transcribe and compare {theirs.factor:.4f}" if theirs is not None else "")


def _print_wrong(tallies: dict[str, Tally]) -> None:
    for kind, tally in tallies.items():
        for text in tally.missed_texts:
            print(f"{kind}: {text}")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.1f} %)"


def machine() -> str:
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        processor = f"{names[0]}, {len(names)} cores" if names else processor
    return f"{processor}, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
