"""Rewriting chains of element-wise operators into fewer ones that compute the same.

Each operator of such a chain reads and writes the whole activation once, so its cost is memory traffic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from speech.engines.embedded.graph import Graph


def fuse_normalisations(graph: Graph, prefix: str = "") -> int:
    """Replace each spelled-out adaptive instance normalisation by one ``InstanceNormalization``.

    Only nodes whose name begins with `prefix` are looked at.

    The replaced pattern, over the last axis of a (1, C, n) tensor::

        d = x - ReduceMean(x);  y = d / Sqrt(ReduceMean(d * d) + epsilon) * scale + shift

    Returns:
        How many were replaced.
    """
    from onnx import helper

    flat = graph.add_constant("fused_flat_shape", np.array([-1], dtype=np.int64))
    replaced = 0
    for node in graph.nodes:
        centring = _centring(graph, node) if node.op_type == "Div" and node.name.startswith(prefix) else None
        if centring is None:
            continue
        source, epsilon = centring
        # Layers that read the same tensor share its normalisation and differ in scale and shift.
        for product in graph.readers(node.output[0]):
            last = graph.only_reader(product.output[0], "Add")
            if product.op_type != "Mul" or last is None:
                continue
            name = last.name
            parts = {"scale": _other(product, node.output[0]), "shift": _other(last, product.output[0])}
            reshaped = [
                helper.make_node("Reshape", [value, flat], [f"{name}_{key}"], name=f"{name}_{key}_flat")
                for key, value in parts.items()
            ]
            fused = helper.make_node(
                "InstanceNormalization",
                [source, *(f"{name}_{key}" for key in parts)],
                [last.output[0]],
                name=f"{name}_fused",
                epsilon=epsilon,
            )
            graph.replace(last, [*reshaped, fused])
            replaced += 1
    graph.apply()
    return replaced


def _centring(graph: Graph, quotient: Any) -> tuple[str, float] | None:
    """What ``d / Sqrt(ReduceMean(d * d) + epsilon)`` normalises, and its epsilon."""
    root = graph.producer(quotient.input[1], "Sqrt")
    plus = graph.producer(root.input[0], "Add") if root is not None else None
    if plus is None:
        return None
    variance = next((mean for name in plus.input if (mean := graph.producer(name, "ReduceMean"))), None)
    epsilon = next((value for name in plus.input if (value := graph.constant(name)) is not None), None)
    square = graph.producer(variance.input[0], "Mul") if variance is not None else None
    centred = graph.producer(quotient.input[0], "Sub")
    mean = graph.producer(centred.input[1], "ReduceMean") if centred is not None else None
    if square is None or centred is None or mean is None or epsilon is None:
        return None
    same = (
        list(square.input) == [centred.output[0]] * 2
        and mean.input[0] == centred.input[0]
        and _over_last_axis(graph, mean)
        and _over_last_axis(graph, variance)
    )
    return (centred.input[0], float(epsilon)) if same else None


def _over_last_axis(graph: Graph, mean: Any) -> bool:
    axes = graph.constant(mean.input[1]) if len(mean.input) > 1 else None
    return axes is not None and axes.tolist() in ([2], [-1])


def _other(node: Any, name: str) -> str:
    """The input of a two-input node that is not `name`."""
    return str(node.input[1] if node.input[0] == name else node.input[0])


def fuse_snakes(graph: Graph, polynomial: bool = False) -> int:
    """Shorten each snake activation between an instance normalisation and a convolution.

    ``x + sin(a x)^2 / a`` per channel becomes ``v + sin(k v)^2 / k`` with ``v = a x / k``: the factor ``a / k``
    goes into the normalisation's scale and shift, ``k / a`` into the convolution's weights. (Snake: Ziyin et
    al. 2020, "Neural networks fail to learn periodic functions and how to fix it", equation 3.)

    Args:
        graph: whose normalisations are fused already.
        polynomial: replace the sine by a polynomial within 4e-5 of it. onnxruntime computes sines on one thread.

    Returns:
        How many were shortened.
    """
    replaced = 0
    for node in graph.nodes:
        found = _snake(graph, node) if node.op_type == "Sin" else None
        if found is not None:
            _shorten(graph, node.name, found, polynomial)
            replaced += 1
    graph.apply()
    return replaced


def _shorten(graph: Graph, name: str, snake: _Snake, polynomial: bool) -> None:
    from onnx import helper

    factor = snake.alpha / (np.pi if polynomial else 1.0)
    channels = graph.add_constant(f"{name}_factor", factor.ravel().astype(np.float32))
    normalisation = snake.normalisation
    scaled = [f"{name}_scale", f"{name}_shift"]
    graph.replace(
        normalisation,
        [
            helper.make_node("Mul", [normalisation.input[1], channels], [scaled[0]], name=scaled[0]),
            helper.make_node("Mul", [normalisation.input[2], channels], [scaled[1]], name=scaled[1]),
            _with_inputs(normalisation, [normalisation.input[0], *scaled]),
        ],
    )
    steps = _POLYNOMIAL if polynomial else _EXACT
    for key, value in _polynomial_constants().items():
        graph.add_constant(f"snake_{key}", np.array(value, np.float32))
    graph.replace(snake.result, _chain(name, steps, normalisation.output[0], snake.result.output[0]))
    weights = graph.constant(snake.convolution.input[1])
    assert weights is not None
    folded = graph.add_constant(f"{name}_weights", (weights / factor.reshape(1, -1, 1)).astype(np.float32))
    inputs = list(snake.convolution.input)
    graph.replace(snake.convolution, [_with_inputs(snake.convolution, [inputs[0], folded, *inputs[2:]])])


_EXACT: Final = (("Sin", "v", "", "s"), ("Mul", "s", "s", "q"), ("Add", "v", "q", "y"))
"""Operator, its inputs and its result; "v" is what comes in, "y" what goes out."""

_POLYNOMIAL: Final = (
    ("Round", "v", "", "n"),
    ("Sub", "v", "n", "d"),
    ("Abs", "d", "", "e"),
    ("Sub", "e", "snake_quarter", "t"),
    ("Mul", "t", "t", "q"),
    ("Add", "q", "snake_inner", "r"),
    ("Mul", "r", "r", "f"),
    ("Add", "f", "snake_outer", "g"),
    ("Mul", "t", "g", "h"),
    ("Mul", "h", "snake_factor", "p"),
    ("Add", "v", "p", "z"),
    ("Add", "z", "snake_offset", "y"),
)
"""``sin(pi v)^2 / pi`` is ``1 / (2 pi) + sin(2 pi t) / (2 pi)`` with ``t = |v - round(v)| - 1/4``; the second
term is the odd quintic ``factor * t * ((t^2 + inner)^2 + outer)``."""


def _polynomial_constants() -> dict[str, float]:
    """Least-squares fit at Chebyshev points, which comes close to the smallest greatest error."""
    t = np.cos(np.pi * (np.arange(64) + 0.5) / 128) / 4
    powers = np.stack([t, t**3, t**5], axis=1)
    a, b, c = np.linalg.lstsq(powers, np.sin(2 * np.pi * t) / (2 * np.pi), rcond=None)[0]
    inner = b / (2 * c)
    return {
        "quarter": 0.25,
        "inner": float(inner),
        "outer": float(a / c - inner**2),
        "factor": float(c),
        "offset": 1 / (2 * np.pi),
    }


def _chain(name: str, steps: Sequence[tuple[str, str, str, str]], source: str, result: str) -> list[Any]:
    from onnx import helper

    def tensor(key: str) -> str:
        return {"v": source, "y": result}.get(key, key if key.startswith("snake_") else f"{name}_{key}")

    return [
        helper.make_node(
            kind, [tensor(key) for key in (first, second) if key], [tensor(out)], name=f"{name}_step_{out}"
        )
        for kind, first, second, out in steps
    ]


@dataclass(frozen=True)
class _Snake:
    alpha: npt.NDArray[np.float32]
    normalisation: Any
    result: Any
    convolution: Any


def _snake(graph: Graph, sine: Any) -> _Snake | None:
    angle = graph.producer(sine.input[0], "Mul")
    square = graph.only_reader(sine.output[0], "Pow")
    scaled = graph.only_reader(square.output[0], "Mul") if square is not None else None
    result = graph.only_reader(scaled.output[0], "Add") if scaled is not None else None
    if angle is None or square is None or scaled is None or result is None:
        return None
    convolution = graph.only_reader(result.output[0], "Conv")
    alpha = next((value for name in angle.input if (value := graph.constant(name)) is not None), None)
    inverse = graph.constant(_other(scaled, square.output[0]))
    exponent = graph.constant(square.input[1])
    normalisation = graph.producer(_other(result, scaled.output[0]), "InstanceNormalization")
    if convolution is None or alpha is None or inverse is None or exponent is None or normalisation is None:
        return None
    same = (
        normalisation.output[0] in angle.input
        and len(graph.readers(normalisation.output[0])) == 2
        and float(exponent) == 2.0
        and np.allclose(alpha * inverse, 1.0, rtol=1e-4)
    )
    return _Snake(alpha, normalisation, result, convolution) if same else None


def _with_inputs(node: Any, inputs: list[str]) -> Any:
    copy = type(node)()
    copy.CopyFrom(node)
    del copy.input[:]
    copy.input.extend(inputs)
    return copy
