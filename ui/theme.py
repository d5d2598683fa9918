"""Colours, fonts, icon and keys of the page; no font, style or script comes from another host."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

ICON = Path(__file__).with_name("favicon.svg")
STYLE = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")


def page_options() -> dict[str, Any]:
    """Look and links of the page, for Gradio's mounting function."""
    icon = base64.b64encode(ICON.read_bytes()).decode("ascii")
    link = f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{icon}">'
    head = f"{link}<script>{SCRIPT.read_text('utf-8')}</script>"
    return {"theme": _theme(), "css_paths": [STYLE], "head": head, "footer_links": []}


def _theme() -> Any:
    import gradio as gr

    system_fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
    return gr.themes.Default(
        primary_hue=gr.themes.colors.indigo,
        secondary_hue=gr.themes.colors.slate,
        neutral_hue=gr.themes.colors.slate,
        font=system_fonts,
        font_mono=["ui-monospace", "Consolas", "monospace"],
    ).set(
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="white",
        button_cancel_background_fill="#b91c1c",
        button_cancel_background_fill_hover="#991b1b",
        button_cancel_background_fill_dark="#b91c1c",
        button_cancel_text_color="white",
        block_label_text_color="*neutral_700",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
    )
