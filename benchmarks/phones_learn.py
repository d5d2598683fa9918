"""Learns what the phone recogniser makes of correct speech; writes its costs and its odd spellings.

Correct takes of the validation benchmark's learning set are aligned with their texts, the differences counted, and
aligned again with the counts, a few times over. Spellings come from the recogniser's own pronouncing model, for the
most frequent words of Whisper's vocabulary, where they differ from the dictionary's. Run from the repository's root,
with the package ``hama`` installed::

    python -m benchmarks.phones_learn [--spellings]

The spellings take some minutes.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from benchmarks.validation_spoil import RATE
from benchmarks.validation_takes import Recorder, read_lines, schedule
from speech.validation.phones import network as phone_network
from speech.validation.phones.alignment import NOBODY, align
from speech.validation.phones.alphabet import class_phones, dictionary_phones, heard_phone, phones
from speech.validation.phones.costs import Costs, Floats, Phones
from speech.validation.phones.expected import ExpectedPhones
from speech.validation.phones.heard import Heard, heard_in
from speech.validation.phones.listening import hear_phones
from speech.validation.phones.weights import read_archive
from speech.weights import WeightStore
from speech.weights_catalogue import PHONES

DATA = Path(__file__).parents[1] / "speech" / "validation" / "phones" / "data"
ROUNDS = 4
SPELLED_WORDS = 7000
ODD = 6.0
"""Cost of a word beyond the usual from which the recogniser's own spelling of it is kept."""
TAUGHT_AS = {"mister": "mr", "missus": "mrs"}
"""Words that its teaching texts had as abbreviations."""
_SMOOTHING = 0.02
_SMOOTHING_MISSED = 0.05
_MOST_ADDED = float(np.exp(-1.5))

Take = tuple[list[list[Phones]], Heard]


def takes(store: WeightStore, work: Path, rounds: int) -> list[Take]:
    """Expected pronunciations and heard sounds of each correct take to learn from."""
    recorder = Recorder(work / "clips", store)
    network = phone_network.PhoneNetwork(read_archive(store.path(PHONES)))
    expected = ExpectedPhones()
    found = []
    for clip in recorder.clips(schedule(read_lines("learn"), rounds)):
        audio = soxr.resample(clip.samples, RATE, phone_network.SAMPLE_RATE).astype(np.float32)
        heard = hear_phones(network, audio)
        if not heard.unknown.any():
            words = [list(word.pronunciations) for word in expected.words(clip.line.spoken)]
            found.append((words, heard))
    return found


def first_costs() -> Costs:
    """Equal phones cost little, all else much."""
    count = len(phones())
    swapped = np.full((count, count), np.exp(-4.0))
    np.fill_diagonal(swapped, np.exp(-0.3))
    return Costs(swapped, np.full(count, np.exp(-3.0)), np.full(count, np.exp(-3.0)))


def counted(examples: Sequence[Take], costs: Costs) -> Costs:
    """New costs from what the cheapest alignments under `costs` show: a sound counts by its likely phones."""
    count, total = len(phones()), 0
    swapped = np.full((count, count), _SMOOTHING)
    missed, added = np.full(count, _SMOOTHING_MISSED), np.full(count, _SMOOTHING)
    for words, heard in examples:
        found = align(words, heard, costs)
        for index in np.flatnonzero(found.owners == NOBODY):
            added += heard.presence[index] * heard.phones[index]
        for number, fit in enumerate(found.words):
            sounds = np.flatnonzero(found.owners == number)
            total += _count_word(costs.places(fit.phones), heard, sounds, costs, swapped, missed)
    whole = swapped.sum(axis=1) + missed
    return Costs(swapped / whole[:, None], missed / whole, np.minimum(added / total, _MOST_ADDED))


def _count_word(
    places: Sequence[int],
    heard: Heard,
    sounds: npt.NDArray[np.intp],
    costs: Costs,
    swapped: Floats,
    missed: Floats,
) -> int:
    """Align one word's own sounds phone by phone and count what became of each."""
    single = Heard(heard.presence[sounds], heard.phones[sounds], heard.at[sounds], heard.unknown[sounds])
    found = align([[(phones()[place],)] for place in places], single, costs)
    for number, place in enumerate(places):
        (own,) = np.nonzero(found.owners == number)
        if not len(own):
            missed[place] += 1
            continue
        likely = costs.swapped[place] * single.phones[own[0]]
        swapped[place] += likely / likely.sum()
    return len(places)


def spelled(store: WeightStore, costs: Costs) -> dict[str, str]:
    """Frequent words whose spelling by the recogniser's own model the dictionary's phones do not explain."""
    from hama import G2PModel

    from speech.engines.embedded.phonemes import Phonemiser

    model, phonemiser, found = G2PModel(), Phonemiser(), dict[str, str]()
    for word in [*TAUGHT_AS, *_frequent_words(store)]:
        named = model.predict(TAUGHT_AS.get(word, word)).alignments
        own = tuple(filter(None, (heard_phone(item.phoneme) for item in named)))
        ours = dictionary_phones(phonemiser.phonemes(word, "en-US").replace(" ", ""))
        usable = own and ours and not _clearly(own).is_stuck and len(own) <= 3 * len(ours) + 3
        if usable and align([[ours]], _clearly(own), costs).cost > ODD + 0.5 * len(ours):
            found.setdefault(word, " ".join(own))
    return dict(sorted(found.items()))


def _frequent_words(store: WeightStore) -> list[str]:
    """Letters, and the words that stand first in Whisper's vocabulary."""
    from speech.weights_catalogue import WHISPER_BASE

    text = (store.folder(WHISPER_BASE) / "tokenizer.json").read_text("utf-8")
    vocabulary: dict[str, int] = json.loads(text)["model"]["vocab"]
    by_frequency = sorted(vocabulary, key=vocabulary.__getitem__)
    frequent = [name[1:].lower() for name in by_frequency if name.startswith("Ġ")]
    words = [word for word in dict.fromkeys(frequent) if re.fullmatch("[a-z]+", word)]
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    return list(dict.fromkeys([*letters, *words[:SPELLED_WORDS]]))


def _clearly(named: Sequence[str]) -> Heard:
    """These phones, heard beyond doubt."""
    names = class_phones()
    rows = np.full((2 * len(named), len(names)), -30.0, np.float32)
    for number, phone in enumerate(named):
        rows[2 * number, names.index(phone)] = 0.0
    return heard_in(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--work", type=Path, default=Path("temp") / "validation-benchmark")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spellings", action="store_true", help="make the spellings anew, too")
    options = parser.parse_args()
    store = WeightStore(options.models)
    examples = takes(store, options.work, options.rounds)
    costs = first_costs()
    for _ in range(ROUNDS):
        costs = counted(examples, costs)
    text = json.dumps(costs.description(), ensure_ascii=False, indent=0)
    (DATA / "costs.json").write_text(text + "\n", "utf-8")
    print(f"Costs learnt from {len(examples)} takes.")
    if options.spellings:
        found = spelled(store, costs)
        (DATA / "spellings.json").write_text(json.dumps(found, ensure_ascii=False, indent=0) + "\n", "utf-8")
        print(f"{len(found)} spellings.")


if __name__ == "__main__":
    main()
