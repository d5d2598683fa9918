"""What stays in the browser from visit to visit: the form, presets, the names of own results; and the key of a tab."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import gradio as gr

WITH_TAB_KEY = "(key, ...rest) => [tabKey(), ...rest]"
"""Run before a handler of the page's load event, whose first input is the key."""


def with_tab_key(inputs: Iterable[Any], key: Any) -> str:
    """Script to run before a handler whose set of inputs holds the key; Gradio gives them to it in the order of ids.

    The key of the tab is there at once, while `key` itself is filled only when the page has been loaded.
    """
    place = sorted(component._id for component in inputs).index(key._id)
    return f"(...values) => Object.assign(values, {{{place}: tabKey()}})"


def browser_store(name: str, empty: Any) -> Any:
    """A component whose value stays in the browser.

    Args:
        name: of this value, unique on the page.
        empty: what is there at first.
    """
    # The browser's own user may read what is kept; without a fixed key nothing would survive a restart of the service.
    return gr.BrowserState(empty, storage_key=f"chatterbox-{name}", secret="chatterbox")  # noqa: S106


def keep_form(inputs: dict[str, Any], store: Any) -> None:
    """Write the values of `inputs`, by their names, into the store whenever one of them changes."""
    gr.on(
        [component.change for component in inputs.values()],
        None,
        list(inputs.values()),
        store,
        js=_as_object(list(inputs)),
        api_visibility="private",
        show_progress="hidden",
    )


def _as_object(names: Sequence[str]) -> str:
    return f"(...values) => [Object.fromEntries({json.dumps(names)}.map((name, place) => [name, values[place]]))]"
