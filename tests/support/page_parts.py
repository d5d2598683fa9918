"""Tabs of the page without a browser: built in a page of their own, their values named."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from gradio.blocks import Block

from ui.page import inside_a_loop


class Part:
    """A tab; new values and given ones by the names of its components.

    Args:
        build: lays the tab out, given the ``gr.Blocks`` and the ``gr.Tab``.
    """

    def __init__(self, build: Callable[[Any, Any], Any]) -> None:
        self.tab = inside_a_loop(lambda: self._build(build))
        self._names = dict(_named(self.tab))

    @staticmethod
    def _build(build: Callable[[Any, Any], Any]) -> Any:
        with gr.Blocks() as page, gr.Tab() as tab:
            return build(page, tab)

    def named(self, shown: dict[Any, Any]) -> dict[str, Any]:
        """By name what a handler gave by component."""
        return {self._names[component]: value for component, value in shown.items()}

    def given(self, **values: Any) -> dict[Any, Any]:
        """What a handler gets: the components' first values, but for these."""
        unknown = values.keys() - set(self._names.values())
        assert not unknown
        return {part: values.get(name, getattr(part, "value", None)) for part, name in self._names.items()}


def _named(parts: Any, prefix: str = "") -> Iterator[tuple[Any, str]]:
    for field in dataclasses.fields(parts):
        value = getattr(parts, field.name)
        if isinstance(value, Block):
            yield value, f"{prefix}{field.name}"
        elif isinstance(value, dict):
            yield from ((component, name) for name, component in value.items())
        elif dataclasses.is_dataclass(value):
            own = "" if field.name == "desk" else f"{field.name}_"
            yield from _named(value, own)
