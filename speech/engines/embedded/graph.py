"""A thin view on an ONNX graph: who makes a tensor, who reads it, and clean rewriting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class Graph:
    """Producers, readers and constants of a model's main graph; rewrites are collected, then applied at once.

    Args:
        model: ``onnx.ModelProto``, changed in place by `apply`.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._index()

    def _index(self) -> None:
        graph = self.model.graph
        self._constants = {tensor.name: tensor for tensor in graph.initializer}
        self._producers = {output: node for node in graph.node for output in node.output}
        self._readers: dict[str, list[Any]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self._readers[name].append(node)
        self._outputs = {output.name for output in graph.output}
        self._removed: set[int] = set()
        self._inserted: dict[int, list[Any]] = defaultdict(list)

    @property
    def nodes(self) -> Sequence[Any]:
        """All nodes in order of execution, as of the last `apply`."""
        return list(self.model.graph.node)

    def producer(self, name: str, kind: str | None = None) -> Any | None:
        """The node that makes tensor `name`, if there is one (of operator type `kind`)."""
        node = self._producers.get(name)
        return node if node is not None and kind in (None, node.op_type) else None

    def readers(self, name: str) -> list[Any]:
        """The nodes that read tensor `name`."""
        return self._readers.get(name, [])

    def only_reader(self, name: str, kind: str) -> Any | None:
        """The one node that reads tensor `name`, if it is of type `kind` and nothing else needs the tensor."""
        readers = self.readers(name)
        alone = len(readers) == 1 and name not in self._outputs
        return readers[0] if alone and readers[0].op_type == kind else None

    def constant(self, name: str) -> npt.NDArray[Any] | None:
        """Value of a constant tensor, or ``None`` if `name` is computed."""
        from onnx import numpy_helper

        tensor = self._constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor)

    def add_constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """Store a constant tensor and return its name; the same name twice keeps the first."""
        from onnx import numpy_helper

        if name not in self._constants:
            tensor = numpy_helper.from_array(np.ascontiguousarray(value), name)
            self.model.graph.initializer.append(tensor)
            self._constants[name] = tensor
        return name

    def replace(self, place: Any, nodes: Iterable[Any]) -> None:
        """Put `nodes` where `place` stands; `place` itself goes away."""
        self.insert_before(place, nodes)
        self._removed.add(id(place))

    def insert_before(self, place: Any, nodes: Iterable[Any]) -> None:
        """Put `nodes` in front of `place`."""
        self._inserted[id(place)].extend(nodes)

    def apply(self) -> None:
        """Carry out all rewrites, then drop nodes and constants that nothing reads."""
        nodes: list[Any] = []
        for node in self.model.graph.node:
            nodes.extend(self._inserted.get(id(node), ()))
            if id(node) not in self._removed:
                nodes.append(node)
        nodes = _alive(nodes, self._outputs)
        read = {name for node in nodes for name in node.input}
        constants = [tensor for tensor in self.model.graph.initializer if tensor.name in read]
        _refill(self.model.graph.node, nodes)
        _refill(self.model.graph.initializer, constants)
        self._index()


def _alive(nodes: list[Any], outputs: set[str]) -> list[Any]:
    """The nodes of a sorted list whose results reach `outputs`."""
    wanted = set(outputs)
    kept = []
    for node in reversed(nodes):
        if any(name in wanted for name in node.output):
            wanted.update(node.input)
            kept.append(node)
    return kept[::-1]


def _refill(field: Any, items: list[Any]) -> None:
    copies = []
    for item in items:
        copy = type(item)()
        copy.CopyFrom(item)
        copies.append(copy)
    del field[:]
    field.extend(copies)
