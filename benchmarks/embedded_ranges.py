"""Measures the activation ranges that the embedded engine's 8-bit models are built from.

Run it again only when the packaged model, the voices or the fusions change; it takes some minutes and
rewrites ``speech/engines/embedded/data/activation_ranges.npz``::

    python -m benchmarks.embedded_ranges --cache FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np

from speech.engines.embedded.model import read_vocabulary
from speech.engines.embedded.phonemes import Phonemiser
from speech.engines.embedded.prepare import DECODER, simplify, write_ranges
from speech.engines.embedded.static_int8 import Ranges
from speech.engines.embedded.voices import VoiceTable
from speech.weights import WeightStore
from speech.weights_catalogue import KOKORO

SENTENCES: Final = (
    "Wait, what? You can't be serious! That's absolutely amazing.",
    "Seven silver ships sailed slowly past the southern shore.",
    "He threw the rope, tied it to the iron rail, and pulled until his hands were sore.",
    "Put the butcher block table in the old garage, please.",
)
SPEEDS: Final = (0.7, 1.4)
SMALLEST: Final = 20_000
"""Weights from which a convolution is worth quantising."""


def add_probes(model: Any) -> list[str]:
    """Add outputs with least and greatest activation per channel; return the convolutions' names."""
    import onnx

    sizes = {tensor.name: int(np.prod(tensor.dims)) for tensor in model.graph.initializer}
    names = []
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([0, 2]), "probe_axes"))
    for node in list(model.graph.node):
        if node.op_type != "Conv" or not node.name.startswith(DECODER) or sizes.get(node.input[1], 0) < SMALLEST:
            continue
        names.append(node.name)
        for tensor in (node.input[0], node.output[0]):
            for kind in ("ReduceMin", "ReduceMax"):
                result = f"probe_{len(model.graph.output)}"
                probe = onnx.helper.make_node(kind, [tensor, "probe_axes"], [result], keepdims=0)
                model.graph.node.append(probe)
                model.graph.output.append(onnx.helper.make_tensor_value_info(result, onnx.TensorProto.FLOAT, None))
    return names


def utterances() -> list[tuple[str, str, float]]:
    """Voice, sentence and speed: each voice twice, once at its own speed and once slow or fast."""
    voices = [voice.name for voice in VoiceTable().voices]
    chosen = []
    for number, voice in enumerate(voices):
        chosen.append((voice, SENTENCES[number % 4], 1.0))
        chosen.append((voice, SENTENCES[(number + 2) % 4], SPEEDS[number % 2]))
    return chosen


def main() -> None:
    import onnx
    import onnxruntime

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cache", type=Path, required=True, help="folder for assembled model files")
    model = onnx.load(str(WeightStore(parser.parse_args().cache).path(KOKORO)))
    simplify(model)
    names = add_probes(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()][1:]
    vocabulary, phonemiser, table = read_vocabulary(), Phonemiser(), VoiceTable()
    seen: list[list[Any]] = []
    for voice, sentence, speed in utterances():
        phonemes = phonemiser.phonemes(sentence, "en-GB" if voice.startswith("b") else "en-US")
        tokens = [0, *(vocabulary[symbol] for symbol in phonemes), 0]
        inputs = {
            "tokens": np.array([tokens], np.int64),
            "style": table.style(voice)[len(phonemes)][np.newaxis],
            "speed": np.array([speed], np.float32),
        }
        seen.append(session.run(outputs, inputs))
        print(voice, speed, flush=True)
    folded = [np.stack(column) for column in zip(*seen, strict=True)]
    limits = [column.min(0) if index % 2 == 0 else column.max(0) for index, column in enumerate(folded)]
    write_ranges({name: Ranges(*limits[4 * index : 4 * index + 4]) for index, name in enumerate(names)})


if __name__ == "__main__":
    main()
