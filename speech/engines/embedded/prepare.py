"""Making the faster forms of the packaged model: what each consists of, and writing it once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from exceptions import ModelLoadError
from speech.atomic_file import replacing
from speech.engines.embedded.float_convolutions import restore_float_convolutions
from speech.engines.embedded.fusions import fuse_normalisations, fuse_snakes
from speech.engines.embedded.graph import Graph
from speech.engines.embedded.static_int8 import Ranges, quantise_convolutions
from speech.weights import file_sha256

RANGES: Final = Path(__file__).parent / "data" / "activation_ranges.npz"
"""Per-channel activation ranges over all shipped voices; written by ``benchmarks/embedded_ranges.py``."""

DECODER: Final = "/decoder/decoder/"
"""Names of the nodes that make sound; the prosody network stays exactly as packaged, and so do durations."""

_RECIPE: Final = 1
_PARTS: Final = ("input_low", "input_high", "output_low", "output_high")


@dataclass(frozen=True)
class Recipe:
    """How a form of the model is made.

    Attributes:
        name: of the variant.
        int8: whether convolutions with stored ranges become 8-bit.
        kept_float: parts of names of convolutions that stay float even so.
    """

    name: str
    int8: bool
    kept_float: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Eight hex digits that change whenever the prepared file would."""
        ranges = file_sha256(RANGES) if self.int8 else ""
        text = f"{_RECIPE} {self.name} {self.int8} {self.kept_float} {ranges}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]


FLOAT: Final = Recipe("float", int8=False)
BALANCED: Final = Recipe("balanced", int8=True, kept_float=())
FAST: Final = Recipe("fast", int8=True)
RECIPES: Final = {recipe.name: recipe for recipe in (FLOAT, BALANCED, FAST)}


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


def transform(model: Any, recipe: Recipe, ranges: dict[str, Ranges]) -> int:
    """Rewrite an ``onnx.ModelProto`` in place and return the number of convolutions made float again.

    Args:
        model: dynamically quantised, as packaged.
        recipe: what to make of it.
        ranges: activation ranges by convolution name, as they are after the fusions.
    """
    graph = Graph(model)
    restored = restore_float_convolutions(graph)
    fuse_normalisations(graph, DECODER)
    fuse_snakes(graph)
    if recipe.int8:
        chosen = {name: value for name, value in ranges.items() if not any(part in name for part in recipe.kept_float)}
        quantise_convolutions(graph, chosen)
    return restored


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
    if not transform(model, recipe, read_ranges() if recipe.int8 else {}):
        raise ModelLoadError(f"{source.name} holds no convolutions to prepare.")
    try:
        with replacing(target) as partial:
            partial.write_bytes(model.SerializeToString(deterministic=True))
            digest = file_sha256(partial)
    except OSError as error:
        raise ModelLoadError(f"{target.name} cannot be written: {error.strerror}.") from error
    return digest
