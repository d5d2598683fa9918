"""Making the faster forms of the packaged model: what each consists of, and writing it once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from exceptions import ModelLoadError
from speech.atomic_file import replacing
from speech.engines.embedded.float_convolutions import restore_float_convolutions
from speech.engines.embedded.fusions import fuse_normalisations, fuse_snakes
from speech.engines.embedded.graph import Graph
from speech.engines.embedded.spectrum import replace_spectrum
from speech.engines.embedded.static_int8 import WEIGHT_STEPS, Ranges, quantise_convolutions
from speech.weights import file_sha256

RANGES: Final = Path(__file__).parent / "data" / "activation_ranges.npz"
"""Per-channel activation ranges over all shipped voices; written by ``benchmarks/embedded_ranges.py``."""

DECODER: Final = "/decoder/decoder/"
"""Names of the nodes that make sound; the prosody network stays exactly as packaged, and so do durations."""

_RECIPE: Final = 2
_PARTS: Final = ("input_low", "input_high", "output_low", "output_high")


@dataclass(frozen=True)
class Recipe:
    """How a form of the model is made.

    Attributes:
        name: of the variant.
        int8: whether convolutions with stored ranges become 8-bit.
        kept_float: parts of names of convolutions that stay float even so.
        weight_steps: greatest 8-bit weight; 63 keeps the sum of two products within 16 bits.
    """

    name: str
    int8: bool
    kept_float: tuple[str, ...] = ()
    weight_steps: int = WEIGHT_STEPS

    @property
    def key(self) -> str:
        """Eight hex digits that change whenever the prepared file would."""
        ranges = file_sha256(RANGES) if self.int8 else ""
        text = f"{_RECIPE} {self.name} {self.int8} {self.kept_float} {self.weight_steps} {ranges}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]


FLOAT: Final = Recipe("float", int8=False)
BALANCED: Final = Recipe("balanced", int8=True, kept_float=("/decoder/encode/conv1",))
FAST: Final = Recipe("fast", int8=True)
NARROW: Final = {recipe.name: replace(recipe, name=f"{recipe.name}7", weight_steps=63) for recipe in (BALANCED, FAST)}
"""What takes a recipe's place on CPUs whose 8-bit products overflow."""
RECIPES: Final = {recipe.name: recipe for recipe in (FLOAT, BALANCED, FAST, *NARROW.values())}


def read_ranges(path: Path = RANGES) -> dict[str, Ranges]:
    """Stored activation ranges by convolution name."""
    with np.load(path) as archive:
        names = sorted({key.rsplit("|", 1)[0] for key in archive.files})
        return {name: Ranges(*(archive[f"{name}|{part}"].astype(np.float32) for part in _PARTS)) for name in names}


def write_ranges(ranges: dict[str, Ranges], path: Path = RANGES) -> None:
    """Store activation ranges in half precision, which is far finer than an 8-bit step."""
    arrays: dict[str, Any] = {
        f"{name}|{part}": getattr(value, part).astype(np.float16) for name, value in ranges.items() for part in _PARTS
    }
    np.savez_compressed(path, **arrays)


def simplify(model: Any) -> int:
    """Rewrite a packaged ``onnx.ModelProto`` in place into a float one that sounds the same.

    Returns:
        The number of convolutions that were 8-bit and are float now.
    """
    graph = Graph(model)
    restored = restore_float_convolutions(graph)
    fuse_normalisations(graph, DECODER)
    fuse_snakes(graph, polynomial=True)
    replace_spectrum(graph)
    return restored


def transform(model: Any, recipe: Recipe) -> None:
    """Rewrite a packaged ``onnx.ModelProto`` in place as `recipe` says.

    Raises:
        ModelLoadError: it holds none of the convolutions the recipe is for.
    """
    done = simplify(model)
    if recipe.int8:
        chosen = {
            name: value for name, value in read_ranges().items() if not any(part in name for part in recipe.kept_float)
        }
        done = quantise_convolutions(Graph(model), chosen, weight_steps=recipe.weight_steps)
    if not done:
        raise ModelLoadError("The model holds no convolutions that can be prepared.")


def prepare(source: Path, target: Path, recipe: Recipe) -> str:
    """Write the form `recipe` of the model `source` to `target` and return its hex SHA-256.

    An interruption leaves nothing at `target`.

    Raises:
        ModelLoadError: the package onnx is missing, or the model is not the one the recipe is for.
        DiskFullError: no room for the file.
    """
    try:
        import onnx
    except ImportError as error:
        raise ModelLoadError("The package onnx is needed to prepare a faster model.") from error
    model = onnx.load(str(source))
    transform(model, recipe)
    try:
        with replacing(target) as partial:
            partial.write_bytes(model.SerializeToString(deterministic=True))
            digest = file_sha256(partial)
    except OSError as error:
        raise ModelLoadError(f"{target.name} cannot be written: {error.strerror}.") from error
    return digest
