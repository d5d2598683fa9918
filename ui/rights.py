"""What a user of the page may do: as much as the key opens with which they signed in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from exceptions import ForbiddenError
from guard.gate import require_scope
from guard.scopes import Scope
from ui.desk import QUICKLY
from ui.wording import error_html


def needing(scope: Scope, handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler for those whose key has `scope`; all others get a message instead."""

    def guarded(request: gr.Request, *given: Any) -> Any:
        _require(request, scope)
        return handler(*given)

    def guarded_steps(request: gr.Request, *given: Any) -> Iterator[Any]:
        _require(request, scope)
        yield from handler(*given)

    return guarded_steps if inspect.isgeneratorfunction(handler) else guarded


def shown_to(scope: Scope, html: Callable[[], str]) -> Callable[..., str]:
    """A handler that shows `html` to those whose key has `scope`, and to others why they do not see it."""

    def show(request: gr.Request) -> str:
        refusal = _refusal(request, scope)
        return html() if refusal is None else error_html(refusal)

    return show


def lock(event: Callable[..., Any], scope: Scope, buttons: Sequence[Any]) -> None:
    """Whenever `event` happens, make the buttons usable for those whose key has `scope`, and for nobody else."""

    def set_interactive(request: gr.Request) -> Any:
        updates = [gr.update(interactive=_refusal(request, scope) is None) for _ in buttons]
        return updates if len(updates) > 1 else updates[0]

    event(set_interactive, None, list(buttons), **QUICKLY)


def _require(request: gr.Request, scope: Scope) -> None:
    refusal = _refusal(request, scope)
    if refusal is not None:
        raise gr.Error(refusal.message, title="Not allowed", print_exception=False)


def _refusal(request: gr.Request, scope: Scope) -> ForbiddenError | None:
    try:
        require_scope(request.request.scope, scope)
    except ForbiddenError as error:
        return error
    return None
