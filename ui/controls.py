"""One control for each field of a speech request, made of the field's own range, default and description."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import gradio as gr
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from api_models import TTSDefaults

NO_EFFECT = "Has no effect with this engine."
OPTIONAL = frozenset({"whisper_threshold", "take_budget_seconds", "min_p", "top_p", "top_k", "repetition_penalty"})
"""Fields that may be left open; the lowest position of their slider stands for that."""
PAIRS = frozenset({"pronunciations"})
"""Fields that hold words and what stands for them; the page takes one ``word=replacement`` a line."""


@dataclass(frozen=True)
class Control:
    """How a field is shown.

    Attributes:
        field: of the model of defaults.
        label: a few words for people.
        info: instead of the field's own description.
        most: end of the slider, where the field's range goes further than anybody needs.
        step: of the slider.
        lines: height of a text box; 0 for a single line.
        choices: labels of a choice, by value.
        placeholder: shown in an empty text box.
    """

    field: str
    label: str
    info: str = ""
    most: float | None = None
    step: float = 1
    lines: int = 0
    choices: Mapping[str, str] | None = None
    placeholder: str = ""


def build_controls(
    rows: Iterable[Iterable[Control]], defaults: BaseModel, without_effect: Collection[str] = (), prefix: str = "field"
) -> dict[str, Any]:
    """Rows of components inside the open ``gr.Blocks``, by field; arguments as of `build_control`."""
    components = {}
    for row in rows:
        with gr.Row():
            for control in row:
                components[control.field] = build_control(control, defaults, without_effect, prefix)
    return components


def build_control(control: Control, defaults: BaseModel, without_effect: Collection[str], prefix: str) -> Any:
    """The component, inside the open ``gr.Blocks``.

    Args:
        control: what to show.
        defaults: starting values, in a model whose fields have descriptions and ranges.
        without_effect: fields that change nothing here; shown greyed out.
        prefix: begins the element's id.
    """
    info = type(defaults).model_fields[control.field]
    annotation = _bare(info.annotation)
    idle = control.field in without_effect
    words = control.info or describe(info)
    common: dict[str, Any] = {
        "label": control.label,
        "info": f"{NO_EFFECT} {words}" if idle else words,
        "interactive": not idle,
        "elem_id": f"{prefix}-{control.field}",
    }
    value = getattr(defaults, control.field)
    if annotation is bool:
        return gr.Checkbox(value, min_width=160, **common)
    if get_origin(annotation) is Literal:
        return gr.Dropdown(_choices(annotation, control), value=value, filterable=False, **common)
    if get_origin(annotation) is list:
        return gr.CheckboxGroup(list(get_args(get_args(annotation)[0])), value=list(value), **common)
    if control.field == "seed":
        return gr.Number(value, precision=0, minimum=0, maximum=2**32 - 1, **common)
    if annotation in (int, float):
        low, high = _range(info.metadata)
        low = 0 if control.field in OPTIONAL else low
        return gr.Slider(low, control.most or high, value or low, step=control.step, **common)
    shown = pairs_text(value) if control.field in PAIRS else value
    return gr.Textbox(
        shown,
        lines=max(1, control.lines),
        max_lines=max(1, control.lines * 2),
        placeholder=control.placeholder,
        **common,
    )


def field_value(field: str, shown: Any) -> Any:
    """What a control's value means for the request; ``None`` for a field that is left open.

    Raises:
        ValueError: a line of words and replacements has no ``=``.
    """
    if field in OPTIONAL:
        return shown or None
    return parse_pairs(shown or "") if field in PAIRS else shown


def shown_value(field: str, value: Any) -> Any:
    """What a control shows for a field's value."""
    if field in OPTIONAL:
        return value or 0
    return pairs_text(value) if field in PAIRS and isinstance(value, Mapping) else value


def pairs_text(pairs: Mapping[str, str]) -> str:
    """One ``word=replacement`` a line."""
    return "\n".join(f"{word}={replacement}" for word, replacement in pairs.items())


def parse_pairs(text: str) -> dict[str, str]:
    """The pairs of a text box; blank lines are passed over.

    Raises:
        ValueError: a line has no ``=``; names it.
    """
    pairs = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        word, sign, replacement = line.partition("=")
        if not sign:
            raise ValueError(f"line {number} has no = between the word and how to say it")
        pairs[word.strip()] = replacement.strip()
    return pairs


def describe(info: FieldInfo) -> str:
    """What a field does, in plain words."""
    return " ".join((info.description or "").replace("`", "").split())


def allowed_values(field: str) -> str:
    """The values that a field of `TTSDefaults` takes, for people."""
    info = TTSDefaults.model_fields[field]
    annotation = _bare(info.annotation)
    if annotation is bool:
        return "on, off"
    if get_origin(annotation) is Literal:
        return ", ".join(get_args(annotation))
    if get_origin(annotation) is list:
        return ", ".join(get_args(get_args(annotation)[0]))
    if annotation in (int, float) and info.metadata:
        low, high = _range(info.metadata)
        return f"{low:.10g} to {high:.10g}"
    return "words=>words, one a line" if field == "sound_words_field" else "text"


def _bare(annotation: Any) -> Any:
    """The type without ``None``."""
    kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
    return kinds[0] if len(kinds) == 1 and type(None) in get_args(annotation) else annotation


def _choices(annotation: Any, control: Control) -> Sequence[tuple[str, str]]:
    labels = control.choices or {}
    return [(labels.get(value, value), value) for value in get_args(annotation)]


def _range(metadata: Sequence[Any]) -> tuple[float, float]:
    low = next((rule.ge for rule in metadata if hasattr(rule, "ge")), 0)
    high = next((rule.le for rule in metadata if hasattr(rule, "le")), 1)
    return low, high
